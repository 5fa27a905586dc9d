// Shows moments in the reader's own zone and manner. Without it they are shown in UTC.
const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });

export function localTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    element.textContent = format.format(at);
    element.title = at.toISOString();
  }
}

localTimes(document);

// Shows moments in the reader's own zone, and moments and days in the reader's manner. Without it they are shown in UTC.
const moments = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
const days = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeZone: "UTC" });

export function localTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    // A day is the same in every zone.
    const isDay = "day" in element.dataset;
    element.textContent = (isDay ? days : moments).format(at);
    element.title = isDay ? element.dateTime : at.toISOString();
  }
}

localTimes(document);

// Keeps what is filled into a form with the page's entry in the history, so that it is still there when somebody comes back to
// the page or changes its language. It is gone with the tab.

// True if a file was chosen, which no page keeps.
export function keepFilledIn(form, isKept, hasFile) {
  const fields = () => [...form.elements].filter((field) => field.name && !["hidden", "file", "submit"].includes(field.type) && isKept(field));

  function fill({ name, value, checked }) {
    for (const field of fields().filter((field) => field.name === name)) {
      if (field.type === "radio" || field.type === "checkbox") {
        if (field.value === value) field.checked = checked;
        continue;
      }
      if (field.value === value) continue;
      if (field.options && ![...field.options].some((option) => option.value === value)) field.add(new Option(value, value));
      field.value = value;
      const folded = field.closest("details");
      if (folded) folded.open = true;
    }
  }

  const keep = () => {
    const filled = fields().map(({ name, value, checked }) => ({ name, value, checked }));
    history.replaceState({ ...history.state, filled, hadFile: hasFile() }, "");
  };

  const { filled = [], hadFile = false } = history.state ?? {};
  for (const field of filled) fill(field);
  form.addEventListener("input", keep);
  form.addEventListener("change", keep);

  // The page stays the same entry of the history: its language is asked for once, for the cookie, and then it is loaded again.
  for (const link of document.querySelectorAll(".languages a")) {
    link.addEventListener("click", async (event) => {
      event.preventDefault();
      keep();
      await fetch(link.href, { credentials: "same-origin" });
      const here = new URL(location.href);
      here.searchParams.delete("lang");
      history.replaceState(history.state, "", here);
      location.reload();
    });
  }
  return hadFile;
}

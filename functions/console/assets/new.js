// A new import: shows what Muster reads as soon as a file is chosen, and has it launched and sent.
import { sender } from "./send.js";
import { underWay } from "./upload.js";

const SAMPLE = 256 * 1024;

const form = document.getElementById("new");
const texts = form.dataset;
const input = document.getElementById("file");
const drop = document.getElementById("drop");
const chosen = document.getElementById("chosen");
const preview = document.getElementById("preview");
const mend = document.getElementById("mend");
// Where a problem of the API stands in the form.
const PLACES = { "settings.segment.name": "segment.name", "settings.segment.group": "segment.group", "settings.source_action.name": "action.name", "settings.api_endpoint": "api_endpoint", "settings.touchpoint": "touchpoint" };
const { ask, describe, refuse, launch } = sender(form, PLACES);
let file = null;
let asked = 0;
const definition = form.elements.definition;
// The last file for which a definition was suggested: whoever chooses another one is not asked again.
let suggestedFor = null;

// With a definition, the settings of the form are not sent, so they are not shown.
function showOwnSettings() {
  for (const part of form.querySelectorAll("[data-own]")) part.hidden = Boolean(definition?.value);
}

// Picks the definition that fits the file, unless one is picked. True if that changes how the file is read.
function pickSuggested() {
  const name = preview.querySelector("[data-definition]")?.dataset.definition;
  if (!definition || !name || definition.value || suggestedFor === file) return false;
  suggestedFor = file;
  if (![...definition.options].some((option) => option.value === name)) return false;
  definition.value = name;
  showOwnSettings();
  // The columns of the first look would win over those of the definition.
  for (const field of preview.querySelectorAll("[name]")) field.disabled = true;
  return true;
}

function choose(next) {
  if (!next) return;
  file = next;
  const size = new Intl.NumberFormat(texts.lang, { notation: "compact", style: "unit", unit: "byte", unitDisplay: "narrow" });
  chosen.textContent = `${file.name} · ${size.format(file.size)}`;
  mend.hidden = true;
  preview.replaceChildren();
  look();
}

// Base64 of the beginning of the file.
async function sample() {
  const bytes = new Uint8Array(await file.slice(0, SAMPLE).arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

async function look() {
  const mine = ++asked;
  try {
    const all = describe(new FormData(form), file);
    all.set("sample", await sample());
    const seen = await ask(texts.preview, all);
    if (mine !== asked) return;
    // Markup of the console itself, in which the server has escaped every cell.
    preview.replaceChildren(...new DOMParser().parseFromString(seen, "text/html").body.childNodes);
    preview.hidden = false;
    if (pickSuggested()) await look();
  } catch (refusal) {
    if (mine !== asked) return;
    const note = document.createElement("p");
    note.className = "sub";
    note.textContent = refusal.detail || texts.unseen;
    preview.replaceChildren(note);
    preview.hidden = false;
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!file) return refuse({ detail: texts.missing });
  const page = await launch(new FormData(form, event.submitter), file);
  if (page) location.assign(page);
});

input.addEventListener("change", () => choose(input.files[0]));
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  choose(event.dataTransfer.files[0]);
});
definition?.addEventListener("change", () => {
  suggestedFor = file;
  preview.replaceChildren();
  showOwnSettings();
  if (file) look();
});
showOwnSettings();
form.addEventListener("change", (event) => {
  if (file && event.target.closest("#reading, #more")) look();
});
// What a problem says would help is filled in, and the file is looked at again.
preview.addEventListener("click", (event) => {
  const cure = event.target.closest("button[data-setting]");
  if (!cure) return;
  const field = form.elements[cure.dataset.setting];
  const { value } = cure.dataset;
  if (field.options && ![...field.options].some((option) => option.value === value)) field.add(new Option(value, value));
  field.value = value;
  field.closest("details").open = true;
  look();
});

const unfinished = document.getElementById("under-way");
if (underWay()) {
  unfinished.querySelector("a").href = underWay();
  unfinished.hidden = false;
}

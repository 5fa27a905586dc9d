// A new import: shows what Muster reads as soon as a file is chosen, and has it launched and sent.
import { keepFilledIn } from "./kept.js";
import { sender } from "./send.js";
import { underWay } from "./upload.js";

const SAMPLE = 256 * 1024;

const form = document.getElementById("new");
const texts = form.dataset;
const input = document.getElementById("file");
const drop = document.getElementById("drop");
const chosen = document.getElementById("chosen");
const preview = document.getElementById("preview");
const looking = document.getElementById("looking");
const mend = document.getElementById("mend");
// Where a problem of the API stands in the form.
const PLACES = { "settings.segment.name": "segment.name", "settings.segment.group": "segment.group", "settings.source_action.name": "action.name", "settings.api_endpoint": "api_endpoint", "settings.touchpoint": "touchpoint" };
const { ask, describe, explain, unmark, signingIn, refuse, launch } = sender(form, PLACES);
let file = null;
let isSending = false;
// What is needed, as somebody was told of it who sent the form all the same.
let warned = null;
let asked = 0;
const definition = form.elements.definition;
// The file for which a definition was taken over by its button: another file does not have it.
let definedFor = null;
// What a segment or an action is named by: the choice in the form, and the column of the file.
const NAMED = [["segment.choice", "segment", texts.noSegment], ["action.choice", "source_action", texts.noAction]];
// Where columns go is asked anew with the file.
if (keepFilledIn(form, (field) => !preview.contains(field), () => Boolean(file))) chosen.textContent = texts.again;
// Choices that somebody made; those of an import whose settings are taken over are made, too.
const touched = new Set(NAMED.map(([choice]) => choice).filter((choice) => form.elements[choice].value !== "none"));

// With a definition, the settings of the form are not sent, so they are not shown.
function showOwnSettings() {
  for (const part of form.querySelectorAll("[data-own]")) part.hidden = Boolean(definition?.value);
}

function choose(next) {
  if (!next || isSending) return;
  file = next;
  const size = new Intl.NumberFormat(texts.lang, { notation: "compact", style: "unit", unit: "byte", unitDisplay: "narrow" });
  chosen.textContent = `${file.name} · ${size.format(file.size)}`;
  mend.hidden = true;
  preview.replaceChildren();
  preview.hidden = true;
  if (definition && definedFor && definedFor !== file) definition.value = "";
  [definedFor, warned] = [null, null];
  showOwnSettings();
  look();
}

// Base64 of the beginning of the file.
async function sample() {
  const bytes = new Uint8Array(await file.slice(0, SAMPLE).arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

const goesTo = (column) => [...preview.querySelectorAll("select[name^='map.']")].some((select) => select.value === column);

// A file that names a segment or an action for each row is meant to, unless somebody chose otherwise.
function followFile() {
  for (const [choice, column] of NAMED) {
    if (!touched.has(choice)) form.elements[choice].value = goesTo(column) ? "file" : "none";
  }
}

// Shows what the server made of the beginning of the file: markup of the console itself, in which every cell is escaped.
function show(seen) {
  unmark();
  const hadFocus = preview.contains(document.activeElement);
  const focused = hadFocus && document.activeElement.name;
  preview.replaceChildren(...new DOMParser().parseFromString(seen, "text/html").body.childNodes);
  preview.hidden = false;
  // A button that is gone, because what it offered is taken, leaves the focus to what it changed.
  if (hadFocus) ((focused && form.elements[focused]) || preview).focus();
  followFile();
}

// Looks again once nothing is chosen for a moment. An answer that is still under way knows nothing of the choice, and is dropped.
let soon;
function lookSoon() {
  asked += 1;
  clearTimeout(soon);
  soon = setTimeout(look, 400);
}

async function look() {
  clearTimeout(soon);
  const mine = ++asked;
  looking.textContent = texts.looking;
  preview.setAttribute("aria-busy", "true");
  try {
    const all = describe(new FormData(form), file);
    all.set("sample", await sample());
    const seen = await ask(texts.preview, all);
    if (mine === asked) show(seen);
  } catch (refusal) {
    if (mine !== asked) return;
    // What was chosen before stays.
    preview.querySelector("#unseen")?.remove();
    const note = document.createElement("p");
    note.id = "unseen";
    note.className = "notice wrong";
    const said = explain(refusal, texts.unseen).map(({ message }) => message);
    if (preview.querySelector("table")) said.push(texts.stale);
    note.append(said.join(" "), ...signingIn(refusal));
    preview.prepend(note);
    preview.hidden = false;
  } finally {
    if (mine === asked) {
      looking.textContent = "";
      preview.removeAttribute("aria-busy");
    }
  }
}

// Whether the page moves to what is needed in place of sending the file. It may have been filled in since the last look, and whoever
// sends the form again although it is not means it.
async function isWarned() {
  if (preview.querySelector("[data-needed]")) await look();
  const needed = preview.querySelector("[data-needed]");
  if (!needed || needed.textContent === warned) return false;
  warned = needed.textContent;
  needed.focus();
  return true;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  // The second half of a double click.
  if (isSending) return;
  if (!file) return refuse({ detail: texts.missing });
  if (!definition?.value) {
    const missing = NAMED.find(([choice, column]) => form.elements[choice].value === "file" && preview.querySelector("table") && !goesTo(column));
    if (missing) return refuse({ detail: missing[2] });
  }
  const nameless = [...preview.querySelectorAll(".rest:not([hidden])")].find((rest) => !rest.value.trim());
  if (nameless) {
    refuse({ detail: texts.nameless });
    return nameless.focus();
  }
  isSending = true;
  event.submitter?.setAttribute("aria-busy", "true");
  const page = (await isWarned()) ? null : await launch(new FormData(form, event.submitter), file);
  isSending = false;
  event.submitter?.removeAttribute("aria-busy");
  if (page) location.assign(page);
});

input.addEventListener("change", () => choose(input.files[0]));
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    if (!isSending) drop.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
// A file that is dropped beside the zone is meant for it, too: without this the browser leaves the page for it.
const hasFile = (event) => event.dataTransfer.types.includes("Files");
addEventListener("dragover", (event) => hasFile(event) && event.preventDefault());
addEventListener("drop", (event) => {
  if (!hasFile(event)) return;
  event.preventDefault();
  choose(event.dataTransfer.files[0]);
});
// The columns of an earlier look would win over those of a definition.
function forgetColumns() {
  for (const field of preview.querySelectorAll("[name]")) field.disabled = true;
  showOwnSettings();
  if (file) look();
}
definition?.addEventListener("change", forgetColumns);
showOwnSettings();
// The field in which a choice that ends in a point goes on, such as the name of a system.
function askForRest(select) {
  const rest = preview.querySelector(`[name="${select.name.replace("map.", "rest.")}"]`);
  const name = select.selectedOptions[0].dataset.rest;
  rest.hidden = !name;
  if (name) {
    [rest.value, rest.placeholder] = ["", name];
    rest.setAttribute("aria-label", name);
    rest.focus();
  }
  return Boolean(name);
}

form.addEventListener("change", (event) => {
  if (event.target.name?.startsWith("map.") && askForRest(event.target)) return;
  if (NAMED.some(([choice]) => choice === event.target.name)) touched.add(event.target.name);
  if (file && event.target.closest("#reading, #more, #preview")) lookSoon();
});
preview.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.definition && definition) {
    definition.value = button.dataset.definition;
    definedFor = file;
    forgetColumns();
    definition.focus();
  }
  if (button && "takeAll" in button.dataset) {
    for (const select of preview.querySelectorAll("select[data-suggested]")) if (!select.value) select.value = select.dataset.suggested;
    return look();
  }
  if (!button?.dataset.setting) return;
  // What a problem says would help is filled in, and the file is looked at again.
  const field = form.elements[button.dataset.setting];
  const { value } = button.dataset;
  field.closest("details").open = true;
  if (!value) return field.focus();
  if (field.options && ![...field.options].some((option) => option.value === value)) field.add(new Option(value, value));
  field.value = value;
  look();
});

// Without this script nothing can be sent.
document.getElementById("send").hidden = false;
const unfinished = document.getElementById("under-way");
if (underWay()) {
  unfinished.querySelector("a").href = underWay();
  unfinished.hidden = false;
}

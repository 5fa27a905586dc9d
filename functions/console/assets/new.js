// A new import: shows what Muster reads as soon as a file is chosen, launches the import, and sends the file to its bucket.
const SAMPLE = 256 * 1024;
const TRIES = 5;

const form = document.getElementById("new");
const texts = form.dataset;
const input = document.getElementById("file");
const drop = document.getElementById("drop");
const chosen = document.getElementById("chosen");
const preview = document.getElementById("preview");
const mend = document.getElementById("mend");
const meter = document.getElementById("upload");
const sent = document.getElementById("uploaded");
const token = form.elements.csrf.value;
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

// The settings that change how a file is read.
const READING = ["encoding", "delimiter", "default_region", "on_unknown_column", "on_empty_cell"];

function choose(next) {
  if (!next) return;
  file = next;
  const size = new Intl.NumberFormat(texts.lang, { notation: "compact", style: "unit", unit: "byte", unitDisplay: "narrow" });
  chosen.textContent = `${file.name} · ${size.format(file.size)}`;
  mend.hidden = true;
  preview.replaceChildren();
  look();
}

function fields(submitter) {
  const all = new FormData(form, submitter);
  all.set("file.name", file.name);
  all.set("file.size", String(file.size));
  if (file.size > Number(texts.onePut)) all.set("file.multipart", "true");
  return all;
}

async function ask(path, fields, method = "POST") {
  const answer = await fetch(path, {
    method,
    headers: { accept: "application/json", "x-csrf-token": token, ...(fields && { "content-type": "application/x-www-form-urlencoded" }) },
    body: fields && new URLSearchParams(fields),
    credentials: "same-origin",
  });
  if (answer.headers.get("content-type")?.startsWith("text/html")) return answer.text();
  const body = await answer.json();
  if (!answer.ok) throw body;
  return body;
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
    const all = fields();
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

// Where a problem of the API stands in the form.
const PLACES = { "settings.segment.name": "segment.name", "settings.segment.group": "segment.group", "settings.source_action.name": "action.name", "settings.api_endpoint": "api_endpoint", "settings.touchpoint": "touchpoint" };

function refuse(refusal) {
  const list = mend.querySelector("ul");
  const problems = refusal.problems?.length ? refusal.problems : [{ message: refusal.detail || texts.failed }];
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  list.replaceChildren(
    ...problems.map((problem) => {
      const line = document.createElement("li");
      const field = form.elements[PLACES[problem.path] ?? problem.path];
      if (field?.id) {
        field.setAttribute("aria-invalid", "true");
        const link = document.createElement("a");
        link.href = `#${field.id}`;
        link.textContent = problem.message;
        line.append(link);
      } else line.textContent = problem.message;
      return line;
    }),
  );
  mend.hidden = false;
  mend.focus();
}

function progress(done) {
  const percent = file.size ? Math.floor((done / file.size) * 100) : 100;
  meter.hidden = false;
  meter.querySelector("progress").value = percent;
  sent.textContent = texts.uploading.replace("{percent}", String(percent));
  document.title = `${percent} % · Muster`;
}

// One PUT. XMLHttpRequest, because fetch says nothing while it sends.
function put(url, headers, body, before) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) {
      if (name.toLowerCase() !== "content-length") request.setRequestHeader(name, value);
    }
    request.upload.onprogress = (event) => progress(before + event.loaded);
    request.onload = () => (request.status < 300 ? resolve(request.getResponseHeader("etag")) : reject(new Error(String(request.status))));
    request.onerror = () => reject(new Error("network"));
    request.send(body);
  });
}

async function persist(work) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      // 412: an earlier try arrived, and only its answer was lost.
      if (error.message === "412") return null;
      if (attempt === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** attempt));
    }
  }
}

async function upload(page, described) {
  progress(0);
  if (!described.multipart) {
    await persist(() => put(described.url, described.headers, file, 0));
    return;
  }
  const size = described.multipart.part_size;
  const done = [];
  for (let { parts, more_url: more } = described.multipart; parts.length; ) {
    for (const part of parts) {
      const from = (part.number - 1) * size;
      const etag = await persist(() => put(part.url, {}, file.slice(from, from + part.size), from));
      done.push({ number: part.number, etag });
    }
    if (!more) break;
    const next = await ask(`${page}/upload?from=${done.length + 1}`, null, "GET");
    ({ parts, more_url: more } = next.upload.multipart);
  }
  await ask(`${page}/upload`, { parts: JSON.stringify(done) });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!file) return refuse({ detail: texts.missing });
  mend.hidden = true;
  const buttons = form.querySelectorAll("button[type=submit]");
  const all = fields(event.submitter);
  for (const button of buttons) button.disabled = true;
  const leaving = (event) => event.preventDefault();
  addEventListener("beforeunload", leaving);
  try {
    const { page, upload: described } = await ask(form.action, all);
    await upload(page, described);
    sent.textContent = texts.uploaded;
    removeEventListener("beforeunload", leaving);
    location.assign(page);
  } catch (refusal) {
    removeEventListener("beforeunload", leaving);
    for (const button of buttons) button.disabled = false;
    meter.hidden = true;
    refuse(refusal instanceof Error ? { detail: texts.failed } : refusal);
  }
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
  if (file && READING.includes(event.target.name)) look();
});

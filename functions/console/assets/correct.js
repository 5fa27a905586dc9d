// Correcting the rejected rows of an import: a form for each row, twenty on a page. What is typed stays in memory until the rows
// are sent as a new import, which Muster knows by the report's own columns.
import { sender } from "./send.js";

const ROWS = 20;
// Fields of one page. Rows with many columns come fewer at a time.
const FIELDS = 600;

const form = document.getElementById("correct");
const texts = form.dataset;
const list = document.getElementById("rows");
const said = document.getElementById("said");
const pager = document.getElementById("pager");
const place = document.getElementById("place");
const summary = document.getElementById("summary");
const mend = document.getElementById("mend");
const [previous, next] = pager.querySelectorAll("button");
const templates = { row: document.getElementById("row-template"), field: document.getElementById("field-template") };
const number = new Intl.NumberFormat(texts.lang);
const { ask, refuse, launch } = sender(form);

// The headers of the report, the places of those that can be changed, and the rows.
let header = [];
let editable = [];
let rows = [];
let page = 0;
let isSent = false;

const fill = (text, values) => Object.entries(values).reduce((filled, [name, value]) => filled.replace(`{${name}}`, () => value), text);
const onPage = () => Math.max(1, Math.min(ROWS, Math.floor(FIELDS / Math.max(1, editable.length))));
const value = (row, at) => row.edits.get(at) ?? row.shown[at] ?? row.cells[at];
const kept = () => rows.filter((row) => !row.isLeftOut);

function edit(row, at, text) {
  const before = row.shown[at] ?? row.cells[at];
  if (text === before) row.edits.delete(at);
  else row.edits.set(at, text);
}

// The rows with the same wrong value in the same column as this one, itself included.
function alike(row) {
  if (row.column === null) return [];
  return rows.filter((other) => other.column === row.column && other.code === row.code && other.cells[row.column] === row.cells[row.column]);
}

function summarize() {
  // What was to be mended before may be mended now.
  mend.hidden = true;
  const corrected = kept().filter((row) => row.edits.size > 0).length;
  summary.textContent = fill(texts.summary, { corrected: number.format(corrected), kept: number.format(kept().length), total: number.format(rows.length) });
}

// What is wrong with a row, beside the field that it is about or at the top of the row.
function explain(problem, row) {
  problem.querySelector(".kind").textContent = row.kind;
  const message = problem.querySelector("[lang]");
  message.lang = row.lang;
  message.textContent = row.message;
  problem.querySelector(".code").textContent = row.code;
}

function fieldOf(row, at) {
  const shown = templates.field.content.firstElementChild.cloneNode(true);
  const text = value(row, at);
  const lines = (row.shown[at] ?? row.cells[at]).includes("\n");
  // A field of one line would drop the line ends of a cell.
  const field = lines ? document.createElement("textarea") : shown.querySelector("input");
  if (lines) {
    field.rows = 3;
    shown.querySelector("input").replaceWith(field);
  }
  const id = `cell-${row.row}-${at}`;
  const label = shown.querySelector("label");
  label.htmlFor = id;
  label.textContent = header[at].shown;
  field.id = id;
  field.autocomplete = "off";
  field.spellcheck = false;
  field.value = text;
  const problem = shown.querySelector(".problem");
  const same = shown.querySelector("button");
  if (at === row.column) {
    problem.id = `problem-${row.row}`;
    explain(problem, row);
    field.setAttribute("aria-invalid", String(!row.edits.has(at)));
    field.setAttribute("aria-describedby", problem.id);
    const others = alike(row);
    if (others.length > 1) {
      same.textContent = fill(texts.same, { n: number.format(others.length) });
      same.setAttribute("aria-describedby", id);
      same.addEventListener("click", () => {
        for (const other of others) edit(other, at, field.value);
        said.textContent = fill(texts.sameDone, { n: number.format(others.length) });
        for (const other of others) {
          const there = document.getElementById(`cell-${other.row}-${at}`);
          if (!there) continue;
          there.value = field.value;
          there.setAttribute("aria-invalid", String(!other.edits.has(at)));
        }
        summarize();
      });
    } else same.remove();
  } else {
    problem.remove();
    same.remove();
  }
  field.addEventListener("input", () => {
    edit(row, at, field.value);
    if (at === row.column) field.setAttribute("aria-invalid", String(!row.edits.has(at)));
    summarize();
  });
  return shown;
}

function shownRow(row) {
  const shown = templates.row.content.firstElementChild.cloneNode(true);
  shown.querySelector("legend").textContent = fill(texts.row, { row: number.format(row.row), line: number.format(row.line) });
  const problem = shown.querySelector(".problem");
  if (row.column === null) {
    problem.id = `problem-${row.row}`;
    explain(problem, row);
    shown.setAttribute("aria-describedby", problem.id);
  } else problem.remove();
  const cells = shown.querySelector(".cells");
  cells.append(...editable.map((at) => fieldOf(row, at)));
  const leaveOut = shown.querySelector("input[type=checkbox]");
  const follow = () => {
    cells.hidden = row.isLeftOut;
    shown.classList.toggle("out", row.isLeftOut);
  };
  leaveOut.checked = row.isLeftOut;
  leaveOut.addEventListener("change", () => {
    row.isLeftOut = leaveOut.checked;
    follow();
    summarize();
  });
  follow();
  return shown;
}

function show() {
  const pages = Math.ceil(rows.length / onPage());
  list.replaceChildren(...rows.slice(page * onPage(), (page + 1) * onPage()).map(shownRow));
  pager.hidden = pages < 2;
  place.textContent = fill(texts.page, { page: number.format(page + 1), pages: number.format(pages) });
  previous.disabled = page === 0;
  next.disabled = page + 1 === pages;
  summarize();
}

function turn(by) {
  page += by;
  show();
  list.focus();
  list.scrollIntoView();
}

// The rows as a CSV with every column of the report, so that it is known as the report of its import.
function corrected() {
  const quoted = (cell) => `"${cell.replaceAll('"', '""')}"`;
  const record = (cells) => `${cells.map(quoted).join(",")}\r\n`;
  const lines = kept().map((row) => record(row.cells.map((cell, at) => row.edits.get(at) ?? cell)));
  return new File([record(header.map(({ name }) => name)), ...lines], texts.fileName, { type: "text/csv" });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (kept().length === 0) return refuse({ detail: texts.allLeftOut });
  if (kept().every((row) => row.edits.size === 0)) return refuse({ detail: texts.unchanged });
  const to = await launch(new FormData(form), corrected());
  if (!to) return;
  isSent = true;
  location.assign(to);
});
previous.addEventListener("click", () => turn(-1));
next.addEventListener("click", () => turn(1));
addEventListener("beforeunload", (event) => {
  if (!isSent && rows.some((row) => row.edits.size > 0 || row.isLeftOut)) event.preventDefault();
});

try {
  const report = await ask(texts.src, null, "GET");
  header = report.header;
  editable = report.editable;
  rows = report.rows.map((row) => ({ ...row, edits: new Map(), isLeftOut: false }));
  document.getElementById("loading").hidden = true;
  if (report.too_large) document.getElementById("too-large").hidden = false;
  else if (rows.length === 0) document.getElementById("nothing").hidden = false;
  else {
    document.getElementById("editor").hidden = false;
    show();
  }
} catch (refusal) {
  document.getElementById("loading").hidden = true;
  refuse(refusal instanceof Error ? { detail: texts.unread } : refusal);
}

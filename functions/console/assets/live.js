// Keeps the page of an import up to date: it asks soon at first and more seldom while nothing changes, and at once when the page
// is looked at again. Sections that did not change are left alone, so that focus and open details stay.
import { localTimes } from "./times.js";

const FIRST = 700;
const LONGEST = 15000;

const live = document.getElementById("live");
const said = document.getElementById("said");
const offline = document.getElementById("offline");
let pause = FIRST;
let timer;
let saidAt = 0;
// When the page was last known to be as it is.
let asOf = new Date();
const seen = new Map([...live.children].map((section) => [section.id, plain(section)]));

// Tokens of forms differ each time; they alone make no section new.
function plain(section) {
  const copy = section.cloneNode(true);
  for (const field of copy.querySelectorAll("input[name=csrf]")) field.remove();
  copy.removeAttribute("open");
  for (const time of copy.querySelectorAll("time")) time.replaceWith(time.dateTime);
  return copy.outerHTML;
}

function show(next) {
  let changed = live.dataset.title !== next.dataset.title;
  const focused = document.activeElement?.closest?.("#live") ? document.activeElement.textContent : null;
  let last = null;
  for (const section of [...next.children]) {
    const now = document.getElementById(section.id);
    const text = plain(section);
    if (now && seen.get(section.id) === text) {
      last = now;
      continue;
    }
    changed = true;
    seen.set(section.id, text);
    localTimes(section);
    if (now) {
      if (now.open) section.open = true;
      now.replaceWith(section);
    } else if (last) last.after(section);
    else live.prepend(section);
    last = section;
  }
  if (focused && document.activeElement === document.body) {
    [...live.querySelectorAll("button, a")].find((element) => element.textContent === focused)?.focus();
  }
  document.title = `${next.dataset.title} · Muster`;
  live.dataset.title = next.dataset.title;
  // Whoever listens hears a sentence now and then, and always the last one.
  if (next.dataset.said !== live.dataset.said && (Date.now() - saidAt > 10000 || next.dataset.open !== "true")) {
    said.textContent = next.dataset.said;
    saidAt = Date.now();
  }
  live.dataset.said = next.dataset.said;
  live.dataset.open = next.dataset.open;
  live.dataset.awaits = next.dataset.awaits;
  return changed;
}

async function ask() {
  clearTimeout(timer);
  if (document.hidden) return;
  try {
    const answer = await fetch(live.dataset.src, { cache: "no-store", credentials: "same-origin" });
    if (answer.status === 401 || answer.status === 403) return location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    pause = show(page.getElementById("live")) ? FIRST : Math.min(pause * 1.5, LONGEST);
    asOf = new Date();
    offline.hidden = true;
  } catch {
    offline.textContent = offline.dataset.text.replace("{time}", asOf.toLocaleTimeString(document.documentElement.lang));
    offline.hidden = false;
    pause = Math.min(pause * 2, LONGEST);
  }
  if (live.dataset.open === "true") timer = setTimeout(ask, pause);
}

if (live.dataset.open === "true") {
  timer = setTimeout(ask, FIRST);
  const again = () => {
    pause = FIRST;
    if (!document.hidden && live.dataset.open === "true") ask();
  };
  document.addEventListener("visibilitychange", again);
  addEventListener("online", again);
}

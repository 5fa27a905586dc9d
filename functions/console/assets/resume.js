// Goes on with an upload that was interrupted, on the page of its import: whoever has the file chooses it again.
import { forget, isSent } from "./upload.js";
import { sender } from "./send.js";

const form = document.getElementById("resume");
const texts = form.dataset;
const input = form.querySelector("input[type=file]");
const live = document.getElementById("live");
const { ask, refuse, send } = sender(form);
const isAwaited = () => live.dataset.awaits === "true";
let isSending = false;

function show() {
  form.hidden = !isSending && (!isAwaited() || isSent(texts.page));
  if (!isAwaited()) forget(texts.page);
}

input.addEventListener("change", async () => {
  const [file] = input.files;
  if (!file) return;
  if (texts.size && file.size !== Number(texts.size)) {
    input.value = "";
    return refuse({ detail: texts.wrongFile });
  }
  isSending = true;
  const begin = async () => ({ page: texts.page, upload: (await ask(`${texts.page}/upload`, null, "GET")).upload });
  await send(begin, file);
  isSending = false;
  show();
});
new MutationObserver(show).observe(live, { attributes: true, attributeFilter: ["data-awaits"] });
show();

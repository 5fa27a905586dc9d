// Sends a file to its bucket: in parts if it is large, which can be paused, and go on where they were, also on another page.
const TRIES = 5;
// Parts that are sent side by side.
const AT_ONCE = 3;
// How often URLs that have expired are renewed without an upload in between.
const RENEWALS = 3;
// Milliseconds over which the speed is taken.
const SPAN = 5000;
// The browser keeps the page of the import whose upload is under way, so that it can offer to go on with it.
const UNDER_WAY = "muster-upload";
// The page of the import whose file this tab has sent: it does not ask for the file while it waits for it to be noticed.
const SENT = "muster-sent";

// A browser that keeps nothing sends files all the same.
function where(storage, work) {
  try {
    return work(globalThis[storage]);
  } catch {
    return null;
  }
}

export const underWay = () => where("localStorage", (kept) => kept.getItem(UNDER_WAY));
export const isSent = (page) => where("sessionStorage", (kept) => kept.getItem(SENT)) === page;
export function forget(page) {
  if (underWay() === page) where("localStorage", (kept) => kept.removeItem(UNDER_WAY));
}

// A PUT that failed, with the status of its answer; 0 if there was none.
class PutError extends Error {
  constructor(status) {
    super(String(status));
    this.status = status;
  }
}

// One PUT. XMLHttpRequest, because fetch says nothing while it sends.
function put(url, headers, body, sent, signal) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) {
      if (name.toLowerCase() !== "content-length") request.setRequestHeader(name, value);
    }
    request.upload.onprogress = (event) => sent(event.loaded);
    request.onload = () => (request.status < 300 ? resolve(request.getResponseHeader("etag")) : reject(new PutError(request.status)));
    request.onerror = request.onabort = () => reject(new PutError(0));
    request.onloadend = () => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort);
    request.send(body);
  });
}

// Resolves after so many milliseconds, or as soon as the upload is stopped.
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

// Tries again what may work later. A URL that has expired (403) does not.
async function persist(work, signal) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      // 412: an earlier try arrived, and only its answer was lost.
      if (error.status === 412) return null;
      if (attempt === TRIES || error.status === 403 || signal.aborted) throw error;
      await pause(500 * 2 ** attempt, signal);
    }
  }
}

// Whether a part that is there has these bytes. Its ETag is their MD5, or else it is sent again.
async function isSame(etag, bytes) {
  const { md5 } = await import("./md5.js");
  return md5(await bytes.arrayBuffer()) === etag.replaceAll('"', "");
}

// What a page sends files with: it has the progress of `upload` in its markup, and `ask` asks the console.
export function uploader(ask) {
  const meter = document.getElementById("upload");
  const texts = meter.dataset;
  const [bar, uploaded, speed, button, link, said] = ["progress", "#uploaded", "#speed", "button", "a", "#upload-said"].map((part) => meter.querySelector(part));
  const perSecond = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "megabyte-per-second", maximumSignificantDigits: 2 });
  const title = document.title;
  let size = 0;
  // Bytes that are there, by part.
  const there = new Map();
  // When how many bytes had been sent, of the last seconds.
  let moments = [];
  let heard = 0;

  function progress(part, bytes, isSending = true) {
    there.set(part, bytes);
    const done = [...there.values()].reduce((sum, each) => sum + each, 0);
    const percent = size ? Math.floor((done / size) * 100) : 100;
    bar.value = percent;
    uploaded.textContent = texts.uploading.replace("{percent}", String(percent));
    document.title = `${percent} % · Muster`;
    const now = performance.now();
    if (!isSending) moments = [];
    moments = [...moments.filter(([at]) => now - at < SPAN), [now, done]];
    const [[from, before]] = moments;
    if (now - from > 1000 && done > before) {
      const rate = (done - before) / (now - from);
      const seconds = Math.ceil((size - done) / rate / 1000);
      const [text, n] = seconds > 90 ? [texts.minutes, Math.ceil(seconds / 60)] : [texts.seconds, seconds];
      speed.textContent = `${perSecond.format(rate / 1000)}, ${text.replace("{n}", String(n))}`;
    }
    // Whoever listens hears every quarter.
    if (Math.floor(percent / 25) > heard) {
      heard = Math.floor(percent / 25);
      said.textContent = uploaded.textContent;
    }
  }

  function stop(text) {
    speed.textContent = text;
    said.textContent = text;
    moments = [];
  }

  // Sends what is not there. `done` has the ETags of the parts that are, by number.
  async function send(page, described, file, done, signal) {
    if (!described.multipart) {
      await persist(() => put(described.url, described.headers, file, (bytes) => progress(1, bytes), signal), signal);
      return;
    }
    const one = async (part, partSize) => {
      const from = (part.number - 1) * partSize;
      const bytes = file.slice(from, from + part.size);
      let etag = done.get(part.number) ?? (part.etag && (await isSame(part.etag, bytes)) ? part.etag : null);
      const isThere = Boolean(etag);
      etag ??= await persist(() => put(part.url, {}, bytes, (sent) => progress(part.number, sent), signal), signal);
      done.set(part.number, done.get(part.number) ?? etag);
      progress(part.number, part.size, !isThere);
    };
    for (let { multipart } = described; ; ) {
      const parts = [...multipart.parts];
      const worker = async () => {
        for (let part = parts.shift(); part; part = parts.shift()) {
          signal.throwIfAborted();
          await one(part, multipart.part_size);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      if (!multipart.more_url) break;
      const last = multipart.parts.at(-1).number;
      ({ multipart } = (await ask(`${page}/upload?from=${last + 1}`, null, "GET")).upload);
    }
    const parts = [...done].map(([number, etag]) => ({ number, etag }));
    await ask(`${page}/upload`, { parts: JSON.stringify(parts) });
  }

  // Resolves once somebody goes on, or the network is back.
  function goOn(isPaused) {
    return new Promise((resolve) => {
      stop(isPaused ? texts.paused : texts.broken);
      button.textContent = texts.goOn;
      link.hidden = false;
      button.onclick = resolve;
      if (!isPaused) addEventListener("online", resolve, { once: true });
    });
  }

  // Sends the file of an import to where its upload is described, and resolves once all of it is there. Whatever the API
  // refuses is thrown; what breaks off waits until somebody goes on.
  return async function upload(page, described, file) {
    size = file.size;
    const done = new Map();
    let renewals = 0;
    where("localStorage", (kept) => kept.setItem(UNDER_WAY, page));
    link.href = page;
    meter.hidden = false;
    meter.scrollIntoView({ block: "nearest" });
    progress(0, 0);
    try {
      for (let next = described; ; next = null) {
        const run = new AbortController();
        let isPaused = false;
        button.textContent = texts.pause;
        link.hidden = true;
        button.onclick = () => {
          isPaused = true;
          run.abort();
        };
        const before = done.size;
        try {
          next ??= (await ask(`${page}/upload`, null, "GET")).upload;
          await send(page, next, file, done, run.signal);
          break;
        } catch (error) {
          // What one part met stops the others.
          run.abort();
          if (!(error instanceof Error)) throw error;
          for (const part of there.keys()) if (!done.has(part)) there.set(part, 0);
          renewals = done.size > before ? 1 : renewals + 1;
          if (error.status !== 403 || renewals > RENEWALS) await goOn(isPaused);
        }
      }
    } catch (refusal) {
      meter.hidden = true;
      document.title = title;
      // Whoever signs in again can go on.
      if (refusal.code !== "signed_out") forget(page);
      throw refusal;
    }
    forget(page);
    where("sessionStorage", (kept) => kept.setItem(SENT, page));
    document.title = title;
    button.hidden = true;
    uploaded.textContent = texts.uploaded;
    stop("");
    said.textContent = texts.uploaded;
  };
}

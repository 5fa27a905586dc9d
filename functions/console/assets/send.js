// Launches an import and sends its file to its bucket, for the pages that have a file to import. Their form has the token, the
// texts and `data-one-put`; beside it are the list of what to mend (`mend`) and the progress of the upload (`upload`, `uploaded`).
const TRIES = 5;

// One PUT. XMLHttpRequest, because fetch says nothing while it sends.
function put(url, headers, body, sent) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) {
      if (name.toLowerCase() !== "content-length") request.setRequestHeader(name, value);
    }
    request.upload.onprogress = (event) => sent(event.loaded);
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

// What the page with this form sends with. `places` says which field a problem of the API is about, where its path is not the
// field's name.
export function sender(form, places = {}) {
  const texts = form.dataset;
  const mend = document.getElementById("mend");
  const meter = document.getElementById("upload");
  const uploaded = document.getElementById("uploaded");
  // The fields that the last refusal was about.
  const marked = [];

  async function ask(path, fields, method = "POST") {
    const token = form.elements.csrf.value;
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

  // Adds what the API must know of a file before it comes.
  function describe(fields, file) {
    fields.set("file.name", file.name);
    fields.set("file.size", String(file.size));
    if (file.size > Number(texts.onePut)) fields.set("file.multipart", "true");
    return fields;
  }

  function refuse(refusal) {
    const problems = refusal.problems?.length ? refusal.problems : [{ message: refusal.detail || texts.failed }];
    for (const field of marked.splice(0)) field.removeAttribute("aria-invalid");
    mend.querySelector("ul").replaceChildren(
      ...problems.map((problem) => {
        const line = document.createElement("li");
        const field = form.elements[places[problem.path] ?? problem.path];
        if (field?.id) {
          field.setAttribute("aria-invalid", "true");
          marked.push(field);
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

  function progress(done, size) {
    const percent = size ? Math.floor((done / size) * 100) : 100;
    meter.hidden = false;
    meter.querySelector("progress").value = percent;
    uploaded.textContent = texts.uploading.replace("{percent}", String(percent));
    document.title = `${percent} % · Muster`;
  }

  async function upload(page, described, file) {
    const sent = (before) => (loaded) => progress(before + loaded, file.size);
    sent(0)(0);
    if (!described.multipart) {
      await persist(() => put(described.url, described.headers, file, sent(0)));
      return;
    }
    const size = described.multipart.part_size;
    const done = [];
    for (let { parts, more_url: more } = described.multipart; parts.length; ) {
      for (const part of parts) {
        const from = (part.number - 1) * size;
        const etag = await persist(() => put(part.url, {}, file.slice(from, from + part.size), sent(from)));
        done.push({ number: part.number, etag });
      }
      if (!more) break;
      const next = await ask(`${page}/upload?from=${done.length + 1}`, null, "GET");
      ({ parts, more_url: more } = next.upload.multipart);
    }
    await ask(`${page}/upload`, { parts: JSON.stringify(done) });
  }

  // Launches the import of a file with these fields, and sends the file. The path of the import's page once it is sent; null if
  // that was refused, and the page says why.
  async function launch(fields, file) {
    mend.hidden = true;
    const buttons = form.querySelectorAll("button[type=submit]");
    const title = document.title;
    for (const button of buttons) button.disabled = true;
    const leaving = (event) => event.preventDefault();
    addEventListener("beforeunload", leaving);
    try {
      const { page, upload: described } = await ask(form.action, describe(fields, file));
      await upload(page, described, file);
      uploaded.textContent = texts.uploaded;
      return page;
    } catch (refusal) {
      for (const button of buttons) button.disabled = false;
      meter.hidden = true;
      document.title = title;
      refuse(refusal instanceof Error ? { detail: texts.failed } : refusal);
      return null;
    } finally {
      removeEventListener("beforeunload", leaving);
    }
  }

  return { ask, describe, refuse, launch };
}

// What the forms with a file share: asking the console, saying what has to be mended, and launching an import with its file. Their
// form has the token; beside it are the list of what to mend (`mend`) and the progress of the upload (`upload`).
import { uploader } from "./upload.js";

// `places` says which field a problem of the API is about, where its path is not the field's name.
export function sender(form, places = {}) {
  const texts = form.dataset;
  const mend = document.getElementById("mend");
  const upload = uploader(ask);
  // The fields that the last refusal was about.
  const marked = [];

  // The token of the session of now, for a page that was opened in an earlier one.
  async function renewToken() {
    const page = new DOMParser().parseFromString(await (await fetch("/console/catalogue", { credentials: "same-origin" })).text(), "text/html");
    const token = page.querySelector("meta[name=csrf]")?.content;
    if (token) form.elements.csrf.value = token;
    return Boolean(token);
  }

  async function ask(path, fields, method = "POST", isSecond = false) {
    const token = form.elements.csrf.value;
    const answer = await fetch(path, {
      method,
      headers: { accept: "application/json", "x-csrf-token": token, ...(fields && { "content-type": "application/x-www-form-urlencoded" }) },
      body: fields && new URLSearchParams(fields),
      credentials: "same-origin",
    });
    if (answer.headers.get("content-type")?.startsWith("text/html")) return answer.text();
    const body = await answer.json();
    if (answer.ok) return body;
    if (body.code === "stale_form" && !isSecond && (await renewToken())) {
      fields?.set?.("csrf", form.elements.csrf.value);
      return ask(path, fields, method, true);
    }
    throw body;
  }

  // Adds what the API must know of a file before it comes.
  function describe(fields, file) {
    fields.set("file.name", file.name);
    fields.set("file.size", String(file.size));
    if (file.size > Number(texts.onePut)) fields.set("file.multipart", "true");
    return fields;
  }

  function unmark() {
    for (const field of marked.splice(0)) field.removeAttribute("aria-invalid");
  }

  // The problems of a refusal, each with the field that it is about, which is marked, in words of the form.
  function explain(refusal, otherwise) {
    const problems = refusal.problems?.length ? refusal.problems : [{ message: refusal.detail || otherwise }];
    unmark();
    return problems.map(({ path, message }) => {
      const field = form.elements[places[path] ?? path];
      if (!field?.id) return { message };
      field.setAttribute("aria-invalid", "true");
      marked.push(field);
      const names = [field.closest("fieldset")?.querySelector("legend"), form.querySelector(`label[for="${field.id}"]`)];
      return { field, message: [...names.filter(Boolean).map((name) => name.textContent), message].join(": ") };
    });
  }

  // Where to sign in again; nothing if that is not what is wrong.
  function signingIn(refusal) {
    if (refusal.code !== "signed_out") return [];
    const link = document.createElement("a");
    [link.href, link.target, link.textContent] = ["/console/sign-in", "_blank", refusal.title];
    return [" ", link];
  }

  function refuse(refusal) {
    mend.querySelector("ul").replaceChildren(
      ...explain(refusal, texts.failed).map(({ field, message }) => {
        const line = document.createElement("li");
        if (field) {
          const link = document.createElement("a");
          [link.href, link.textContent] = [`#${field.id}`, message];
          line.append(link);
        } else line.textContent = message;
        return line;
      }),
    );
    mend.querySelector("li").append(...signingIn(refusal));
    mend.hidden = false;
    mend.focus();
  }

  // Sends a file to the import that `begin` gives, with the path of its page and the description of its upload. The path once
  // it is sent; null if that was refused, and the page says why.
  async function send(begin, file) {
    mend.hidden = true;
    const parts = form.querySelectorAll("button[type=submit], input[type=file]");
    for (const part of parts) part.disabled = true;
    const leaving = (event) => event.preventDefault();
    addEventListener("beforeunload", leaving);
    try {
      const { page, upload: described } = await begin();
      await upload(page, described, file);
      return page;
    } catch (refusal) {
      for (const part of parts) part.disabled = false;
      refuse(refusal instanceof Error ? { detail: texts.failed } : refusal);
      return null;
    } finally {
      removeEventListener("beforeunload", leaving);
    }
  }

  // Launches the import of a file with these fields, and sends the file.
  const launch = (fields, file) => send(() => ask(form.action, describe(fields, file)), file);

  return { ask, describe, explain, unmark, signingIn, refuse, send, launch };
}

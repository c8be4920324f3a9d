// Answers a signup box on any site in place. No cookie, no other host than the form's own; without
// this script, or where it is at a loss, the form goes to the signup page by itself.
(() => {
  "use strict";
  const FRAME = "iframe[data-newsletter-box]";

  // A sheet made here needs no leave of the page's CSP; :where() lets every rule of the page win.
  const STYLE = `
:where(.newsletter-box) { max-width: 36rem; font: inherit; color: inherit; }
:where(.newsletter-box p, .newsletter-box fieldset) { margin: 0 0 1em; }
:where(.newsletter-box fieldset) { border: 0; padding: 0; min-width: 0; }
:where(.newsletter-box [type=email], .newsletter-box button) { font: inherit; min-height: 2.75em;
  padding: .4em .9em; border: 1px solid; border-radius: 3px; box-sizing: border-box; }
:where(.newsletter-box [type=email]) { display: block; width: 100%; margin: .35em 0 .75em;
  color: inherit; background: transparent; }
:where(.newsletter-box button) { cursor: pointer; font-weight: 600; color: var(--on-box, inherit);
  background: var(--box, transparent); border-color: var(--box, currentColor); }
:where(.newsletter-box fieldset label) { display: block; padding: .4em 0; }
:where(.newsletter-box [aria-invalid]) { outline: 2px solid; }
:where(.newsletter-box [data-error]) { display: block; font-weight: 700; }
:where(.newsletter-box [role=status]:empty) { display: none; }`;

  let errors = 0;

  function mark(field, sentence) {
    const note = document.createElement("span");
    note.dataset.error = "";
    note.id = "newsletter-box-error-" + ++errors;
    note.textContent = sentence;
    (field.closest("label") || field).before(note);
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", note.id);
    field.focus();
  }

  function unmark(form) {
    for (const note of form.querySelectorAll("[data-error]")) note.remove();
    for (const field of form.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
  }

  function finish(form, said, sentence) {
    form.replaceChildren(said);
    said.textContent = sentence;
    said.tabIndex = -1;
    said.focus();
  }

  // Shows what the answer says; false: it is for the signup page to go on.
  function heed(form, said, status, answer) {
    const name = answer.field && CSS.escape(answer.field);
    const field = name && form.querySelector(`[name="${name}"]:not([type=hidden])`);
    if (status === 200 && answer.status === "check_inbox") finish(form, said, answer.message);
    else if (status === 400 && answer.error && field) mark(field, answer.error);
    else if (answer.error && (status === 429 || status === 503)) said.textContent = answer.error;
    else return false;
    return true;
  }

  async function send(form, said) {
    const button = form.querySelector("[type=submit]");
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    unmark(form);
    said.textContent = "";
    let heeded = false;
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "application/json" },
        credentials: "omit",
        signal: AbortSignal.timeout(20000),
      });
      heeded = heed(form, said, response.status, await response.json());
    } catch { /* no answer, or none that can be read */ }
    button.removeAttribute("aria-disabled");
    // What was typed goes along: the signup page shows it again, with whatever it asks for.
    if (!heeded) HTMLFormElement.prototype.submit.call(form);
  }

  function prepare(form) {
    if (form.dataset.newsletterBox) return;
    form.dataset.newsletterBox = "ready";
    form.style.setProperty("--box", form.dataset.accent || null);
    form.style.setProperty("--on-box", form.dataset.onAccent || null);
    const said = document.createElement("p");
    said.setAttribute("role", "status");
    form.append(said);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form, said);
    });
  }

  function begin() {
    document.querySelectorAll("form[data-newsletter-box]").forEach(prepare);
    for (const frame of document.querySelectorAll(FRAME))
      frame.contentWindow.postMessage("newsletter-box", "*");
  }

  addEventListener("message", (event) => {
    const height = event.data?.newsletterBox;
    for (const frame of document.querySelectorAll(FRAME))
      if (height > 0 && event.source === frame.contentWindow
        && event.origin === new URL(frame.src).origin) frame.height = Math.min(height, 3000);
  });

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  document.adoptedStyleSheets = [sheet, ...document.adoptedStyleSheets];
  begin();
  document.addEventListener("DOMContentLoaded", begin);
})();

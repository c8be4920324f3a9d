// The editor of a draft: saves while somebody types, keeps what could not be saved, says who else
// is at it, and shows the saved mail beside the form.
(function () {
  "use strict";
  var form = document.querySelector("[data-editor]");
  if (!form) return;

  var SAVE_AFTER = 800, TRY_AGAIN = 5000, SIGN_OF_LIFE = 30000, IDLE = 300000, LOOK = 10000;
  var KEY = "draft-" + form.dataset.editor;
  var line = form.querySelector("[data-saved]");
  var replace = form.querySelector("[data-replace]"), load = form.querySelector("[data-load]");
  var note = document.querySelector("[data-lock-note]"), over = note.querySelector("button");
  var frame = form.querySelector("[data-frame]");
  var OWN = ["csrf_token", "version", "view", "topics", "as_reader", "reader", "do"];
  var timer = 0, saving = false, again = false, locked = false, typedAt = 0, asked = false, stopped = false;

  function words() {
    return Array.from(new FormData(form)).filter(function (pair) { return !OWN.includes(pair[0]); });
  }
  var saved = form.dataset.unsaved ? "" : JSON.stringify(words());

  // What is typed stays in this browser until the server has it. Another tab may have kept words of
  // its own there: a page forgets only what it kept itself.
  var kept_here = false;
  function keep() {
    var text = JSON.stringify(words());
    try {
      if (text !== saved) localStorage.setItem(KEY, JSON.stringify({ at: Date.now(), words: text }));
      else if (kept_here) localStorage.removeItem(KEY);
      kept_here = text !== saved;
    } catch (error) { /* storage is off or full: the page itself still has it */ }
  }
  function forget() { try { localStorage.removeItem(KEY); } catch (error) { /* as above */ } }
  function clock(moment) {
    return new Date(moment).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  }

  function say(text, tone) {
    line.textContent = text;
    line.classList.toggle("text-danger", tone === "bad");
  }
  function choose(shown) { replace.hidden = load.hidden = !shown; }

  function showProblems(problems) {
    form.querySelectorAll("[data-problem]").forEach(function (part) { part.remove(); });
    form.querySelectorAll(".is-invalid").forEach(function (field) {
      field.classList.remove("is-invalid");
      field.removeAttribute("aria-invalid");
    });
    Object.keys(problems).forEach(function (name) {
      var field = document.getElementById("field-" + name);
      if (!field) return;
      var part = document.createElement("div");
      part.className = "invalid-feedback";
      part.dataset.problem = name;
      part.textContent = problems[name];
      field.classList.add("is-invalid");
      field.setAttribute("aria-invalid", "true");
      field.after(part);
    });
  }

  function post(address, body) {
    return fetch(address, {
      method: "POST", body: body, headers: { Accept: "application/json" }, redirect: "manual"
    });
  }

  function later(pause) {
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  }

  function save() {
    if (stopped) return;
    if (saving) { again = true; return; }
    var text = JSON.stringify(words());
    if (text === saved) { keep(); return; }
    saving = true;
    say("Saving …");
    post(form.action, new FormData(form)).then(function (answer) {
      if (answer.status === 401 || answer.status === 403) return renew();
      return answer.json().then(function (told) { settle(answer.status, told, text); });
    }).catch(function () {
      say("Not saved: the server does not answer. What you typed is kept in this browser, and tried again.", "bad");
      later(TRY_AGAIN);
    }).finally(function () {
      saving = false;
      if (again) { again = false; later(0); }
    });
  }

  function settle(status, told, text) {
    if (status === 200) {
      saved = text;
      form.elements.version.value = told.version;
      say("Saved " + told.saved);
      showProblems({});
      choose(false);
      note.hidden = true;
      keep();
      refresh();
      examine();
      return;
    }
    var problems = told.problems || {};
    say([told.problem].concat(problems.articles || []).join(" "), "bad");
    showProblems(problems);
    if (status !== 409) return;
    if (told.lock) return overtaken(told.lock);
    stopped = true;  // until she has chosen whose words count
    choose(true);
    replace.hidden = told.state !== "draft";
    replace.dataset.version = told.version;
  }

  // Signed out, or the page is old: whoever signs in again in another tab brings a fresh token.
  function renew() {
    say("Not saved: you are signed out. Sign in in another tab; what you typed is kept and saved then.", "bad");
    return fetch(form.action, { redirect: "follow" }).then(function (answer) {
      if (answer.redirected || !answer.ok) return later(TRY_AGAIN);
      return answer.text().then(function (page) {
        var token = new DOMParser().parseFromString(page, "text/html").querySelector('meta[name="csrf-token"]');
        if (token) document.querySelectorAll('input[name="csrf_token"]').forEach(function (field) { field.value = token.content; });
        later(token ? 0 : TRY_AGAIN);
      });
    });
  }

  function overtaken(sentence) {
    note.hidden = false;
    note.querySelector("[data-lock-words]").textContent = sentence;
    locked = false;
  }
  function credentials() {
    var body = new FormData();
    body.append("csrf_token", form.elements.csrf_token.value);
    return body;
  }
  function sign() {
    if (!locked && asked) return;
    asked = true;
    post(form.dataset.lock, credentials()).then(function (answer) {
      if (answer.status === 409) return answer.json().then(function (told) { overtaken(told.problem); });
      locked = answer.ok;
      asked = answer.ok;
    }).catch(function () { asked = false; });
  }
  setInterval(function () { if (locked && Date.now() - typedAt < IDLE) sign(); }, SIGN_OF_LIFE);

  // Who has it is seen without typing; once she has gone, what was typed meanwhile is saved.
  function look() {
    if (locked || document.hidden) return;
    fetch(form.dataset.lock, { headers: { Accept: "application/json" }, redirect: "manual" }).then(function (answer) {
      return answer.ok ? answer.json() : null;
    }).then(function (told) {
      if (!told || locked) return;
      if (told.lock) return overtaken(told.lock);
      if (note.hidden) return;
      note.hidden = true;
      say("");
      later(0);
    }).catch(function () { /* the next look tells */ });
  }
  setInterval(look, LOOK);

  over.addEventListener("click", function (event) {
    event.preventDefault();
    post(over.formAction, credentials()).then(function (answer) {
      if (!answer.ok) throw new Error();
      return answer.json().then(function (told) {
        note.hidden = true;
        locked = true;
        if (String(told.version) !== form.elements.version.value) {
          stopped = true;
          replace.dataset.version = told.version;
          replace.hidden = load.hidden = false;
          say("This draft was saved in other words since you opened it.", "bad");
        } else save();
      });
    }).catch(function () { say("The server does not answer. Try again in a moment.", "bad"); });
  });
  replace.addEventListener("click", function () {
    form.elements.version.value = replace.dataset.version;
    stopped = false;
    choose(false);
    save();
  });
  load.addEventListener("click", forget);

  function isOwn(field) { return "preview" in field.dataset || "own" in field.dataset; }
  function typed(event) {
    if (isOwn(event.target)) return;
    typedAt = Date.now();
    if (!locked) sign();
    keep();
    later(SAVE_AFTER);
  }
  // Enter saves, or shows the reader that was asked for; no page is loaded anew for it.
  form.addEventListener("keydown", function (event) {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("input:not([type=radio]):not([type=checkbox])")) return;
    event.preventDefault();
    if ("own" in event.target.dataset) form.querySelector("[data-show-reader]").click();
    else later(0);
  });
  form.addEventListener("input", typed);
  form.addEventListener("change", function (event) {
    if ("preview" in event.target.dataset) return refresh();
    typed(event);
  });
  window.addEventListener("online", function () { later(0); });
  window.addEventListener("pagehide", function () {
    if (locked) navigator.sendBeacon(form.dataset.leave, credentials());
  });

  // The preview: replaced, so that the way back leads out of the editor and not through it.
  function refresh() {
    var asked = new URLSearchParams();
    new FormData(form).forEach(function (value, name) {
      if (["view", "topics", "reader"].includes(name)) asked.append(name, value);
    });
    frame.dataset.view = asked.get("view");
    frame.contentWindow.location.replace(form.dataset.mail + "?" + asked);
  }
  function examine() {
    var line = form.querySelector("[data-preflight]");
    fetch(line.dataset.preflight, { redirect: "manual" }).then(function (answer) {
      return answer.ok ? answer.text() : line.innerHTML;
    }).then(function (html) { line.innerHTML = html; }).catch(function () { /* the next save tells */ });
  }

  // What an earlier visit could not save.
  function fill(pairs) {
    pairs.forEach(function (pair) {
      var field = form.elements[pair[0]];
      if (field && pair[0] !== "article" && "value" in field) field.value = pair[1];
    });
    var list = form.querySelector("[data-rows]");
    pairs.filter(function (pair) { return pair[0] === "article"; }).forEach(function (pair) {
      var row = document.getElementById("article-" + pair[1]);
      if (row) list.append(row);
    });
  }
  function loose(text) { return text.replace(/(\\r|\\n|\s)+/g, " ").replace(/ "|" /g, '"'); }
  function offer() {
    var kept = null;
    try { kept = JSON.parse(localStorage.getItem(KEY)); } catch (error) { return; }
    if (form.dataset.unsaved) return;  // what was typed stands in the form
    if (!kept || loose(kept.words) === loose(saved)) return forget();
    var box = document.querySelector("[data-kept]");
    box.hidden = false;
    box.querySelector("[data-kept-words]").textContent =
      "What you typed here until " + clock(kept.at) + " was not saved.";
    box.querySelector("[data-put-back]").addEventListener("click", function () {
      fill(JSON.parse(kept.words));
      box.hidden = true;
      form.dispatchEvent(new Event("input"));
    });
    box.querySelector("[data-let-be]").addEventListener("click", function () {
      forget();
      box.hidden = true;
    });
  }
  // Words typed before this script ran are saved too.
  function isTouched(field) {
    if (OWN.includes(field.name)) return false;
    if (field.options) return Array.from(field.options).some(function (one) { return one.selected !== one.defaultSelected; });
    return "defaultValue" in field && field.value !== field.defaultValue;
  }
  offer();
  if (!form.dataset.unsaved && Array.from(form.elements).some(isTouched)) {
    saved = "";
    later(0);
  }
  if (form.dataset.unsaved === "409" && note.hidden) {
    stopped = true;  // the next word must not replace what somebody saved, without being asked
    choose(true);
    replace.dataset.version = form.elements.version.value;
  }
})();

// Writing an article: the preview follows the typing, drafts save themselves, pictures are put in.
(function () {
  "use strict";

  var form = document.querySelector("form[data-write]");
  if (!form) return;
  var preview = form.querySelector("[data-write-preview]");
  var state = form.querySelector("[data-write-state]");
  var body = form.elements.body;
  var PREVIEW_AFTER = 400;
  var SAVE_AFTER = 3000;
  var previewTimer, saveTimer, previewing, saving = false, leaving = false, changes = 0;
  var pressed = null;  // a button that waits for a save that is under way

  function typed(action) {
    var data = new FormData(form);
    data.delete("picture");  // a file goes by its own button
    if (action) data.set("do", action);
    return data;
  }

  function showPreview() {
    if (previewing) previewing.abort();
    previewing = new AbortController();
    fetch(form.dataset.preview, { method: "POST", body: typed(), signal: previewing.signal })
      .then(function (answer) { return answer.ok && !answer.redirected ? answer.text() : null; })
      .then(function (html) { if (html !== null) preview.innerHTML = html; })
      .catch(function () { /* the next key asks again */ });
  }

  function say(words) { state.textContent = words; }

  function save() {
    if (leaving || saving) return saveLater();
    var before = changes;
    saving = true;
    fetch(form.action, { method: "POST", body: typed("autosave"), headers: { Accept: "application/json" } })
      .then(function (answer) {
        return answer.json().then(function (told) {
          if (!answer.ok) throw new Error(told.error);
          form.elements.version.value = told.version;
          if (form.action !== new URL(told.address, location.href).href) adopt(told.address);
          say("Saved by itself at " + new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) + ".");
          if (changes === before) changes = 0;
        });
      })
      .catch(function (error) {
        say("Not saved by itself: " + (error instanceof TypeError || error instanceof SyntaxError ?
          "no answer from the server." : error.message));
      })
      .finally(function () {
        saving = false;
        if (pressed) form.requestSubmit(pressed);
      });
  }

  // A new article has an address of its own from its first save on.
  function adopt(address) {
    form.action = address;
    form.elements.manuscript_id.value = address.split("/").pop();
    history.replaceState(null, "", address);
  }

  function saveLater() {
    clearTimeout(saveTimer);
    saveTimer = setTimeout(save, SAVE_AFTER);
  }

  form.addEventListener("input", function (event) {
    if (event.target.type === "file" || /^new_/.test(event.target.name)) return;
    changes += 1;
    clearTimeout(previewTimer);
    previewTimer = setTimeout(showPreview, PREVIEW_AFTER);
    saveLater();
  });

  form.addEventListener("change", function (event) {
    var file = event.target.type === "file" && event.target.files[0];
    if (event.target.type !== "file") return;
    var tooLarge = file && file.size > Number(form.dataset.largest);
    event.target.setCustomValidity(tooLarge ? "The file is larger than 10 MB. Save the picture smaller." : "");
    event.target.reportValidity();
  });

  form.addEventListener("submit", function (event) {
    if (saving) {
      pressed = event.submitter;
      event.preventDefault();
      return;
    }
    leaving = true;
    clearTimeout(saveTimer);
  });
  window.addEventListener("pageshow", function () { leaving = false; });
  window.addEventListener("beforeunload", function (event) {
    if (changes && !leaving) event.preventDefault();
  });

  form.querySelectorAll("[data-insert]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var line = document.getElementById(button.dataset.insert).value;
      var at = body.selectionEnd;
      var front = body.value.slice(0, at).replace(/\n*$/, "");
      var rest = body.value.slice(at).replace(/^\n*/, "");
      body.value = (front ? front + "\n\n" : "") + line + "\n\n" + rest;
      body.focus();
      body.selectionStart = body.selectionEnd = (front ? front.length + 2 : 0) + line.length;
      body.dispatchEvent(new Event("input", { bubbles: true }));
    });
  });
})();

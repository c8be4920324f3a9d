// Small conveniences of the admin pages: palette, dialogs, copying, and the age of live parts.
(function () {
  "use strict";

  function chooseTheme() {
    var root = document.documentElement;
    var theme = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    root.setAttribute("data-bs-theme", theme);
    try { localStorage.setItem("theme", theme); } catch (error) { /* storage is off */ }
    document.dispatchEvent(new CustomEvent("themechange"));
  }

  function copyFrom(button) {
    var source = document.getElementById(button.dataset.copy);
    var text = "value" in source ? source.value : source.textContent;
    var words = button.textContent;
    navigator.clipboard.writeText(text).then(function () {
      button.textContent = "Copied";
    }, function () {
      source.focus();
      if (source.select) source.select();
      button.textContent = "Press Ctrl+C";
    });
    setTimeout(function () { button.textContent = words; }, 2000);
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("button");
    if (!button) return;
    if ("themeSwitch" in button.dataset) chooseTheme();
    if (button.dataset.dialog) document.getElementById(button.dataset.dialog).showModal();
    if ("close" in button.dataset) button.closest("dialog").close();
    if (button.dataset.copy) copyFrom(button);
    if ("print" in button.dataset) window.print();
  });

  document.addEventListener("change", function (event) {
    if ("submitOnChange" in event.target.dataset) event.target.form.requestSubmit();
  });

  // One press, one request: a form that has been sent does not go a second time.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", function (event) {
    if (!event.persisted) return;
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });

  // Live parts: note when each was fresh; say so once it has missed three turns.
  var STALE_SECONDS = 20;
  document.addEventListener("htmx:config:request", function (event) {
    var meta = document.querySelector('meta[name="csrf-token"]');
    var request = event.detail && event.detail.ctx && event.detail.ctx.request;
    if (meta && request && request.headers) request.headers["X-CSRFToken"] = meta.content;
  });
  document.addEventListener("htmx:after:swap", function (event) {
    var part = event.target.closest && event.target.closest("[data-live]");
    if (part) part.dataset.live = new Date().toISOString();
  });
  document.addEventListener("htmx:sse:after:message", function (event) {
    var part = event.target.closest && event.target.closest("[data-live]");
    if (part) part.dataset.live = new Date().toISOString();
  });
  document.addEventListener("outdated", function () { location.reload(); });
  document.addEventListener("htmx:before:swap", function (event) {
    // An error page or the sign-in page must not take a part's place.
    var ctx = event.detail && event.detail.ctx;
    var answer = ctx && ctx.response;
    if (answer && (answer.status >= 400 || (answer.raw && answer.raw.redirected))) event.preventDefault();
  });
  setInterval(function () {
    document.querySelectorAll("[data-live]").forEach(function (part) {
      var age = Math.round((Date.now() - Date.parse(part.dataset.live)) / 1000);
      var note = part.previousElementSibling;
      if (!note || !note.matches(".stale-note")) {
        note = document.createElement("p");
        note.className = "stale-note";
        note.setAttribute("role", "status");
        part.before(note);
      }
      note.textContent = age < STALE_SECONDS ? "" :
        "No answer from the server for " + (age < 120 ? age + " s" : Math.round(age / 60) + " min") +
        ": what stands here may be old.";
    });
  }, 5000);

  document.querySelectorAll("[data-without-script]").forEach(function (part) { part.hidden = true; });
})();

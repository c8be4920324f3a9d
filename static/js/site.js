// This will say that a form is on its way, and keep a double press from sending it twice.
document.addEventListener("submit", (event) => {
  const button = event.target.querySelector("button[type=submit]");
  if (!button) return;
  if (button.getAttribute("aria-busy") === "true") {
    event.preventDefault();
    return;
  }
  button.dataset.words = button.textContent;
  button.textContent = "One moment";
  button.setAttribute("aria-busy", "true");
});

// A page that comes back from the browser's memory offers its button again.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[aria-busy=true]")) {
    button.textContent = button.dataset.words;
    button.removeAttribute("aria-busy");
  }
});

// This will say that a form is on its way, and keep a double press from sending it twice.
const waiting = document.currentScript?.dataset.wait || "One moment";

document.addEventListener("submit", (event) => {
  const button = event.target.querySelector("button[type=submit]");
  if (!button) return;
  if (button.getAttribute("aria-busy") === "true") {
    event.preventDefault();
    return;
  }
  button.dataset.words = button.textContent;
  button.textContent = waiting;
  button.setAttribute("aria-busy", "true");
});

// A page that comes back from the browser's memory offers its button again.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[aria-busy=true]")) {
    button.textContent = button.dataset.words;
    button.removeAttribute("aria-busy");
  }
});

// The time zone of this device is offered beside the field; only the reader's press chooses it.
for (const offer of document.querySelectorAll("[data-device-zone-for]")) {
  const field = document.getElementById(offer.dataset.deviceZoneFor);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!field || !zone || field.value === zone) continue;
  offer.querySelector("span").textContent = zone.replaceAll("_", " ");
  offer.querySelector("button").addEventListener("click", () => {
    if (![...field.options].some((option) => option.value === zone)) field.add(new Option(zone, zone));
    field.value = zone;
    offer.hidden = true;
    field.focus();
  });
  offer.hidden = false;
}

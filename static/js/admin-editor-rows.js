// The rows of articles in the editor of a draft: moved by buttons, and by dragging.
(function () {
  "use strict";
  var list = document.querySelector("[data-rows]");
  if (!list) return;
  var place = document.querySelector("[data-place]");
  var dragged = null;

  function told(row) {
    place.textContent = "Place " + (Array.from(list.children).indexOf(row) + 1) + " of " + list.children.length + ".";
    list.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function move(row, way, button) {
    var other = way === "up" ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (way === "up") other.before(row); else other.after(row);
    button.focus();
    row.scrollIntoView({ block: "nearest" });
    told(row);
  }

  list.addEventListener("click", function (event) {
    var button = event.target.closest('button[name="move"]');
    if (!button) return;
    event.preventDefault();
    move(button.closest("[data-row]"), button.value.split("-")[0], button);
  });

  // Only the grip begins a drag, so that titles can be marked and links pressed.
  list.addEventListener("pointerdown", function (event) {
    var grip = event.target.closest("[data-grip]");
    if (grip) grip.closest("[data-row]").draggable = true;
  });
  list.addEventListener("dragstart", function (event) {
    dragged = event.target.closest("[data-row]");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.id);
    dragged.classList.add("dragged");
  });
  list.addEventListener("dragover", function (event) {
    var over = event.target.closest("[data-row]");
    if (!dragged) return;
    event.preventDefault();
    if (!over || over === dragged) return;
    var box = over.getBoundingClientRect();
    if (event.clientY < box.top + box.height / 2) over.before(dragged); else over.after(dragged);
  });
  list.addEventListener("drop", function (event) { if (dragged) event.preventDefault(); });
  list.addEventListener("dragend", function () {
    if (!dragged) return;
    dragged.classList.remove("dragged");
    dragged.draggable = false;
    told(dragged);
    dragged = null;
  });

  function mark() {
    list.querySelectorAll("[data-row]").forEach(function (row) {
      row.classList.toggle("left-out", row.querySelector("select").value === "left_out");
    });
  }
  list.addEventListener("change", mark);
  mark();
  list.querySelectorAll("[data-grip]").forEach(function (grip) { grip.classList.add("ready"); });
})();

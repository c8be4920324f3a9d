// Tells the page around the box how high it is, whenever that changes or the page asks.
(() => {
  const tell = () =>
    parent.postMessage({ newsletterBox: document.querySelector("main").scrollHeight }, "*");
  addEventListener("message", (event) => { if (event.source === parent) tell(); });
  new ResizeObserver(tell).observe(document.querySelector("main"));
})();

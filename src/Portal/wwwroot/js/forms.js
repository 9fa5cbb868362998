// On the pages without a circuit: a double click sends a form once.
(() => {
  const sent = new WeakSet();

  document.addEventListener("submit", (e) => {
    if (sent.has(e.target)) {
      e.preventDefault();
    } else {
      sent.add(e.target);
    }
  });

  // Kept by the browser and shown again: what it says may be over by now.
  window.addEventListener("pageshow", (e) => e.persisted && location.reload());
})();

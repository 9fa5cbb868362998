// Arrow keys in a picture of boxes and lines (svg[data-graph]). Only one of its boxes is reached by Tab; from there:
//   right        the box that the way goes on to (data-to has its data-box)
//   left         a box whose way comes from there, the one that was left last if there was one
//   up, down     the next box of the same layer; Home and End its first and last
//   Enter        opens or unfolds, as of any link; what was folded has the focus then
//   Escape       back to the frame, from which Tab goes on
const left = new WeakMap();
let unfolding = null;

const boxes = (graph) => [...graph.querySelectorAll("[data-to]")];
const top = (box) => box.getBoundingClientRect().top;
const layer = (box) => Math.round(box.getBoundingClientRect().left);

const inRow = (list) => list.sort((a, b) => top(a) - top(b));

function go(graph, box) {
  if (!box) {
    return;
  }
  for (const other of boxes(graph)) {
    other.setAttribute("tabindex", other === box ? "0" : "-1");
  }
  box.focus();
  box.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function target(graph, box, key) {
  const all = boxes(graph);
  const peers = inRow(all.filter((other) => layer(other) === layer(box)));
  const at = peers.indexOf(box);
  switch (key) {
    case "ArrowRight": {
      const next = all.find((other) => other.dataset.box === box.dataset.to && box.dataset.to !== "");
      if (next) {
        left.set(next, box);
      }
      return next;
    }
    case "ArrowLeft": {
      const before = box.dataset.box === undefined ? [] : inRow(all.filter((other) => other.dataset.to === box.dataset.box));
      return before.find((other) => other === left.get(box)) ?? before[Math.floor((before.length - 1) / 2)];
    }
    case "ArrowUp":
      return peers[at - 1];
    case "ArrowDown":
      return peers[at + 1];
    case "Home":
      return peers[0];
    case "End":
      return peers.at(-1);
  }
  return undefined;
}

document.addEventListener("keydown", (e) => {
  const box = e.target instanceof Element ? e.target.closest("[data-graph] [data-to]") : null;
  if (!box || e.ctrlKey || e.metaKey || e.altKey || e.shiftKey || e.isComposing) {
    return;
  }
  const graph = box.closest("[data-graph]");
  if (e.key === "Escape") {
    graph.closest("[tabindex]")?.focus();
    e.preventDefault();
  } else if (/^(Arrow(Left|Right|Up|Down)|Home|End)$/.test(e.key)) {
    go(graph, target(graph, box, e.key));
    e.preventDefault();
  } else if (e.key === "Enter" && box.classList.contains("is-folded")) {
    unfolding = { to: box.dataset.to, known: new Set(boxes(graph).map((other) => other.dataset.box)), until: performance.now() + 10000 };
  }
});

// A pressed box is the one that Tab comes back to.
document.addEventListener("focusin", (e) => {
  const box = e.target instanceof Element ? e.target.closest("[data-graph] [data-to]") : null;
  if (box && box.getAttribute("tabindex") !== "0") {
    go(box.closest("[data-graph]"), box);
  }
});

new MutationObserver(() => {
  const graph = document.querySelector("[data-graph]");
  if (!graph) {
    return;
  }
  if (unfolding && performance.now() < unfolding.until) {
    const fresh = inRow(boxes(graph).filter((box) => box.dataset.to === unfolding.to && !unfolding.known.has(box.dataset.box)));
    if (fresh.length > 0) {
      unfolding = null;
      go(graph, fresh[0]);
    }
  }
  // What was reached by Tab may be gone.
  if (!boxes(graph).some((box) => box.getAttribute("tabindex") === "0")) {
    boxes(graph).at(-1)?.setAttribute("tabindex", "0");
  }
}).observe(document.documentElement, { childList: true, subtree: true });

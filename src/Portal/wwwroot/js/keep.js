// What was typed into a form outlives the circuit of its page: it is noted when the connection is lost, and typed again once
// the page is back, from whichever replica. Only forms marked data-keep, never a password or a file; in this tab only.
const key = "lapse-typed";
const longestMs = 15 * 60 * 1000;

// Nobody types again what somebody else has typed.
const viewer = () => document.querySelector("[data-viewer]")?.dataset.viewer ?? null;
const page = () => location.pathname + location.search;

function* fields() {
  const times = new Map();
  for (const field of document.querySelectorAll("[data-keep] :is(input, textarea, select)")) {
    if (/^(password|file|hidden|submit|button)$/.test(field.type)) {
      continue;
    }
    const label = `${field.closest("[data-keep]").dataset.keep}/${field.labels?.[0]?.textContent.trim() ?? field.name}/${field.type}`;
    const nth = times.get(label) ?? 0;
    times.set(label, nth + 1);
    yield [`${label}/${nth}`, field];
  }
}

const isChoice = (field) => field.type === "checkbox" || field.type === "radio";
const valueOf = (field) => (isChoice(field) ? field.checked : field.value);

function put(field, value) {
  if (field.disabled || valueOf(field) === value) {
    return;
  }
  if (isChoice(field)) {
    field.click();
    return;
  }
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

export function keep() {
  const typed = [...fields()].map(([name, field]) => [name, valueOf(field)]);
  if (typed.length === 0) {
    return;
  }
  try {
    sessionStorage.setItem(key, JSON.stringify({ at: Date.now(), page: page(), viewer: viewer(), typed }));
  } catch {
    // Storage is switched off: what was typed is lost with the page, as on any other site.
  }
}

export function restore() {
  let kept = null;
  try {
    kept = JSON.parse(sessionStorage.getItem(key) ?? "null");
  } catch {
    return;
  }
  if (kept === null) {
    return;
  }
  if (kept.page !== page() || Date.now() - kept.at > longestMs) {
    sessionStorage.removeItem(key);
    return;
  }

  const waiting = new Map(kept.typed);
  const end = () => {
    observer.disconnect();
    document.removeEventListener("input", typedByHand, true);
  };
  // Who goes on typing knows better.
  const typedByHand = (e) => {
    if (e.isTrusted) {
      for (const [name, field] of fields()) {
        if (field === e.target) waiting.delete(name);
      }
    }
  };
  const step = () => {
    if (viewer() === null) {
      return;
    }
    if (viewer() !== kept.viewer) {
      sessionStorage.removeItem(key);
      end();
      return;
    }
    // One choice may bring further fields, which come with a later step.
    for (const [name, field] of [...fields()]) {
      if (waiting.has(name)) {
        const value = waiting.get(name);
        waiting.delete(name);
        put(field, value);
      }
    }
    if (waiting.size === 0) {
      sessionStorage.removeItem(key);
      end();
    }
  };
  const observer = new MutationObserver(step);
  observer.observe(document.body, { childList: true, subtree: true });
  document.addEventListener("input", typedByHand, true);
  setTimeout(end, 30000);
  step();
}

// Searches whose text is in the address.
//   data-search-parameter="q"   what is typed here becomes ?q= of this page, when nothing was typed for a moment
//   data-clears-search          pressing this empties the searches of the page
//   data-fills-search           pressing this link puts what its address says into them
const quietMs = 150;
const typed = new Set();
let waiting = 0;

const fields = () => document.querySelectorAll("[data-search-parameter]");

document.addEventListener("input", (e) => {
  const field = e.target instanceof HTMLInputElement ? e.target : null;
  if (!field?.dataset.searchParameter) return;

  clearTimeout(waiting);
  typed.add(field);
  const page = location.pathname;
  waiting = setTimeout(() => {
    // Each field that was typed into: going on to the next at once loses nothing of the one before.
    const all = [...typed];
    typed.clear();
    // Whoever pressed a link meanwhile has left.
    if (location.pathname !== page) return;
    const address = new URL(location.href);
    for (const one of all.filter((one) => one.isConnected)) {
      const text = one.value.trim();
      if (text) address.searchParams.set(one.dataset.searchParameter, text);
      else address.searchParams.delete(one.dataset.searchParameter);
    }
    if (address.href !== location.href) Blazor.navigateTo(address.href, { replaceHistoryEntry: true });
  }, quietMs);
});

document.addEventListener("click", (e) => {
  const pressed = e.target instanceof Element ? e.target : null;
  const fills = pressed?.closest("[data-fills-search]");
  if (fills) {
    clearTimeout(waiting);
    typed.clear();
    const said = new URL(fills.href).searchParams;
    for (const field of fields()) field.value = said.get(field.dataset.searchParameter) ?? "";
    return;
  }

  if (!pressed?.closest("[data-clears-search]")) return;
  clearTimeout(waiting);
  typed.clear();
  for (const field of fields()) {
    field.value = "";
    field.focus();
  }
});

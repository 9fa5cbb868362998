// Searches whose text is in the address.
//   data-search-parameter="q"   what is typed here becomes ?q= of this page, when nothing was typed for a moment
//   data-clears-search          pressing this empties the searches of the page
const quietMs = 150;
let waiting = 0;

document.addEventListener("input", (e) => {
  const field = e.target instanceof HTMLInputElement ? e.target : null;
  const parameter = field?.dataset.searchParameter;
  if (!parameter) return;

  clearTimeout(waiting);
  const page = location.pathname;
  waiting = setTimeout(() => {
    // Whoever pressed a link meanwhile has left.
    if (!field.isConnected || location.pathname !== page) return;
    const address = new URL(location.href);
    const text = field.value.trim();
    if (text) address.searchParams.set(parameter, text);
    else address.searchParams.delete(parameter);
    if (address.href !== location.href) Blazor.navigateTo(address.href, { replaceHistoryEntry: true });
  }, quietMs);
});

document.addEventListener("click", (e) => {
  if (!(e.target instanceof Element) || !e.target.closest("[data-clears-search]")) return;
  clearTimeout(waiting);
  for (const field of document.querySelectorAll("[data-search-parameter]")) {
    field.value = "";
    field.focus();
  }
});

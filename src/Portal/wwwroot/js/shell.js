// Keyboard, copying and the skip link. One listener on the document each, so pages only mark their elements:
//   data-hotkey="a"    this link or button is pressed by a
//   data-hotkey="g c"  ... by g, then c
//   data-search        / goes here, from another page by the link that / presses
//   data-copy="text"   pressing it copies the text
//   data-prints        pressing it prints the page
const withinMs = 1200;
let first = null;
let firstAt = 0;
let searchWantedAt = -Infinity;

const typing = (e) =>
  e.target instanceof HTMLElement && (e.target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName));

const shown = (element) => element.getClientRects().length > 0;

const blocked = () => document.querySelector("dialog[open], .mud-dialog") !== null;

function press(key) {
  for (const element of document.querySelectorAll(`[data-hotkey="${CSS.escape(key)}"], [data-hotkey="${key}"]`)) {
    if (shown(element) && !element.disabled) {
      element.click();
      return true;
    }
  }
  return false;
}

document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || typing(e) || blocked()) {
    return;
  }

  if (e.key === "?") {
    document.getElementById("keys-help")?.showModal();
    e.preventDefault();
    return;
  }

  if (e.key === "/") {
    const search = [...document.querySelectorAll("[data-search]")].find(shown);
    if (search) {
      search.focus();
      search.select?.();
      e.preventDefault();
    } else if (press("/")) {
      searchWantedAt = performance.now();
      e.preventDefault();
    }
    return;
  }

  if (first !== null && e.timeStamp - firstAt < withinMs) {
    const pressed = press(`${first} ${e.key}`);
    first = null;
    if (pressed) {
      e.preventDefault();
      return;
    }
  }

  if (e.key === "g") {
    first = "g";
    firstAt = e.timeStamp;
  } else if (/^[a-z]$/.test(e.key) && press(e.key)) {
    e.preventDefault();
  }
});

// Blazor puts the focus on the heading of a new page; who came there by / wants to type.
document.addEventListener("focusin", (e) => {
  if (performance.now() - searchWantedAt < 10000 && e.target instanceof HTMLHeadingElement) {
    const search = [...document.querySelectorAll("[data-search]")].find(shown);
    if (search) {
      searchWantedAt = -Infinity;
      search.focus();
    }
  }
});

document.addEventListener("click", async (e) => {
  const target = e.target instanceof Element ? e.target : null;

  if (target?.closest(".skip-link")) {
    e.preventDefault();
    document.getElementById("content")?.focus();
    return;
  }

  if (target?.closest("[data-opens-keys]")) {
    document.getElementById("keys-help")?.showModal();
    return;
  }

  if (target?.closest("[popover] a")) {
    target.closest("[popover]").hidePopover();
    return;
  }

  if (target?.closest("[data-prints]")) {
    window.print();
    return;
  }

  const copies = target?.closest("[data-copy]");
  if (copies) {
    const said = document.getElementById("announcer");
    try {
      await navigator.clipboard.writeText(copies.dataset.copy);
      copies.dataset.copied = "yes";
      if (said) said.textContent = "Copied";
    } catch {
      copies.dataset.copied = "no";
      if (said) said.textContent = "The browser does not let this page copy. Select the line and copy it.";
    }
    setTimeout(() => {
      delete copies.dataset.copied;
      if (said) said.textContent = "";
    }, 2000);
  }
});

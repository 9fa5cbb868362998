// Runs in the head, before anything is drawn, so that no page flashes in the wrong theme.
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");

  function choice() {
    try {
      const kept = localStorage.getItem("lapse-theme");
      return kept === "light" || kept === "dark" ? kept : "system";
    } catch {
      return "system"; // Storage is switched off: follow the system.
    }
  }

  function apply() {
    const chosen = choice();
    const dark = chosen === "dark" || (chosen === "system" && system.matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    document.querySelector('meta[name="theme-color"]')?.setAttribute("content", dark ? "#121218" : "#ffffff");
    return { theme: chosen, dark };
  }

  function choose(theme) {
    try {
      if (theme === "system") {
        localStorage.removeItem("lapse-theme");
      } else {
        localStorage.setItem("lapse-theme", theme);
      }
    } catch {
      // Nothing can be kept; the choice lasts as long as the page.
    }
    return apply();
  }

  window.lapseTheme = { apply, choose, system };
  system.addEventListener("change", apply);
  window.addEventListener("storage", (e) => e.key === "lapse-theme" && apply());
  apply();
})();

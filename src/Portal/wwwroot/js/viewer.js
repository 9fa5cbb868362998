// What a circuit asks of its browser: the time zone and the theme.
function settings(state) {
  return { zone: Intl.DateTimeFormat().resolvedOptions().timeZone, theme: state.theme, dark: state.dark };
}

export function read(circuit) {
  window.lapseTheme.system.addEventListener("change", () => {
    circuit.invokeMethodAsync("SchemeChanged", window.lapseTheme.apply().dark).catch(() => { });
  });
  return settings(window.lapseTheme.apply());
}

export function chooseTheme(theme) {
  return settings(window.lapseTheme.choose(theme));
}

// Dark or light: by the system, until the reader chooses.

import { useEffect, useState } from "preact/hooks";

const chosen = localStorage.getItem("theme");
if (chosen) document.documentElement.dataset.theme = chosen;

/** Choose a theme, for this visit and those to come. */
export function choose(theme) {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
}

/** The theme in force: what the reader chose here, else what the system says; again when it changes. */
export function useTheme() {
  const read = () => document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const [theme, setTheme] = useState(read());
  useEffect(() => {
    const watch = new MutationObserver(() => setTheme(read()));
    watch.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    const system = matchMedia("(prefers-color-scheme: dark)"), follow = () => setTheme(read());
    system.addEventListener("change", follow);
    return () => { watch.disconnect(); system.removeEventListener("change", follow); };
  }, []);
  return theme;
}

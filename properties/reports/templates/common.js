"use strict";
// What the pages share: light and dark, the search field, the keys.
const nndl = (() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;

  const theme = $("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => root.classList.contains("dark")
    || (system.matches && !root.classList.contains("light"));
  const label = () => { theme.textContent = dark() ? "Light" : "Dark"; };
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const next = dark() ? "light" : "dark";
    root.classList.remove("light", "dark");
    root.classList.add(next);
    label();
  });
  system.addEventListener("change", label);
  label();

  // Every input calls filter(); a slash goes to the text, Escape empties all of them.
  function controls(inputs, filter, forget = () => {}) {
    document.querySelector(".controls").hidden = false;
    for (const input of inputs) input.addEventListener("input", filter);
    document.addEventListener("keydown", (event) => {
      const typing = /^(input|select|textarea)$/i.test(event.target.tagName);
      if (event.key === "/" && !typing) { event.preventDefault(); inputs[0].focus(); }
      if (event.key === "Escape") {
        for (const input of inputs) input.value = "";
        forget();
        filter();
      }
    });
    filter();
  }
  const searched = (input) => input.value.toLowerCase().split(/\s+/).filter(Boolean);
  function tell(shown, all) {
    $("count").textContent = shown + " of " + all + " shown";
    $("empty").hidden = shown > 0;
  }
  return { $, controls, searched, tell };
})();

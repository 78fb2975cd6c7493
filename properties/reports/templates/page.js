(() => {
  const { $ } = nndl;
  const functions = [...document.querySelectorAll(".function")];
  const panels = [...document.querySelectorAll("details")];

  // Filter by text, layer and status.
  const text = $("text"), layer = $("layer"), status = $("status");
  function filter() {
    const words = nndl.searched(text);
    let shown = 0;
    for (const item of functions) {
      const hit = (!layer.value || item.dataset.layer === layer.value)
        && (!status.value || item.dataset.status.split(" ").includes(status.value))
        && words.every((word) => item.dataset.text.includes(word));
      item.hidden = !hit;
      shown += hit;
    }
    nndl.tell(shown, functions.length);
  }
  if (text) {
    $("open").addEventListener("click", () => panels.forEach((p) => {
      if (!p.classList.contains("quiet")) p.open = true;
    }));
    $("close").addEventListener("click", () => panels.forEach((p) => { p.open = false; }));
    nndl.controls([text, layer, status], filter);
  }

  // A link of the matrix unfolds its failure.
  function follow() {
    const target = location.hash && $(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.closest(".function")) return;
    target.closest(".function").hidden = false;
    if (target.tagName !== "DETAILS") return;
    target.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus({ preventScroll: true });
  }
  addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".matrix a");
    if (link && link.hash === location.hash) follow();
  });
  follow();

  // Copy a script; where there is no clipboard, select it.
  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const code = button.parentElement.querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code);
        button.textContent = "Selected";
      }
    });
  }

  // Paper shows everything.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = panels.filter((p) => !p.open);
    folded.forEach((p) => { p.open = true; });
  });
  addEventListener("afterprint", () => folded.forEach((p) => { p.open = false; }));
})();

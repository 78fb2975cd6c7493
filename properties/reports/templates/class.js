(() => {
  const { $ } = nndl;
  const data = JSON.parse($("data").textContent);
  const words = { p: "right", f: "wrong", e: "error", m: "missing", i: "inconclusive", n: "not judged" };
  const table = $("matrix");

  // Everything of a student is written as text, never as markup.
  const make = (name, text, options) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    for (const key in options) element.setAttribute(key, options[key]);
    return element;
  };
  const head = table.createTHead().insertRow();
  head.append(make("th", "student", { scope: "col" }));
  for (const name of ["points", "seconds", ...data.functions]) {
    const cell = make("th", undefined, { scope: "col" });
    cell.append(make("div", name));
    head.append(cell);
  }
  const body = table.createTBody();
  const items = data.rows.map((row) => {
    const [name, id, state, points, seconds, page, codes, mistakes, reason] = row;
    const line = document.createElement("tr");
    const first = make("th", undefined, { scope: "row" });
    first.append(page ? make("a", name, { href: page }) : make("span", name));
    if (state !== "right" && state !== "wrong") first.append(" ", make("span", state, { class: "state" }));
    line.append(first, make("td", points, { class: "n4" }), make("td", seconds, { class: "n4" }));
    [...codes].forEach((code, place) => {
      const cell = make("td", undefined, { class: "cell " + code, title: data.functions[place] });
      cell.append(make("span", words[code], { class: "sr" }));
      line.append(cell);
    });
    return { row, line, codes, mistakes, text: (name + " " + id + " " + state + " " + reason).toLowerCase() };
  });

  const text = $("text"), state = $("state"), one = $("function"), order = $("order");
  const picks = [...document.querySelectorAll(".pick")];
  let picked = -1;
  function filter() {
    const searched = nndl.searched(text);
    const shown = items.filter((item) => (!state.value || item.row[2] === state.value)
      && (!one.value || item.codes[one.value] !== "p")
      && (picked < 0 || item.mistakes.includes(picked))
      && searched.every((word) => item.text.includes(word)));
    const key = Number(order.value);
    if (key) shown.sort((a, b) => (key === 3 ? a.row[3] - b.row[3] : b.row[4] - a.row[4]));
    body.replaceChildren(...shown.map((item) => item.line));
    nndl.tell(shown.length, items.length);
  }
  for (const pick of picks) {
    pick.hidden = false;
    pick.title = "Show these students alone";
    pick.addEventListener("click", () => {
      const number = Number(pick.dataset.mistake);
      picked = picked === number ? -1 : number;
      for (const other of picks) other.setAttribute("aria-pressed", Number(other.dataset.mistake) === picked);
      filter();
    });
  }
  order.addEventListener("input", filter);
  nndl.controls([text, state, one], filter, () => {
    picked = -1;
    for (const pick of picks) pick.setAttribute("aria-pressed", "false");
  });

  // Paper shows everybody.
  const folds = [...document.querySelectorAll("details")];
  addEventListener("beforeprint", () => {
    folds.forEach((fold) => { fold.open = true; });
    body.replaceChildren(...items.map((item) => item.line));
  });
  addEventListener("afterprint", filter);
})();

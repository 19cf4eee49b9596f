// Pieces of the page. Text always goes in as text, never as markup: labels come from files.

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") node.style.cssText = value ?? ""; // as an attribute the page's policy would refuse it
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

// rows: cells as text or nodes; the first cell of a row is its heading, a single one that of the rows below.
function table(headings, rows, caption) {
  const head = element("tr", {}, ...headings.map((text) => element("th", { scope: "col" }, text)));
  const body = rows.map(([heading, ...cells]) => (cells.length === 0 ?
    element("tr", { class: "above" }, element("th", { scope: "colgroup", colspan: headings.length }, heading)) :
    element("tr", {}, element("th", { scope: "row" }, heading), ...cells.map((cell) => element("td", {}, cell)))));
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    element("table", {}, element("caption", { class: "unseen" }, caption), element("thead", {}, head),
      element("tbody", {}, ...body)));
}

// The table behind a picture; it is made when it is first opened.
function tableBehind(caption, make) {
  const details = element("details", { class: "behind" }, element("summary", {}, "Table"));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(table(...make(), caption));
  });
  return details;
}

function card(title, { note, wide = false, controls = [] } = {}, ...children) {
  const heading = element("div", { class: "card-head" }, element("h3", {}, title), ...controls);
  return element("section", { class: wide ? "card wide" : "card" }, heading,
    note ? element("p", { class: "note" }, note) : null, ...children);
}

// A heading and its cards in two columns; of an odd number of narrow ones the last takes the whole width.
function part(title, ...cards) {
  const shown = cards.flat().filter(Boolean);
  const narrow = shown.filter((node) => !node.classList.contains("wide"));
  if (narrow.length % 2) narrow.at(-1).classList.add("wide");
  return shown.length ? element("section", { class: "part" }, element("h2", {}, title),
    element("div", { class: "grid" }, ...shown)) : null;
}

let choices = 0;
// A row of choices of which one is taken. options: [[value, text], ...]; the first is taken at the start.
function choice(name, options, onchange) {
  const group = `choice-${++choices}`;
  const inputs = options.map(([value, text], i) =>
    element("label", {},
      element("input", { type: "radio", name: group, value, checked: i === 0, onchange: () => onchange(value) }),
      element("span", {}, text)));
  return element("fieldset", { class: "choice" }, element("legend", { class: "unseen" }, name), ...inputs);
}

// A choice from a list, for many options.
function picker(name, options, onchange) {
  const list = element("select", { onchange: (event) => onchange(event.target.value) },
    ...options.map(([value, text]) => element("option", { value }, text)));
  return element("label", { class: "picker" }, element("span", { class: "unseen" }, name), list);
}

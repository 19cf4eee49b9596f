// Puts the page together.

// Draws everything that depends on the theme or on the runs shown.
function paint() {
  document.querySelectorAll("[data-group]").forEach((sign) => {
    sign.style.color = colourOf(groups[Number(sign.dataset.group)]);
  });
  paintFilters();
  drawCharts();
}

const preferred = matchMedia("(prefers-color-scheme: dark)");
function followSystem() {
  document.documentElement.dataset.theme = preferred.matches ? "dark" : "light";
}

followSystem();
document.title = `Gradrace: ${pageTitle()}`;
document.getElementById("top").append(...pageHead());
document.getElementById("legend").append(...legendButtons());
const parts = [
  element("section", { class: "part" }, element("h2", { class: "unseen" }, "Results"),
    element("div", { class: "runs" }, ...contestants.map(groupCard))),
  lossPart(), epochsPart(), statisticsPart(), sweepPart(), weightsPart(), answersPart(), originPart(),
];
document.getElementById("content").append(...parts.filter(Boolean));
document.getElementById("end").append(element("p", {},
  "Written by Gradrace. Charts: Chart.js 3 (MIT licence; the notice stands in this file's source)."));
paint();
preferred.addEventListener("change", () => {
  followSystem();
  paint();
});
document.documentElement.dataset.ready = "yes";

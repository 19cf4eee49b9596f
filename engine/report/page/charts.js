// Charts by Chart.js that follow the theme and the runs shown, each with a label and a table behind it.

const LIGHT = ["#0068a8", "#c25100", "#00795a", "#9a3f7e", "#826000", "#4b5563", "#5b4fc4", "#b3261e"];
const DARK = ["#5ab4f0", "#ff9a52", "#3ccaa0", "#ea9bcb", "#e3bc4e", "#b4bcc8", "#a99ffb", "#ff8a80"];
const charts = [];

const isDark = () => document.documentElement.dataset.theme === "dark";
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const colourOf = (group) => (isDark() ? DARK : LIGHT)[group.index % LIGHT.length];
const faded = (colour, alpha) => colour + Math.round(alpha * 255).toString(16).padStart(2, "0");

// Fills that differ without colour, too: plain, hatched, hatched the other way, dotted.
function fillOf(group) {
  const kind = group.index % 4, colour = colourOf(group);
  if (kind === 0) return colour;
  const size = 8, tile = element("canvas", { width: size, height: size }), pen = tile.getContext("2d");
  pen.fillStyle = faded(colour, 0.45);
  pen.fillRect(0, 0, size, size);
  pen.strokeStyle = pen.fillStyle = colour;
  pen.lineWidth = 2.5;
  if (kind === 3) pen.fillRect(2, 2, 4, 4);
  for (const shift of kind === 3 ? [] : [-size, 0, size]) {
    pen.moveTo(shift - 1, kind === 1 ? size + 1 : -1);
    pen.lineTo(shift + size + 1, kind === 1 ? -1 : size + 1);
    pen.stroke();
  }
  return pen.createPattern(tile, "repeat");
}

function setDefaults() {
  Object.assign(Chart.defaults, { animation: false, responsive: true, maintainAspectRatio: false, color: css("--muted") });
  Chart.defaults.font.family = css("--font");
  Chart.defaults.font.size = 12;
  Chart.defaults.borderColor = css("--line");
  Chart.defaults.plugins.legend.display = false;
  Object.assign(Chart.defaults.plugins.tooltip, {
    backgroundColor: css("--tip"), titleColor: css("--tip-text"), bodyColor: css("--tip-text"), padding: 10,
    cornerRadius: 6, boxPadding: 4, usePointStyle: true,
  });
}

// An axis with a title. Options of Chart.js go on top.
const axis = (title, { ticks = {}, grid = {}, ...more } = {}) => ({
  title: { display: Boolean(title), text: title, color: css("--muted") },
  ticks: { maxRotation: 0, autoSkipPadding: 14, includeBounds: false, ...ticks },
  grid: { drawBorder: false, ...grid },
  ...more,
});
const tickText = (value) => (Math.abs(value) >= 1e4 ? whole(value) : significant(value, 6));
const logTicks = (value) => (/^[1235](\.0*)?e/.test(Number(value).toExponential(6)) ? significant(value, 1) : "");

// config(): a Chart.js configuration for the theme and the runs of the moment. table(): [headings, rows].
function chartCard(title, { note, wide, controls, height = 280, label, config, table }) {
  const canvas = element("canvas", { role: "img", "aria-label": `${title}. ${label}` });
  const entry = { canvas, config, chart: null };
  charts.push(entry);
  const frame = element("div", { class: "chart", style: `height: ${height}px` }, canvas);
  return card(title, { note, wide, controls }, frame, table ? tableBehind(title, table) : null);
}

function drawChart(entry) {
  entry.chart?.destroy();
  entry.chart = new Chart(entry.canvas, entry.config());
}
function drawCharts() {
  setDefaults();
  charts.forEach(drawChart);
}
const redraw = (title) => charts.filter(({ canvas }) => canvas.ariaLabel.startsWith(title + ".")).forEach(drawChart);

// One line per group over points {x, y}.
const lineOf = (group, data, more = {}) => ({
  label: group.label, data, borderColor: colourOf(group), backgroundColor: colourOf(group), pointStyle: markOf(group),
  borderWidth: 2, pointRadius: 4, pointHoverRadius: 6, clip: 8, ...more,
});

// The trained weights: how far the models lie apart, how the weights are distributed, the first layer's filters.

const differences = documents.flatMap((source) =>
  (source.parameter_difference ?? []).map((d) => ({ ...d, source, pair: `${d.a} \u2212 ${d.b}` })));
const pairs = [...new Set(differences.map((d) => d.pair))];
const chosen = { pair: pairs[0] };

// Parameters of the chosen pair in their order, with the values of all seeds.
function pairDifferences(key) {
  const byParameter = new Map();
  for (const d of differences.filter((each) => each.pair === chosen.pair))
    byParameter.set(d.parameter, [...(byParameter.get(d.parameter) ?? []), d[key]].filter(isNumber));
  return [...byParameter];
}

function differenceCard(title, key, note, controls) {
  const config = () => {
    const list = pairDifferences(key);
    return {
      type: "bar",
      data: { labels: list.map(([name]) => name), datasets: [{ label: title, maxBarThickness: 22, borderRadius: 3,
        backgroundColor: css("--accent"), data: list.map(([, values]) => (values.length ? mean(values) : null)) }] },
      options: { indexAxis: "y", scales: { x: axis(title, { ticks: { callback: tickText, maxTicksLimit: 7 } }), y: axis("", { grid: { display: false } }) },
        plugins: { tooltip: { callbacks: { label: (item) => significant(item.parsed.x) } } } },
    };
  };
  const rows = () => [["Parameter", title], pairDifferences(key).map(([name, values]) => [name, withSpread(values, significant)])];
  const label = `${chosen.pair}: ${listed(pairDifferences(key).map(([name, v]) => `${name} ${significant(v.length ? mean(v) : NaN, 2)}`))}.`;
  return chartCard(title, { note, controls, label, config, table: rows, height: 300 });
}

function differenceCards() {
  if (pairs.length === 0) return [];
  const shift = "Mean difference", place = "Normalized difference";
  const control = pairs.length > 1 ? [picker("Pair of models", pairs.map((p) => [p, p]), (pair) => {
    chosen.pair = pair;
    redraw(shift);
    redraw(place);
  })] : [];
  const over = seedsOf(groups).length > 1 ? ", mean over the seeds" : "";
  const which = pairs.length > 1 ? "a \u2212 b" : pairs[0];
  return [
    differenceCard(shift, "mean_difference", `Mean of ${which} over each tensor${over}.`, control),
    differenceCard(place, "normalized_difference",
      "Where that mean lies in the range of a: (max a \u2212 mean) / (max a \u2212 min a). A shift of nothing in a range around zero gives one half."),
  ];
}

const weighed = groups.filter((group) => firstRun(group).weights);

function histogramCard() {
  if (weighed.length === 0) return null;
  const names = Object.keys(firstRun(weighed[0]).weights);
  const cells = names.map((name) => {
    const config = () => ({
      type: "line",
      data: { datasets: weighed.filter((g) => !g.hidden && firstRun(g).weights[name]).map((group) => {
        const { low, high, counts } = firstRun(group).weights[name];
        const total = counts.reduce((a, b) => a + b, 0), width = (high - low) / counts.length;
        return lineOf(group, counts.map((count, i) => ({ x: low + (i + 0.5) * width, y: (100 * count) / total })),
          { pointRadius: 0, pointHoverRadius: 3, stepped: "middle", borderWidth: 1.5, fill: "origin",
            backgroundColor: faded(colourOf(group), 0.14), borderDash: group.index % 2 ? [4, 2] : [] });
      }) },
      options: { parsing: false, interaction: { mode: "nearest", axis: "x", intersect: false },
        scales: {
          x: axis("", { type: "linear", ticks: { maxTicksLimit: 5, callback: tickText, font: { size: 11 } }, grid: { display: false } }),
          y: axis("", { beginAtZero: true, ticks: { maxTicksLimit: 4, callback: (v) => `${tickText(v)}%`, font: { size: 11 } } }) },
        plugins: { tooltip: { callbacks: { title: ([item]) => item && `around ${significant(item.parsed.x, 3)}`,
          label: (item) => `${item.dataset.label}: ${percent(item.parsed.y)}` } } } },
    });
    const canvas = element("canvas", { role: "img", "aria-label": `Distribution of ${name}.` });
    charts.push({ canvas, config, chart: null });
    return element("figure", { class: "small" }, element("figcaption", {}, name), element("div", { class: "chart" }, canvas));
  });
  const rows = () => [["Parameter", ...weighed.map((group) => `${group.label}: middle half of the weights`)],
    names.map((name) => [name, ...weighed.map((group) => middleHalf(firstRun(group).weights[name]))])];
  return card("Distribution of the weights", { wide: true,
    note: `Share of the weights of each tensor in ${firstRun(weighed[0]).weights[names[0]].counts.length} equal bins, ` +
      "after training; outlines of all models over each other." + (manySeeds ? " First seed." : "") },
  element("div", { class: "smalls" }, ...cells), tableBehind("Distribution of the weights", rows));
}

function middleHalf(histogram) {
  if (!histogram) return "\u2013";
  const { low, high, counts } = histogram, total = counts.reduce((a, b) => a + b, 0);
  const quantile = (share) => {
    let seen = 0;
    const bin = counts.findIndex((count) => (seen += count) >= share * total);
    return low + ((bin + 0.5) * (high - low)) / counts.length;
  };
  return `${significant(quantile(0.25), 2)} to ${significant(quantile(0.75), 2)}`;
}

// From orange (negative) by the card's colour (zero) to blue; value in -1 .. 1.
function diverging(value) {
  const end = value < 0 ? (isDark() ? [255, 154, 82] : [194, 81, 0]) : (isDark() ? [90, 180, 240] : [0, 104, 168]);
  const zero = isDark() ? [30, 36, 44] : [247, 247, 244];
  const share = Math.min(1, Math.abs(value));
  return `rgb(${zero.map((z, i) => Math.round(z + (end[i] - z) * share)).join(" ")})`;
}

// value in -1 .. 1; the card's painter knows the cells whose colour depends on the theme by their share.
const divergingCell = (value) => element("i", { "data-share": value, style: `background: ${diverging(value)}` });

// From the darkest (-1) by the middle (0) to the brightest (1), in each of red, green and blue.
const colourCell = (values) =>
  element("i", { style: `background: rgb(${values.map((value) => Math.round(127.5 * (1 + value))).join(" ")})` });

// A filter over three inputs in their colours; over one or more others, one below the other.
function filterPicture(values, inputs, width) {
  const size = values.length / inputs;
  const cells = inputs === 3 ? values.slice(0, size).map((_, i) => colourCell([0, 1, 2].map((c) => values[c * size + i]))) :
    values.map(divergingCell);
  return element("span", { class: "filter",
    style: `grid-template-columns: repeat(${width}, 1fr); aspect-ratio: ${width} / ${cells.length / width}` }, ...cells);
}

function filtersCard() {
  const models = contestants.filter((group) => firstRun(group).filters);
  if (models.length === 0) return null;
  const { parameter, shape: [count, inputs, height, width] } = firstRun(models[0]).filters;
  const size = inputs * height * width;
  const most = Math.max(...models.flatMap((group) => firstRun(group).filters.values.map(Math.abs)));
  const filter = (group, i) => firstRun(group).filters.values.slice(i * size, (i + 1) * size);
  const rows = models.map((group) => element("div", { class: "filters", role: "img",
    "aria-label": `The ${count} filters of ${group.label}; the table below has their numbers.` },
  element("h4", {}, group.label), element("div", { class: "filter-row" },
    ...Array.from({ length: count }, (_, i) => filterPicture(filter(group, i).map((v) => v / most), inputs, width)))));
  const scale = element("p", { class: "scale", "aria-hidden": "true" }, element("span", {}, fixed(-most, 2)),
    element("span", { class: "ramp" }, ...Array.from({ length: 21 }, (_, i) => (i - 10) / 10).map((value) =>
      (inputs === 3 ? colourCell([value, value, value]) : divergingCell(value)))),
    element("span", {}, fixed(most, 2)));
  const table = () => [["Filter", ...models.map((group) => group.label)],
    Array.from({ length: count }, (_, i) => [String(i), ...models.map((group) => filter(group, i).map((v) => fixed(v, 2)).join("  "))])];
  return card(`Filters of the first convolution`, { wide: true,
    note: `${parameter}: ${count} filters of ${height} by ${width}; filters in one column began with the same numbers.` +
      (inputs === 3 ? " The colours are those of the input; what is zero in all of them is the grey in the middle." : "") },
  ...rows, scale, tableBehind("Filters, row by row", table));
}

const paintFilters = () => document.querySelectorAll("[data-share]").forEach((cell) => {
  cell.style.background = diverging(Number(cell.dataset.share));
});

const weightsPart = () => part("Weights", differenceCards(), histogramCard(), filtersCard());

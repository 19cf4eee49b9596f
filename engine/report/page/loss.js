// Training loss: smoothed or raw, by step or by time. Smoothed is the mean of the last 100 losses, which is also what
// convergence is judged by.

const WINDOW = 100;
const POINTS = 500;
const loss = { curve: "smoothed", x: "steps", y: "logarithmic" };

function smoothed(run) {
  const { every, values } = run.losses;
  const width = Math.max(1, Math.round(WINDOW / every));
  let sum = 0;
  return values.map((value, i) => {
    sum += value ?? NaN;
    if (i >= width) sum -= values[i - width];
    return sum / Math.min(i + 1, width);
  });
}
for (const group of groups) for (const run of group.runs) run.smooth = smoothed(run);

const stepAt = (run, i) => (i + 1) * run.losses.every;
const place = (run, i) => (loss.x === "steps" ? stepAt(run, i) : secondsAt(run, stepAt(run, i)));
const longest = (group) => group.runs.reduce((a, b) => (b.smooth.length > a.smooth.length ? b : a));

// Indices of at most POINTS points, the last one among them.
function sampled(length) {
  const stride = Math.max(1, Math.ceil(length / POINTS));
  const indices = [];
  for (let i = length - 1; i >= 0; i -= stride) indices.push(i);
  return indices.reverse();
}

// Mean, lowest and highest over the seeds, at the mean of their times.
function seedCurve(group) {
  return sampled(longest(group).smooth.length).map((i) => {
    const runs = group.runs.filter((run) => i < run.smooth.length);
    const values = runs.map((run) => run.smooth[i]);
    return { x: mean(runs.map((run) => place(run, i))), y: mean(values), low: Math.min(...values), high: Math.max(...values) };
  });
}

// The raw losses of a run, of each stretch the lowest and the highest, in their order.
function rawCurve(run) {
  const { values } = run.losses, stretch = Math.max(1, Math.ceil(values.length / (2 * POINTS)));
  const points = [];
  for (let begin = 0; begin < values.length; begin += stretch) {
    let low = begin, high = begin;
    for (let i = begin; i < Math.min(begin + stretch, values.length); ++i) {
      if (values[i] < values[low]) low = i;
      if (values[i] > values[high]) high = i;
    }
    for (const i of [...new Set([Math.min(low, high), Math.max(low, high)])])
      points.push({ x: place(run, i), y: values[i] ?? NaN });
  }
  return points;
}

function lossLines(group) {
  const colour = colourOf(group), lines = [];
  if (loss.curve !== "smoothed")
    for (const run of group.runs)
      lines.push(lineOf(group, rawCurve(run), { pointRadius: 0, borderWidth: 1, order: 3,
        borderColor: faded(colour, loss.curve === "both" ? 0.3 : 0.75), silent: loss.curve === "both" }));
  if (loss.curve === "raw") return lines;
  const curve = seedCurve(group);
  if (group.runs.length > 1)
    for (const [edge, fill] of [["low", false], ["high", "-1"]])
      lines.push(lineOf(group, curve.map((p) => ({ x: p.x, y: p[edge] })), { pointRadius: 0, borderWidth: 0, fill,
        backgroundColor: faded(colour, 0.2), order: 2, silent: true }));
  const every = Math.ceil(curve.length / 9), first = Math.floor((every * (group.index % 4)) / 4);
  lines.push(lineOf(group, curve, { order: 1, pointRadius: (c) => (c.dataIndex % every === first ? 5 : 0) }));
  return lines;
}

function convergencePoints(group) {
  const data = group.runs.filter((run) => run.convergence && run.smooth.length).map((run) => ({
    x: loss.x === "steps" ? run.convergence.step : run.convergence.train_seconds,
    y: run.smooth[Math.min(Math.round(run.convergence.step / run.losses.every), run.smooth.length) - 1],
  }));
  return lineOf(group, data, { label: `${group.label} converged`, showLine: false, pointRadius: 7, borderWidth: 3,
    pointStyle: "rectRot", pointBackgroundColor: css("--card"), order: 0 });
}

// The range of the axis on a logarithmic scale, a little wider than that of the data.
function logRange(datasets) {
  const values = datasets.flatMap((set) => set.data.map((p) => p.y)).filter((y) => isNumber(y) && y > 0);
  return loss.y === "linear" || !values.length ? {} : { min: 0.8 * values.reduce((a, b) => Math.min(a, b)),
    max: 1.2 * values.reduce((a, b) => Math.max(a, b)) };
}

function lossConfig() {
  const datasets = [...shown().flatMap(lossLines), ...(loss.curve === "raw" ? [] : shown().map(convergencePoints))];
  const end = Math.max(0, ...datasets.map((set) => set.data.at(-1)?.x ?? 0));
  return {
    type: "line",
    data: { datasets },
    options: {
      parsing: false, normalized: true, interaction: { mode: "nearest", axis: "x", intersect: false },
      scales: {
        x: axis(loss.x === "steps" ? "Training step" : "Seconds of training",
          { type: "linear", min: 0, max: end, ticks: { callback: tickText }, grid: { display: false } }),
        y: axis("Training loss", { type: loss.y, ...logRange(datasets), ticks: { callback: loss.y === "linear" ? tickText : logTicks } }),
      },
      plugins: { tooltip: {
        filter: (item) => !item.dataset.silent,
        callbacks: {
          title: ([item]) => item && (loss.x === "steps" ? `Step ${whole(item.parsed.x)}` : inSeconds(item.parsed.x)),
          label: (item) => `${item.dataset.label}: ${significant(item.parsed.y)}`,
        },
      } },
    },
  };
}

function lossTable() {
  const length = Math.max(...groups.map((group) => longest(group).smooth.length));
  const { every } = firstRun(groups[0]).losses;
  const rows = [];
  for (let k = 1; k <= 20; ++k) {
    const i = Math.round((length * k) / 20) - 1;
    if (i >= 0) rows.push([whole((i + 1) * every), ...groups.map((group) =>
      withSpread(group.runs.map((run) => run.smooth[i]), significant))]);
  }
  return [["Step", ...groups.map((group) => group.label)], rows];
}

function lossPart() {
  if (!groups.some((group) => longest(group).smooth.length)) return null;
  const title = "Training loss";
  const set = (key) => (value) => {
    loss[key] = value;
    redraw(title);
  };
  const controls = element("div", { class: "controls" },
    choice("Curve", [["smoothed", "Smoothed"], ["raw", "Raw"], ["both", "Both"]], set("curve")),
    choice("Horizontal axis", [["steps", "Steps"], ["seconds", "Seconds"]], set("x")),
    choice("Vertical axis", [["logarithmic", "Log"], ["linear", "Linear"]], set("y")));
  const targets = [...new Set(documents.map((source) => source.options?.target_loss).filter(isNumber))];
  const thinned = Math.max(...groups.map((group) => firstRun(group).losses.every));
  const note = [
    `Smoothed: the mean of the last ${WINDOW} steps.`,
    targets.length ? ` \u25c7 converged: where it falls to ${listed(targets.map(String))}.` : "",
    manySeeds ? " Band: lowest to highest over the seeds; line: their mean." : "",
    thinned > 1 ? ` To keep this file small, each raw loss in it is the mean of ${thinned} steps;` :
      " To keep this file small, losses are rounded to four digits in it;", " results.json has them all.",
  ].join("");
  const label = `${listed(contestants.map((group) => `${group.label} ends at ${significant(firstRun(group).smooth.at(-1), 3)}`))}.`;
  return part("Learning", chartCard(title, { note, wide: true, controls: [controls], height: 380, label,
    config: lossConfig, table: lossTable }));
}

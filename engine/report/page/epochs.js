// By epoch: accuracy, test loss, time, and what the time went into.

const epochNumbers = Array.from({ length: epochCount }, (_, i) => i + 1);
const epochTable = (value, write) => () => [
  ["Epoch", ...groups.map((group) => group.label)],
  epochNumbers.map((n) => [String(n), ...groups.map((group) => withSpread(inEpoch(group, n, value), write))]),
];
const lastOf = (value, write) =>
  listed(contestants.filter((g) => firstRun(g).epochs.length).map((g) => `${g.label} ends at ${write(value(lastEpoch(firstRun(g))))}`)) + ".";

// The spread over seeds as a band, the mean as a line.
function epochLines(group, value) {
  const data = epochNumbers.map((n) => ({ x: n, all: inEpoch(group, n, value) })).filter((p) => p.all.length);
  const lines = [lineOf(group, data.map((p) => ({ x: p.x, y: mean(p.all) })), { order: 1 })];
  if (group.runs.length > 1)
    for (const [edge, fill] of [["min", false], ["max", "-1"]])
      lines.push(lineOf(group, data.map((p) => ({ x: p.x, y: Math[edge](...p.all) })), { pointRadius: 0,
        borderWidth: 0, fill, backgroundColor: faded(colourOf(group), 0.2), silent: true, order: 2 }));
  return lines;
}

function epochLineCard(title, axisTitle, value, write) {
  const config = () => ({
    type: "line",
    data: { datasets: shown().flatMap((group) => epochLines(group, value)) },
    options: {
      parsing: false, interaction: { mode: "index", intersect: false },
      layout: { padding: { right: 8 } },
      scales: {
        x: axis("Epoch", { type: "linear", ticks: { stepSize: Math.ceil(epochCount / 10), precision: 0 },
          grid: { display: false }, min: epochCount > 1 ? 1 : 0.5, max: epochCount > 1 ? epochCount : 1.5 }),
        y: axis(axisTitle, { ticks: { callback: tickText } }),
      },
      plugins: { tooltip: { filter: (item) => !item.dataset.silent, callbacks: {
        title: ([item]) => item && `Epoch ${item.parsed.x}`,
        label: (item) => `${item.dataset.label}: ${write(item.parsed.y)}`,
      } } },
    },
  });
  return chartCard(title, { label: lastOf(value, write), config, table: epochTable(value, write) });
}

const barOf = (group, data) => ({ label: group.label, data, backgroundColor: fillOf(group), borderColor: colourOf(group),
  borderWidth: 1, borderRadius: 3, maxBarThickness: 34 });

function timeCard() {
  const seconds = (epoch) => epoch.train_seconds;
  const config = () => ({
    type: "bar",
    data: { labels: epochNumbers, datasets: shown().map((group) =>
      barOf(group, epochNumbers.map((n) => (inEpoch(group, n, seconds).length ? mean(inEpoch(group, n, seconds)) : null)))) },
    options: {
      scales: { x: axis("Epoch", { grid: { display: false } }), y: axis("Seconds", { beginAtZero: true }) },
      plugins: { tooltip: { callbacks: { title: ([item]) => `Epoch ${item.label}`,
        label: (item) => `${item.dataset.label}: ${inSeconds(item.parsed.y)}` } } },
    },
  });
  return chartCard("Training time per epoch", { config, table: epochTable(seconds, inSeconds),
    note: "Wall time; gathering and normalising the batches counts, evaluation does not.",
    label: lastOf(seconds, inSeconds) });
}

const PHASES = ["data", "forward", "backward", "optimizer", "wait", "evaluation"];
const phaseMean = (group, phase) => {
  const values = group.runs.flatMap((run) => run.epochs.map((epoch) => epoch.phase_seconds?.[phase])).filter(isNumber);
  return values.length ? mean(values) : NaN;
};

function phaseCard() {
  const phases = PHASES.filter((phase) => groups.some((group) => phaseMean(group, phase) > 0));
  if (phases.length === 0) return null;
  const shade = (i) => `hsl(${["215 40%", "175 38%", "265 38%", "30 45%", "0 0%", "110 28%"][i]} ${isDark() ? "68%" : "46%"})`;
  const config = () => ({
    type: "bar",
    data: { labels: shown().map((group) => group.label), datasets: phases.map((phase) => ({
      label: phase, data: shown().map((group) => phaseMean(group, phase)), backgroundColor: shade(PHASES.indexOf(phase)),
      borderColor: css("--card"), borderWidth: 1, maxBarThickness: 44 })) },
    options: {
      indexAxis: "y",
      scales: { x: axis("Seconds per epoch", { stacked: true }), y: axis("", { stacked: true, grid: { display: false } }) },
      plugins: {
        legend: { display: true, position: "bottom", labels: { boxWidth: 12, boxHeight: 12 } },
        tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${inSeconds(item.parsed.x)}` } },
      },
    },
  });
  const rows = () => [["Phase", ...groups.map((group) => group.label)],
    phases.map((phase) => [phase, ...groups.map((group) => inSeconds(phaseMean(group, phase)))])];
  return chartCard("Where the time goes", { config, table: rows, note: `Mean over the epochs${manySeeds ? " and seeds" : ""}.`,
    label: `${listed(phases)} in seconds per epoch.` });
}

function epochsPart() {
  if (epochCount === 0) return null;
  const validated = groups.some((group) => group.runs.some((run) => isNumber(lastEpoch(run)?.validation_loss)));
  return part("By epoch",
    epochLineCard("Test accuracy", "% of test images", accuracy, percent),
    epochLineCard("Test loss", "Mean negative log likelihood", (epoch) => epoch.test_loss, (x) => fixed(x, 4)),
    validated && epochLineCard("Validation accuracy", "% of held-out images",
      (epoch) => (100 * epoch.validation_correct) / epoch.validation_total, percent),
    timeCard(), phaseCard());
}

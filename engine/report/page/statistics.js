// Over many seeds: intervals for each group, and the paired differences between them.

const METRICS = {
  final_accuracy: ["Final accuracy", percent], final_test_loss: ["Final test loss", (x) => fixed(x, 4)],
  final_validation_accuracy: ["Final validation accuracy", percent],
  final_validation_loss: ["Final validation loss", (x) => fixed(x, 4)],
  target_step: ["Steps to the target accuracy", whole],
  target_seconds: ["Training time to the target accuracy", inSeconds],
  convergence_step: ["Steps until converged", whole], convergence_seconds: ["Training time until converged", inSeconds],
  epoch_seconds: ["Training time of an epoch", inSeconds],
};
const metricName = (key) => METRICS[key]?.[0] ?? key.replaceAll("_", " ");
const metricText = (key, x) => {
  if (!isNumber(x)) return "\u2013";
  return (METRICS[key]?.[1] ?? significant)(key.includes("accuracy") && Math.abs(x) <= 1 ? 100 * x : x);
};
const differenceText = (key, x) => metricText(key, x).replace("%", "points");
const interval = (key, { confidence_low: low, confidence_high: high }, text = metricText) =>
  isNumber(low) && isNumber(high) ? `${text(key, low)} to ${text(key, high)}` : "\u2013";

// The rows of each metric below its name; no name without rows. rowsOf(key): its rows.
const byMetric = (keys, rowsOf) => [...new Set(keys)].flatMap((key) => {
  const rows = rowsOf(key);
  return rows.length ? [[metricName(key)], ...rows] : [];
});
const METHODS = { "student-t": "Student\u2019s t" };

function summaryCards(source) {
  const summary = source.summary ?? [];
  const sure = source.statistics?.confidence ? `${significant(100 * source.statistics.confidence)}\u202f%` : "95\u202f%";
  const all = (m) => m.n + (m.missing ?? 0);
  const rows = byMetric(summary.flatMap((entry) => Object.keys(entry.metrics ?? {})), (key) =>
    summary.filter((entry) => entry.metrics?.[key] && all(entry.metrics[key]) > 1).map((entry) => {
      const m = entry.metrics[key];
      return [entry.label, m.missing ? `${m.n} of ${all(m)}` : String(m.n), metricText(key, m.mean),
        metricText(key, m.standard_deviation), metricText(key, m.median),
        `${metricText(key, m.min)} to ${metricText(key, m.max)}`, interval(key, m)];
    }));
  if (rows.length === 0) return null;
  const method = source.statistics?.interval, missing = summary.some((entry) => Object.values(entry.metrics ?? {}).some((m) => m.missing));
  return card("Over the seeds", { wide: true, note: `Interval: ${sure} confidence for the mean` +
    (method ? ` (${METHODS[method] ?? method}).` : ".") +
    (missing ? " A run that never got there counts as worst in median and range; then no mean is given." : "") },
  table(["", "Seeds", "Mean", "Std. deviation", "Median", "Range", "Interval"], rows, "Statistics over the seeds"));
}

const probability = (p) => (isNumber(p) ? (p < 0.001 ? "< 0.001" : p.toFixed(3)) : "\u2013");

function pairedCard(source) {
  const list = (source.paired_difference ?? []).filter((d) => d.n > 1 && isNumber(d.mean));
  if (list.length === 0) return null;
  const shown = (d) => (isNumber(d.p_holm) && d.p_holm < 0.05 ? "yes" : "no");
  const rows = byMetric(list.map((d) => d.metric), (key) => list.filter((d) => d.metric === key).map((d) =>
    [`${d.a} \u2212 ${d.b}`, String(d.n), differenceText(key, d.mean), interval(key, d, differenceText), probability(d.p),
      probability(d.p_holm), shown(d)]));
  return card("Paired differences", { wide: true, note: "Each seed gives both optimizers the same initial weights, batches and masks; " +
    "what is averaged is their difference from seed to seed. Holm: p corrected for the number of pairs; a difference counts as shown where it is below 0.05." },
  table(["", "Seeds", "Mean", "Interval", "p", "p (Holm)", "Difference shown"], rows, "Paired differences"));
}

const statisticsPart = () => part("Statistics", documents.flatMap((source) => [summaryCards(source), pairedCard(source)]));

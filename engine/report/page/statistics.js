// Over many seeds: intervals for each group, and the paired differences between them.

const METRICS = {
  final_accuracy: ["Final accuracy", percent], final_test_loss: ["Final test loss", (x) => fixed(x, 4)],
  epoch_seconds: ["Seconds per epoch", (x) => fixed(x, 3)], train_seconds: ["Seconds of training", (x) => fixed(x, 2)],
  convergence_step: ["Steps to convergence", whole], convergence_seconds: ["Seconds to convergence", (x) => fixed(x, 2)],
  final_validation_accuracy: ["Final validation accuracy", percent],
  final_validation_loss: ["Final validation loss", (x) => fixed(x, 4)],
  target_step: ["Steps to target", whole], target_seconds: ["Seconds to target", (x) => fixed(x, 2)],
};
const metricName = (key) => METRICS[key]?.[0] ?? key.replaceAll("_", " ");
const metricText = (key, x) => {
  if (!isNumber(x)) return "\u2013";
  return (METRICS[key]?.[1] ?? significant)(key.includes("accuracy") && Math.abs(x) <= 1 ? 100 * x : x);
};
const differenceText = (key, x) => metricText(key, x).replace("%", "points");
const interval = (key, { confidence_low: low, confidence_high: high }, text = metricText) =>
  isNumber(low) && isNumber(high) ? `${text(key, low)} to ${text(key, high)}` : "\u2013";

function summaryCards(source) {
  const summary = source.summary ?? [];
  const keys = [...new Set(summary.flatMap((entry) => Object.keys(entry.metrics ?? {})))];
  const sure = source.statistics?.confidence ? `${significant(100 * source.statistics.confidence)}\u202f%` : "95\u202f%";
  const rows = keys.flatMap((key) => summary.filter((entry) => entry.metrics?.[key]?.n > 1).map((entry) => {
    const m = entry.metrics[key];
    return [`${metricName(key)}, ${entry.label}`, String(m.n), metricText(key, m.mean), metricText(key, m.standard_deviation),
      metricText(key, m.median), `${metricText(key, m.min)} to ${metricText(key, m.max)}`, interval(key, m)];
  }));
  if (rows.length === 0) return null;
  return card("Over the seeds", { wide: true, note: `Interval: ${sure} confidence for the mean` +
    (source.statistics?.interval ? ` (${source.statistics.interval}).` : ".") },
  table(["", "Seeds", "Mean", "Std. deviation", "Median", "Range", "Interval"], rows, "Statistics over the seeds"));
}

const probability = (p) => (isNumber(p) ? (p < 0.001 ? "< 0.001" : p.toFixed(3)) : "\u2013");

function pairedCard(source) {
  const list = (source.paired_difference ?? []).filter((d) => d.n > 1 && isNumber(d.mean));
  if (list.length === 0) return null;
  const shown = (d) => (isNumber(d.p_holm) && d.p_holm < 0.05 ? "yes" : "no");
  const rows = list.map((d) => [`${metricName(d.metric)}, ${d.a} \u2212 ${d.b}`, String(d.n), differenceText(d.metric, d.mean),
    interval(d.metric, d, differenceText), probability(d.p), probability(d.p_holm), shown(d)]);
  return card("Paired differences", { wide: true, note: "Each seed gives both optimizers the same initial weights, batches and masks; " +
    "what is averaged is their difference from seed to seed. Holm: p corrected for the number of pairs; a difference counts as shown where it is below 0.05." },
  table(["", "Seeds", "Mean", "Interval", "p", "p (Holm)", "Difference shown"], rows, "Paired differences"));
}

const statisticsPart = () => part("Statistics", documents.flatMap((source) => [summaryCards(source), pairedCard(source)]));

// How much the value of an option matters: chosen on validation, reported on test.

function sweepCard(sweep, index) {
  const title = `${sweep.label ?? sweep.optimizer}: ${sweep.option}`;
  const points = sweep.points.filter((p) => isNumber(p.value)), logarithmic = sweep.scale === "log";
  const kinds = [["validation_accuracy", "Validation accuracy"], ["test_accuracy", "Test accuracy"]]
    .filter(([key]) => points.some((p) => isNumber(p[key])));
  const share = (x) => (isNumber(x) && Math.abs(x) <= 1 ? 100 * x : x);
  const config = () => ({
    type: "line",
    data: { datasets: kinds.map(([key, label], i) => ({ label, borderWidth: 2, borderColor: i ? css("--muted") : css("--accent"),
      backgroundColor: i ? css("--muted") : css("--accent"), borderDash: i ? [5, 3] : [], pointStyle: MARKS[i],
      pointRadius: (c) => (points[c.dataIndex]?.label === sweep.chosen ? 9 : 4),
      data: points.map((p) => ({ x: p.value, y: share(p[key]) ?? NaN })) })) },
    options: { parsing: false, interaction: { mode: "index", intersect: false },
      scales: { x: axis(sweep.option, { type: logarithmic ? "logarithmic" : "linear", ticks: { callback: logarithmic ? logTicks : tickText } }),
        y: axis("% of images", { ticks: { callback: tickText } }) },
      plugins: { legend: { display: true, position: "bottom", labels: { usePointStyle: true } },
        tooltip: { callbacks: { title: ([item]) => item && `${sweep.option} = ${significant(item.parsed.x)}`,
          label: (item) => `${item.dataset.label}: ${percent(item.parsed.y)}` } } } },
  });
  const rows = () => [[sweep.option, "Validation loss", "Validation accuracy", "Test accuracy", "Chosen"],
    sweep.points.map((p) => [significant(p.value), significant(p.validation_loss), percent(share(p.validation_accuracy)),
      percent(share(p.test_accuracy)), p.label === sweep.chosen ? "yes" : ""])];
  const best = sweep.points.find((p) => p.label === sweep.chosen);
  return chartCard(title, { config, table: rows, label: `Accuracy by ${sweep.option}, sweep ${index + 1}.`,
    note: best ? `Chosen on validation: ${sweep.option} = ${significant(best.value)} (large mark). The buttons above bring the ` +
      "other points into the charts." : undefined });
}

const sweepPart = () => part("Sensitivity", documents.flatMap((source) => (source.sweep ?? []).map(sweepCard)));

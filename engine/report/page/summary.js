// The head of the page: what came out, in words and in a card per group.

const pageTitle = () => {
  const names = [...new Set(groups.map((group) => group.label))];
  const data = [...new Set(documents.map((source) => source.data.name))];
  const race = names.length <= 4 ? names.join(" \u00b7 ") : `${names.length} optimizers`;
  return `${race} on ${listed(data.map((name) => (name === "mnist" ? "MNIST" : name)))}`;
};

// Without a verdict by statistics: what is plain to see, and no more.
function plainVerdict() {
  const ended = groups.filter((group) => group.runs.some((run) => run.status === "finished"));
  const parts = ended.map((group) => {
    const runs = group.runs.filter((run) => run.status === "finished");
    return { label: group.label, accuracy: mean(runs.map((run) => accuracy(lastEpoch(run)))),
      seconds: mean(runs.map(trainSeconds)) };
  }).sort((a, b) => b.accuracy - a.accuracy);
  if (parts.length === 0) return ["No run has finished yet."];
  const told = parts.slice(0, 4).map((p) => `${p.label} with ${percent(p.accuracy)} of the test images right after ` +
    `${inSeconds(p.seconds)} of training`);
  const sentences = [`${parts.length > 1 ? "First at the end: " : "At the end: "}${listed(told)}.`];
  if (!manySeeds && parts.length > 1)
    sentences.push("This is one run of each: from a single seed, no difference between optimizers can be shown.");
  return sentences;
}

function verdict() {
  const given = documents.flatMap((source) => source.verdict ?? []);
  return given.length ? given : plainVerdict();
}

function troubles() {
  const texts = new Set(documents.map((source) => source.data.notice).filter(Boolean));
  for (const group of groups) for (const run of group.runs) if (run.problem) texts.add(run.problem);
  return [...texts];
}

function convergenceText(group) {
  const all = group.runs.map((run) => run.convergence).filter(Boolean);
  if (all.length === 0) return "not reached";
  const where = `step ${withSpread(all.map((c) => c.step), whole)}, ${withSpread(all.map((c) => c.train_seconds), inSeconds)}`;
  return all.length < group.runs.length ? `${where} (${all.length} of ${group.runs.length} seeds)` : where;
}

function targetText(group) {
  const runs = group.runs.filter((run) => run.target !== undefined);
  if (runs.length === 0) return null;
  const reached = runs.map((run) => run.target).filter(Boolean);
  const { metric, value } = reached[0] ?? {};
  if (!reached.length) return "not reached";
  const goal = metric === "accuracy" ? percent(value <= 1 ? 100 * value : value) : `loss ${significant(value)}`;
  return `${goal} after ${withSpread(reached.map((t) => t.train_seconds), inSeconds)}` +
    (reached.length < runs.length ? ` (${reached.length} of ${runs.length} seeds)` : "");
}

function groupCard(group) {
  const ended = group.runs.filter((run) => run.epochs.length);
  const value = (of) => ended.map((run) => of(lastEpoch(run)));
  const states = group.runs.filter((run) => run.status !== "finished").map((run) => run.status);
  const facts = [
    ["Test loss", withSpread(value((e) => e.test_loss), (x) => fixed(x, 4))],
    ["Training time", withSpread(ended.map(trainSeconds), inSeconds)],
    ["Converged", convergenceText(group)],
    ["Target", targetText(group)],
    ["Seeds", group.runs.length > 1 ? String(group.runs.length) : null],
    ["State", states.length ? listed([...new Set(states)].map((s) => `${states.filter((x) => x === s).length} ${s}`)) : null],
  ].filter(([, text]) => text);
  const node = element("section", { class: "card run" },
    element("h3", {}, element("span", { class: "sign", "data-group": group.index, "aria-hidden": "true" }, signOf(group)),
      " ", group.label),
    element("p", { class: "big" }, withSpread(value(accuracy), percent), element("span", {}, " test accuracy")),
    element("dl", {}, ...facts.flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, text)])),
    element("p", { class: "note" }, `${group.optimizer}: ${optionText(group)}`));
  return node;
}

function pageHead() {
  const button = element("button", { type: "button", class: "theme", onclick: () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    paint();
  } }, "Light or dark");
  return [
    element("div", { class: "bar" }, element("p", { class: "brand" }, "Gradrace"), button),
    element("h1", {}, pageTitle()),
    ...troubles().map((text) => element("p", { class: "notice", role: "note" }, text)),
    ...verdict().map((text, i) => element("p", { class: i === 0 ? "verdict" : "verdict more" }, text)),
  ];
}

// The legend of all charts: a button per group that hides and shows it.
function legendButtons() {
  return groups.map((group) => element("button", { type: "button", class: "chip", "aria-pressed": "true",
    onclick: (event) => {
      group.hidden = !group.hidden;
      event.currentTarget.setAttribute("aria-pressed", String(!group.hidden));
      paint();
    } },
    element("span", { class: "sign", "data-group": group.index, "aria-hidden": "true" }, signOf(group)), " ", group.label));
}

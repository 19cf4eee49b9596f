// The head of the page: what came out, in words and in a card per group.

const pageTitle = () => {
  const names = [...new Set(contestants.map((group) => group.label))];
  const data = [...new Set(documents.map((source) => source.data.name))];
  const race = names.length <= 4 ? names.join(" \u00b7 ") : `${names.length} optimizers`;
  return `${race} on ${listed(data.map((name) => (name === "mnist" ? "MNIST" : name)))}`;
};

// Without a verdict by statistics: what is plain to see, and no more.
function plainVerdict() {
  const ended = contestants.filter((group) => group.runs.some((run) => run.status === "finished"));
  const parts = ended.map((group) => {
    const runs = group.runs.filter((run) => run.status === "finished");
    return { label: group.label, accuracy: mean(runs.map((run) => accuracy(lastEpoch(run)))),
      seconds: mean(runs.map(trainSeconds)) };
  }).sort((a, b) => b.accuracy - a.accuracy);
  if (parts.length === 0) return ["No run has finished yet."];
  const told = parts.slice(0, 4).map((p) => `${p.label} with ${percent(p.accuracy)} of the test images right, after ` +
    `${inSeconds(p.seconds)} of training`);
  const sentences = [`${parts.length > 1 ? "First at the end: " : "At the end: "}${told.join("; ")}.`];
  if (!manySeeds && parts.length > 1)
    sentences.push("This is one run of each: from a single seed, no difference between optimizers can be shown.");
  return sentences;
}

function verdict() {
  const given = documents.flatMap((source) =>
    (source.verdict ?? []).map((text) => (documents.length > 1 && manySeeds ? `${source.name}: ${text}` : text)));
  if (given.length === 0) return plainVerdict();
  return manySeeds ? given : [plainVerdict()[0], ...new Set(given)]; // statistics say no more than that they cannot
}

function troubles() {
  const texts = new Set(documents.map((source) => source.data.notice).filter(Boolean));
  for (const group of groups) for (const run of group.runs) if (run.problem) texts.add(run.problem);
  return [...texts];
}

// Where a group got to something that not every seed need get to: [name, text] rows.
function reachedFacts(group, name, reached) {
  if (reached.length === 0) return [[name, "not reached"]];
  const some = reached.length < group.runs.length ? ` (${reached.length} of ${group.runs.length} seeds)` : "";
  const steps = reached.map((r) => r.step).filter(isNumber);
  return [
    [`${name} at step`, steps.length ? withSpread(steps, whole) + some : null],
    [`${name} after`, withSpread(reached.map((r) => r.train_seconds), inSeconds) + (steps.length ? "" : some)],
  ];
}

// A target loss is where a run has converged; only a target accuracy is something else.
function targetFacts(group) {
  const share = group.source.options?.target_accuracy;
  return isNumber(share) ? reachedFacts(group, `${significant(100 * share)}\u202f% accuracy`,
    group.runs.map((run) => run.target).filter((target) => target?.metric === "accuracy")) : [];
}

// The spread of a number in small print.
function bigNumber(text, what) {
  const [centre, spread] = text.split("\u00a0\u00b1");
  return element("p", { class: "big" }, centre, spread ? element("small", {}, `\u00a0\u00b1${spread}`) : null,
    element("span", {}, spread ? `${what}, mean \u00b1 standard deviation` : what));
}

function groupCard(group) {
  const ended = group.runs.filter((run) => run.epochs.length);
  const value = (of) => ended.map((run) => of(lastEpoch(run)));
  const states = group.runs.filter((run) => run.status !== "finished").map((run) => run.status);
  const facts = [
    ["Test loss", withSpread(value((e) => e.test_loss), (x) => fixed(x, 4))],
    ["Training time", withSpread(ended.map(trainSeconds), inSeconds)],
    ...reachedFacts(group, "Converged", group.runs.map((run) => run.convergence).filter(Boolean)),
    ...targetFacts(group),
    ["Seeds", group.runs.length > 1 ? String(group.runs.length) : null],
    ["State", states.length ? listed([...new Set(states)].map((s) => `${states.filter((x) => x === s).length} ${s}`)) : null],
  ].filter(([, text]) => text);
  const node = element("section", { class: "card run" },
    element("h3", {}, element("span", { class: "sign", "data-group": group.index, "aria-hidden": "true" }, signOf(group)),
      " ", group.label),
    bigNumber(withSpread(value(accuracy), percent), "test accuracy"),
    element("dl", {}, ...facts.flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, text)])),
    element("p", { class: "note" }, `${group.optimizer}: ${optionText(group)}`));
  return node;
}

function pageHead() {
  const button = element("button", { type: "button", class: "theme", onclick: () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    paint();
  } }, "\u25d0 Theme");
  return [
    element("div", { class: "bar" }, element("p", { class: "brand" }, "Gradrace"), button),
    element("h1", {}, pageTitle()),
    ...troubles().map((text) => element("p", { class: "notice", role: "note" }, text)),
    ...verdictLines(),
  ];
}

// The first sentence large, a few below, the others folded away.
function verdictLines() {
  const [first, ...others] = verdict();
  const lines = others.map((text) => element("p", { class: "verdict more" }, text));
  if (lines.length <= 3) return [element("p", { class: "verdict" }, first), ...lines];
  return [element("p", { class: "verdict" }, first), ...lines.slice(0, 2),
    element("details", {}, element("summary", {}, `${lines.length - 2} more findings`), ...lines.slice(2))];
}

// The legend of all charts: a button per group that hides and shows it.
function legendButtons() {
  return groups.map((group) => element("button", { type: "button", class: "chip", "aria-pressed": String(!group.hidden),
    onclick: (event) => {
      group.hidden = !group.hidden;
      event.currentTarget.setAttribute("aria-pressed", String(!group.hidden));
      paint();
    } },
    element("span", { class: "sign", "data-group": group.index, "aria-hidden": "true" }, signOf(group)), " ", group.label));
}

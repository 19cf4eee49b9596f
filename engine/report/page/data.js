// The results in the page, as the charts want them: documents (one per results.json), and groups: the runs that
// share a label and differ in their seed only. Colour and mark of a group are the same everywhere.

// A member of one of these names would be taken for the method that makes text of an object.
const METHOD_NAMES = ["toString", "valueOf"];
const documents = JSON.parse(document.getElementById("results").textContent,
  (name, value) => (METHOD_NAMES.includes(name) ? undefined : value));
const MARKS = ["circle", "triangle", "rect", "rectRot", "star", "crossRot", "cross", "rectRounded"];
const SIGNS = ["\u25cf", "\u25b2", "\u25a0", "\u25c6", "\u2736", "\u2715", "\u271a", "\u25a2"];

const groups = [];
for (const source of documents)
  for (const run of source.runs) {
    let group = groups.find((g) => g.label === run.label && g.source === source);
    if (!group) {
      group = { label: run.label, optimizer: run.optimizer, options: run.options, source, runs: [] };
      group.index = groups.push(group) - 1;
    }
    group.runs.push(run);
  }

// Who is compared: of each sweep the chosen point. The others are drawn on demand.
const groupOf = (source, label) => groups.find((group) => group.source === source && group.label === label);
const passedOver = documents.flatMap((source) => (source.sweep ?? []).flatMap((sweep) =>
  sweep.points.filter((point) => point.label !== sweep.chosen).map((point) => groupOf(source, point.label))));
const chosenOnes = groups.filter((group) => !passedOver.includes(group));
const contestants = chosenOnes.length ? chosenOnes : groups;
for (const group of groups) group.hidden = !contestants.includes(group);

const shown = () => groups.filter((group) => !group.hidden);
const markOf = (group) => MARKS[group.index % MARKS.length];
const signOf = (group) => SIGNS[group.index % SIGNS.length];
const firstRun = (group) => group.runs[0];
const seedsOf = (list) => [...new Set(list.flatMap((group) => group.runs.map((run) => run.seed)))];
const manySeeds = groups.some((group) => group.runs.length > 1);

const optionText = (group) =>
  Object.entries(group.options).map(([key, value]) => `${key}\u202f=\u202f${valueText(value)}`).join(", ");
const valueText = (value) => (Array.isArray(value) ? value.map(valueText).join("\u2009/\u2009") :
  isNumber(value) ? significant(value, 12) : String(value));

const accuracy = (epoch) => (100 * epoch.test_correct) / epoch.test_total;
const lastEpoch = (run) => run.epochs.at(-1);
const trainSeconds = (run) => run.epochs.reduce((sum, epoch) => sum + epoch.train_seconds, 0);
const epochCount = Math.max(0, ...groups.flatMap((group) => group.runs.map((run) => run.epochs.length)));
const inGroup = (group, value) => group.runs.map(value).filter(isNumber);
// Of one epoch (counted from 1), over the seeds that have it.
const inEpoch = (group, number, value) =>
  group.runs.filter((run) => run.epochs.length >= number).map((run) => value(run.epochs[number - 1])).filter(isNumber);

// Seconds of training up to and with a step: even within an epoch, as its mean speed, within an unfinished one as
// the epoch before.
function secondsAt(run, step) {
  const perEpoch = run.steps_per_epoch;
  let before = 0;
  for (const [i, epoch] of run.epochs.entries()) {
    if (step <= (i + 1) * perEpoch) return before + (epoch.train_seconds * (step - i * perEpoch)) / perEpoch;
    before += epoch.train_seconds;
  }
  const last = lastEpoch(run);
  return last ? before + (last.train_seconds * (step - run.epochs.length * perEpoch)) / perEpoch : NaN;
}

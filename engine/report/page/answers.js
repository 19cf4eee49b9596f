// What the models answer: confusion matrices, and the hardest images with everybody's answer.

const judged = contestants.filter((group) => firstRun(group).evaluation);

const MATRIX_CLASSES = 30; // of more classes a matrix cannot be read: then the pairs most often confused are listed
const MOST_PAIRS = 30;
const className = (source, i) => source.data.classes?.[i] ?? String(i);
const hasNames = (source) => (source.data.classes ?? []).some((name) => name.length > 3);
const rowSum = (row) => row.reduce((sum, n) => sum + n, 0);

function confusionTable(group) {
  const { confusion } = firstRun(group).evaluation;
  const most = Math.max(1, ...confusion.flatMap((row, i) => row.filter((_, j) => i !== j)));
  const names = confusion.map((_, i) => className(group.source, i));
  const cell = (count, i, j) => element("td", i === j ? { class: "right" } :
    { class: count ? "wrong" : "none", style: `--weight: ${(count / most).toFixed(2)}` }, count ? String(count) : "\u00b7");
  const matrix = element("table", { class: hasNames(group.source) ? "confusion named" : "confusion",
    style: names.length > 10 ? `min-width: ${7 + 2 * names.length}rem` : null },
  element("caption", {}, "Row: label; column: answer"),
  element("thead", {}, element("tr", {}, element("td", {}),
    ...names.map((name) => element("th", { scope: "col" }, element("span", {}, name))))),
  element("tbody", {}, ...confusion.map((row, i) =>
    element("tr", {}, element("th", { scope: "row" }, names[i]), ...row.map((count, j) => cell(count, i, j))))));
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Confusion of ${group.label}` }, matrix);
}

function confusedPairs(group) {
  const { confusion } = firstRun(group).evaluation;
  const wrong = confusion.flatMap((row, i) => row.map((count, j) => ({ count, i, j })))
    .filter(({ count, i, j }) => count && i !== j).sort((a, b) => b.count - a.count).slice(0, MOST_PAIRS);
  const name = (i) => className(group.source, i);
  return table(["Label", "Answer", "Images", "Of all with that label"], wrong.map(({ count, i, j }) =>
    [name(i), name(j), whole(count), percent((100 * count) / rowSum(confusion[i]), 1)]), `Confusion of ${group.label}`);
}

function confusionCards() {
  return judged.map((group) => {
    const { confusion, epoch } = firstRun(group).evaluation;
    const isSmall = confusion.length <= MATRIX_CLASSES;
    const wrong = confusion.reduce((sum, row, i) => sum + rowSum(row) - row[i], 0);
    return card(`Confusion of ${group.label}`, { note: `${whole(wrong)} wrong answers after epoch ${epoch}. ` +
      (isSmall ? "The darker, the more often mistaken." : `The pairs of the ${confusion.length} classes that are most often mistaken.`) +
      (manySeeds ? " First seed." : ""), wide: isSmall && confusion.length > 12 }, isSmall ? confusionTable(group) : confusedPairs(group));
  });
}

// Grey is ink on paper, three channels are colours.
const colourAt = (bytes, at, channels) =>
  (channels === 3 ? [...bytes.subarray(at, at + 3), 255] : [255 - bytes[at], 255 - bytes[at], 255 - bytes[at], 255]);

function drawImage(image, name) {
  const { width, height, channels = 1 } = image;
  const bytes = Uint8Array.from(atob(image.pixels), (c) => c.charCodeAt(0));
  const canvas = element("canvas", { width, height, role: "img", class: Math.max(width, height) <= 64 ? "coarse" : null,
    "aria-label": `Test image ${image.index}, labelled ${name}` });
  const pen = canvas.getContext("2d"), pixels = pen.createImageData(width, height);
  for (let i = 0; i < width * height; ++i) pixels.data.set(colourAt(bytes, i * channels, channels), 4 * i);
  pen.putImageData(pixels, 0, 0);
  return canvas;
}

function answerLine(group, image, i) {
  const answer = firstRun(group).evaluation.hardest_answers[i], right = answer === image.label;
  return element("li", { class: right ? "right" : "wrong", title: `loss ${significant(firstRun(group).evaluation.hardest_losses[i], 3)}` },
    element("span", { class: "sign", "data-group": group.index, "aria-hidden": "true" }, signOf(group)),
    element("span", { class: "unseen" }, `${group.label}: `), ` ${className(group.source, answer)} `,
    element("b", { "aria-hidden": "true" }, right ? "\u2713" : "\u2717"),
    element("span", { class: "unseen" }, right ? "right" : "wrong"));
}

function hardestCards() {
  return documents.filter((source) => source.hardest?.length).map((source) => {
    const models = judged.filter((group) => group.source === source);
    const name = (i) => className(source, i);
    const figures = source.hardest.map((image, i) => element("figure", {}, drawImage(image, name(image.label)),
      element("figcaption", {}, element("strong", {}, `is ${name(image.label)}`),
        element("ul", {}, ...models.map((group) => answerLine(group, image, i))))));
    const table = () => [["Test image", "Label", ...models.flatMap((g) => [`${g.label} answers`, "loss"])],
      source.hardest.map((image, i) => [String(image.index), name(image.label), ...models.flatMap((g) => {
        const { hardest_answers: answers, hardest_losses: losses } = firstRun(g).evaluation;
        return [name(answers[i]), significant(losses[i], 3)];
      })])];
    return card("The hardest test images", { wide: true, note: `The ${source.hardest.length} images with the largest sum of losses over ` +
      `${listed(models.map((g) => g.label))}, worst first, with their labels and the answers.` },
    element("div", { class: hasNames(source) ? "images named" : "images" }, ...figures), tableBehind("The hardest test images", table));
  });
}

const answersPart = () => part("Answers", confusionCards(), hardestCards());

// What the models answer: confusion matrices, and the hardest images with everybody's answer.

const judged = contestants.filter((group) => firstRun(group).evaluation);

function confusionTable(group) {
  const { confusion } = firstRun(group).evaluation;
  const most = Math.max(1, ...confusion.flatMap((row, i) => row.filter((_, j) => i !== j)));
  const digits = confusion.map((_, i) => String(i));
  const cell = (count, i, j) => element("td", i === j ? { class: "right" } :
    { class: count ? "wrong" : "none", style: `--weight: ${(count / most).toFixed(2)}` }, count ? String(count) : "\u00b7");
  return element("table", { class: "confusion" },
    element("caption", {}, "Row: label; column: answer"),
    element("thead", {}, element("tr", {}, element("td", {}), ...digits.map((d) => element("th", { scope: "col" }, d)))),
    element("tbody", {}, ...confusion.map((row, i) =>
      element("tr", {}, element("th", { scope: "row" }, digits[i]), ...row.map((count, j) => cell(count, i, j))))));
}

function confusionCards() {
  return judged.map((group) => {
    const { confusion, epoch } = firstRun(group).evaluation;
    const wrong = confusion.reduce((sum, row, i) => sum + row.reduce((s, n, j) => (i === j ? s : s + n), 0), 0);
    return card(`Confusion of ${group.label}`, { note: `${whole(wrong)} wrong answers after epoch ${epoch}. The darker, the more often mistaken.` +
      (manySeeds ? " First seed." : "") }, confusionTable(group));
  });
}

function drawImage(image) {
  const bytes = Uint8Array.from(atob(image.pixels), (c) => c.charCodeAt(0));
  const canvas = element("canvas", { width: image.width, height: image.height, role: "img",
    "aria-label": `Test image ${image.index}, labelled ${image.label}` });
  const pen = canvas.getContext("2d"), pixels = pen.createImageData(image.width, image.height);
  bytes.forEach((ink, i) => pixels.data.set([255 - ink, 255 - ink, 255 - ink, 255], 4 * i));
  pen.putImageData(pixels, 0, 0);
  return canvas;
}

function answerLine(group, image, i) {
  const digit = firstRun(group).evaluation.hardest_answers[i], right = digit === image.label;
  return element("li", { class: right ? "right" : "wrong", title: `loss ${significant(firstRun(group).evaluation.hardest_losses[i], 3)}` },
    element("span", { class: "sign", "data-group": group.index, "aria-hidden": "true" }, signOf(group)),
    element("span", { class: "unseen" }, `${group.label}: `), ` ${digit} `, element("b", { "aria-hidden": "true" }, right ? "\u2713" : "\u2717"),
    element("span", { class: "unseen" }, right ? "right" : "wrong"));
}

function hardestCards() {
  return documents.filter((source) => source.hardest?.length).map((source) => {
    const models = judged.filter((group) => group.source === source);
    const figures = source.hardest.map((image, i) => element("figure", { class: "digit" }, drawImage(image),
      element("figcaption", {}, element("strong", {}, `is ${image.label}`),
        element("ul", {}, ...models.map((group) => answerLine(group, image, i))))));
    const table = () => [["Test image", "Label", ...models.flatMap((g) => [`${g.label} answers`, "loss"])],
      source.hardest.map((image, i) => [String(image.index), String(image.label), ...models.flatMap((g) => {
        const { hardest_answers: answers, hardest_losses: losses } = firstRun(g).evaluation;
        return [String(answers[i]), significant(losses[i], 3)];
      })])];
    return card("The hardest test images", { wide: true, note: `The ${source.hardest.length} images with the largest sum of losses over ` +
      `${listed(models.map((g) => g.label))}, worst first, with their labels and the answers.` },
    element("div", { class: "digits" }, ...figures), tableBehind("The hardest test images", table));
  });
}

const answersPart = () => part("Answers", confusionCards(), hardestCards());

// Everything that is needed to do it again.

const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
const SILENT = ["log_level", "quiet", "no_progress", "out", "plots", "tensorboard", "checkpoint", "checkpoint_every", "resume"]; // they change no number

// The command line, with every option that was in force.
function commandLine(options) {
  const words = ["gradrace"];
  for (const [key, value] of Object.entries(options)) {
    const name = `--${key.replaceAll("_", "-")}`;
    if (SILENT.includes(key) || value == null || value === "" || value === false) continue;
    if (key === "seeds" && value.length === 1) continue; // --seed says it
    if (value === true) words.push(name);
    else if (Array.isArray(value) && ["optimizer", "sweep"].includes(key)) value.forEach((v) => words.push(name, quoted(String(v))));
    else if (Array.isArray(value)) value.length && words.push(name, quoted(value.join(",")));
    else words.push(name, quoted(String(value)));
  }
  return words.join(" ");
}

function facts(rows) {
  return element("dl", { class: "facts" }, ...rows.filter(([, value]) => value != null && value !== "").flatMap(([name, value]) =>
    [element("dt", {}, name), element("dd", {}, value)]));
}

// Results of former versions do not say it.
const imageText = ({ height, width, channels, classes }) => classes && `${height} by ${width} pixels, ` +
  `${channels === 1 ? "grey" : `${channels} channels`}, in ${classes.length} classes`;

function originCard(source) {
  const { program, machine, data, network, options } = source;
  const kernels = Object.entries(program.kernels ?? {}).map(([layer, used]) => `${layer}: ${used}`).join("; ");
  const sums = Object.entries(data.sha256 ?? {}).map(([name, sum]) => element("div", {}, element("span", {}, name), " ", element("code", {}, sum)));
  const title = documents.length > 1 ? source.name : "How to reproduce it";
  const command = commandLine(options ?? {});
  const copy = navigator.clipboard ? [element("button", { type: "button", onclick: (event) => {
    const button = event.currentTarget;
    navigator.clipboard.writeText(command).then(() => { button.textContent = "Copied"; });
  } }, "Copy")] : [];
  return card(title, { wide: true, controls: copy },
    element("pre", { tabindex: "0", role: "region", "aria-label": "Command line" }, element("code", {}, command)),
    facts([
      ["Program", `Gradrace ${program.version ?? ""}, commit ${program.commit || "unknown"}, ${program.compiler ?? ""}`],
      ["Machine", [machine.cpu, isNumber(machine.threads) && `${machine.threads} threads`].filter(Boolean).join(", ")],
      ["Instruction set", program.isa],
      ["Kernels", kernels],
      ["Subnormals", options?.subnormals],
      Array.isArray(options?.seeds) ? ["Seeds", options.seeds.join(", ")] : ["Seed", options?.seed?.toString()],
      ["Data", `${data.name}, ${whole(data.train)} training and ${whole(data.test)} test images` + (data.directory ? ` from ${data.directory}` : "")],
      ["Images", imageText(data)],
      ["Pixels", data.normalization && `(value\u202f/\u202f255 \u2212 ${listed(data.normalization.mean.map((x) => significant(x)))}) / ` +
        `${listed(data.normalization.deviation.map((x) => significant(x)))}, ${data.normalization.source}`],
      ["SHA-256", sums.length ? element("div", { class: "sums" }, ...sums) : null],
      ["Network", network && `${network.name}, ${whole(network.parameters)} parameters: ${network.layers.join("; ")}`],
      ["Optimizers", element("div", {}, ...groups.filter((g) => g.source === source).map((g) =>
        element("div", {}, `${g.label}: ${g.optimizer} (${optionText(g)})`)))],
    ]));
}

const originPart = () => part("Origin", documents.map(originCard));

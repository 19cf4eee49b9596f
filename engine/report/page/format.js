// Numbers as text. What is not a number becomes a dash.

const isNumber = (x) => typeof x === "number" && Number.isFinite(x);
const proper = (text) => text.replace(/^-/, "\u2212").replace(/e-/, "e\u2212").replace("e+", "e");
const fixed = (x, digits) => (isNumber(x) ? proper(x.toFixed(digits)) : "\u2013");
const significant = (x, digits = 4) => {
  if (!isNumber(x)) return "\u2013";
  const short = Number(x.toPrecision(digits));
  const small = short !== 0 && Math.abs(short) < 1e-3, large = Math.abs(short) >= 1e6;
  return proper(small || large ? short.toExponential() : String(short));
};
const whole = (x) => (isNumber(x) ? proper(Math.round(x).toLocaleString("en").replaceAll(",", "\u202f")) : "\u2013");
const percent = (x, digits = 2) => (isNumber(x) ? fixed(x, digits) + "\u202f%" : "\u2013");
const inSeconds = (x) => (isNumber(x) ? fixed(x, x < 10 ? 2 : 1) + "\u202fs" : "\u2013");

const mean = (values) => values.reduce((sum, x) => sum + x, 0) / values.length;
const deviation = (values) => {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (values.length - 1));
};

// "12.3 s" for one value, "12.3 ± 0.4 s" (standard deviation) for several. `write` turns a number into text.
function withSpread(values, write) {
  const numbers = values.filter(isNumber);
  if (numbers.length === 0) return "\u2013";
  if (numbers.length === 1) return write(numbers[0]);
  const [centre, spread] = [mean(numbers), deviation(numbers)].map((x) => write(x));
  const unit = /\u202f(%|s)$/;
  return `${centre.replace(unit, "")}\u00a0\u00b1\u00a0${spread}`;
}

function listed(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

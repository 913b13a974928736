// Reads the text format of Prometheus, as /metrics has it.

/** Samples as {name, labels, value}. */
export function parse(text) {
  return text.split("\n").filter((line) => line && line[0] !== "#").map((line) => {
    const [, name, inside = "", value] = /^([^{\s]+)(?:\{(.*)\})?\s+(\S+)/.exec(line);
    const labels = Object.fromEntries([...inside.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, word]) => [key, word]));
    return { name, labels, value: Number(value) };
  });
}

const sum = (samples, name, by = () => "") => {
  const sums = new Map();
  for (const sample of samples) if (sample.name === name) sums.set(by(sample), (sums.get(by(sample)) || 0) + sample.value);
  return sums;
};

/** All requests and the seconds they took. */
export function requests(samples) {
  const of = (name) => sum(samples, name).get("") || 0;
  return { count: of("pharos_request_seconds_count"), seconds: of("pharos_request_seconds_sum") };
}

/** A histogram's rows by two labels: count, mean and 95th percentile (the bound of its bucket) in milliseconds. */
export function histogram(samples, name, first, second) {
  const by = ({ labels }) => JSON.stringify([labels[first], labels[second]]);
  const [counts, sums] = [sum(samples, name + "_count", by), sum(samples, name + "_sum", by)];
  return [...counts].filter(([, count]) => count > 0).map(([key, count]) => {
    const buckets = samples.filter((sample) => sample.name === name + "_bucket" && by(sample) === key);
    const bounds = [...sum(buckets, name + "_bucket", (sample) => sample.labels.le)].sort((a, b) => parseFloat(a[0]) - parseFloat(b[0]) || (a[0] === "+Inf" ? 1 : -1));
    const reached = bounds.filter(([bound]) => bound !== "+Inf").find(([, below]) => below >= 0.95 * count);
    return { names: JSON.parse(key), count, mean: (sums.get(key) / count) * 1000, high: reached ? Number(reached[0]) * 1000 : null };
  });
}

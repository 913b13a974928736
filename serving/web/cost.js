// What a slider costs on the data of the live bundle, in words, from what training measured.

// A number and its sign stay on one line.
const percent = (share) => `${Math.round(Math.abs(share) * 100)}\u00a0%`;
const compared = (share, less, more, same) => (Math.abs(share) < 0.005 ? same : `about ${percent(share)} ${share < 0 ? less : more}`);

/** The figures at a value, between those of the two measured ones next to it. */
function at(curve, value) {
  const above = curve.findIndex((point) => point.value >= value);
  if (above <= 0) return above < 0 ? curve.at(-1) : curve[0];
  const [low, high] = [curve[above - 1], curve[above]];
  const part = (value - low.value) / (high.value - low.value);
  const between = (key) => low[key] + part * (high[key] - low[key]);
  return { ndcg_10: between("ndcg_10"), similarity: between("similarity"), new: between("new") };
}

const GAINS = {
  diversity: (now, off) => (off.similarity <= 0.01 ? "lists were hardly alike without it" : now.similarity <= 0 ? "the items of a list not alike at all"
    : `lists ${compared(now.similarity / off.similarity - 1, "less alike", "more alike", "as alike as without")}`),
  new_share: (now, off) => `${percent(now.new)} of a list little-known items (${percent(off.new)} without)`,
};

/** One line for a slider. bundle: as the status has it, or undefined; option: of a list; value: where the slider stands. */
export function measuredCost(bundle, option, value) {
  const curve = bundle ? bundle.list_costs.filter((point) => point.option === option) : [];
  if (!curve.length) {
    if (!bundle) return "Its cost is not known for what answers now.";
    if (!bundle.list_costs.length) return "Its cost was not measured when this model was trained.";
    return "Its cost was not measured: no item had few events when this model was trained.";
  }
  const [off] = curve;
  const on = `measured on ${off.users} ${off.users === 1 ? "person" : "people"} when this model was trained${off.users < 100 ? ", too few for more than a hint" : ""}.`;
  if (!off.ndcg_10) return `Its cost cannot be told: nothing that these lists held was wanted; ${on}`;
  const told = (now) => `${compared(now.ndcg_10 / off.ndcg_10 - 1, "less accurate", "more accurate", "as accurate as without")}, ${GAINS[option](now, off)}`;
  if (value === 0) return `Costs nothing here. At ${curve.at(-1).value}: ${told(curve.at(-1))}; ${on}`;
  const words = told(at(curve, value));
  return `${words[0].toUpperCase()}${words.slice(1)}; ${on}`;
}

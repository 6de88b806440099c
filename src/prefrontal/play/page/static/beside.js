// The player beside networks and agents: bars, and the same as a table.

import { make } from "./dom.js";
import { svg } from "./pictures.js";
import { paragraphs, screen } from "./screens.js";
import { has, number, percent, say } from "./words.js";

const [WIDTH, FLOOR, TOP] = [220, 112, 14];
const [LEFT, ROOM] = [12, 196];
const LOOKS = ["common", "uncommon", "third", "fourth"];
// What the bars of a task are, by pairs; of objects they are rounds, one after the other.
const KINDS = { "two-step": "journey", daw: "journey", bandit: "arms", reversal: "arms", harlow: "objects" };
const PAIRS = { journey: [0, 1, 0, 1], arms: [0, 1, 2, 3] };

// Weights from 0 to 1.
const SCALED = ["weight", "learning_rate"];

const barName = (kind, place) => say(kind === "objects" ? "beside.bar.objects" : `beside.bar.${kind}.${place}`, { n: place + 1 });

const known = (key, otherwise) => (has(key) ? say(key) : otherwise);
const shown = (share) => (share === null || share === undefined ? say("beside.none") : percent(share));

function text(x, y, words, look) {
  const node = svg("text", { x, y, class: look, "text-anchor": "middle" });
  node.textContent = words;
  return node;
}

// Where the bars stand, left edges and width: two pairs, or a row.
function placesOf(kind, count) {
  if (kind !== "objects") return { width: 28, lefts: [22, 56, 136, 170] };
  const step = ROOM / count;
  return { width: Math.min(28, step - 6), lefts: Array.from({ length: count }, (_, place) => LEFT + step * (place + 0.5) - Math.min(28, step - 6) / 2) };
}

function barsOf(kind, name, shares) {
  const { width, lefts } = placesOf(kind, shares.length);
  const bars = shares.flatMap((share, place) => {
    const height = (share ?? 0) * (FLOOR - TOP);
    const middle = lefts[place] + width / 2;
    const look = kind === "objects" ? LOOKS[0] : LOOKS[PAIRS[kind][place]];
    return [
      svg("rect", { x: lefts[place], y: FLOOR - height, width, height, class: look }),
      text(middle, FLOOR - height - 3, shown(share), kind === "objects" ? "share small" : "share"),
      ...(kind === "objects" ? [text(middle, FLOOR + 13, String(place + 1), "label")] : []),
    ];
  });
  const groups =
    kind === "objects"
      ? [text(WIDTH / 2, FLOOR + 28, say("beside.group.objects.0"), "label")]
      : [53, 167].map((middle, place) => text(middle, FLOOR + 14, say(`beside.group.${kind}.${place}`), "label"));
  const words = shares.map((share, place) => `${barName(kind, place)}: ${shown(share)}`).join("; ");
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${FLOOR + (kind === "objects" ? 34 : 20)}`, role: "img", "aria-label": `${name}. ${words}` },
    svg("path", { d: `M${LEFT} ${FLOOR}h${ROOM}`, class: "axis" }),
    ...bars,
    ...groups,
  );
}

function person(kind, who, mine) {
  const name = mine ? say("beside.you") : known(`beside.name.${who.name}`, who.name);
  const caption = make("figcaption", {}, make("strong", {}, name));
  caption.append(make("span", {}, say("beside.reward", { share: shown(who.reward) })));
  const meaning = mine ? null : known(`beside.mean.${who.name}`, null);
  if (meaning) caption.append(make("span", {}, meaning));
  const finite = Object.entries(who.weights ?? {}).filter(([, value]) => Number.isFinite(value));
  const plain = finite.filter(([key]) => SCALED.includes(key)); // the others have no scale that a layperson knows
  const fitted = plain.length ? plain : finite;
  for (const [key, value] of fitted) {
    caption.append(make("span", { class: "weight" }, say("beside.weight", { name: known(`beside.weight.${key}`, key), value: number(value, 2) })));
  }
  return make("figure", mine ? { class: "mine" } : {}, barsOf(kind, name, who.bars), caption);
}

function table(kind, all) {
  const head = [say("beside.who"), ...all[0].bars.map((_, place) => barName(kind, place)), say("beside.reward_head")];
  const rows = all.map((who, place) => {
    const name = place === 0 ? say("beside.you") : known(`beside.name.${who.name}`, who.name);
    const values = [...who.bars, who.reward].map((share) => make("td", {}, shown(share)));
    return make("tr", {}, make("th", { scope: "row" }, name), ...values);
  });
  return make(
    "div",
    { class: "table", tabindex: "0", role: "region", "aria-label": say("beside.table") },
    make(
      "table",
      {},
      make("thead", {}, make("tr", {}, ...head.map((words) => make("th", { scope: "col" }, words)))),
      make("tbody", {}, ...rows),
    ),
  );
}

function legend(kind) {
  const entries = [...new Set(PAIRS[kind])].map((place) => {
    const sample = svg("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" }, svg("rect", { width: 10, height: 10, class: LOOKS[place] }));
    return make("li", {}, sample, say(`beside.legend.${kind}.${place}`));
  });
  return make("ul", { class: "legend" }, ...entries);
}

export function besideNetworks({ you, others }, task) {
  const kind = KINDS[task];
  const all = [you, ...others];
  const body = paragraphs(say(`beside.text.${kind}`));
  if (kind !== "objects") body.push(legend(kind));
  body.push(make("div", { class: "players" }, ...all.map((who, place) => person(kind, who, place === 0))));
  body.push(make("h2", {}, say("beside.how_to_read")), ...paragraphs(say(`beside.meaning.${kind}`)));
  body.push(make("details", {}, make("summary", {}, say("beside.as_table")), table(kind, all)));
  const title = say(others.some(({ name }) => name === "network") ? "beside.title" : "beside.title_others");
  return screen({ name: "beside", title, body, actions: [["back", say("back")]] });
}

// The player beside networks and agents: bars, and the same as a table.

import { make } from "./dom.js";
import { svg } from "./pictures.js";
import { paragraphs, screen } from "./screens.js";
import { has, language, number, percent, say } from "./words.js";

const KINDS = ["cr", "ur", "cu", "uu"];
const [WIDTH, HEIGHT, FLOOR, TOP] = [220, 132, 112, 14];
const PLACES = [22, 56, 136, 170];

const known = (key, otherwise) => (has(key) ? say(key) : otherwise);
const shown = (share) => (share === null || share === undefined ? say("beside.none") : percent(share));

function text(x, y, words, look) {
  const node = svg("text", { x, y, class: look, "text-anchor": "middle" });
  node.textContent = words;
  return node;
}

// How often the same tram was taken again, after the four kinds of trial.
function stayBars({ name, stay }) {
  const bars = stay.flatMap((share, kind) => {
    const height = (share ?? 0) * (FLOOR - TOP);
    return [
      svg("rect", { x: PLACES[kind], y: FLOOR - height, width: 28, height, class: kind % 2 ? "uncommon" : "common" }),
      text(PLACES[kind] + 14, FLOOR - height - 3, shown(share), "share"),
    ];
  });
  const words = KINDS.map((kind, place) => `${say(`beside.${kind}`)}: ${shown(stay[place])}`).join("; ");
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${name}. ${words}` },
    svg("path", { d: `M12 ${FLOOR}h196`, class: "axis" }),
    ...bars,
    text(53, FLOOR + 14, say("beside.after_apple"), "label"),
    text(167, FLOOR + 14, say("beside.after_nothing"), "label"),
  );
}

function person(who, mine) {
  const { means, weights = {} } = who;
  const name = mine ? say("beside.you") : known(`beside.name.${who.name}`, who.name);
  const caption = make("figcaption", {}, make("strong", {}, name));
  caption.append(make("span", {}, say("beside.reward", { share: shown(who.reward) })));
  const meaning = mine ? null : (means?.[language()] ?? means?.en ?? known(`beside.mean.${who.name}`, null));
  if (meaning) caption.append(make("span", {}, meaning));
  const finite = Object.entries(weights ?? {}).filter(([, value]) => Number.isFinite(value));
  const plain = finite.filter(([key]) => key === "weight"); // from 0 to 1; the others have no scale that a layperson knows
  const fitted = plain.length ? plain : finite;
  for (const [key, value] of fitted) {
    caption.append(make("span", { class: "weight" }, `${known(`beside.weight.${key}`, key)}: ${number(value, 2)}`));
  }
  return make("figure", mine ? { class: "mine" } : {}, ...(who.stay ? [stayBars({ name, stay: who.stay })] : []), caption);
}

function table(all, withStay) {
  const kinds = withStay ? KINDS : [];
  const head = [say("beside.who"), ...kinds.map((kind) => say(`beside.${kind}`)), say("beside.reward_head")];
  const rows = all.map((who, place) => {
    const name = place === 0 ? say("beside.you") : known(`beside.name.${who.name}`, who.name);
    const values = [...kinds.map((_, kind) => shown(who.stay?.[kind])), shown(who.reward)];
    return make("tr", {}, make("th", { scope: "row" }, name), ...values.map((value) => make("td", {}, value)));
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

function legend() {
  const entry = (look, words) =>
    make("li", {}, svg("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" }, svg("rect", { width: 10, height: 10, class: look })), words);
  return make("ul", { class: "legend" }, entry("common", say("beside.common")), entry("uncommon", say("beside.uncommon")));
}

export function besideNetworks({ you, others }) {
  const all = [you, ...others];
  const withStay = Boolean(you.stay);
  const body = paragraphs(say(withStay ? "beside.text" : "beside.text_reward"));
  if (withStay) body.push(legend());
  body.push(make("div", { class: "players" }, ...all.map((who, place) => person(who, place === 0))));
  if (withStay) body.push(make("h2", {}, say("beside.how_to_read")), ...paragraphs(say("beside.meaning")));
  body.push(make("details", {}, make("summary", {}, say("beside.as_table")), table(all, withStay)));
  return screen({ name: "beside", title: say("beside.title"), body, actions: [["back", say("back")]] });
}

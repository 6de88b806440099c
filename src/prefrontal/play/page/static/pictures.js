// Pictures, drawn by code; their colours stand in the style sheet.

const SPACE = "http://www.w3.org/2000/svg";

export function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export function picture(box, ...children) {
  return svg("svg", { viewBox: box, "aria-hidden": "true", focusable: "false" }, ...children);
}

const circle = (cx, cy, r, look) => svg("circle", { cx, cy, r, class: look });
const box = (x, y, width, height, look, rx = 0) => svg("rect", { x, y, width, height, rx, class: look });
const path = (d, look) => svg("path", { d, class: look });

// A tram with the sign of its line: 0 a disc, 1 a square.
export function tram(line) {
  const sign = line === 0 ? circle(50, 23, 12, "sign") : box(39, 12, 22, 22, "sign");
  const windows = [18, 41, 64].map((x) => box(x, 44, 18, 16, "glass", 2));
  const wheels = [28, 72].map((x) => circle(x, 86, 7, "wheel"));
  return picture(
    "0 0 100 100",
    path("M6 95h88", "rail"),
    ...wheels,
    path("M8 80V48q0-10 10-10h64q10 0 10 10v32z", `body line${line}`),
    ...windows,
    box(8, 66, 84, 5, "stripe"),
    sign,
  );
}

const CROWNS = [
  () => [circle(50, 38, 31, "crown0")],
  () => [path("M50 4 78 44H66L84 72H16l18-28H22z", "crown1")],
  () => [path("M8 52q0-42 42-42t42 42q-10-8-21 0-10-8-21 0-11-8-21 0-11-8-21 0z", "crown2")],
  () => [circle(32, 46, 22, "crown3"), circle(68, 46, 22, "crown3"), circle(50, 24, 22, "crown3")],
];

// A tree: round, pointed, like an umbrella, like a cloud; from the fifth on with its number.
export function tree(kind) {
  const trunk = path("M45 96V50h10v46z", "trunk");
  const ground = path("M18 97h64", "ground");
  if (kind < CROWNS.length) return picture("0 0 100 100", trunk, ...CROWNS[kind](), ground);
  const figure = svg("text", { x: 50, y: 50, class: "figure", "text-anchor": "middle" });
  figure.textContent = kind + 1;
  return picture("0 0 100 100", trunk, box(18, 8, 64, 60, `crown${kind % CROWNS.length}`, 14), figure, ground);
}

// A garden: 0 on the hills, 1 at the lake.
export function garden(which) {
  const hills = [path("M0 60 44 14 78 48 116 8 160 50 182 30 200 46V60z", "hill"), path("M0 60q50-16 100-6t100-4v10z", "grass")];
  const waves = [36, 44, 52].map((y, row) =>
    path(`M${row % 2 ? -10 : 0} ${y}${"q10-7 20 0t20 0".repeat(6)}`, "wave"),
  );
  const lake = [box(0, 28, 200, 32, "water"), ...waves, circle(164, 14, 9, "sun")];
  return picture("0 0 200 60", ...(which === 0 ? hills : lake));
}

export function apple() {
  return picture(
    "0 0 100 100",
    path("M50 34C30 18 8 34 16 60c5 19 22 34 34 26 12 8 29-7 34-26 8-26-14-42-34-26z", "apple"),
    path("M50 34c0-12 4-20 14-26", "stalk"),
    path("M56 22c10-12 24-10 28-4-8 10-20 12-28 4z", "leaf"),
  );
}

export function nothing() {
  return picture("0 0 100 100", path("M14 44h72l-9 42H23z", "basket"), path("M22 44q28-52 56 0", "handle"));
}

export const cross = () => picture("0 0 100 100", path("M50 38v24M38 50h24", "cross"));

// A stream of numbers from 0 to 1 that is the same for the same seed.
export function stream(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export const HUES = [4, 32, 56, 130, 178, 214, 270, 322];

// What an object looks like, from its number.
export function look(id) {
  const next = stream(Math.imul(id + 1, 2654435761));
  const pick = (count) => Math.floor(next() * count);
  return { hue: pick(HUES.length), inner: pick(HUES.length - 1), points: 3 + pick(6), depth: 0.35 + 0.5 * next(), core: pick(4), turn: 360 * next() };
}

// An object of Harlow's task: a figure with points, and a core in a second colour.
export function object(id) {
  const { hue, inner, points, depth, core, turn } = look(id);
  const corners = Array.from({ length: 2 * points }, (_, place) => {
    const radius = place % 2 ? 44 * depth : 44;
    const angle = (Math.PI * place) / points;
    return `${(50 + radius * Math.sin(angle)).toFixed(1)},${(50 - radius * Math.cos(angle)).toFixed(1)}`;
  });
  const second = HUES[(hue + 1 + inner) % HUES.length];
  const outer = svg("polygon", { points: corners.join(" "), fill: `hsl(${HUES[hue]} 70% 45%)`, class: "outline" });
  outer.setAttribute("transform", `rotate(${turn.toFixed(1)} 50 50)`);
  const cores = [
    () => svg("circle", { cx: 50, cy: 50, r: 12 }),
    () => svg("rect", { x: 39, y: 39, width: 22, height: 22 }),
    () => svg("path", { d: "M50 36 64 60H36z" }),
    () => svg("path", { d: "M45 36h10v9h9v10h-9v9H45v-9h-9V45h9z" }),
  ];
  const middle = cores[core]();
  middle.setAttribute("fill", `hsl(${second} 75% 78%)`);
  middle.setAttribute("class", "outline");
  return picture("0 0 100 100", outer, middle);
}

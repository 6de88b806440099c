// A trained network at the same task, as if live: what it chooses, what it expects and what it believes.

import { make } from "./dom.js";
import { svg } from "./pictures.js";
import { Stage } from "./stage.js";
import { taskOf } from "./tasks.js";
import { playTrial } from "./trial.js";
import { number, percent, say } from "./words.js";

const [WIDTH, HEIGHT] = [300, 80];
const SPEEDS = [0.5, 1, 2, 4, 10];
const THINKING = 600;
const BETWEEN = 3000;

// A line that grows by a point with every trial.
class Line {
  constructor(words, total, lowest, highest) {
    this.total = total;
    this.range = [lowest, highest];
    this.points = [];
    this.line = svg("polyline", { points: "", class: "trace" });
    this.now = make("output", {}, "");
    const frame = svg("path", { d: `M0 0h${WIDTH}M0 ${HEIGHT}h${WIDTH}`, class: "axis" });
    const plot = svg("svg", { viewBox: `0 -2 ${WIDTH} ${HEIGHT + 4}`, role: "img", "aria-label": words, preserveAspectRatio: "none" }, frame, this.line);
    this.node = make("div", { class: "line" }, make("p", {}, `${words} `, this.now), plot);
  }

  add(index, value, words) {
    const [lowest, highest] = this.range;
    const height = HEIGHT * (1 - (value - lowest) / Math.max(highest - lowest, 1e-9));
    this.points.push(`${((WIDTH * index) / Math.max(this.total - 1, 1)).toFixed(1)},${height.toFixed(1)}`);
    this.line.setAttribute("points", this.points.join(" "));
    this.now.textContent = words;
  }
}

const first = (value) => (Array.isArray(value) ? value[0] : value);

// Plays what the network chose, at the buttons that people have.
function player(played) {
  return {
    choose(step, options, trial, state, index) {
      const wanted = played.choices[index][step];
      const place = options.findIndex(({ action }) => action === wanted);
      const shares = played.policy?.[index]?.[step];
      if (shares) {
        document.querySelectorAll(".options .option").forEach((button, at) => {
          const share = shares[options[at].action] ?? 0;
          const bar = svg("svg", { viewBox: "0 0 100 10", "aria-hidden": "true", preserveAspectRatio: "none" });
          bar.append(svg("rect", { width: 100, height: 10, class: "empty" }), svg("rect", { width: 100 * share, height: 10, class: "common" }));
          button.append(make("span", { class: "policy" }, make("span", { class: "unseen" }, say("live.policy")), bar, percent(share)));
        });
      }
      return { place, after: THINKING };
    },
  };
}

function controls(clock, state) {
  const pause = make("button", { type: "button", class: "primary" }, say("live.pause"));
  pause.addEventListener("click", () => {
    state.paused = !state.paused;
    pause.textContent = say(state.paused ? "live.go_on" : "live.pause");
    if (!state.paused) state.wake();
  });
  const options = SPEEDS.map((speed) => make("option", { value: String(speed), selected: speed === 1 }, `${speed}×`));
  const select = make("select", { id: "speed" }, ...options);
  if (SPEEDS.includes(clock.speed)) select.value = String(clock.speed);
  select.addEventListener("change", () => (clock.speed = Number(select.value)));
  return make("div", { class: "actions" }, pause, make("label", { for: "speed" }, say("live.speed"), " ", select));
}

async function episode(played, study, context) {
  const task = taskOf(study, [false, false]);
  const trials = played.schedule.trials.slice(0, played.choices.length);
  const values = played.value.map(first);
  const range = [Math.min(...values), Math.max(...values)];
  const [low, high] = range.map((end) => number(end, 2));
  const value = new Line(say("live.value", { low, high }), trials.length, ...range);
  const lines = [value];
  const better = task.place ? task.place(0) : task.first(trials[0])[0];
  const belief = played.belief ? new Line(say("live.belief", { place: better.label }), trials.length, 0, 1) : null;
  if (belief) lines.push(belief);
  const state = { paused: false, wake: () => {} };
  const title = make("h2", {}, say("live.title", { name: played.name }));
  const panel = make("section", { class: "live", "aria-label": say("live.panel") }, title, ...lines.map(({ node }) => node), controls(context.clock, state));
  const stage = new Stage("live", panel).room(task.arms ?? 2);
  let apples = 0;
  for (const [index, trial] of trials.entries()) {
    if (state.paused) await new Promise((resolve) => (state.wake = resolve));
    stage.head({ practice: false, index, total: trials.length, apples, counts: true });
    if (trial.trial === 0) await stage.announce(say(trial.objects ? "new_pair" : "new_trees"), context.clock, study.feedback_ms);
    value.add(index, values[index], number(values[index], 2));
    belief?.add(index, first(played.belief[index]), percent(first(played.belief[index])));
    const live = { ...study, deadlines_ms: {} };
    const record = await playTrial({ stage, task, study: live, trial, index, practice: false, context, player: player(played), keep: () => {} });
    apples += Math.max(record.reward ?? 0, 0);
  }
}

// Sessions of the network, one after the other, for as long as anybody watches.
export async function watch(study, transport, { clock, keyboard }) {
  const context = { clock, keyboard, note: () => {}, now: (time) => time }; // nothing is kept
  let which = 0;
  for (;;) {
    let played;
    try {
      played = await transport.live(which);
    } catch (error) {
      if (which === 0) throw error;
      which = 0; // after the last comes the first
      continue;
    }
    await episode(played, study, context);
    await context.clock.wait(BETWEEN);
    which += 1;
  }
}

// The stage that trials are played on: a scene above, what can be chosen below, and what came of it.

import { make, show, tell } from "./dom.js";
import { apple, cross, nothing } from "./pictures.js";
import { number, say } from "./words.js";

const CAPS = [
  ["F", "←"],
  ["J", "→"],
];

function caps(place, count) {
  const names = count === 2 ? CAPS[place] : [String(place + 1)];
  return make("span", { class: "caps" }, ...names.map((name) => make("kbd", {}, name)));
}

export const optionButton = ({ draw, label }, at, count) =>
  make("button", { type: "button", class: "option" }, draw(), make("span", { class: "unseen" }, `${label} `), caps(at, count));

export class Stage {
  constructor(name, ...beside) {
    this.badge = make("p", { class: "badge" });
    this.count = make("p", { class: "count" });
    this.score = make("p", { class: "score" });
    this.bar = make("progress", { max: 1, value: 0, "aria-label": say("progress") });
    this.scene = make("div", { class: "scene" });
    this.prompt = make("p", { class: "prompt" });
    this.options = make("div", { class: "options" });
    this.outcome = make("div", { class: "outcome" });
    const head = make("header", {}, this.badge, this.count, this.score, this.bar);
    const field = make("div", { class: "field", role: "application", "aria-label": say("stage"), tabindex: "-1" });
    field.append(this.scene, this.prompt, this.options, this.outcome);
    this.field = field;
    show(name, make("h1", { class: "unseen" }, say("stage")), make("div", { class: "stage" }, head, field), ...beside);
    field.focus({ preventScroll: true });
  }

  head({ practice, index, total, apples, counts }) {
    this.badge.textContent = practice ? say("practice.badge") : "";
    this.badge.hidden = !practice;
    this.count.textContent = say(practice ? "practice.count" : "trial.count", { n: index + 1, total });
    this.apples = counts ? apples : null;
    this.told();
    this.bar.value = index / total;
  }

  // Makes room for as many options as there will be.
  room(count) {
    this.field.classList.toggle("some", count > 2 && count < 5);
    this.field.classList.toggle("many", count > 4);
    return this;
  }

  // How many apples there are by now; in practice none are counted.
  told() {
    this.score.textContent = this.apples === null ? "" : say("apples", { n: number(this.apples) });
  }

  async announce(words, clock, milliseconds) {
    this.clear();
    this.scene.replaceChildren();
    this.prompt.textContent = words;
    tell(words);
    await clock.wait(milliseconds);
  }

  clear(picture = cross()) {
    this.scene.replaceChildren(picture);
    this.scene.removeAttribute("data-place");
    this.prompt.textContent = "";
    this.options.replaceChildren();
    this.outcome.replaceChildren();
  }

  // Puts up what can be chosen; resolves to the buttons and the time of the frame they were drawn in.
  async offer(clock, choices, prompt, place = null) {
    const buttons = choices.map((choice, at) => optionButton(choice, at, choices.length));
    const onset = await clock.shown(() => {
      this.scene.replaceChildren(...(place ? [place.draw()] : []));
      if (place) this.scene.dataset.place = place.label;
      else this.scene.removeAttribute("data-place");
      this.prompt.textContent = prompt;
      this.options.replaceChildren(...buttons);
      this.outcome.replaceChildren();
    });
    tell([place?.label, prompt, choices.map(({ label }) => label).join("; ")].filter(Boolean).join(". "));
    return { buttons, onset };
  }

  mark(buttons, place) {
    buttons.forEach((button, at) => {
      button.classList.add(at === place ? "chosen" : "left");
      button.disabled = at !== place;
    });
    this.prompt.textContent = "";
  }

  // What the choice led to where there is nothing more to choose.
  arrive(place, trees) {
    this.scene.replaceChildren(place.draw());
    this.scene.dataset.place = place.label;
    this.prompt.textContent = place.label;
    const shown = trees.map(({ draw }) => make("div", { class: "option chosen" }, draw()));
    this.options.replaceChildren(...shown);
    tell(place.label);
  }

  pay(reward) {
    const paid = reward > 0;
    const words = !paid ? say("outcome.nothing") : reward === 1 ? say("outcome.apple") : say("outcome.apples", { n: number(reward, 1) });
    this.outcome.replaceChildren(make("div", { class: paid ? "paid" : "unpaid" }, paid ? apple() : nothing()), make("p", {}, words));
    this.prompt.textContent = "";
    if (paid && this.apples !== null) this.apples += reward;
    this.told();
    tell(words);
  }

  slow() {
    this.options.replaceChildren();
    this.prompt.textContent = "";
    this.outcome.replaceChildren(make("p", { class: "slow" }, say("outcome.slow")));
    tell(say("outcome.slow"));
  }
}

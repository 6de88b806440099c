// What the task is about, step by step, with something to try.

import { make, page, show, tell } from "./dom.js";
import { apple, nothing, object } from "./pictures.js";
import { paragraphs, screen } from "./screens.js";
import { optionButton } from "./stage.js";
import { STORIES } from "./tasks.js";
import { answer } from "./timing.js";
import { say } from "./words.js";

const BORNE = [true, false, true];
const SHOWN_OBJECTS = [90006, 90009];

const borne = (is) => (is ? { picture: apple(), words: say("outcome.apple") } : { picture: nothing(), words: say("outcome.nothing") });

// What is offered, and what is shown after the n-th try.
function attempt(kind, task) {
  if (kind === "tram") {
    const after = (at) => {
      const { draw, label } = task.place(at);
      return { picture: draw(), words: label };
    };
    return { offered: [0, 1].map((action) => task.tramFor(action)), after, enough: 1 };
  }
  if (kind === "object") {
    const offered = SHOWN_OBJECTS.map((id, at) => ({ draw: () => object(id), label: say(at ? "right" : "left") }));
    return { offered, after: (at) => borne(at === 1), enough: 1 };
  }
  const offered = task.story === "bandit" || task.story === "reversal" ? task.first() : task.trees(0);
  return { offered, after: (_, count) => borne(BORNE[count]), enough: BORNE.length };
}

async function tryOut(kind, task, { clock, keyboard }, title, text, simulated) {
  const { offered, after, enough } = attempt(kind, task);
  const heading = make("h1", { tabindex: "-1" }, title);
  const prompt = make("p", { class: "prompt" }, say(offered.length > 2 ? "try.prompt_many" : "try.prompt"));
  const options = make("div", { class: "options" });
  const outcome = make("div", { class: "outcome" });
  show("try", heading, make("div", { class: "text" }, ...paragraphs(text)), make("div", { class: "trying" }, prompt, options, outcome));
  heading.focus({ preventScroll: true });
  for (let count = 0; count < enough; count += 1) {
    const buttons = offered.map((choice, at) => optionButton(choice, at, offered.length));
    const onset = await clock.shown(() => options.replaceChildren(...buttons));
    const given = await answer({ buttons, onset, keyboard, clock, simulated: simulated ? { place: 0, after: 0 } : null });
    buttons.forEach((button, at) => (button.disabled = at !== given.place));
    const { picture, words } = after(given.place, count);
    outcome.replaceChildren(picture, make("p", {}, words));
    tell(words);
    if (count + 1 < enough) prompt.textContent = say("try.more", { n: enough - count - 1 });
  }
  prompt.textContent = say("try.done");
  const on = make("button", { type: "button", class: "primary" }, say("go_on"));
  page().append(make("div", { class: "actions" }, on));
  on.focus();
  if (!simulated) await new Promise((resolve) => on.addEventListener("click", resolve, { once: true }));
}

// Goes through all pages, back and forth.
export async function instructions(task, context, values, simulated) {
  const { pages, tries } = STORIES[task.story];
  let at = 1;
  while (at <= pages) {
    const title = say(`${task.story}.instructions.${at}.title`);
    const text = say(`${task.story}.instructions.${at}`, values);
    if (tries[at]) {
      await tryOut(tries[at], task, context, title, text, simulated);
      at += 1;
      continue;
    }
    const actions = [["on", say(at === pages ? "instructions.done" : "go_on")]];
    if (at > 1) actions.push(["back", say("back")]);
    const shown = at === 1 ? [make("div", { class: "illustration" }, apple())] : [];
    const said = await screen({ name: "instructions", title, body: [...shown, ...paragraphs(text)], actions, simulated });
    at += said === "back" ? -1 : 1;
  }
}

// The screens of words around the task. Each resolves to what was pressed.

import { make, show, tell } from "./dom.js";
import { apple } from "./pictures.js";
import { LANGUAGES, has, language, number, say, speak } from "./words.js";

const CONTROLS = "button, a, input, select, textarea, summary";

export const paragraphs = (text) => text.split("\n").map((line) => make("p", {}, line));

// actions: [[value, words], ...]; Space and Enter stand for the first. `simulated` presses it at once.
export function screen({ name, title, body = [], actions = [], simulated = false, tools = [] }) {
  return new Promise((resolve) => {
    const heading = make("h1", { tabindex: "-1" }, title);
    const finish = (value) => {
      removeEventListener("keydown", key);
      resolve(value);
    };
    const key = (event) => {
      if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
      if (!["Space", "Enter"].includes(event.code) || event.target.closest?.(CONTROLS) || !actions.length) return;
      event.preventDefault();
      finish(actions[0][0]);
    };
    const buttons = actions.map(([value, words], place) => {
      const button = make("button", { type: "button", class: place ? "" : "primary" }, words);
      button.addEventListener("click", () => finish(value));
      return button;
    });
    show(name, ...tools, heading, make("div", { class: "text" }, ...body), make("div", { class: "actions" }, ...buttons));
    heading.focus({ preventScroll: true });
    addEventListener("keydown", key);
    if (simulated && actions.length) setTimeout(() => finish(actions[0][0]), 0);
  });
}

const NAMES = { en: "English", de: "Deutsch", fr: "Français" };

function languages(again) {
  const buttons = LANGUAGES.map((code) => {
    const button = make("button", { type: "button", lang: code, "aria-pressed": String(code === language()) }, NAMES[code]);
    button.addEventListener("click", () => again(code));
    return button;
  });
  return make("nav", { class: "languages", "aria-label": say("languages") }, ...buttons);
}

export async function welcome(study, simulated) {
  for (;;) {
    let change;
    const changed = new Promise((resolve) => (change = resolve));
    const own = make("div", { class: "consent" });
    if (study.consent_html) own.innerHTML = study.consent_html; // sanitised where it was read
    else own.append(...paragraphs(say("welcome.text", { title: study.title })));
    const said = screen({
      name: "welcome",
      title: study.title || say("welcome.title"),
      body: [own],
      actions: study.consent_html
        ? [["yes", say("consent.yes")], ["no", say("consent.no")]]
        : [["yes", say("welcome.start")]],
      tools: [languages(change)],
      simulated,
    });
    const answer = await Promise.race([said, changed]);
    if (!LANGUAGES.includes(answer)) return answer;
    await speak(answer);
    document.title = study.title || say("welcome.title");
  }
}

// A page of words without a way on, or with one: refused, declined, finished elsewhere, something wrong.
export const notice = (name, values = {}, actions = [], simulated = false) =>
  screen({ name, title: say(`${name}.title`), body: paragraphs(say(`${name}.text`, values)), actions, simulated });

export const rest = (values, simulated) =>
  screen({
    name: "break",
    title: say("break.title"),
    body: [...paragraphs(say("break.text", values)), make("progress", { max: values.total, value: values.n, "aria-label": say("progress") })],
    actions: [["on", say("go_on")]],
    simulated,
  });

function question(story, name, place) {
  const choices = [0, 1, 2].filter((which) => has(`${story}.quiz.${name}.${which}`));
  const turned = place % 2 ? [...choices].reverse() : choices; // the first in the words is the right one
  const radios = turned.map((which) =>
    make("label", {}, make("input", { type: "radio", name: `question-${name}`, value: String(which) }), make("span", {}, say(`${story}.quiz.${name}.${which}`))),
  );
  return make("fieldset", { "data-question": name }, make("legend", {}, say(`${story}.quiz.${name}`)), ...radios);
}

// Resolves to the names of the questions that were answered wrongly.
export async function quiz(story, names, simulated) {
  const sets = names.map((name, place) => question(story, name, place));
  const warning = make("p", { class: "warning", role: "alert" });
  const picked = (set) => set.querySelector("input:checked")?.value;
  for (;;) {
    if (simulated) for (const set of sets) set.querySelector('input[value="0"]').checked = true;
    await screen({
      name: "quiz",
      title: say("quiz.title"),
      body: [...paragraphs(say("quiz.text")), ...sets, warning],
      actions: [["done", say("quiz.done")]],
      simulated,
    });
    const open = sets.find((set) => picked(set) === undefined);
    if (!open) return names.filter((_, place) => picked(sets[place]) !== "0");
    warning.textContent = say("quiz.open");
  }
}

export const sending = (queue) => {
  const left = make("p", {}, say("sending.text", { n: queue.length }));
  const done = screen({ name: "sending", title: say("sending.title"), body: [left] });
  tell(say("sending.title"));
  return { done, update: () => (left.textContent = say("sending.text", { n: queue.length })) };
};

// A file with what could not be handed over otherwise.
export function download(content) {
  const link = make("a", { class: "button", download: "answers.json" }, say("file.save"));
  link.href = URL.createObjectURL(new Blob([JSON.stringify(content)], { type: "application/json" }));
  return link;
}

export function endBody({ study, bonus, url, file, apples }) {
  const body = paragraphs(say("end.text"));
  if (apples !== null) body.push(make("p", { class: "earned" }, apple(), make("span", {}, say("end.apples", { n: number(apples) }))));
  if (bonus !== null) {
    const sum = number(bonus, 2);
    body.push(make("p", { class: "bonus" }, say("end.bonus", { sum: `${study.bonus?.currency ?? ""}${sum}` })));
  }
  if (file) body.push(...paragraphs(say("end.file")), download(file));
  if (/^https?:\/\//i.test(url ?? "")) body.push(make("p", {}, make("a", { class: "button", href: url, rel: "noreferrer" }, say("end.complete"))));
  return body;
}

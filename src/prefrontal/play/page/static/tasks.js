// What the tasks have in common and where they differ, as the page sees them.

import { garden, look, object, tram, tree } from "./pictures.js";
import { say } from "./words.js";

// Two bits of a session's name say which picture stands for which action: counterbalanced over people.
export function swapsOf(name) {
  const sum = Array.from(name).reduce((total, letter) => (31 * total + letter.charCodeAt(0)) >>> 0, 7);
  return [Boolean(sum & 1), Boolean(sum & 2)];
}

const shuffled = (options) => (Math.random() < 0.5 ? options : [...options].reverse());

class Journey {
  constructor(study, swaps) {
    [this.swapTrams, this.swapGardens] = swaps;
    this.second = study.task === "daw";
    this.story = study.task;
  }

  first() {
    return shuffled([0, 1].map((action) => this.tramFor(action)));
  }

  tramFor(action) {
    const line = this.swapTrams ? 1 - action : action;
    return { action, draw: () => tram(line), label: say(`tram.${line}`) };
  }

  place(state) {
    const which = this.swapGardens ? 1 - state : state;
    return { draw: () => garden(which), label: say(`garden.${which}`), which };
  }

  trees(state) {
    const { which } = this.place(state);
    const kinds = this.second ? [2 * which, 2 * which + 1] : [2 * which];
    return kinds.map((kind, action) => ({ action, draw: () => tree(kind), label: say(`tree.${kind}`) }));
  }

  afterFirst(trial, action) {
    return trial.first[action];
  }

  options2(state) {
    return shuffled(this.trees(state));
  }

  reward(trial, actions, state) {
    const paid = trial.rewards[state];
    return Array.isArray(paid) ? (paid[this.second ? actions[1] : 0] ?? paid[0]) : paid;
  }
}

class Orchard {
  constructor(study) {
    this.arms = study.num_arms || 2;
    this.second = false;
    this.story = study.task;
  }

  first() {
    return Array.from({ length: this.arms }, (_, action) => ({
      action,
      draw: () => tree(action),
      label: action < 4 ? say(`tree.${action}`) : say("tree.other", { n: action + 1 }),
    }));
  }

  afterFirst() {
    return null;
  }

  reward(trial, actions) {
    return trial.rewards[actions[0]];
  }
}

class Objects extends Orchard {
  first(trial) {
    return trial.objects.map((id, action) => {
      const { hue, points } = look(id);
      const what = say("object", { colour: say(`colour.${hue}`), n: points });
      return { action, draw: () => object(id), label: `${say(action ? "right" : "left")}: ${what}` };
    });
  }
}

export function taskOf(study, swaps) {
  if (study.task === "harlow") return new Objects(study);
  return ["two-step", "daw"].includes(study.task) ? new Journey(study, swaps) : new Orchard(study);
}

// How many instruction pages and quiz questions a story has, and what can be tried on which page.
export const STORIES = {
  "two-step": { pages: 5, tries: { 2: "tram", 3: "tree" }, quiz: ["usual", "tree_matters", "changes"] },
  daw: { pages: 5, tries: { 2: "tram", 3: "tree" }, quiz: ["usual", "tree_matters", "drifts"] },
  bandit: { pages: 3, tries: { 2: "tree" }, quiz: ["chance", "session"] },
  reversal: { pages: 3, tries: { 2: "tree" }, quiz: ["chance", "changes"] },
  harlow: { pages: 3, tries: { 2: "object" }, quiz: ["object_not_side", "new_pair"] },
};

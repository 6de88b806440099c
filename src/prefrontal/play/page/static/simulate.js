// Agents that play by themselves, for tests and to try a study: ?simulate=model-based or random.

import { stream } from "./pictures.js";

const RATE = 0.5;
const SHARPNESS = 4;
const COMMON = 0.8;
const STICKINESS = 0.3;

function draw(values, next) {
  const best = Math.max(...values);
  const weights = values.map((value) => Math.exp(SHARPNESS * (value - best)));
  let left = next() * weights.reduce((sum, weight) => sum + weight, 0);
  const found = weights.findIndex((weight) => (left -= weight) < 0);
  return found < 0 ? values.length - 1 : found;
}

class Random {
  constructor(next) {
    this.next = next;
  }

  choose(step, options) {
    return { place: Math.floor(this.next() * options.length), after: this.thinking() };
  }

  thinking() {
    return 250 + 500 * this.next();
  }
}

// Knows where the trams go, and learns what the trees bear; without trams, what each arm or object pays.
class ModelBased extends Random {
  constructor(next, task) {
    super(next);
    this.task = task;
    this.values = new Map();
    this.last = null;
  }

  value(key) {
    return this.values.get(key) ?? 0.5;
  }

  worth(state) {
    return Math.max(...(this.task.second ? [0, 1] : [0]).map((action) => this.value(`${state}:${action}`)));
  }

  choose(step, options, trial, state) {
    const after = this.thinking();
    const actions = options.map(({ action }) => action);
    let values = actions.map((action) => this.value(this.key(trial, action)));
    if (step === 1) {
      values = actions.map((action) => this.value(`${state}:${action}`));
    } else if (trial.first) {
      values = actions.map(
        (action) => COMMON * this.worth(action) + (1 - COMMON) * this.worth(1 - action) + (action === this.last ? STICKINESS / SHARPNESS : 0),
      );
    }
    this.trial = trial;
    return { place: draw(values, this.next), after };
  }

  key(trial, action) {
    return trial.objects ? `object:${trial.objects[action]}` : `arm:${action}`;
  }

  learn({ choices: [first, second], state, reward }) {
    const key = state === null ? this.key(this.trial, first) : `${state}:${this.task.second ? second : 0}`;
    this.values.set(key, this.value(key) + RATE * (Math.max(reward, 0) - this.value(key)));
    if (state !== null && !this.task.second) {
      const other = `${1 - state}:0`; // one of the two gardens is better: what one bears tells of the other
      this.values.set(other, this.value(other) + RATE * (1 - Math.max(reward, 0) - this.value(other)));
    }
    this.last = first;
  }
}

export const AGENTS = ["model-based", "random"];

export function agentOf(name, task, seed) {
  const next = stream(seed);
  return name === "model-based" ? new ModelBased(next, task) : new Random(next);
}

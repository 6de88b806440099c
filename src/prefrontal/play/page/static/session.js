// A session's trials: practice, then the task with its breaks, from wherever it was left.

import { notice, rest } from "./screens.js";
import { agentOf } from "./simulate.js";
import { Stage } from "./stage.js";
import { playTrial } from "./trial.js";
import { number, say } from "./words.js";

const MISSED_IN_A_ROW = 3;

export class Session {
  constructor({ study, given, queue, store, context, task, simulated }) {
    Object.assign(this, { study, given, queue, store, context, task, simulated });
    this.player = simulated ? agentOf(simulated, task, context.seed) : null;
    this.missed = 0;
    this.next = Math.max(given.done, store.get("next", 0));
    store.set("next", this.next);
    this.hold = (event) => queue.length && event.preventDefault();
  }

  async practice() {
    const trials = this.given.schedule.practice;
    const from = this.store.get("practised", 0);
    if (from >= trials.length) return;
    await notice("practice", { n: number(trials.length - from) }, [["on", say("go_on")]], this.simulated);
    await this.run(trials, from, true);
  }

  trials() {
    return this.run(this.given.schedule.trials, this.next, false);
  }

  async run(trials, from, practice) {
    let stage = this.open(practice);
    for (let index = from; index < trials.length; index += 1) {
      if (await this.pauses(practice ? 0 : index, trials.length)) stage = this.open(practice);
      const trial = trials[index];
      stage.head({ practice, index, total: trials.length, apples: this.store.get("apples", 0), counts: !practice });
      const { task, study, context, player } = this;
      if (trial.trial === 0) await stage.announce(say(trial.objects ? "new_pair" : "new_trees"), context.clock, study.feedback_ms);
      const keep = (record) => this.keep(record);
      const record = await playTrial({ stage, task, study, trial, index, practice, context, player, keep });
      this.missed = record.missed ? this.missed + 1 : 0;
    }
  }

  open(practice) {
    return new Stage(practice ? "practice-trial" : "trial").room(this.task.arms ?? 2);
  }

  keep(record) {
    this.queue.put({ kind: "trial", ...record });
    this.store.set(record.practice ? "practised" : "next", record.index + 1);
    if (!record.practice) this.store.set("apples", this.store.get("apples", 0) + Math.max(record.reward ?? 0, 0));
  }

  // Whether something was shown in between: a break, or a question whether anybody is there.
  async pauses(index, total) {
    const { study, context, simulated } = this;
    const why = document.hidden ? "hidden" : this.missed >= MISSED_IN_A_ROW ? "missed" : null;
    if (why) {
      context.note("paused", { why });
      this.missed = 0;
      await notice(`paused.${why}`, {}, [["on", say("go_on")]], simulated);
      return true;
    }
    if (!study.breaks_every || index === 0 || index % study.breaks_every || this.rested === index) return false;
    this.rested = index;
    context.note("break", { after: index });
    await rest({ n: index, total }, simulated);
    return true;
  }
}

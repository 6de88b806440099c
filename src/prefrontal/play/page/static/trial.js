// One trial, from the cross to what came of it.

import { answer } from "./timing.js";
import { say } from "./words.js";

const CHOSEN = 350;
const ARRIVAL = 700;

// Resolves to the record that is posted, without its kind. `keep(record)` is called before the outcome is shown:
// who has seen it has been recorded.
export async function playTrial({ stage, task, study, trial, index, practice, context, player = null, keep }) {
  const { clock, keyboard, note, now } = context;
  const record = { practice, index, choices: [null, null], sides: [null, null], rts_ms: [null, null], state: null, reward: null, missed: 0, started_ms: 0, input: "key" };

  async function choose(step, options, prompt, place) {
    const { buttons, onset } = await stage.offer(clock, options, prompt, place);
    if (step === 0) record.started_ms = now(onset);
    const held = keyboard.held();
    if (held.length) note("held_key", { index, practice, stage: step + 1, at: "onset" });
    const deadline = [study.deadlines_ms.first, study.deadlines_ms.second][step] ?? study.deadlines_ms.first;
    const given = await answer({
      buttons,
      onset,
      deadline,
      keyboard,
      clock,
      simulated: player ? player.choose(step, options, trial, record.state, index) : null,
      onHeld: () => held.length || note("held_key", { index, practice, stage: step + 1, at: "repeat" }),
    });
    if (given === null) {
      record.missed = step + 1;
      return null;
    }
    record.choices[step] = options[given.place].action;
    record.sides[step] = given.place;
    record.rts_ms[step] = Math.round(1000 * given.rt) / 1000;
    record.input = given.input;
    stage.mark(buttons, given.place);
    player?.chosen?.(step, index);
    return record.choices[step];
  }

  async function tooSlow() {
    keep(record);
    stage.slow();
    await clock.wait(study.feedback_ms);
    return record;
  }

  stage.clear();
  await clock.wait(study.iti_ms);
  const first = await choose(0, task.first(trial), say(`${task.story}.choose`), null);
  if (first === null) return tooSlow();
  record.state = task.afterFirst(trial, first);
  if (task.second) {
    await clock.wait(CHOSEN);
    const place = task.place(record.state);
    if ((await choose(1, task.options2(record.state), place.label, place)) === null) return tooSlow();
  }
  record.reward = task.reward(trial, record.choices, record.state);
  keep(record);
  player?.learn?.(record);
  await clock.wait(CHOSEN);
  if (record.state !== null && !task.second) {
    stage.arrive(task.place(record.state), task.trees(record.state));
    await clock.wait(ARRIVAL);
  }
  stage.pay(record.reward);
  await clock.wait(study.feedback_ms);
  return record;
}

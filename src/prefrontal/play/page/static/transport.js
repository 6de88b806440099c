// How the page speaks with whoever keeps the data: our server, JATOS, or any host that takes posted JSON.
// Each has study(), begin(asked), records(session, batch), end(session), beside(session); errors carry `status`, 0 for no connection.

import { newId } from "./store.js";
import { summary } from "./summary.js";

const PATIENCE = 10000;
const MORE_PATIENCE = 120000;

export class Refusal extends Error {
  constructor(status, message, retryAfter = null) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

async function ask(path, body, patience = PATIENCE) {
  let answer;
  try {
    answer = await fetch(path, {
      method: body === undefined ? "GET" : "POST",
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout?.(patience),
      cache: "no-store",
    });
  } catch (error) {
    throw new Refusal(0, String(error));
  }
  const text = await answer.text().catch(() => "");
  let told = {};
  try {
    told = JSON.parse(text);
  } catch {
    if (answer.ok && text) throw new Refusal(502, "not JSON");
  }
  if (!answer.ok) throw new Refusal(answer.status, told.error ?? "", Number(answer.headers.get("Retry-After")) || null);
  return told;
}

class Server {
  study() {
    return ask("api/study");
  }

  begin(asked) {
    return ask("api/sessions", asked);
  }

  async records(session, batch) {
    return (await ask(`api/sessions/${session.session}/records`, { secret: session.secret, records: batch })).stored;
  }

  end(session) {
    return ask(`api/sessions/${session.session}/end`, { secret: session.secret });
  }

  // Somebody's own fit is computed, and in a lecture hall those of many.
  beside(session) {
    return ask(`api/sessions/${session.session}/beside`, { secret: session.secret }, MORE_PATIENCE);
  }

  live(episode) {
    return ask(`api/live?episode=${episode}`);
  }
}

// Without a server of ours the session lives in the browser: what is drawn, how far it is, what it earned.
class Alone {
  constructor(store) {
    this.store = store;
  }

  async study() {
    this.given = await ask("study.json");
    return this.given.study;
  }

  async begin(asked) {
    const known = this.store.get("alone");
    const which = known?.schedule ?? Math.floor(Math.random() * this.given.schedules.length);
    const session = { ...asked, session: known?.session ?? newId(), schedule: which };
    if (!known) this.store.set("alone", session);
    const began = Boolean(known) && this.store.get("next", 0) > 0;
    const refused = began && !known.ended && this.given.study.reload === "refuse";
    const state = known?.ended ? "finished" : refused ? "refused" : began ? "resumed" : "new";
    return { session: session.session, secret: "", state, done: 0, schedule: this.given.schedules[which] };
  }

  async records(session, batch) {
    await this.send({ ...this.store.get("alone"), kind: "session" }, batch);
    const trials = batch.filter((record) => record.kind === "trial");
    this.count(trials.filter((record) => !record.practice));
    return {
      trials: trials.map((record) => record.index),
      events: batch.filter((record) => record.kind === "event").map((record) => record.id),
    };
  }

  // What the end page needs is kept by trial: a batch that comes twice counts once.
  count(trials) {
    const kept = this.store.get("played", {});
    for (const { index, choices, state, reward, missed } of trials) kept[index] = { choices, state, reward, missed };
    this.store.set("played", kept);
  }

  kept() {
    const kept = this.store.get("played", {});
    return Object.keys(kept).map(Number).sort((a, b) => a - b).map((index) => ({ index, ...kept[index] }));
  }

  async end() {
    const { study, others } = this.given;
    const earned = this.kept().reduce((sum, trial) => sum + Math.max(trial.reward ?? 0, 0), 0);
    this.store.set("alone", { ...this.store.get("alone"), ended: true });
    return {
      bonus: study.bonus ? Math.round(100 * earned * study.bonus.per_reward) / 100 : null,
      completion_url: study.completion_url,
      beside: Boolean(study.beside_networks && others?.length),
    };
  }

  async beside() {
    const { study, others, schedules } = this.given;
    return { you: summary(study.task, this.kept(), schedules[this.store.get("alone").schedule]), others };
  }
}

class Folder extends Alone {
  async send(who, batch) {
    if (this.given.post) await ask(this.given.post, { ...who, records: batch });
    else this.store.set("kept", [...this.store.get("kept", []), ...batch]);
  }

  // What is to be handed over as a file, where nobody takes posts.
  file() {
    return this.given.post ? null : { ...this.store.get("alone"), records: this.store.get("kept", []) };
  }
}

class Jatos extends Alone {
  study() {
    return new Promise((resolve, reject) => jatos.onLoad(() => super.study().then(resolve, reject)));
  }

  async send(who, batch) {
    const lines = [who, ...batch].map((record) => JSON.stringify(record)).join("\n");
    try {
      await jatos.appendResultData(`${lines}\n`);
    } catch (error) {
      throw new Refusal(0, String(error));
    }
  }

  leave(url) {
    return url ? jatos.endStudyAndRedirect(url) : jatos.endStudy();
  }
}

export function connect(store) {
  const form = document.querySelector('meta[name="prefrontal-transport"]').content;
  return { server: () => new Server(), jatos: () => new Jatos(store), folder: () => new Folder(store) }[form]();
}

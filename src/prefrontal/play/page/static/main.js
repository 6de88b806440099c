// The page of a study: it loads, finds out who is there, and goes from screen to screen.

import { watchAttention } from "./attention.js";
import { besideNetworks } from "./beside.js";
import { page } from "./dom.js";
import { instructions } from "./instructions.js";
import { watch } from "./live.js";
import { Queue } from "./queue.js";
import { download, endBody, notice, paragraphs, quiz, screen, sending, welcome } from "./screens.js";
import { AGENTS } from "./simulate.js";
import { Store, newId } from "./store.js";
import { STORIES, swapsOf, taskOf } from "./tasks.js";
import { Clock, Keyboard } from "./timing.js";
import { connect } from "./transport.js";
import { Session } from "./session.js";
import { number, language, say, speak, wanted } from "./words.js";

const asked = new URLSearchParams(location.search);
const PARAMETERS = ["PROLIFIC_PID", "STUDY_ID", "SESSION_ID"];
const AGAIN = 2000;

// Asks until there is a connection; what is refused for good is thrown.
async function persist(ask) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (![0, 408, 425, 429].includes(error.status) && !(error.status >= 500)) throw error;
      if (tries === 1) notice("waiting");
      await new Promise((resolve) => setTimeout(resolve, error.retryAfter ? 1000 * error.retryAfter : AGAIN));
    }
  }
}

function locked(name) {
  return new Promise((resolve) => {
    navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock ? new Promise(() => {}) : undefined;
    });
  });
}

// Two pages of the same session would play against each other. After a reload the page before may be slow to go.
async function alone(name) {
  if (!navigator.locks) return true;
  for (let tries = 0; tries < 3; tries += 1) {
    if (await locked(name)) return true;
    await new Promise((resolve) => setTimeout(resolve, AGAIN / 4));
  }
  return false;
}

function begin(transport, store) {
  const given = PARAMETERS.filter((name) => asked.has(name)).map((name) => [name, asked.get(name)]);
  return persist(() =>
    transport.begin({
      token: asked.get("token"),
      client: store.client(),
      language: language(),
      window: [innerWidth, innerHeight],
      touch: navigator.maxTouchPoints > 0,
      parameters: Object.fromEntries(given),
    }),
  );
}

// What the end has to tell; null where the records are not taken.
async function finish({ queue, given }, transport) {
  for (let tries = 0; tries < 2; tries += 1) {
    if (!(await queue.emptied())) return null;
    try {
      return await persist(() => transport.end(given));
    } catch (error) {
      if (error.status !== 409) throw error;
      queue.again(); // the server has forgotten some of what it had acknowledged
    }
  }
  return null;
}

async function end(session, transport, store) {
  const { study, queue } = session;
  const shown = queue.length ? sending(queue) : null;
  queue.onChange = () => shown?.update();
  const ended = await finish(session, transport);
  if (!ended) return lost(queue, store);
  const { bonus, completion_url: url, beside } = ended;
  removeEventListener("beforeunload", session.hold);
  const file = transport.file?.();
  for (;;) {
    const body = endBody({ study, bonus, url: transport.leave ? null : url, file, apples: store.get("apples") });
    const untrained = study.task === "daw" || study.num_arms > 2; // no network has learned such a task
    const actions = beside ? [["beside", say(untrained ? "end.beside_others" : "end.beside")]] : [];
    if (transport.leave) actions.push(["leave", say("end.complete")]);
    const said = await screen({ name: "end", title: say("end.title"), body, actions });
    if (said === "leave") return transport.leave(url);
    notice("computing");
    await besideNetworks(await persist(() => transport.beside(session.given)), study.task);
  }
}

function lost(queue, store) {
  notice("lost");
  page().append(download({ client: store.client(), records: queue.all() }));
}

async function play(study, transport, store, context, simulated) {
  let given = store.get("session") ? await begin(transport, store) : null;
  const known = given?.session === store.get("session");
  if (!known) {
    store.forget(); // what is kept belongs to a session that is no more
    if ((await welcome(study, simulated)) === "no") return notice("declined");
    given = await begin(transport, store);
    store.set("session", given.session);
  }
  document.title = study.title || say("welcome.title");
  const queue = new Queue(store, (records) => transport.records(given, records));
  if (given.secret !== null) queue.start(); // what was left unsent still counts
  if (given.state === "refused") return notice("refused");
  if (!store.get("started_at")) store.set("started_at", Date.now());
  const base = Date.now() - performance.now() - store.get("started_at");
  context.now = (time = performance.now()) => Math.max(0, Math.round(1000 * (base + time)) / 1000);
  context.note = (name, detail = {}) => queue.put({ kind: "event", id: newId(), name, at_ms: context.now(), detail });
  const task = taskOf(study, swapsOf(given.session));
  const session = new Session({ study, given, queue, store, context, task, simulated });
  if (given.state === "finished") return end(session, transport, store);
  context.note(known ? "reload" : "consent", known ? {} : { language: language() });
  watchAttention(context.note);
  addEventListener("beforeunload", session.hold);
  if (known) await notice("resumed", { n: number(session.next), total: number(study.trials) }, [["on", say("go_on")]], simulated);
  await prepare(session);
  await session.trials();
  return end(session, transport, store);
}

// Instructions, practice and questions, as far as they have not been gone through.
async function prepare(session) {
  const { study, given, store, context, task, simulated } = session;
  const { first, second } = study.deadlines_ms;
  const seconds = Math.min(...[first, task.second ? second : 0].filter(Boolean), Infinity) / 1000;
  const deadline = say(seconds < Infinity ? "deadline.some" : "deadline.none", { seconds: number(seconds, 0, 1) });
  const values = { deadline, bonus: bonusOf(study) };
  if (!store.get("instructed")) {
    context.note("instructions", { swapped: swapsOf(given.session) });
    await instructions(task, context, values, simulated);
    store.set("instructed", true);
  }
  await session.practice();
  if (study.quiz && !store.get("understood")) {
    for (let attempt = 1; ; attempt += 1) {
      const wrong = await quiz(task.story, STORIES[task.story].quiz, simulated);
      context.note("quiz", { attempt, wrong: wrong.length });
      if (!wrong.length) break;
      await notice("again", { n: wrong.length }, [["on", say("again.read")]], simulated);
      await instructions(task, context, values, simulated);
    }
    store.set("understood", true);
  }
  if (store.get("next")) return;
  const words = say(study.practice ? "ready.text" : "ready.text_only", { n: number(study.trials) });
  await screen({ name: "ready", title: say("ready.title"), body: paragraphs(words), actions: [["on", say("ready.start")]], simulated });
}

function bonusOf({ bonus }) {
  return bonus ? say("bonus.each", { sum: `${bonus.currency}${number(bonus.per_reward, 2, 4)}` }) : "";
}

// Somebody else at the same browser: ?new=1, for lectures.
function renew(store) {
  store.forget();
  store.set("client", null);
  asked.delete("new");
  history.replaceState(null, "", `?${asked}`);
}

async function start() {
  await speak(wanted(asked.get("lang")));
  // Another participant of Prolific at the same browser is somebody else.
  const store = new Store(["prefrontal-play", location.pathname, asked.get("token") ?? "", asked.get(PARAMETERS[0]) ?? ""].join(":"));
  if (asked.has("new")) renew(store);
  const transport = connect(store);
  const study = await persist(() => transport.study());
  const speed = Math.min(Math.max(Number(asked.get("speed")) || 1, 0.1), 1000);
  const simulated = AGENTS.includes(asked.get("simulate")) ? asked.get("simulate") : null;
  const context = { clock: new Clock(simulated || study.by ? speed : 1), keyboard: new Keyboard(), seed: Number(asked.get("seed")) || Date.now() };
  if (study.by) return watch(study, transport, context);
  if (!(await alone(store.name))) return notice("elsewhere");
  return play(study, transport, store, context, simulated);
}

start().catch((error) => {
  console.error(error);
  if (!language()) return document.getElementById("unreachable").removeAttribute("hidden");
  notice([401, 403].includes(error.status) ? "forbidden" : "broken", { error: error.message });
});

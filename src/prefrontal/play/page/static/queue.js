// Records on their way: each is kept in the browser until it has been acknowledged, and sent again until then.

const MOST_AT_ONCE = 40;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15000;

export class Queue {
  // deliver(records) resolves to {trials: [index], events: [id]}, or throws an error with `status` (0: no connection).
  constructor(store, deliver, onChange = () => {}) {
    this.store = store;
    this.deliver = deliver;
    this.onChange = onChange;
    this.waiting = store.get("queue", []);
    this.refused = store.get("refused", []);
    this.sent = store.get("sent", []);
    this.wait = FIRST_WAIT;
    this.most = MOST_AT_ONCE;
    this.blocked = null;
    this.running = null;
    this.wake = () => {};
    addEventListener("online", () => this.hurry());
  }

  get length() {
    return this.waiting.length;
  }

  put(record) {
    this.waiting = [...this.waiting, record];
    this.keep();
    this.start();
  }

  hurry() {
    this.wait = FIRST_WAIT;
    this.wake();
    this.start();
  }

  start() {
    if (!this.running && this.waiting.length) {
      this.running = this.run().finally(() => {
        this.running = null;
        if (this.waiting.length && !this.blocked) this.start();
      });
    }
  }

  // Practice and real trials have the same numbers: a batch holds one kind.
  batch() {
    const practice = this.waiting.find((record) => record.kind === "trial")?.practice;
    const fitting = this.waiting.filter((record) => record.kind !== "trial" || record.practice === practice);
    return fitting.slice(0, this.most);
  }

  async run() {
    while (this.waiting.length && !this.blocked) {
      const batch = this.batch();
      try {
        const stored = await this.deliver(batch);
        this.acknowledge(batch, stored);
        this.wait = FIRST_WAIT;
      } catch (error) {
        if (!(await this.failed(batch, error))) return;
      }
    }
  }

  acknowledge(batch, { trials, events }) {
    const [indices, ids] = [new Set(trials), new Set(events)];
    const stored = new Set(batch.filter((record) => (record.kind === "trial" ? indices.has(record.index) : ids.has(record.id))));
    if (!stored.size) throw Object.assign(new Error("nothing acknowledged"), { status: 502 });
    this.sent = [...this.sent, ...[...stored].filter((record) => record.kind === "trial")];
    this.store.set("sent", this.sent);
    this.drop(stored);
  }

  // All trials once more: to a server that has less than it acknowledged.
  again() {
    this.waiting = [...this.sent, ...this.refused, ...this.waiting];
    [this.sent, this.refused] = [[], []];
    this.store.set("sent", this.sent);
    this.store.set("refused", this.refused);
    this.keep();
  }

  drop(records) {
    this.waiting = this.waiting.filter((record) => !records.has(record));
    this.keep();
  }

  // Whether to go on trying.
  async failed(batch, error) {
    if ([401, 403, 404].includes(error.status)) {
      this.blocked = error;
      this.onChange(this);
      return false;
    }
    if ([400, 413, 422].includes(error.status)) {
      if (batch.length > 1) {
        this.most = 1;
      } else {
        this.refused = [...this.refused, ...batch];
        this.store.set("refused", this.refused);
        this.drop(new Set(batch));
      }
      return true;
    }
    await this.pause(error.retryAfter ? error.retryAfter * 1000 : this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(2 * this.wait, LONGEST_WAIT);
    return true;
  }

  pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  keep() {
    this.store.set("queue", this.waiting);
    this.onChange(this);
  }

  // Resolves when nothing is waiting any more; false if that cannot be.
  async emptied() {
    while (this.waiting.length) {
      if (this.blocked) return false;
      this.start();
      await this.running;
    }
    return true;
  }

  all() {
    return [...this.sent, ...this.refused, ...this.waiting];
  }
}

// What this browser keeps: who takes part, how far they are, and what has not been acknowledged yet.

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // crypto.randomUUID is missing where there is no TLS
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const KEYS = [
  ...["session", "started_at", "instructed", "practised", "understood", "next", "apples"],
  ...["queue", "sent", "refused", "alone", "played", "kept"],
];

export class Store {
  // Where the browser lets nothing be kept, it lasts as long as the page.
  constructor(name) {
    this.name = name;
    this.values = new Map();
    try {
      localStorage.setItem(`${name}:kept`, "1");
      this.kept = true;
    } catch {
      this.kept = false;
    }
  }

  get(key, otherwise = null) {
    if (!this.values.has(key)) {
      const text = this.kept ? localStorage.getItem(`${this.name}:${key}`) : null;
      let value = otherwise;
      try {
        if (text !== null) value = JSON.parse(text);
      } catch {
        value = otherwise;
      }
      this.values.set(key, value);
    }
    return this.values.get(key) ?? otherwise;
  }

  set(key, value) {
    this.values.set(key, value);
    if (!this.kept) return;
    try {
      localStorage.setItem(`${this.name}:${key}`, JSON.stringify(value));
    } catch {
      this.kept = false; // full, or switched off meanwhile: what is in memory is sent all the same
    }
  }

  // Everything but this browser's own id.
  forget() {
    for (const key of KEYS) this.set(key, null);
  }

  // This browser's own id: the same one after a reload.
  client() {
    if (!this.get("client")) this.set("client", newId());
    return this.get("client");
  }
}

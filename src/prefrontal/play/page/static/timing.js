// When a stimulus was shown and when it was answered, by the clock of performance.now().

const KEYS = new Map([
  ["ArrowLeft", 0],
  ["KeyF", 0],
  ["ArrowRight", 1],
  ["KeyJ", 1],
]);

export class Clock {
  // speed: how many times as fast as people need it.
  constructor(speed = 1) {
    this.speed = speed;
  }

  wait(milliseconds) {
    return new Promise((resolve) => setTimeout(resolve, milliseconds / this.speed));
  }

  // Draws within a frame and tells that frame's time.
  shown(draw) {
    return new Promise((resolve) =>
      requestAnimationFrame((time) => {
        draw();
        resolve(time);
      }),
    );
  }
}

// The keys that are down now. A key held since before a stimulus answers nothing: it must be let go of first.
export class Keyboard {
  constructor() {
    this.down = new Map();
    this.listeners = new Set();
    addEventListener("keydown", (event) => this.pressed(event));
    addEventListener("keyup", (event) => this.down.delete(event.code));
    addEventListener("blur", () => this.down.clear());
  }

  pressed(event) {
    const fresh = !event.repeat && !this.down.has(event.code);
    if (fresh) this.down.set(event.code, event.timeStamp);
    for (const listener of this.listeners) listener(event, fresh);
  }

  held() {
    return [...this.down.keys()];
  }

  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

// Which of `count` places in a row a key stands for: arrows, F and J for up to two; figures for any number.
export function placeOf(event, count) {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  if (count <= 2 && KEYS.has(event.code)) return Math.min(KEYS.get(event.code), count - 1);
  const figure = /^(?:Digit|Numpad)([1-9])$/.exec(event.code);
  const place = figure ? Number(figure[1]) - 1 : count;
  return place < count ? place : null;
}

// The answer to buttons that were shown at `onset`: {place, rt, input}, or null when `deadline` passes.
// With `simulated`, {place, after}, nobody else answers; a place below 0 is none.
// `onHeld(code)` is told, once, of a key that was held too long to count.
export function answer({ buttons, onset, deadline, keyboard, clock, simulated = null, onHeld = () => {} }) {
  return new Promise((resolve) => {
    const endings = [];
    let over = false;
    const finish = (result) => {
      if (over) return;
      over = true;
      for (const end of endings) end();
      resolve(result);
    };
    const give = (place, time, input) => {
      if (time >= onset) finish({ place, rt: time - onset, input });
    };
    let told = false;
    const tell = (code) => {
      if (!told) onHeld(code);
      told = true;
    };
    if (simulated !== null) {
      clock.wait(simulated.after).then(() => (simulated.place < 0 ? finish(null) : give(simulated.place, performance.now(), "simulated")));
      return;
    }
    endings.push(
      keyboard.listen((event, fresh) => {
        const place = placeOf(event, buttons.length);
        if (place === null) return;
        event.preventDefault();
        if (fresh) give(place, event.timeStamp, "key");
        else tell(event.code);
      }),
    );
    buttons.forEach((button, place) => {
      const point = (event) => {
        if (event.isPrimary && event.button === 0) give(place, event.timeStamp, event.pointerType === "touch" ? "touch" : "pointer");
      };
      const click = (event) => give(place, event.timeStamp, "key"); // Enter on a focused button, or a screen reader
      button.addEventListener("pointerdown", point);
      button.addEventListener("click", click);
      endings.push(() => {
        button.removeEventListener("pointerdown", point);
        button.removeEventListener("click", click);
      });
    });
    if (deadline) {
      const timer = setTimeout(() => finish(null), onset + deadline - performance.now());
      endings.push(() => clearTimeout(timer));
    }
  });
}

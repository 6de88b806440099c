// What draws people away from a task, noted as it happens.

export function watchAttention(note) {
  addEventListener("blur", () => note("blur"));
  addEventListener("focus", () => note("focus"));
  addEventListener("offline", () => note("offline"));
  addEventListener("online", () => note("online"));
  document.addEventListener("visibilitychange", () => note(document.hidden ? "hidden" : "visible"));
  document.addEventListener("fullscreenchange", () => note("fullscreen", { on: Boolean(document.fullscreenElement) }));
  let timer = 0;
  addEventListener("resize", () => {
    clearTimeout(timer);
    timer = setTimeout(() => note("resize", { window: [innerWidth, innerHeight] }), 400);
  });
}

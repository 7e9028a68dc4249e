/** How long work may hold the event loop, in milliseconds: a key press or Ctrl-C waits no longer. */
const BREATH = 50;

/** A function to call again and again in long work: it lets the event loop turn when it has been held for long enough. */
export function breather(): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < BREATH) return undefined;
    return turn().then(() => {
      last = performance.now();
    });
  };
}

/** One turn of the event loop. A timer takes a millisecond or more, of each fifty; only Node has something quicker. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

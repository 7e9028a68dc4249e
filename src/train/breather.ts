/** Longest time to block the event loop, in milliseconds: a key press or Ctrl-C waits no longer. */
const BREATH = 50;

/**
 * Returns a function to call repeatedly in long work: it yields to the event loop when that has been blocked long
 * enough.
 */
export function breather(): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < BREATH) return undefined;
    return turn().then(() => {
      last = performance.now();
    });
  };
}

/** One turn of the event loop. A timer takes a millisecond or more out of fifty; only Node has something faster. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

/** How long work may hold the event loop, in milliseconds: a key press or Ctrl-C waits no longer. */
const BREATH = 50;

/** A function to call again and again in long work: it lets the event loop turn when it has been held for long enough. */
export function breather(): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < BREATH) return undefined;
    return new Promise((resolve) =>
      setTimeout(() => {
        last = performance.now();
        resolve();
      }, 0),
    );
  };
}

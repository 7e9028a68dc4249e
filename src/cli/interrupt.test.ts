import { execFileSync } from "node:child_process";
import { afterEach, expect, test, vi } from "vitest";
import { Interrupt } from "./interrupt.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const listeners = (): number[] => SIGNALS.map((signal) => process.listenerCount(signal));

const interrupts: Interrupt[] = [];
function listen(onRequest: () => void): Interrupt {
  const interrupt = new Interrupt(onRequest);
  interrupts.push(interrupt);
  return interrupt;
}
afterEach(() => {
  for (const interrupt of interrupts.splice(0)) interrupt.dispose();
});

test.each(SIGNALS)("the first %s is a request, the next one goes to the system", (signal) => {
  const before = listeners();
  const onRequest = vi.fn();
  const interrupt = listen(onRequest);
  expect(listeners()).toEqual(before.map((count) => count + 1));
  expect(interrupt.requested).toBe(false);

  process.emit(signal, signal);
  expect(interrupt.requested).toBe(true);
  expect(onRequest).toHaveBeenCalledTimes(1);
  expect(listeners()).toEqual(before);
});

test("after dispose the signals are no longer handled", () => {
  const before = listeners();
  listen(() => undefined).dispose();
  expect(listeners()).toEqual(before);
});

test("a signal during synchronous work is not lost when its effect changes meanwhile", () => {
  // A process of its own, since signals do not reach the threads of a test runner. The work is longer than a signal takes.
  const script = `
    import { execFileSync } from "node:child_process";
    import { Interrupt } from ${JSON.stringify(new URL("./interrupt.ts", import.meta.url).href)};
    const interrupt = new Interrupt(() => console.log("before"));
    await null;
    execFileSync("kill", ["-s", "INT", String(process.pid)]);
    interrupt.onRequest = () => console.log("after");
    setTimeout(() => interrupt.dispose(), 100);`;
  const args = ["--import", "tsx", "--input-type=module", "--eval", script];
  expect(execFileSync(process.execPath, args, { encoding: "utf8" })).toBe("after\n");
});

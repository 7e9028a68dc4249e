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

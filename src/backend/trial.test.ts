import { describe, expect, test } from "vitest";
import { type Pace, Trial } from "./trial.ts";

/** Milliseconds per row of a run on a number of threads. */
type Times = (threads: number, run: number) => number;

/** The number of threads of each run, one digit each, and the result. */
function taken(most: number, times: Times, asked = false, runs = 40): { how: string; pace: Pace | undefined } {
  const [first, second] = [() => 1, (run: number) => 1 + ((run * 7) % 5)].map((rows) => {
    let clock = 0;
    let how = "";
    const trial = new Trial(most, asked, () => clock);
    for (let run = 0; run < runs; run++) {
      trial.run(rows(run), (threads) => {
        clock += rows(run) * times(threads, run);
        how += threads;
      });
    }
    return { how, pace: trial.pace };
  });
  // Documents have different lengths: the time per row counts.
  expect(second?.pace?.threads).toBe(first?.pace?.threads);
  return { how: first?.how ?? "", pace: first?.pace };
}

/** The number of threads that is settled on. */
const settled = (...args: Parameters<typeof taken>): number | undefined => taken(...args).pace?.threads;
const perThreads =
  (...ms: readonly number[]): Times =>
  (threads) =>
    ms[threads - 1] ?? Number.NaN;

describe("row 25: threads are used where they help", () => {
  test("the runs take turns, and then the fastest number", () => {
    const { how, pace } = taken(2, perThreads(5, 3));
    expect(how).toBe(`${"21".repeat(4)}${"2".repeat(32)}`);
    expect(pace).toEqual({ threads: 2, most: 2, gain: 5 / 3 });
  });

  test("a gain of a tenth is taken, and one that is no gain is not", () => {
    expect(settled(2, perThreads(11, 10))).toBe(2);
    expect(settled(2, perThreads(10.2, 10))).toBe(1);
    expect(settled(2, perThreads(5, 6))).toBe(1);
  });

  test("of more than two the powers of two are tried", () => {
    const speedsOf8 = perThreads(8, 5, Number.NaN, 3, Number.NaN, Number.NaN, Number.NaN, 4);
    expect(taken(8, speedsOf8)).toEqual({
      how: `${"8421".repeat(4)}${"4".repeat(24)}`,
      pace: { threads: 4, most: 8, gain: 8 / 3 },
    });
    expect(taken(6, perThreads(9, 7, 0, 5, 0, 3)).how).toMatch(/^(6421){4}6+$/);
    expect(taken(3, perThreads(9, 7, 5)).how).toMatch(/^(321){4}3+$/);
  });

  test("they are left after two rounds where they are twenty times slower, as in Bun", () => {
    expect(taken(2, perThreads(1, 20)).how).toBe(`2121${"1".repeat(36)}`);
  });

  test("two rounds of long runs are enough", () => {
    expect(taken(2, perThreads(400, 300)).how).toBe(`2121${"2".repeat(36)}`);
  });

  test("short runs are repeated, up to sixteen times", () => {
    expect(taken(2, perThreads(1, 0.6)).how).toMatch(/^(21){13}2+$/);
    expect(taken(2, perThreads(0.1, 0.06)).how).toMatch(/^(21){16}2+$/);
  });

  test("a clock that is too coarse to tell speaks for them", () => {
    expect(settled(2, perThreads(0, 0))).toBe(2);
  });

  test("the first runs may be slow for both, until the code is compiled", () => {
    expect(settled(2, (threads, run) => (run < 4 ? [5, 9] : [1, 0.6])[threads - 1] ?? 0)).toBe(2);
  });

  test("something else may be in the way once", () => {
    expect(settled(2, (threads, run) => (run === 2 ? 50 : threads === 2 ? 3 : 5))).toBe(2);
    expect(settled(2, (threads, run) => (run === 3 ? 50 : threads === 2 ? 6 : 5))).toBe(1);
  });
});

describe("a number that was asked for", () => {
  test("is taken even if one thread is somewhat faster", () => {
    expect(settled(4, perThreads(10, 7, 8, 15), true)).toBe(4);
  });

  test("is left if one thread is more than twice as fast", () => {
    expect(taken(4, perThreads(10, 7, 8, 25), true).how).toBe(`${"41".repeat(4)}${"1".repeat(32)}`);
  });
});

test("the trial is repeated now and then, since other programs come and end", () => {
  const busyAtFirst: Times = (threads, run) => (threads === 1 ? 5 : run < 1000 ? 9 : 3);
  expect(settled(2, busyAtFirst, false, 2000)).toBe(1);
  expect(settled(2, busyAtFirst, false, 2100)).toBe(2);
});

test("an error of a run is thrown, and decides nothing", () => {
  const trial = new Trial(2);
  const fail = (): void => {
    throw new Error("a thread failed");
  };
  expect(() => trial.run(1, fail)).toThrow("a thread failed");
  const counts: number[] = [];
  for (let i = 0; i < 2; i++) trial.run(1, (threads) => counts.push(threads));
  expect(counts).toEqual([2, 1]);
});

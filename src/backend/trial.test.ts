import { describe, expect, test } from "vitest";
import { Trial } from "./trial.ts";

/** The way each run was taken, given the milliseconds per row with the team and alone; T for the team, A alone. */
function taken(times: (run: number) => { together: number; alone: number }, rows: (run: number) => number): string {
  let clock = 0;
  let how = "";
  const trial = new Trial(() => clock);
  for (let run = 0; run < 16; run++) {
    trial.run(rows(run), (alone) => {
      const { together, alone: single } = times(run);
      clock += rows(run) * (alone ? single : together);
      how += alone ? "A" : "T";
    });
  }
  return how;
}

describe("row 25: threads are used where they help, and", () => {
  test.each<[what: string, times: (run: number) => { together: number; alone: number }, how: string]>([
    ["they do", () => ({ together: 0.55, alone: 1 }), "TATATATATTTTTTTT"],
    ["they are twenty times slower, as in Bun", () => ({ together: 20, alone: 1 }), "TATAAAAAAAAAAAAA"],
    ["they are slower, as where two share one core", () => ({ together: 3, alone: 1 }), "TATATATAAAAAAAAA"],
    ["they seem slower, as where the machine has other work", () => ({ together: 1.5, alone: 1 }), "TATATATATTTTTTTT"],
    ["a clock is too coarse to tell", () => ({ together: 0, alone: 0 }), "TATATATATTTTTTTT"],
    [
      "the first runs are slow for both, until the code is compiled",
      (run) => ({ together: run < 4 ? 9 : 0.6, alone: run < 4 ? 5 : 1 }),
      "TATATATATTTTTTTT",
    ],
    ["something else was in the way once", (run) => ({ together: run === 2 ? 50 : 0.6, alone: 1 }), "TATATATATTTTTTTT"],
  ])("%s", (_, times, how) => {
    expect(taken(times, () => 1)).toBe(how);
    // Documents have different lengths: the time per row counts.
    expect(taken(times, (run) => 1 + ((run * 7) % 5))).toBe(how);
  });

  test("an error of a run is thrown, and decides nothing", () => {
    const trial = new Trial();
    const fail = (): void => {
      throw new Error("a thread failed");
    };
    expect(() => trial.run(1, fail)).toThrow("a thread failed");
    expect(trial.alone).toBe(false);
  });
});

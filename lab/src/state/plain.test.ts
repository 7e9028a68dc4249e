import { checkSettings, MicrogptError, presets } from "microgpt";
import { describe, expect, test, vi } from "vitest";
import { words } from "../strings.ts";
import { inFields, plain } from "./plain.ts";

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("messages of the library", () => {
  const { training } = presets.microgpt;

  test("call settings by their fields", () => {
    const error = errorOf(() => checkSettings({ ...training, numSteps: 0 }));
    expect(plain(error)).toMatch(/^train: expected Steps to be .*, got 0; give/);
  });

  test("call a number that is missing nothing", () => {
    const error = errorOf(() => checkSettings({ ...training, learningRate: Number.NaN }));
    expect(plain(error)).toMatch(/^train: expected Learning rate to be .*, got nothing; give/);
  });

  test("also when they were sent by another thread", () => {
    const error = errorOf(() => checkSettings({ ...training, numSteps: 0 }));
    if (!(error instanceof MicrogptError)) throw error;
    expect(plain(new MicrogptError(structuredClone(error.complaint)))).toBe(plain(error));
  });

  test("name what the lab has in place of a command", () => {
    expect(inFields("as it is")).toBe("as it is");
  });
});

describe("an error", () => {
  test("of the library is shown unchanged", () => {
    const error = new MicrogptError({
      code: "no-data",
      operation: "lab",
      expected: "a run",
      got: "none",
      fix: "begin one",
    });
    expect(plain(error)).toBe("lab: expected a run, got none; begin one");
  });

  test.each([[new TypeError("x is not a function")], ["internal: a bug"], [{}], [undefined]])(
    "%o is nothing for people",
    (error) => {
      const log = vi.spyOn(console, "error").mockImplementation(() => {});
      expect(plain(error)).toBe(words.train.unforeseen);
      expect(log).toHaveBeenCalledWith(error);
      log.mockRestore();
    },
  );
});

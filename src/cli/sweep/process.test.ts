import { afterEach, describe, expect, test, vi } from "vitest";
import { type TrainingEnd, trainingBy } from "./process.ts";

/** The end of a process that runs a script in place of training. */
function endOf(script: string): Promise<TrainingEnd> {
  return trainingBy(process.execPath, ["-e", script, "--"])(["train"]).ended;
}

const say = (line: string): string => `console.log(${JSON.stringify(line)});`;
const RECORD = JSON.stringify({ type: "error", code: "memory", values: {}, message: "train: expected more; buy it" });

describe("the end of a training process", () => {
  afterEach(() => vi.restoreAllMocks());

  test("is a success whatever it wrote", async () => {
    expect(await endOf(`${say("no JSON")} ${say('{"type":"start"}')} console.error("a warning");`)).toEqual({
      exitCode: 0,
    });
  });

  test("has the error's code and line from its record, not from what it says to people", async () => {
    const script = `console.error("microgpt: in other words"); ${say('{"type":"start"}')} ${say(RECORD)} process.exitCode = 1;`;
    expect(await endOf(script)).toEqual({
      exitCode: 1,
      error: { code: "memory", message: "train: expected more; buy it" },
    });
  });

  test.each([
    [
      "the exit code, with its stack trace passed on",
      `${say('{"type":"error"}')} throw new Error("a bug")`,
      /exit code 1$/,
    ],
    ["the signal", 'process.kill(process.pid, "SIGKILL")', /ended by SIGKILL$/],
  ])("without a record is %s", async (_, script, message) => {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const { error } = await endOf(script);
    expect(error).toEqual({ message: expect.stringMatching(message) });
    expect(write.mock.calls.join().includes("a bug")).toBe(script.includes("a bug"));
  });

  test("of a program that is not there is the system's error", async () => {
    expect(await trainingBy("/no/such/program", [])([]).ended).toEqual({
      exitCode: null,
      error: { message: expect.stringContaining("ENOENT") },
    });
  });
});

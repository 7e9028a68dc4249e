import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import type { DataMode } from "../../index.ts";
import { Terminal } from "../terminal/terminal.ts";
import { JsonReport } from "./json-report.ts";
import { TextReport } from "./text-report.ts";

describe("samples", () => {
  async function written(form: typeof TextReport | typeof JsonReport, quiet: boolean, mode: DataMode): Promise<string> {
    const output = new PassThrough();
    const report = new form(new Terminal(output, {}), quiet);
    for (const [i, pieces] of [["on", "e"], [], ["tw\n", "o"]].entries()) await report.sample(i + 1, pieces, mode);
    return String(output.read() ?? "");
  }

  const json = ["one", "", "tw\\no"].map((text, i) => `{"type":"sample","index":${i + 1},"text":"${text}"}\n`).join("");

  test.each([
    [TextReport, false, "documents", "sample  1: one\nsample  2: \nsample  3: tw\no\n"],
    [TextReport, true, "documents", "one\n\ntw\no\n"],
    [TextReport, false, "stream", "one\n---------------\n\n---------------\ntw\no\n"],
    [TextReport, true, "stream", "one\n---------------\n\n---------------\ntw\no\n"],
    [JsonReport, false, "documents", json],
    [JsonReport, true, "stream", json],
  ] as const)("of %o, quiet %o, %s", async (form, quiet, mode, expected) => {
    expect(await written(form, quiet, mode)).toBe(expected);
  });
});

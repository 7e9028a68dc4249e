/** Text with the line ends of an old Mac, a terminal's progress bar, or several programs. */

import { describe, expect, test } from "vitest";
import { Folder, samplesOf, TINY } from "../support/cli.ts";

const LINES = [
  "Line one: the cat sat on the mat, and then",
  "it went away.",
  "",
  "Line two: it came back,",
  "and sat.",
  "",
];
const join = (...ends: string[]): string =>
  LINES.map((line, i) => line + ends[i % ends.length])
    .join("")
    .repeat(12);

// Similar cases: text of two programs in one file, the last line's CR without LF, a log that a progress bar wrote.
const KINDS: readonly (readonly [what: string, text: string])[] = [
  ["CR alone", join("\r")],
  ["CR, CRLF and LF mixed", join("\r", "\r\n", "\n")],
  ["CRLF with a CR at the very end", `${join("\r\n")}\r`],
  [
    "a progress bar in a log",
    `start\n\nnow\n${Array.from({ length: 99 }, (_, i) => `Downloading ${i} %\r`).join("")}done\n`,
  ],
];

describe("row 15: a lone CR is a line end, and no model learns to overwrite the terminal's line", () => {
  test.each(KINDS)("%s", async (_, text) => {
    const folder = new Folder();
    folder.write("mine.txt", text);
    const trained = await folder.microgpt(`train mine.txt --mode stream ${TINY} --json`);
    expect(trained).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.stringify(samplesOf(trained.stdout))).not.toContain("\\r");
    const { model, tokenizer } = folder.model("model.safetensors");
    expect(tokenizer.toJSON()).toMatchObject({ chars: expect.not.arrayContaining(["\r"]) });
    model.dispose();
  });

  test("in a prompt file and in evaluated text too", async () => {
    const folder = new Folder();
    folder.write("lf.txt", join("\n"));
    folder.write("cr.txt", join("\r"));
    await folder.microgpt(`train lf.txt --mode stream ${TINY}`);
    const [lf, cr] = await Promise.all(
      ["lf", "cr"].map((name) => folder.microgpt(`eval ${name}.txt --model model.safetensors --json`)),
    );
    expect(cr).toMatchObject({ code: 0, stderr: "" });
    expect(cr?.stdout.replaceAll("cr.txt", "lf.txt")).toBe(lf?.stdout);
    folder.write("prompt.txt", "and then\rit");
    const sampled = await folder.microgpt("sample model.safetensors --start FILE:prompt.txt --max_new_tokens 4 --json");
    expect(sampled).toMatchObject({ code: 0, stderr: "" });
    expect(samplesOf(sampled.stdout)[0]).toMatch(/^and then\nit/);
  });
});

/** Untrusted text has no effect on a terminal. */

import { describe, expect, test } from "vitest";
import { Folder } from "../support/cli.ts";
import { noTerminal, onTerminal, onTerminals } from "../support/pseudo-terminal.ts";

/**
 * Sets the clipboard, clears the screen, begins an escape sequence with one C1 control, deletes, reverses the
 * direction.
 */
const HOSTILE = "a\u001b]52;c;aGk=\u0007\u001b[2Jb\u009b31mc\be\u007f\u202ef";
const SHOWN = String.raw`a\x1b]52;c;aGk=\x07\x1b[2Jb\u009b31mc\x08e\u007f\u202ef`;

/** Our own: colors and weights, and the two that clear the live line. */
const OURS = new RegExp(`${"\u001b"}\\[(\\d+m|2K|1G|1A)`, "g");

const SIZES = "--preset microgpt --n_embd 16 --n_head 2 --block_size 48 --num_steps 150 --num_samples 3".split(" ");

/** A model that has memorized the text, with a label like it. */
async function learned(): Promise<Folder> {
  const folder = new Folder();
  folder.write("hostile.jsonl", `${JSON.stringify({ text: HOSTILE })}\n`.repeat(50));
  const { code, stderr } = await folder.microgpt(["train", "hostile.jsonl", ...SIZES, "--label", HOSTILE, "--quiet"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return folder;
}

describe.skipIf(noTerminal)(
  `row 26: control characters in learned or read text are shown as escapes ${onTerminals}`,
  async () => {
    const folder = noTerminal ? new Folder() : await learned();

    // Every place that shows untrusted text. If the library does not escape it, the terminal does.
    test.each<[where: string, words: readonly string[]]>([
      ["samples", ["sample", "--num_samples", "3"]],
      ["samples as records", ["sample", "--num_samples", "3", "--json"]],
      [
        "samples after training, and a label",
        ["train", "hostile.jsonl", ...SIZES, "--label", HOSTILE, "--out", "other"],
      ],
      ["a start", ["sample", "--num_samples", "1", "--start", HOSTILE]],
      ["a vocabulary", ["info"]],
      ["a table", ["runs"]],
      ["a chart", ["runs", "--overlay"]],
      ["tokens", ["tokenizer"]],
      ["tokens of a text", ["tokenizer", "--text", HOSTILE]],
      ["a note about a text", ["eval", "hostile.jsonl"]],
      ["an error with a file's name", ["sample", `${HOSTILE}.safetensors`]],
      ["an error with a flag", ["sample", `--${HOSTILE}`]],
      ["an error with a value", ["sample", "--top_k", HOSTILE]],
      ["an error with a command", [HOSTILE]],
      ["files that are not there", ["train", HOSTILE]],
    ])("%s", async (_, words) => {
      const { stdout } = await onTerminal(folder, 80, words);
      expect(stdout.replaceAll(OURS, "")).not.toMatch(/[^\P{Cc}\n\t]|[\u202a-\u202e]/u);
      expect(stdout.length).toBeGreaterThan(20);
    });

    test("a sample is the text with its escapes, and raw in a pipe", async () => {
      const words = ["sample", "--num_samples", "1", "--temperature", "0.1", "--quiet"];
      expect((await onTerminal(folder, 200, words)).stdout).toBe(`${SHOWN}\n`);
      expect((await folder.microgpt(words)).stdout).toBe(`${HOSTILE}\n`);
    });

    test("--json on a terminal is JSON of the same text", async () => {
      const words = ["sample", "--num_samples", "1", "--temperature", "0.1", "--json"];
      const { stdout } = await onTerminal(folder, 40, words);
      expect(JSON.parse(stdout)).toMatchObject({ text: HOSTILE });
    });
  },
);

/** Prepared data under failures, with real processes; the unit tests cover every step. */

import { readdirSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { Folder } from "../support/cli.ts";

const FILES = ["meta.json", "tokenizer.json", "train.bin", "val.bin"];
const OLD = "the old text of some lines\n".repeat(100);

/** Good data in D, and a text that takes a while. */
async function withData(): Promise<Folder> {
  const folder = new Folder();
  folder.write("old.txt", OLD);
  folder.write("new.txt", "A new text, and much longer: 0123456789\n".repeat(400_000));
  expect(await folder.microgpt("prepare old.txt --out D --mode stream --quiet")).toMatchObject({ code: 0 });
  return folder;
}

const begun = (folder: Folder): boolean => readdirSync(folder.at("D")).some((name) => name.startsWith(".train.bin"));

test.skipIf(process.platform === "win32")(
  "row 6: a second preparation is refused, and destroys nothing of the first; after its kill the old data is left",
  async () => {
    const folder = await withData();
    const [train, words] = [folder.bytes("D/train.bin"), "prepare new.txt --out D --mode stream --quiet"];
    const first = folder.start(words);
    while (!begun(folder)) await setTimeout(5);
    first.kill("SIGSTOP");
    const second = await folder.microgpt(words);
    expect(second).toMatchObject({ code: 1, stdout: "" });
    expect(second.stderr).toMatch(
      /^microgpt: output D: expected a name that no other process writes to, got process \d+/,
    );
    expect(begun(folder)).toBe(true);
    first.kill("SIGKILL");
    expect(await first.ended).toMatchObject({ signal: "SIGKILL" });

    expect(folder.bytes("D/train.bin").equals(train)).toBe(true);
    expect(await folder.microgpt("train D --dry_run --quiet")).toMatchObject({ code: 0 });
    expect(await folder.microgpt(words)).toMatchObject({ code: 0, stderr: "" });
    expect(readdirSync(folder.at("D")).sort()).toEqual(FILES);
    expect(folder.bytes("D/train.bin").length).toBeGreaterThan(20e6);
  },
);

test("row 30: a run neither begins nor resumes with tokens that were changed without changing their size", async () => {
  const folder = await withData();
  const flags = "--preset tiny --num_steps 10 --num_samples 0 --out m.safetensors --quiet";
  expect(await folder.microgpt(`train D ${flags}`)).toMatchObject({ code: 0, stderr: "" });
  const bytes = folder.bytes("D/train.bin");
  bytes.writeUInt16LE(bytes.readUInt16LE(100) ^ 1, 100);
  folder.write("D/train.bin", bytes);
  for (const words of [`train D ${flags}`, "train --resume m.safetensors --num_steps 20 --quiet"]) {
    const { code, stderr } = await folder.microgpt(words);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /^microgpt: data D.train\.bin: expected CRC-32 \S+, as meta\.json has it, got [^\n]+\n$/,
      ),
    });
  }
});

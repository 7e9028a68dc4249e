/** Text that is left out is reported. */

import { describe, expect, test } from "vitest";
import { Folder, recordsOf } from "../support/cli.ts";

const LINES = ["abc", "abcdefgh", "ab", "hgfedcbaabcdefgh", "é", "éàéàé"];
const text = `${LINES.join("\n")}\n`;
const TINY = "--preset microgpt --n_embd 4 --n_head 1 --num_steps 2 --num_samples 0 --block_size 6 --out m.safetensors";

async function trained(flags: string): Promise<{ folder: Folder; stdout: string }> {
  const folder = new Folder();
  folder.write("lines.txt", text);
  const { code, stdout, stderr } = await folder.microgpt(`train lines.txt ${TINY} ${flags}`);
  expect([code, stderr]).toEqual([0, ""]);
  return { folder, stdout };
}

// With any tokenizer, in training, in validation and in eval; running text, whose last window is shorter, is scored
// whole.
describe.concurrent("row 22: documents longer than the context are cut, with a message", () => {
  test.each(["char", "byte", "bpe --vocab_size 260"])("of tokens of kind %s", async (kind) => {
    const { folder, stdout } = await trained(`--tokenizer ${kind}`);
    const { tokenizer } = folder.model("m.safetensors");
    const lengths = LINES.map((line) => tokenizer.encode(line).length + 1);
    const longest = Math.max(...lengths);
    const cut = lengths.filter((length) => length > 6);
    const cutTokens = cut.reduce((sum, length) => sum + length - 6, 0);
    const told = stdout.replaceAll(/\s+/g, " ");
    expect(told).toContain(
      `note: ${cut.length} docs are longer than block size 6 and are cut; --block_size ${longest} would`,
    );

    const { stdout: json } = await folder.microgpt("eval lines.txt --model m.safetensors --json");
    const tokens = lengths.reduce((sum, length) => sum + length, 0) - cutTokens;
    expect(recordsOf(json)[0]).toMatchObject({ cutDocs: cut.length, cutTokens, tokens });
    const { stdout: note } = await folder.microgpt("eval lines.txt --model m.safetensors");
    expect(note.replaceAll(/\s+/g, " ")).toContain(
      `note: ${cut.length} of the documents are longer than the model's context, 6 tokens, and are cut: ${cutTokens} tokens are not counted`,
    );
  });

  test("no message if nothing is cut", async () => {
    const { folder, stdout } = await trained("--block_size 17");
    expect(stdout).not.toContain("are cut");
    const { stdout: scored } = await folder.microgpt("eval lines.txt --model m.safetensors");
    expect(scored).not.toContain("note:");
  });

  test.each([3, 10, 16, 23])(
    "in running text every token after the first counts: with a context of %d",
    async (size) => {
      const { folder } = await trained(`--mode stream --block_size ${size}`);
      const { stdout } = await folder.microgpt("eval lines.txt --model m.safetensors --json");
      // BOS before and after the text; its last line end counts.
      const tokens = [...text].length + 1;
      expect(recordsOf(stdout)[0]).toMatchObject({ tokens, cutDocs: 0, cutTokens: 0 });
    },
  );
});

/** A disk that fills up during a run costs the run nothing. */

import { statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CLI, Folder, folderWithNames, linesOf, type Outcome, TINY } from "../support/cli.ts";

/** Runs microgpt with a limit on file sizes, in blocks of 512 bytes, like a disk that fills up. */
function withFilesBelow(blocks: number, folder: Folder, words: string, temporary: Folder): Promise<Outcome> {
  const command = `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" "$1" ${words}`;
  const env = { TMPDIR: temporary.path };
  return folder.startProgram("sh", ["-c", command, process.execPath, CLI], { env }).ended;
}

const elsewhere = process.platform === "win32";
describe.skipIf(elsewhere)(
  elsewhere ? "skipped because Windows has no ulimit" : "files that cannot grow any more",
  () => {
    // A model file grows by its loss at each step: it fits at first.
    const TRAIN = `train names.txt ${TINY} --eval_interval 5 --eval_iters 1 --log_interval 100 --save_interval 7`;

    test("one warning, the run continues, and the last save is whole", async () => {
      const [folder, temporary] = [folderWithNames(), new Folder()];
      await folder.microgpt(`${TRAIN} --num_steps 10 --out short`);
      const blocks = Math.ceil(statSync(folder.at("short")).size / 512);
      const { code, stdout, stderr } = await withFilesBelow(
        blocks,
        folder,
        `${TRAIN} --num_steps 150 --out model.safetensors --json`,
        temporary,
      );
      const records = linesOf(stdout).map((line) => JSON.parse(line) as { type: string; text?: string });
      expect(records.filter(({ type }) => type === "step")).toHaveLength(150);
      expect(records.flatMap(({ type, text }) => (type === "warning" ? [text] : []))).toEqual([
        expect.stringMatching(
          /^save model\.(best\.)?safetensors: .* a file above the size limit; .* \(training continues and will try again\)$/,
        ),
      ]);

      // The model when it still fit.
      const saved = folder.model("model.safetensors").progress?.losses.length ?? 0;
      expect(saved).toBeGreaterThanOrEqual(7);
      expect(saved).toBeLessThan(150);
      expect(folder.model("model.best.safetensors").progress?.evaluations.length).toBeGreaterThan(0);
      // The last one could not be saved: not even the temporary folder had space, as the system's error says.
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^microgpt: save model\.safetensors: .* a file above the size limit; raise the limit [^\n]*\n$/,
      );
      expect([...folder.names(), ...temporary.names()].filter((name) => name.endsWith(".tmp"))).toEqual([]);

      // With space again it resumes from there.
      const resumed = await folder.microgpt(`train --resume model.safetensors --num_steps 150 --num_samples 0`);
      expect(resumed).toMatchObject({ code: 0, stderr: "" });
    });
  },
);

const noFull = process.platform !== "linux";
describe.skipIf(noFull)(noFull ? "skipped because only Linux has /dev/full" : "a full disk under", () => {
  test("standard output: the run is trained and saved, and reports the loss of its output", async () => {
    const folder = folderWithNames();
    const words = `train names.txt ${TINY} --out model.safetensors`;
    const { code, stderr } = await folder.startProgram("sh", [
      "-c",
      `exec "$0" "$1" ${words} > /dev/full`,
      process.execPath,
      CLI,
    ]).ended;
    expect(stderr).toBe(
      "microgpt: standard output: expected to write, got a full disk; further output is lost; everything else continues\n",
    );
    expect(code).toBe(1);
    expect(folder.model("model.safetensors").progress?.losses).toHaveLength(20);
  });
});

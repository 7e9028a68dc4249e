/** Counts too large to hold, and a process that must end while it counts. */

import { describe, expect, test } from "vitest";
import { folderWithNames, TINY } from "../support/cli.ts";

// A count is refused if the work could never fit into memory, and otherwise the work is gathered as needed, without a
// list of that length.
describe("row 28: a count of a billion", () => {
  test.each([
    ["batch_size", "lower --batch_size"],
    ["block_size", "lower --n_embd, --n_layer or --block_size"],
    ["n_layer", "lower --n_embd, --n_layer or --block_size"],
    ["n_embd", "lower --n_embd, --n_layer or --block_size"],
    ["threads", "expected threads to be a whole number from 1 to 64"],
    ["warmup_iters", "expected warmup_iters below num_steps"],
  ])("is refused at once as --%s", async (flag, message) => {
    const { code, stderr } = await folderWithNames().microgpt(`train names.txt ${TINY} --${flag} 1000000000`);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });

  test("as --eval_iters, --patience or an interval costs nothing", async () => {
    const folder = folderWithNames();
    const flags = ["eval_iters", "patience", "log_interval", "save_interval", "sample_interval"];
    const words = flags.map((flag) => `--${flag} 1000000000`).join(" ");
    const { code } = await folder.microgpt(`train names.txt ${TINY} --val_fraction 0.3 --eval_interval 5 ${words}`);
    expect(code).toBe(0);
    expect(folder.model("model.safetensors").progress?.evaluations).toHaveLength(4);
    const drawn = await folder.microgpt("sample --num_samples 1 --top_k 1000000000 --max_new_tokens 1000000000");
    expect(drawn.code).toBe(0);
  });

  test.each<NodeJS.Signals>(["SIGTERM", "SIGINT"])(
    "as parts of a step runs part by part, and %s ends it between two",
    async (signal) => {
      const folder = folderWithNames();
      const running = folder.start(`train names.txt ${TINY} --gradient_accumulation_steps 1000000000 --json`);
      await running.says(/"type":"start"/);
      await new Promise((resolve) => setTimeout(resolve, 300));
      running.kill(signal);
      const { stdout } = await running.ended;
      expect(stdout).toContain('"type":"saved","path":"model.safetensors"');
      expect(folder.model("model.safetensors").progress?.losses).toEqual([]);
    },
  );
});

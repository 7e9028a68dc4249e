import { MicrogptError } from "microgpt";
import { describe, expect, test, vi } from "vitest";
import { words } from "../strings.ts";
import { inFields, plain } from "./plain.ts";

describe("messages of the library", () => {
  test.each([
    ["expected n_layer to be 1 or more, got 0; give it", "expected Layers to be 1 or more, got 0; give it"],
    ["lower batch_size, block_size, n_embd", "lower Batch, Context (tokens), Channels"],
    ["got NaN; give a number in that range", "got NaN; give a number in that range"],
    ["a number, got NaN; give a number in that range", "a number, got nothing; give a number in that range"],
    ["expected finite logits, got NaN; train again", "expected finite logits, got NaN; train again"],
    ["data my_text.txt: expected lm_head", "data my_text.txt: expected lm_head"],
  ])("%s", (said, told) => {
    expect(inFields(said)).toBe(told);
  });
});

describe("an error", () => {
  test("of the library is shown unchanged, also from another thread, where it keeps only its name", () => {
    const error = new MicrogptError({
      code: "no-data",
      operation: "lab",
      expected: "a run",
      got: "none",
      fix: "begin one",
    });
    const sent = Object.assign(new Error(error.message), { name: error.name });
    expect(plain(error)).toBe("lab: expected a run, got none; begin one");
    expect(plain(sent)).toBe(plain(error));
  });

  test.each([[new TypeError("x is not a function")], ["internal: a bug"], [{}], [undefined]])(
    "%o is not shown to the user",
    (error) => {
      const log = vi.spyOn(console, "error").mockImplementation(() => {});
      expect(plain(error)).toBe(words.train.unforeseen);
      expect(log).toHaveBeenCalledWith(error);
      log.mockRestore();
    },
  );
});

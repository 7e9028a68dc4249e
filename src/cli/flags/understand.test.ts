import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildProgram } from "../program.ts";
import { understandAll } from "./familiar-words.ts";
import { normalizeFlags, UsageError } from "./usage.ts";

const program = buildProgram();

function understood(line: string | readonly string[]): readonly string[] {
  return understandAll(normalizeFlags(typeof line === "string" ? line.split(" ") : line), program);
}

describe("row 34: unambiguous flags of other programs are understood", () => {
  test.each<[typed: string, meant: string]>([
    ["train --lr 0.1", "train --learning_rate 0.1"],
    ["train --lr=0.1 a.txt", "train --learning_rate=0.1 a.txt"],
    ["train --steps 5 --max-iters 6", "train --num_steps 5 --num_steps 6"],
    ["train --num_layers 2 --d-model=8", "train --n_layer 2 --n_embd=8"],
    ["lr-find --steps 5", "lr-find --num_steps 5"],
    ["sweep --lr 0.1,0.2 a.txt", "sweep --learning_rate 0.1,0.2 a.txt"],
    ["sample --prompt ma --temp 1", "sample --start ma --temperature 1"],
    ["chat --topk 5 --max_tokens=9", "chat --top_k 5 --max_new_tokens=9"],
    ["sample --model a.safetensors", "sample a.safetensors"],
    ["info --checkpoint=a.safetensors", "info a.safetensors"],
    ["train --input a.txt", "train a.txt"],
    ["train a.txt --device=cpu --compile=False --dtype float32 --num_steps 5", "train a.txt --num_steps 5"],
    ["train --compile a.txt", "train a.txt"],
    ["train --max_iters=20 --lr_decay_iters=20", "train --num_steps=20"],
    ["train --init_from=scratch --wandb_log=False --no-cuda", "train"],
    ["sample --init_from=resume", "sample"],
    ["train --init_from other.safetensors", "train --init_from other.safetensors"],
    ["eval a.txt --model b.safetensors", "eval a.txt --model b.safetensors"],
    ["train --activation reluSquared", "train --mlp reluSquared"],
    ["train --bias --tie_weights --no_embedding_norm", "train --bias=yes --tied=yes --embedding_norm=no"],
    ["train --zero_init", "train --zero_init=yes"],
    ["train --zero_init --lr 1", "train --zero_init=yes --learning_rate 1"],
    ["train --zero_init package.json", "train --zero_init=yes package.json"],
    ["train --no-zero-init a.txt", "train --zero_init=no a.txt"],
    ["train --zero_init no --no_zero_init", "train --zero_init no --zero_init=no"],
    ["train --zero_init maybe", "train --zero_init maybe"],
    ["sweep --zero_init yes,no", "sweep --zero_init yes,no"],
    ["lab --no-open", "lab --no_open"],
    ["version", "--version"],
    ["help", "help"],
    ["train -- --lr 3", "train -- --lr 3"],
  ])("%s", (typed, meant) => {
    expect(understood(typed)).toEqual(meant.split(" "));
  });
});

describe("row 34: a feature that microgpt lacks is answered with the line to type", () => {
  test.each<[typed: string, answer: RegExp]>([
    ["train --epochs 3", /got --epochs 3; give --num_steps N or --minutes M/],
    ["train --prompt ma", /; train first, then type microgpt sample --start ma$/],
    ["train --init_from=resume", /; type microgpt train --resume model\.safetensors/],
    ["train --init_from=gpt2-xl", /only models that microgpt saved can be trained on$/],
    ["train --device cuda", /got --device cuda; leave it out: microgpt runs on the processor/],
    ["train --dtype=bfloat16", /; leave it out: .*float32/],
    ["train --out_dir=out", /; a model is one file: --out out\/model\.safetensors$/],
    ["sample --out_dir out", /; type microgpt sample out\/model\.safetensors$/],
    ["train --dataset shakespeare", /; name the text: microgpt train shakespeare\.txt$/],
    ["train --dataset=names", /; type --data names$/],
    ["train --wandb_log=True", /; leave it out: microgpt runs shows/],
    ["train --lr_decay_iters 5 --max_iters 6", /; leave it out: the learning rate falls until the last step$/],
    ["train --top_k 5", /; microgpt sample has it: microgpt sample --top_k 5$/],
    ["sample --lr 0.1", /; microgpt train has it: microgpt train --learning_rate 0\.1$/],
    ["generate --start ma", /got "generate"; type microgpt sample --start ma$/],
    ["generate ma", /; type microgpt sample --start ma$/],
    ["finetune a.txt", /; type microgpt train a\.txt --init_from MODEL$/],
    ["evaluate a.txt", /; type microgpt eval a\.txt$/],
    ["--start=ma", /; type microgpt sample --start=ma$/],
    ["--lr 0.1", /; type microgpt train --lr 0\.1$/],
    ["--overlay", /; type microgpt runs --overlay$/],
    ["model.safetensors", /; type microgpt sample model\.safetensors$/],
    ["model.metrics.jsonl", /; type microgpt runs model\.metrics\.jsonl$/],
    ["my.txt --n_layer 2", /; type microgpt train my\.txt --n_layer 2$/],
    ["https://example.org/a.txt", /; type curl -LO https:\/\/example\.org\/a\.txt, and then microgpt train a\.txt$/],
    ["python train.py --batch_size=12", /; type microgpt train --batch_size=12$/],
  ])("%s", (typed, answer) => {
    expect(() => understood(typed)).toThrow(answer);
    expect(() => understood(typed)).toThrow(UsageError);
  });

  test.each<[words: readonly string[], answer: RegExp]>([
    [["sample", "once upon"], /expected a saved model, got "once upon"; .* microgpt sample --start 'once upon'$/],
    [["sample", "once", "upon"], /microgpt sample --start 'once upon'$/],
    [["sample", "ma"], /microgpt sample --start ma$/],
    [["chat", "hello there"], /; type microgpt chat, and then the text$/],
    [["tokenizer", "hello there"], /; to split it, type microgpt tokenizer --text 'hello there'$/],
    [["once upon"], /; type microgpt sample --start 'once upon'$/],
  ])("text instead of a model: %j", async (words, answer) => {
    const parsed = async (): Promise<unknown> => buildProgram().parseAsync(understood(words), { from: "user" });
    await expect(parsed()).rejects.toThrow(answer);
  });
});

test("every flag of every command stays itself, whatever its value", () => {
  const flags = program.commands.flatMap((command) =>
    command.options.filter(({ long }) => long !== undefined).map(({ long }) => [command.name(), long ?? ""] as const),
  );
  fc.assert(
    fc.property(fc.constantFrom(...flags), fc.stringMatching(/^[a-z0-9.]+$/), ([command, flag], value) => {
      fc.pre(flag !== "--init_from");
      expect(understood([command, `${flag}=${value}`])).toEqual([command, `${flag}=${value}`]);
    }),
  );
});

test("unknown words are left for the parser to refuse", () => {
  expect(understood("trian a.txt")).toEqual(["trian", "a.txt"]);
  expect(understood("train --constructor 5 --lrr 3")).toEqual(["train", "--constructor", "5", "--lrr", "3"]);
  expect(understood("constructor")).toEqual(["constructor"]);
});

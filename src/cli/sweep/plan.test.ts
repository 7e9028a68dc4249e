import { Command, Option } from "commander";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { atLeast } from "../flags/row.ts";
import { UsageError } from "../flags/usage.ts";
import { addTrainFlags, type FlagValues, trainFlags } from "./flags.ts";
import { describe as describeCombination, planSweep, sweepWords, wordsOf } from "./plan.ts";

const plan = (flags: Record<string, FlagValues>, most = 200) =>
  planSweep(["a b.txt"], new Map(Object.entries(flags)), most);

describe("planSweep", () => {
  test("combines the values, the last flag varying first, and names each by its differences", () => {
    const { fixed, varied, combinations } = plan({
      lr: ["0.1", "0.2"],
      seed: ["-1", "2"],
      layers: ["3"],
      strict: true,
    });
    expect({ fixed, varied }).toEqual({
      fixed: { layers: "3", strict: true },
      varied: { lr: ["0.1", "0.2"], seed: ["-1", "2"] },
    });
    expect(combinations).toEqual([
      { name: "lr-0.1_seed--1", flags: { lr: "0.1", seed: "-1" } },
      { name: "lr-0.1_seed-2", flags: { lr: "0.1", seed: "2" } },
      { name: "lr-0.2_seed--1", flags: { lr: "0.2", seed: "-1" } },
      { name: "lr-0.2_seed-2", flags: { lr: "0.2", seed: "2" } },
    ]);
    expect(combinations[0] && describeCombination(combinations[0])).toBe("lr 0.1, seed -1");
  });

  test("gives every combination once, with a unique and valid file name", () => {
    const values = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 4 });
    const flags = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), values, {
      minKeys: 1,
      maxKeys: 3,
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(flags, (varied) => {
        const { combinations } = plan(varied);
        const size = Object.values(varied).reduce((product, all) => product * all.length, 1);
        expect(new Set(combinations.map(({ flags }) => JSON.stringify(flags))).size).toBe(size);
        expect(new Set(combinations.map(({ name }) => name.toLowerCase())).size).toBe(size);
        for (const { name } of combinations) expect(name).toMatch(/^[\w.+-]+$/);
      }),
    );
  });

  test.each<[what: string, flags: Record<string, FlagValues>, message: RegExp]>([
    [
      "nothing to vary",
      { lr: ["1"], strict: true },
      /expected a flag with several values, got none; separate values by commas/,
    ],
    ["too much", { a: ["1", "2"], b: ["1", "2", "3"] }, /expected at most 5 combinations, got 6; .*--max_runs 6$/],
  ])("refuses %s", (_, flags, message) => {
    expect(() => plan(flags, 5)).toThrow(message);
    expect(() => plan(flags, 5)).toThrow(UsageError);
  });

  test("refuses data that can be read only once", () => {
    expect(() => planSweep(["-"], new Map([["lr", ["1", "2"]]]), 9)).toThrow(
      /got standard input, which can be read only once/,
    );
  });

  test("survives being written as a command line", () => {
    const swept = plan({ lr: ["0.1", "0.2"], layers: ["3"], strict: true });
    expect(sweepWords(swept, "my sweep")).toBe("sweep 'a b.txt' --lr 0.1,0.2 --layers 3 --strict --out 'my sweep'");
    expect(wordsOf({ seed: "-1", strict: true })).toEqual(["--seed=-1", "--strict"]);
  });
});

describe("the flags of train", () => {
  const train = new Command("train")
    .argument("[file]")
    .addOption(
      new Option("--n_layer <n>", "layers (default: 1)")
        .argParser((text) => atLeast(1)("--n_layer")(text, undefined))
        .default(1),
    )
    .option("--data <name>", "a set")
    .option("--strict", "alike")
    .option("--out <model>", "where")
    .option("--json", "for programs");
  const parse = (...args: string[]) => {
    const sweep = new Command("sweep").exitOverride().configureOutput({ writeErr: () => undefined });
    addTrainFlags(sweep, train);
    sweep.parse(args, { from: "user" });
    return { files: sweep.args, flags: [...trainFlags(train, sweep.opts())] };
  };

  test.each<[args: string[], flags: [string, FlagValues][]]>([
    [["x.txt", "--n_layer", "1,2"], [["n_layer", ["1", "2"]]]],
    [
      ["x.txt", "--n_layer=2, 3,2", "--strict"],
      [
        ["n_layer", ["2", "3"]],
        ["strict", true],
      ],
    ],
    [["x.txt", "--data", "ssa,names"], [["data", ["ssa", "names"]]]],
    [["x.txt"], []],
  ])("of %j", (args, flags) => {
    expect(parse(...args)).toEqual({ files: ["x.txt"], flags });
  });

  test.each<[args: string[], message: RegExp]>([
    [["--n_layer", "1,x"], /expected --n_layer to be a whole number, 1 or more, got "x"/],
    [["--n_layer", "1,,2"], /expected values of --n_layer separated by commas, got "1,,2"; leave none empty/],
    [["--n_embd", "1"], /unknown option '--n_embd'/],
    [["--out", "x"], /unknown option '--out'/],
  ])("refuses %j", (args, message) => {
    expect(() => parse(...args)).toThrow(message);
  });
});

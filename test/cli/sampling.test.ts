/** The samples and messages of `sample` with each of its flags. */

import { generate, noveltyReport, Random, sample } from "microgpt";
import { beforeAll, describe, expect, test } from "vitest";
import { CLI, Folder, folderWithNames, linesOf, names, recordsOf, samplesOf, TINY } from "../support/cli.ts";

let folder: Folder;
beforeAll(async () => {
  folder = folderWithNames();
  await folder.microgpt(`train names.txt ${TINY} --num_steps 60`);
});

const drawn = async (flags: string): Promise<unknown[]> =>
  samplesOf((await folder.microgpt(`sample --json ${flags}`)).stdout);

describe("each flag is the library's option:", () => {
  test.each<[flags: string, options: Omit<Parameters<typeof sample>[2], "random">]>([
    ["--top_k 2", { topK: 2 }],
    ["--top-p=0.6", { topP: 0.6 }],
    ["--min_p 0.2", { minP: 0.2 }],
    ["--repetition-penalty 1.7", { repetitionPenalty: 1.7 }],
    ["--stop a --stop li", { stop: ["a", "li"] }],
    [
      "--stop e --max_new_tokens 3 --start ol --temperature 2",
      { stop: ["e"], maxNewTokens: 3, start: "ol", temperature: 2 },
    ],
    [
      "--top_k 9 --top_p 0.9 --min_p 0.01 --repetition_penalty 0.8 --temperature 1.5",
      { topK: 9, topP: 0.9, minP: 0.01, repetitionPenalty: 0.8, temperature: 1.5 },
    ],
  ])("%s", async (flags, options) => {
    const { model, tokenizer } = folder.model("model.safetensors");
    const random = new Random(5);
    const expected = Array.from({ length: 8 }, () => sample(model, tokenizer, { random, ...options }));
    expect(await drawn(`--num_samples 8 --seed 5 ${flags}`)).toEqual(expected);
  });
});

describe("--start", () => {
  test("reads FILE:, without its final line end, and standard input", async () => {
    folder.write("start.txt", "oli\r\n");
    const expected = await drawn("--num_samples 3 --start oli");
    expect(await drawn("--num_samples 3 --start FILE:start.txt")).toEqual(expected);
    const piped = await folder.microgpt("sample --json --num_samples 3 --start -", { input: "oli\n" });
    expect(samplesOf(piped.stdout)).toEqual(expected);
  });

  test("is shown even if nothing follows", async () => {
    const { model, tokenizer } = folder.model("model.safetensors");
    const rest = [...generate(model, tokenizer, { random: new Random(42), start: "ava", topK: 1 })].join("");
    const stop = rest.slice(0, 1) || "x";
    const { stdout } = await folder.microgpt(`sample --num_samples 1 --start ava --top_k 1 --stop ${stop} --quiet`);
    expect(stdout).toBe("ava\n");
  });
});

describe("--novelty", () => {
  const flags = "--num_samples 30 --temperature 0.3 --novelty names.txt";

  test("reports after the samples how many are copied", async () => {
    const { code, stdout, stderr } = await folder.microgpt(`sample model.safetensors ${flags}`);
    const report = noveltyReport((await drawn(flags)).map(String), names());
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(linesOf(stdout).slice(-2)).toEqual(["", `novelty: ${report.summary}`]);
    expect(report.copied + report.duplicates).toBeGreaterThan(0);
  });

  test("is a record for programs", async () => {
    const { stdout } = await folder.microgpt(`sample ${flags} --json`);
    const report = noveltyReport(samplesOf(stdout).map(String), names());
    expect(recordsOf(stdout).at(-1)).toEqual({ type: "novelty", ...report });
  });

  test("keeps bare samples bare, and reports beside them", async () => {
    const { stdout, stderr } = await folder.microgpt(`sample ${flags} --quiet`);
    expect(linesOf(stdout)).toHaveLength(30);
    expect(stderr).toMatch(/^\d+ of 30 samples are in names\.txt word for word.*\n$/);
  });

  test("knows the packaged names, and accepts standard input", async () => {
    expect((await folder.microgpt("sample --num_samples 2 --novelty ssa")).stdout).toMatch(
      /^novelty: \d of 2 .* ssa /m,
    );
    const piped = await folder.microgpt("sample --num_samples 2 --start ava --stop a --novelty -", { input: "ava\n" });
    expect(piped.stdout).toMatch(/^novelty: \d of 2 samples are in standard input/m);
  });
});

describe("running text", () => {
  let prose: Folder;
  beforeAll(async () => {
    prose = new Folder();
    prose.write(
      "prose.txt",
      "It was the best of times, it was the worst of times.\nIt was the age of wisdom.\n".repeat(20),
    );
    const sizes = "--n_embd 8 --n_head 2 --block_size 16 --batch_size 4 --num_steps 200 --num_samples 0";
    await prose.microgpt(`train prose.txt --mode stream ${sizes}`);
  });

  test("continues past the context, has a line of dashes between two, and equals the library's", async () => {
    const { model, tokenizer, mode } = prose.model("model.safetensors");
    expect(mode).toBe("stream");
    const random = new Random(42);
    const expected = [1, 2].map(() => sample(model, tokenizer, { random, mode: "stream", start: "It", topK: 3 }));
    expect(expected.map(({ length }) => length)).toEqual([502, 502]);
    const { stdout } = await prose.microgpt("sample --num_samples 2 --start It --top_k 3");
    expect(stdout).toBe(`${expected[0]}\n---------------\n${expected[1]}\n`);
    const json = await prose.microgpt("sample --num_samples 2 --start It --top_k 3 --json");
    expect(samplesOf(json.stdout)).toEqual(expected);
  });

  test("is compared by its runs, without its prompt", async () => {
    const start = "It was the best of times, it was the worst of times.";
    const words = [
      "sample",
      "--start",
      start,
      "--num_samples",
      "2",
      "--max_new_tokens",
      "20",
      "--novelty",
      "prose.txt",
    ];
    const { stdout } = await prose.microgpt([...words, "--json"]);
    const texts = samplesOf(stdout).map((text) => String(text).slice(start.length));
    const text = prose.bytes("prose.txt").toString();
    const report = noveltyReport(texts, { name: "prose.txt", mode: "stream", docs: [text] });
    expect(recordsOf(stdout).at(-1)).toEqual({ type: "novelty", ...report });
    expect(report).toMatchObject({ mode: "stream", copied: 0, minRun: 50 });
  });

  test("stops when the reader has left", async () => {
    const command = `"$0" "$1" sample --num_samples 1 --max_new_tokens 100000000 --top_k 3 --quiet | head -c 100 | wc -c`;
    const { stdout, stderr } = await prose.startProgram("sh", ["-c", command, process.execPath, CLI]).ended;
    expect({ bytes: stdout.trim(), stderr }).toEqual({ bytes: "100", stderr: "" });
  });
});

/** The sources of `train`'s documents: files, standard input, named data sets. */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CharTokenizer, parseDocuments, startRun, train } from "microgpt";
import { describe, expect, test } from "vitest";
import { CLI, Folder, folderWithNames, NAMES, recordsOf, stepsOf, TINY } from "../support/cli.ts";

const FEW = "--preset microgpt --n_embd 8 --n_head 2 --num_steps 3 --num_samples 0 --json";

/** The library's losses on these documents with the flags of FEW. */
async function lossesOn(text: string): Promise<number[]> {
  const run = startRun(parseDocuments("text", text), { model: { nEmbd: 8, nHead: 2 }, training: { numSteps: 3 } });
  const losses: number[] = [];
  for await (const { loss } of train(run)) losses.push(loss);
  return losses;
}

test("the packaged names are the default", async () => {
  const { stdout } = await new Folder().microgpt(`train ${FEW}`);
  expect(recordsOf(stdout)[0]).toMatchObject({ data: "ssa", numDocs: 32257, vocabSize: 27 });
});

describe("a text gives the same documents in any encoding of its line ends", () => {
  const text = "zoë\nnoël\n李小龙\n😀 smile\n";
  const bom = "\ufeff";
  test.concurrent.for<[how: string, saved: string]>([
    ["with LF", text],
    ["with CRLF", text.replaceAll("\n", "\r\n")],
    ["with CR", text.replaceAll("\n", "\r")],
    ["with a byte order mark", bom + text],
    ["without a line end at its end", text.trimEnd()],
    ["with blank lines and indented", `\n\n  ${text.replaceAll("\n", "  \n\n\t")}`],
  ])("%s", async ([, saved]) => {
    const folder = new Folder();
    folder.write("text.txt", saved);
    const { stdout } = await folder.microgpt(`train text.txt ${FEW}`);
    expect(stepsOf(stdout).map(({ loss }) => loss)).toEqual(await lossesOn(text));
    expect(folder.model("model.safetensors").tokenizer).toEqual(CharTokenizer.fit(text.trimEnd().split("\n")));
  });
});

describe("standard input", () => {
  test("is read if the file is called -", async () => {
    const folder = folderWithNames();
    const piped = await folder.microgpt(`train - ${FEW}`, { input: NAMES });
    expect(recordsOf(piped.stdout)[0]).toMatchObject({ data: "standard input", numDocs: 12 });
    expect(stepsOf(piped.stdout).map(({ loss }) => loss)).toEqual(await lossesOn(NAMES));
  });

  test("may be another name of a pipe, as shells pass it", async () => {
    const folder = folderWithNames();
    const command = `cat names.txt | "$0" "$1" train /dev/stdin ${FEW}`;
    const { stdout } = await folder.startProgram("sh", ["-c", command, process.execPath, CLI]).ended;
    expect(stepsOf(stdout).map(({ loss }) => loss)).toEqual(await lossesOn(NAMES));
  });
});

test("a file whose name begins with a dash is named after --", async () => {
  const folder = new Folder();
  folder.write("--n-layer", NAMES);
  const { code, stdout } = await folder.microgpt(`train ${FEW} -- --n-layer`);
  expect({ code, data: recordsOf(stdout)[0]?.data }).toEqual({ code: 0, data: "--n-layer" });
});

const cache = fileURLToPath(new URL("../../../shared/data", import.meta.url));
const absent = !existsSync(`${cache}/makemore-names.txt`);
describe.skipIf(absent)(absent ? `skipped because ${cache}/makemore-names.txt is not there` : "--data names", () => {
  test.for<[where: string, flags: string, env: Record<string, string>]>([
    ["--cache_dir", `--cache-dir=${cache}`, {}],
    ["MICROGPT_CACHE_DIR", "", { MICROGPT_CACHE_DIR: cache }],
  ])("is microgpt.py's file, from the folder that %s names", async ([, flags, env]) => {
    const { stdout } = await new Folder().microgpt(`train --data names ${FEW} ${flags}`, { env });
    expect(recordsOf(stdout)[0]).toMatchObject({ data: "names", numDocs: 32033, vocabSize: 27 });
  });
});

test("a resumed run finds its documents by their name", async () => {
  const folder = folderWithNames();
  await folder.microgpt(`train names.txt ${TINY}`);
  const { stdout } = await folder.microgpt("train --resume model.safetensors --num_steps 21 --json");
  expect(recordsOf(stdout)[0]).toMatchObject({ data: "names.txt", step: 20 });
});

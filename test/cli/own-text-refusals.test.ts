/**
 * Refusals of the user's own text, of its flags, and of runs and models that do not fit: each is one line that names
 * the cause and the fix, and leaves the folder unchanged.
 */

import { appendFileSync, cpSync, mkdirSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { TRAIN } from "../../src/cli/train/rows.ts";
import { Folder, folderWithNames, NAMES, TINY } from "../support/cli.ts";

/** Failed, and wrong usage. */
type Code = 1 | 2;

/** Runs a command that must be refused. */
async function refused(folder: Folder, words: string, code: Code, message: RegExp): Promise<void> {
  const before = contents(folder);
  const outcome = await folder.microgpt(words);
  expect(outcome.stderr).toMatch(/^microgpt: [^\n]*\n$/);
  expect(outcome.stderr).toMatch(message);
  expect(outcome).toMatchObject({ code, stdout: "" });
  expect(contents(folder)).toEqual(before);
}

const FOLDERS = ["empty", "prepared", "mine"];

function contents(folder: Folder): [name: string, content: string][] {
  return folder.names().map((name) => {
    return [name, FOLDERS.includes(name) ? "" : folder.bytes(name).toString("latin1")];
  });
}

/** Numbers around 0 and words: a flag that accepts all of these accepts anything. */
const WRONG = ["-0.5", "nonsense"];
/** Flags that take any text, so that no value is wrong by itself. */
const ANY = ["cache_dir", "field", "column", "label", "resume", "init_from", "out"];

describe("train refuses a wrong value of each of its flags:", () => {
  const flags = TRAIN.filter(([, , parse]) => parse !== undefined).map(([name]) => name.split(" ")[0] ?? "");

  test("the flags that take any text are listed", () => {
    expect(flags.filter((flag) => ANY.includes(flag)).sort()).toEqual([...ANY].sort());
  });

  test.concurrent.for(
    flags
      .filter((flag) => !ANY.includes(flag))
      .flatMap((flag) => (flag === "tokenizer" ? ["nonsense"] : WRONG).map((value) => [flag, value] as const)),
  )("--%s %s", async ([flag, value]) => {
    const message = new RegExp(`^microgpt: usage: expected --${flag} to be .*, got ${JSON.stringify(value)}; .`);
    await refused(folderWithNames(), `train names.txt --${flag}=${value}`, 2, message);
  });

  test.concurrent.for<[flags: string, code: Code, message: RegExp]>([
    ["--num_steps 10 --warmup_iters 10", 1, /warmup_iters below num_steps, 10, got 10; shorten it or train longer/],
    [
      "--num_steps 10 --learning_rate 0.001 --min_lr 0.01",
      1,
      /min_lr of at most learning_rate, 0.001, got 0.01; lower/,
    ],
    ["--vocab_size 300", 2, /--vocab_size with --tokenizer bpe only, got --tokenizer char; leave it out, or use bpe/],
    ["--tokenizer bpe --vocab_size 257", 2, /--vocab_size to be a whole number, 258 or more, got "257"/],
    ["--tokenizer missing.json", 1, /missing\.json: .*no such file or folder; check the path/],
    [
      "--val_fraction 0 --eval_interval 5",
      1,
      /validation data for eval_interval, got none held out; give --val_fraction/,
    ],
    ["--val_fraction 0 --patience 3", 1, /evaluations for patience, got --eval_interval 0; give --eval_interval, or/],
    ["--eval_interval 0 --patience 3", 1, /evaluations for patience, got --eval_interval 0; give --eval_interval, or/],
    [
      "--mode stream --block_size 8 --val_fraction 0.001",
      1,
      /running text for val, got too little; use more text, or a/,
    ],
    ["--init_from names.txt", 1, /checkpoint names\.txt: .*; the file is damaged or not a model/],
    ["--init_from missing", 1, /checkpoint missing: .*no such file or folder; check the path/],
  ])("%s", async ([words, code, message]) => {
    await refused(folderWithNames(), `train names.txt ${words}`, code, message);
  });
});

const utf16 = Buffer.from(`\ufeff${NAMES}`, "utf16le");
const latin1 = Buffer.concat([Buffer.from(`${NAMES}zoë\n`), Buffer.from("zo\xeb\n", "latin1"), Buffer.from(NAMES)]);

describe.each(["train", "prepare"])("%s refuses data:", (command) => {
  test.concurrent.for<
    [what: string, name: string, content: string | Uint8Array, flags: string, code: Code, message: RegExp]
  >([
    ["UTF-16", "data.txt", utf16, "", 1, /data data\.txt: expected UTF-8 text, got UTF-16.*; /],
    [
      "Latin-1 amid UTF-8",
      "data.txt",
      latin1,
      "",
      1,
      /data data\.txt: .*UTF-8 text, got byte 0xeb in line 14 .*; the rest is UTF-8: drop the damaged bytes, .* iconv -c/,
    ],
    [
      "a CSV without the column",
      "data.csv",
      "a,b\n1,2\n",
      "--column text",
      1,
      /data data\.csv: .*column.*text.*a.*b.*; /,
    ],
    ["a CSV of many columns", "data.csv", "a,b\n1,2\n", "", 1, /data data\.csv: .*column.*; /],
    [
      "a CSV with an open quote",
      "data.csv",
      'text\n"half\n',
      "",
      1,
      /data data\.csv:2: expected each quote to be closed, .*; close it/,
    ],
    [
      "a broken JSON line",
      "data.jsonl",
      '{"text":"ada"}\n\n{"text":\n',
      "",
      1,
      /data data\.jsonl:3: expected a JSON object on the line, .*; fix or remove the line/,
    ],
    [
      "a JSON line without the field",
      "data.jsonl",
      '{"text":"ada"}\n{"t":1}\n',
      "",
      1,
      /data data\.jsonl:2: expected the field "text", got only "t"; choose one with --field/,
    ],
    [
      "a JSON line of another kind",
      "data.jsonl",
      '{"text":"ada"}\n{"text":7}\n',
      "",
      1,
      /data data\.jsonl:2: expected a string in the field "text", got 7; fix or remove/,
    ],
    [
      "one line",
      "data.txt",
      "ada\n",
      "--mode documents",
      1,
      /data data\.txt: expected two different documents or more.*, got (1|one); use more/,
    ],
    [
      "equal lines",
      "data.txt",
      "ada\nada\nada\n",
      "--mode documents",
      1,
      /two different documents or more.*, got (only identical ones|one); use more/,
    ],
  ])("%s", async ([, name, content, flags, code, message]) => {
    const folder = new Folder();
    folder.write(name, content);
    const words = command === "train" ? `train ${name} ${TINY} --val_fraction 0.1` : `prepare ${name} --out new`;
    await refused(folder, `${words} ${flags}`, code, message);
  });
});

describe("train refuses a file that another process writes to", () => {
  test("meanwhile", async () => {
    const folder = new Folder();
    folder.write("data.txt", NAMES.repeat(400_000));
    const run = folder.start(`prepare data.txt --out new --json`);
    await run.says(/"type":"note"/);
    const growing = setInterval(() => appendFileSync(folder.at("data.txt"), "ada\n"), 5);
    const { code, stderr } = await run.ended.finally(() => clearInterval(growing));
    expect(stderr).toMatch(
      /^microgpt: data data\.txt: expected a file that does not change, got one that changed .*; wait until[^\n]*\n$/,
    );
    expect(code).toBe(1);
    expect(folder.names()).toEqual(["data.txt"]);
  });
});

describe("train refuses a run, a model or prepared data that does not fit:", () => {
  let folder: Folder;
  beforeAll(async () => {
    folder = folderWithNames();
    folder.write("other.txt", "emma\nolivia\nanna\n");
    folder.write("strange.txt", "emma\nzoë\nava\n");
    folder.write("prose.txt", `${"A sentence goes on, and on. ".repeat(40)}\n`);
    mkdirSync(folder.at("empty"));
    await folder.microgpt(`train names.txt ${TINY} --out model`);
    await folder.microgpt(`prepare prose.txt --out prepared --tokenizer bpe`);
    await folder.microgpt(`train prepared ${TINY} --out prose`);
    await folder.microgpt(`prepare prose.txt --out mine --tokenizer char`);
  }, 60_000);

  test.concurrent.for<[words: string, code: Code, message: RegExp]>([
    [
      "names.txt --resume model --num_steps 30 --n_layer 2",
      2,
      /the run's --n_layer 1 with --resume, got 2; leave it out, or train a new/,
    ],
    [
      "names.txt --resume model --num_steps 30 --batch_size 3",
      2,
      /the run's --batch_size \d+ with --resume, got 3; leave it out/,
    ],
    [
      "names.txt --resume model --num_steps 30 --dropout 0.5",
      2,
      /the run's --dropout 0 with --resume, got 0.5; leave it out/,
    ],
    [
      "names.txt --resume model --num_steps 30 --tokenizer bpe",
      2,
      /no --tokenizer with --resume, got --tokenizer bpe; leave/,
    ],
    [
      "names.txt --resume model --num_steps 30 --preset tiny",
      2,
      /no --preset with --resume, got --preset tiny; leave it out/,
    ],
    [
      "names.txt --resume model --num_steps 30 --val_fraction 0.2",
      2,
      /no --val_fraction with --resume, got --val_fraction 0.2;/,
    ],
    [
      "names.txt --resume model --init_from model",
      2,
      /no --init_from with --resume, got --init_from model; leave it out/,
    ],
    [
      "--resume model",
      1,
      /resume: expected steps left to do, got a run that has done 20 of 20; .* microgpt train --resume model --num_steps 40$/m,
    ],
    [
      "other.txt --resume model --num_steps 30",
      1,
      /the documents of the run, "names\.txt" \(12 documents, CRC \w+\), got "other\.txt" \(3 documents, CRC \w+\); resume with/,
    ],
    [
      "strange.txt --resume model --num_steps 30",
      1,
      /the documents of the run, .*, got "strange\.txt" \(3 documents, .*; resume with the same data/,
    ],
    [
      "names.txt --mode stream --resume model --num_steps 30",
      1,
      /the documents of the run, .*, got "names\.txt" \(running text, .*; resume with/,
    ],
    [
      "prepared --resume model --num_steps 30",
      1,
      /the documents of the run, .*, got "prepared" \(running text, .*; resume with/,
    ],
    ["mine --resume prose --num_steps 30", 1, /the text of the run, "prepared" .*, got "mine" .*; resume with/],
    ["strange.txt --init_from model", 1, /"z" \(U\+007A\); /],
    [
      "prepared --init_from model",
      1,
      /init_from: expected the tokenizer of the model, a character tokenizer of \d+ tokens, got a bpe tokenizer of \d+/,
    ],
    [
      "mine --init_from prose",
      1,
      /init_from: expected the tokenizer of the model, a bpe tokenizer of \d+ tokens, got a character tokenizer/,
    ],
    ["names.txt --init_from model --n_layer 2", 2, /the model's --n_layer 1 with --init_from, got 2; leave it out/],
    [
      "names.txt --init_from model --tokenizer bpe",
      2,
      /the model's character tokenizer with --init_from, got --tokenizer bpe; leave/,
    ],
    [
      "prepared --tokenizer char",
      2,
      /no --tokenizer with prepared data, got --tokenizer char; leave it out, or give it to microgpt prepare/,
    ],
    ["prepared --mode documents", 2, /no --mode with prepared data, got --mode documents; leave it out/],
    ["prepared --val_fraction 0.2", 2, /no --val_fraction with prepared data, got --val_fraction 0.2; leave it out/],
    ["empty", 1, /data empty: expected text files in the folder, got no file; name a folder/],
  ])("%s", async ([words, code, message]) => {
    // A name in use is refused to other processes, so each has a folder of its own.
    const own = new Folder();
    cpSync(folder.path, own.path, { recursive: true });
    await refused(own, `train ${words}`, code, message);
  });
});

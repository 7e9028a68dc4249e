import { checkFields, checkInteger, checkObject } from "../util/checks.ts";
import { mistake } from "../util/errors.ts";
import { checkValues, renamed } from "../util/setting.ts";
import { say, set } from "../util/words.ts";
import { type Architecture, type GPTConfig, headDim, kvHeads, MICROGPT, MODEL_SETTINGS } from "./config.ts";
import { countParams } from "./params.ts";

/** 2^28 weights, with their gradients and two moments each, fill the 4 GiB that WebAssembly can address. */
const MAX_PARAMS = 2 ** 28;

/**
 * The complete config, with each field in its range. Errors: a size that is not a positive whole number, heads that do
 * not divide nEmbd, more parameters than could be trained.
 */
export function checkConfig(given: GPTConfig): Architecture {
  return readConfig(given);
}

/** The same for a value that may be anything. */
export function readConfig(given: unknown): Architecture {
  const record = checkObject("config", "a config", given);
  const config = { ...MICROGPT, ...renamed("config", MODEL_SETTINGS, record) };
  checkFields("config", "the config", config, ["vocabSize", ...Object.keys(MODEL_SETTINGS)]);
  checkVocabulary(config);
  checkValues("config", MODEL_SETTINGS, config);
  checkHeads(config);
  const params = countParams(config);
  if (params > MAX_PARAMS) {
    const expected = `at most ${MAX_PARAMS.toLocaleString("en")} parameters`;
    const fix = say`lower ${set("nEmbd")}, ${set("nLayer")} or ${set("blockSize")}`;
    throw mistake("range", "config", expected, params.toLocaleString("en"), fix);
  }
  return config;
}

function checkVocabulary(config: object): asserts config is Pick<GPTConfig, "vocabSize"> {
  checkInteger("config", "vocabSize", new Map<string, unknown>(Object.entries(config)).get("vocabSize"), { min: 2 });
}

function checkHeads(config: Architecture): void {
  const { nEmbd, nHead, positions } = config;
  checkMultiple("nEmbd", nEmbd, "nHead", nHead);
  checkMultiple("nHead", nHead, "nKvHead", kvHeads(config));
  const D = headDim(config);
  if (positions === "rope" && D % 2 !== 0) {
    const fix = say`change ${set("nEmbd")} or ${set("nHead")}`;
    throw mistake("conflict", "config", "heads with an even number of channels for rope", `${D}`, fix);
  }
}

function checkMultiple(name: string, value: number, of: string, part: number): void {
  if (value % part === 0) return;
  const divisors = [...Array(Math.min(value, 1024)).keys()].map((i) => i + 1).filter((n) => value % n === 0);
  throw mistake(
    "conflict",
    "config",
    say`${set(name)} to be a multiple of ${set(of)}`,
    say`${set(name, value)} and ${set(of, part)}`,
    say`use ${divisors.slice(0, 8).join(", ")} for ${set(of)}, for instance`,
  );
}

/** Returns the length of a document if the context holds it. Errors: more tokens than blockSize. */
export function checkLength(length: number, { blockSize }: GPTConfig): number {
  if (length <= blockSize) return length;
  const expected = say`at most ${blockSize} tokens, the model's ${set("blockSize")}`;
  throw mistake("length", "gpt", expected, `${length}`, "cut the beginning off");
}

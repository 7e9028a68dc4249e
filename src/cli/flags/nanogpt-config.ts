/** nanoGPT's config files: Python that sets values for which there are flags here. */

import { existsSync, readFileSync, statSync } from "node:fs";
import type { Command } from "commander";
import { quote } from "../shell.ts";
import { understand } from "./understand.ts";
import { UsageError, usage } from "./usage.ts";

/** A larger file is not a config. */
const MOST_BYTES = 1e5;
/** Names that a nanoGPT config sets, and other Python rarely does. */
const TELLING =
  /^(out_dir|eval_interval|eval_iters|max_iters|batch_size|block_size|n_layer|n_embd|lr_decay_iters|init_from)$/;

/** Errors: the file is a nanoGPT config, with the equivalent command line. */
export function checkNoConfig(path: string, command: Command): void {
  const values = path.endsWith(".py") ? valuesIn(path) : [];
  const telling = values.filter(([name]) => TELLING.test(name));
  if (telling.length < 3) return;
  const dataset = values.find(([name]) => name === "dataset")?.[1] ?? "";
  const text = [`data/${dataset}/input.txt`, `${dataset}.txt`].find((name) => existsSync(name)) ?? "FILE";
  const words = values.flatMap(([name, value]) => flagFor(name, value, command)).map(quote);
  const line = ["microgpt", command.name(), text === "FILE" ? text : quote(text), ...words].join(" ");
  throw usage("text to train on", `a config of nanoGPT, ${JSON.stringify(path)}`, `type ${line}`);
}

/** Its names and values, as far as they are numbers, words and True or False. */
function valuesIn(path: string): readonly (readonly [name: string, value: string])[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() !== true || found.size > MOST_BYTES) return [];
  const lines = readFileSync(path, "utf8").split(/\r\n|[\r\n]/);
  return lines.flatMap((line) => {
    const [, name = "", quoted, bare] = /^(\w+)\s*=\s*(?:["']([^"']*)["']|([\w.+-]+))\s*(?:#.*)?$/.exec(line) ?? [];
    return name === "" ? [] : [[name, quoted ?? bare ?? ""] as const];
  });
}

/** A value as a flag of the command; empty if it has no such flag. */
function flagFor(name: string, value: string, command: Command): readonly string[] {
  try {
    const [flag] = understand([`--${name}=${value}`], command, []);
    const [, spelled = ""] = /^--(\w+)=/.exec(flag ?? "") ?? [];
    return command.options.some(({ long }) => long === `--${spelled}`) ? [`--${spelled}`, value] : [];
  } catch (error) {
    if (error instanceof UsageError) return [];
    throw error;
  }
}

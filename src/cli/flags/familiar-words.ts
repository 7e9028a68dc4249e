/** Answers words of other programs that are not a command or a file here with the line to type. */

import { existsSync } from "node:fs";
import type { Command } from "commander";
import { quote } from "../shell.ts";
import { checkNoConfig } from "./nanogpt-config.ts";
import { knows, understand } from "./understand.ts";
import { type UsageError, usage } from "./usage.ts";

/** Commands by the words of other programs. */
const COMMANDS: { readonly [word: string]: string } = {
  ...all("sample", "generate run infer inference predict complete continue write"),
  ...all("train", "fit learn start"),
  ...all("train FILE --init_from MODEL", "finetune fine-tune fine_tune"),
  ...all("train --resume MODEL", "resume"),
  ...all("eval FILE", "evaluate test validate perplexity score"),
  ...all("runs", "list ls history compare"),
  ...all("info", "inspect show describe"),
  ...all("tokenizer --text TEXT", "tokenize encode"),
  ...all("lab", "serve ui web gui play"),
  ...all("bench", "benchmark"),
  ...all("sweep FILE", "search grid"),
};

/** A command line with every word as microgpt knows it. Errors: an unknown word, with the line to type. */
export function understandAll(args: readonly string[], program: Command): string[] {
  const [first = "", ...rest] = args;
  if (first === "version") return ["--version"];
  const command = program.commands.find((one) => one.name() === first);
  if (command !== undefined) return [first, ...understand(rest, command, program.commands)];
  const isOfProgram = ["", "help", "-h", "--help", "-V", "--version"].includes(first);
  const line = isOfProgram ? undefined : first.startsWith("-") ? lineWith(args, program) : lineFor(first, rest);
  if (line === undefined) return [...args];
  throw usage("a command", JSON.stringify(first), `type ${line}`);
}

/** The command was omitted: sample if it has the flag, otherwise train, which needs no other flags to begin with. */
function lineWith(args: readonly string[], program: Command): string | undefined {
  const [, name = ""] = /^--(\w+)/.exec(args[0] ?? "") ?? [];
  const commands = ["sample", "train"].map((wanted) => program.commands.find((one) => one.name() === wanted));
  const command =
    commands.find((one) => one !== undefined && knows(one, name)) ?? program.commands.find((one) => knows(one, name));
  return command === undefined ? undefined : ["microgpt", command.name(), ...args.map(quote)].join(" ");
}

/** The line to type for a first word that is not a command. */
function lineFor(first: string, rest: readonly string[]): string | undefined {
  if (/^python3?$/.test(first)) return rest[0] === undefined ? undefined : lineFor(rest[0], rest.slice(1));
  const line = (...words: readonly string[]): string => ["microgpt", ...words.map(quote)].join(" ");
  // nanoGPT's train.py and sample.py.
  const script = /^(?:.*\/)?(train|sample|bench)\.py$/.exec(first)?.[1];
  if (script !== undefined && !existsSync(first)) return line(script, ...rest);
  if (Object.hasOwn(COMMANDS, first)) return lineOf(COMMANDS[first] ?? "", rest);
  if (/\s/.test(first)) return line("sample", "--start", first);
  const [, address] = /^(?:https?|ftp):.*?([^/?]*)(?:\?.*)?$/i.exec(first) ?? [];
  if (address !== undefined) return `curl -LO ${quote(first)}, and then ${line("train", address, ...rest)}`;
  if (first.endsWith(".safetensors")) return line("sample", first, ...rest);
  if (first.endsWith(".metrics.jsonl")) return line("runs", first, ...rest);
  const isText = existsSync(first) || /\.(?:txt|md|jsonl|ndjson|csv|tsv|json)$/i.test(first);
  return isText ? line("train", first, ...rest) : undefined;
}

/** A command with the words after it. They replace a word in capitals, or may be a prompt. */
function lineOf(command: string, rest: readonly string[]): string {
  const words = rest.map(quote).join(" ");
  if (/[A-Z]/.test(command)) return `microgpt ${words === "" ? command : command.replace(/[A-Z]+/, words)}`;
  const begins =
    command === "sample" && rest.length > 0 && !rest.some((word) => word.startsWith("-") || !isBeginning(word));
  return `microgpt ${command} ${begins ? `--start ${quote(rest.join(" "))}` : words}`.trimEnd();
}

/** True for a word that is not a file, and not spelled like one. */
function isBeginning(word: string): boolean {
  return (/\s/.test(word) || !/[./\\]/.test(word)) && !existsSync(word);
}

/** Checks the arguments of a command before it runs. Errors: text instead of a model, a nanoGPT config. */
export function checkArguments(command: Command): void {
  const { args } = command;
  const kind = command.registeredArguments[0]?.name();
  if (kind === "model" || kind === "file") checkModel(command.name(), args);
  else if (kind === "files") for (const path of args) checkNoConfig(path, command);
}

function checkModel(name: string, args: readonly string[]): void {
  const [word] = args;
  if (word === undefined || (args.length === 1 && !isBeginning(word))) return;
  if (name === "sample") throw noModel(args, `to begin with it, type microgpt sample --start ${quote(args.join(" "))}`);
  if (name === "tokenizer") throw noModel(args, `to split it, type microgpt tokenizer --text ${quote(args.join(" "))}`);
  if (name === "chat") throw noModel(args, "type microgpt chat, and then the text");
}

function noModel(args: readonly string[], fix: string): UsageError {
  return usage("a saved model", JSON.stringify(args.join(" ")), fix);
}

function all(command: string, words: string): Record<string, string> {
  return Object.fromEntries(words.split(" ").map((word) => [word, command]));
}

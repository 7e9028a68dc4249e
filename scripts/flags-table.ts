/**
 * Writes docs/flags.md, the table of all flags of all commands, from the command line itself: `npx tsx
 * scripts/flags-table.ts`. A test compares the file with this script's output.
 */

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { ALIASES } from "../src/cli/flags/familiar-flags.ts";
import { buildProgram } from "../src/cli/program.ts";

export const FLAGS_PAGE: string = fileURLToPath(new URL("../docs/flags.md", import.meta.url));

interface Flag {
  /** As typed: `--n_layer <n>`. */
  readonly spelled: string;
  readonly what: string;
  readonly fallback: string;
  readonly commands: string[];
}

export function flagsPage(): string {
  const { commands } = buildProgram();
  const listed = commands.map((command) => [code(usageOf(command)), escaped(command.description())]);
  const flags = flagsOf(commands).map(({ spelled, what, fallback, commands }) => [
    code(spelled),
    escaped(what),
    escaped(fallback),
    commands.join(", "),
  ]);
  return `# Commands and flags

Written by \`npx tsx scripts/flags-table.ts\` from the command line's own help. A flag may be spelled \`--n_layer 2\`,
\`--n-layer 2\` or \`--n_layer=2\`.

## Commands

${table(["command", "what it does"], listed)}

## Flags

A flag that differs from command to command has a row for each meaning. *Depends on the data* means that \`--preset auto\`
chooses the value and prints it before the first step; microgpt.py's presets are \`microgpt\` and \`microgpt-early\`. \`sweep\`
takes several values, separated by commas, for each flag that it shares with \`train\`. Every command has \`--help\`;
\`microgpt --version\` prints the version.

${table(["flag", "what it is", "default", "commands"], flags)}

## Other names

Flags of nanoGPT, PyTorch and Hugging Face are understood where they can only mean one thing; \`--device=cpu\`, \`--compile=False\`
and other flags that ask for what happens anyway are accepted, too. For a flag that microgpt lacks, the error says what to type instead.

${table(["flag", "also"], aliases())}
`;
}

/** Each flag with its other names. */
function aliases(): string[][] {
  const others = (flag: string): string[] => Object.keys(ALIASES).filter((alias) => ALIASES[alias] === flag);
  const flags = [...new Set(Object.values(ALIASES))];
  return flags.map((flag) => [
    code(`--${flag}`),
    others(flag)
      .map((alias) => code(`--${alias}`))
      .join(", "),
  ]);
}

/** Each flag once for each of its meanings, in the order of the commands' lists. */
function flagsOf(commands: readonly Command[]): Flag[] {
  const flags = new Map<string, Flag>();
  for (const command of commands) {
    for (const option of command.options) {
      const [, what = "", said = ""] = /^(.*?)(?: \(default: (.*)\))?$/s.exec(option.description) ?? [];
      const key = JSON.stringify([option.flags, option.description]);
      const fallback = option.defaultValue === undefined ? said : JSON.stringify(option.defaultValue);
      const flag = flags.get(key) ?? { spelled: option.flags, what, fallback, commands: [] };
      flag.commands.push(command.name());
      flags.set(key, flag);
    }
  }
  return [...flags.values()];
}

/** `microgpt sample [model]`. */
function usageOf(command: Command): string {
  const words = command.registeredArguments.map((argument) => {
    const name = argument.name() + (argument.variadic ? "..." : "");
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return ["microgpt", command.name(), ...words].join(" ");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}

/** Escaped for a cell of a Markdown table. */
function escaped(text: string): string {
  return text.replaceAll(/[|<>*]/g, "\\$&");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(FLAGS_PAGE, flagsPage());

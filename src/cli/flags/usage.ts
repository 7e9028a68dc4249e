/** Parses flags in either spelling and values with their ranges. Mistakes are UsageErrors. */

import { type Kind, MicrogptError, type Words } from "../../index.ts";
import { camelCase } from "../../util/case.ts";
import { checkValue } from "../../util/setting.ts";

/** A mistake in the command line itself, not in the files it names: exit code 2. */
export class UsageError extends MicrogptError {}

/**
 * Spells flags in nanoGPT's way: `--n-layer 2` and `--n-layer=2` become `--n_layer ...`. Words after `--` are
 * unchanged.
 */
export function normalizeFlags(args: readonly string[]): string[] {
  const end = args.indexOf("--");
  return args.map((arg, i) => {
    const [, name, rest = ""] = /^--([A-Za-z][\w-]*)(=.*)?$/s.exec(arg) ?? [];
    if (name === undefined || (end !== -1 && i > end)) return arg;
    return `--${name.replaceAll("-", "_")}${rest}`;
  });
}

/** A setting's kind, and what its values were called before. */
type Typable = Kind & { readonly formerly?: { readonly values: Readonly<Record<string, unknown>> } };

/** A parser for values of a kind; `fix` is advice for a word outside a short list. */
export function parserOf(kind: Typable, fix?: string): (flag: string) => (text: string) => unknown {
  return (flag) => (text) => {
    const former = new Map(Object.entries(kind.formerly?.values ?? {})).get(text);
    if (former !== undefined) return former;
    const value = kind.kind === "flag" ? yesOrNo(flag, text) : isNumber(kind) ? numberIn(text) : text;
    try {
      return checkValue("usage", flag, value, kind);
    } catch (error) {
      if (!(error instanceof MicrogptError)) throw error;
      const { complaint } = error;
      const field = camelCase(flag.replace(/^--|^\//, ""));
      throw new UsageError({
        ...complaint,
        code: "usage",
        got: JSON.stringify(text),
        fix: fix ?? complaint.fix,
        field,
      });
    }
  };
}

function isNumber({ kind }: Kind): boolean {
  return kind === "whole" || kind === "above" || kind === "from";
}

/** NaN for blank text, which `Number` reads as 0. */
function numberIn(text: string): number {
  return text.trim() === "" ? Number.NaN : Number(text);
}

/** Accepts Python's words too. */
function yesOrNo(flag: string, text: string): boolean {
  const word = text.toLowerCase();
  if (["yes", "true", "1"].includes(word)) return true;
  if (["no", "false", "0"].includes(word)) return false;
  throw usage(`${flag} to be yes or no`, JSON.stringify(text), "pick one of them");
}

/** Commander's message in our form: one line without a full stop. */
export function plainUsage(text: string): string {
  return text
    .trim()
    .replace(/^error: /, "")
    .replace(/\.$/, "")
    .replaceAll("\n", " ");
}

export function usage(expected: Words, got: string, fix: Words): UsageError {
  return new UsageError({ code: "usage", operation: "usage", expected, got, fix });
}

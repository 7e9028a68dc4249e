/**
 * Counts comment lines that must be read twice: `npx tsx scripts/voice.ts`. A line counts if it opens with a bare "What",
 * "Whether", "Where", "Who" or "How" used as a noun, or if it contains a phrase that reads like a translation. Prints
 * these lines and their share of all comment lines, and fails above 1 %.
 */

import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FOLDERS = ["src", "lab", "bench", "scripts", "test"];
const LIMIT = 0.01;

/** A question may open with these words; a noun phrase may not. */
const OPENING = /^(What|Whether|Where|Who|How)\b(?!.*\?)/;
const PHRASES =
  /\b(stands|lies|goes on|comes about|nobody|anew|so many|as it is|that there is|is told|is given|of which|by which|(has|have) (nothing |much )?to be)\b/i;

export interface Remark {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** The comment lines of a TypeScript or Svelte source, without their markers; comments behind code included. */
function commentLines(source: string): { line: number; text: string }[] {
  let open: string | undefined;
  return source.split("\n").flatMap((full, index) => {
    const inside = open !== undefined;
    const start = full.match(/^\s*(\/\*+|<!--|\/\/)/)?.[1];
    if (!inside && start !== undefined && start !== "//") open = start === "<!--" ? "-->" : "*/";
    if (open !== undefined && full.includes(open)) open = undefined;
    const behind = full.match(/[;,{}()[\]|] \/\/ (.*)$/)?.[1];
    if (!inside && start === undefined && behind === undefined) return [];
    const marked = behind !== undefined && !inside && start === undefined ? behind : full;
    const text = marked.replace(/^\s*(\/\*+|\*(?!\/)|<!--|\/\/)?\s*/, "").replace(/\s*(\*\/|-->)\s*$/, "");
    return text === "" ? [] : [{ line: index + 1, text }];
  });
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : sources(path);
    return [".ts", ".svelte"].includes(extname(path)) ? [path] : [];
  });
}

/** The number of comment lines, and those of them that must be read twice. */
export function readAloud(): { lines: number; remarks: readonly Remark[] } {
  let lines = 0;
  const remarks = FOLDERS.flatMap(sources).flatMap((path) => {
    const found = commentLines(readFileSync(join(ROOT, path), "utf8"));
    lines += found.length;
    return found.filter(({ text }) => OPENING.test(text) || PHRASES.test(text)).map((remark) => ({ path, ...remark }));
  });
  return { lines, remarks };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { lines, remarks } = readAloud();
  for (const { path, line, text } of remarks) console.log(`${path}:${line}: ${text}`);
  const share = remarks.length / lines;
  console.log(`${remarks.length} of ${lines} comment lines must be read twice: ${(100 * share).toFixed(2)} %`);
  process.exitCode = share > LIMIT ? 1 : 0;
}

/** The size of a page that imports something of the built library: `npx tsx scripts/size.ts` prints it in bytes. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";

/** Bytes with gzip. */
export interface Size {
  /** The page's own file and all that it imports: what it loads before it runs. */
  readonly atOnce: number;
  /** With the files that it loads when they are needed. */
  readonly total: number;
}

/** The size of a bundle of these exports of a file in dist/, minified. */
export async function bundledSize(names: string, file: string): Promise<Size> {
  const dist = fileURLToPath(new URL(`../dist/${file}`, import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "microgpt-size-"));
  try {
    const entry = join(folder, "page.js");
    writeFileSync(entry, `export { ${names} } from ${JSON.stringify(dist)};\n`);
    const lib = { entry, formats: ["es" as const] };
    // A library keeps its white space, so this is the page of an application.
    const built = await build({
      root: folder,
      configFile: false,
      logLevel: "error",
      build: { write: false, target: "esnext", lib, rolldownOptions: { output: { minify: true } } },
    });
    const files = [built].flat().flatMap((one) => ("output" in one ? one.output : []));
    const chunks = files.filter((one) => one.type === "chunk");
    return { atOnce: zipped(importedBy(chunks)), total: zipped(chunks) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The entry and all that it imports, directly or not. */
function importedBy(chunks: readonly Rolldown.OutputChunk[]): Rolldown.OutputChunk[] {
  const found = new Set(chunks.filter(({ isEntry }) => isEntry));
  // A set's iteration includes what is added meanwhile.
  for (const { imports } of found) for (const chunk of chunks) if (imports.includes(chunk.fileName)) found.add(chunk);
  return [...found];
}

/** Each file is compressed by itself, as servers do. */
function zipped(chunks: readonly Rolldown.OutputChunk[]): number {
  return chunks.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [names, file] of [
    ["GPT, train", "index.js"],
    ["Value", "value.js"],
  ] as const) {
    const { atOnce, total } = await bundledSize(names, file);
    console.log(`${names}: ${atOnce} at once, ${total} with what is loaded when needed`);
  }
}

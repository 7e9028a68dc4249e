/** The size of a page that imports something of the built library: `npx tsx scripts/size.ts` prints it in bytes. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

/** Bytes of a bundle of these exports of a file in dist/, minified and with gzip: each of its files by itself, as servers do. */
export async function bundledSize(names: string, file: string): Promise<number> {
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
    const code = files.flatMap((one) => (one.type === "chunk" ? [one.code] : []));
    return code.reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const names of ["GPT, train", "sample", "Random", "crc32"])
    console.log(`${names}: ${await bundledSize(names, "index.js")}`);
  console.log(`Value: ${await bundledSize("Value", "value.js")}`);
}

/** Folders with files in them, for the tests of reading. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";

export type Content = string | Uint8Array | readonly number[];

interface Folders {
  /** A path in the temporary folder. */
  readonly at: (name: string) => string;
  /** A fresh folder with files in it. */
  readonly folderOf: (files: Readonly<Record<string, Content>>) => string;
}

/** A temporary folder for the tests of one file, which is removed after them. */
export function temporaryFolders(): Folders {
  const root = mkdtempSync(join(tmpdir(), "microgpt-corpus-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  let folders = 0;
  const folderOf = (files: Readonly<Record<string, Content>>): string => {
    const folder = join(root, `folder ${folders++}`);
    mkdirSync(folder);
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), typeof content === "string" ? content : Uint8Array.from(content));
    }
    return folder;
  };
  return { at: (name) => join(root, name), folderOf };
}

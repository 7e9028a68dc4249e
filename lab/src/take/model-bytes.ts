import { MicrogptError } from "microgpt";

/** A larger file, its weights and the state of their training would fill a tab's memory. */
const MOST_MIB = 512;

/** Refuses a model file of more than 512 MiB. */
export function checkModelSize(bytes: number, name: string): void {
  if (bytes <= MOST_MIB * 2 ** 20) return;
  throw new MicrogptError({
    code: "too-large",
    operation: `checkpoint ${name}`,
    expected: `at most ${MOST_MIB} MiB`,
    got: `${Math.ceil(bytes / 2 ** 20)} MiB`,
    fix: "use it from the command line: npx microgpt sample",
  });
}

/** The bytes of a model file. Errors: one that is too large, which is not read; one that is gone. */
export async function readModel(file: Blob, name: string): Promise<Uint8Array> {
  checkModelSize(file.size, name);
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new MicrogptError({
      code: "data-changed",
      operation: `checkpoint ${name}`,
      expected: "to read the file",
      got: "it was moved or changed",
      fix: "choose it again",
    });
  }
}

import { readdir, stat } from "node:fs/promises";
import { MicrogptError } from "../index.ts";

const NAME = /^model(-\d+)?\.safetensors$/;

/** The model that is meant if nobody says: the newest of those in this folder. Errors: there is none. */
export async function newestModelPath(operation: string): Promise<string> {
  const names = (await readdir(".")).filter((name) => NAME.test(name));
  const dated = await Promise.all(names.map(async (name) => ({ name, time: (await stat(name)).mtimeMs })));
  const newest = dated.sort((x, y) => y.time - x.time)[0];
  if (newest !== undefined) return newest.name;
  throw new MicrogptError({
    operation,
    expected: "a model",
    got: "no model.safetensors in this folder",
    fix: "name a file, or train one: microgpt train",
  });
}

/** Prints the fingerprint of the engine that runs it: `node`, `bun` or `deno run` with this file, after `npm run build`. */
import * as library from "../../../dist/index.js";
import { fingerprint } from "./fingerprint.js";

console.log(JSON.stringify(await fingerprint(library), null, 2));

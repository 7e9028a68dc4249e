/** The program behind bin/microgpt.js: `microgpt` on the command line. */

import { main } from "./cli/main.ts";

process.exitCode = await main(process.argv.slice(2));

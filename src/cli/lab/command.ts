import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { MicrogptError } from "../../index.ts";
import { loadCheckpoint } from "../../node.ts";
import { Interrupt } from "../interrupt.ts";
import { type IO, memoryLimit } from "../io.ts";

/** The flags of `microgpt lab`. Undefined means not typed. */
export interface LabFlags {
  readonly host?: string;
  readonly port?: number;
  readonly no_open?: true;
}

/** Serves the lab and opens it in a browser, with a model if one is named, until Ctrl-C. */
export async function labCommand(model: string | undefined, flags: LabFlags, { terminal }: IO): Promise<void> {
  const folder = labFolder();
  if (model !== undefined) await loadCheckpoint(model, { memoryLimit: memoryLimit() });
  const stopped = new Promise<void>((stop) => void new Interrupt(stop));
  // Loaded only here, so that no other command waits for an HTTP server and its dependencies.
  const { LAB_PORT, serveLab } = await import("./server.ts");
  const { addresses, port, local, close } = await serveLab({ folder, model, host: flags.host, port: flags.port });
  const query = model === undefined ? "" : `?${new URLSearchParams({ model: basename(model) })}`;
  const [here = "", ...others] = addresses.map((address) => address + query);
  terminal.line(`lab: ${here}  (Ctrl-C ends it)`);
  for (const address of others) terminal.line(`     ${address}  from other machines`);
  if (flags.port === undefined && port !== LAB_PORT) {
    terminal.line(
      `note: port ${LAB_PORT} is in use; runs that a browser stored for the lab at that port are not visible at this one`,
    );
  }
  if (!local) {
    terminal.line(
      "note: browsers share memory between threads only on localhost or https: elsewhere the lab uses one thread",
    );
  }
  if (flags.no_open !== true) {
    const { openBrowser } = await import("./open-browser.ts");
    // Not awaited: Ctrl-C ends the lab whatever the browser is doing.
    void openBrowser(here).then((opened) => {
      if (!opened) terminal.line("note: no browser could be started; open the address in one");
    });
  }
  await stopped;
  close();
}

/** The folder that `npm run build` puts the lab in. Errors: there has been no build. */
function labFolder(): string {
  // Resolved by the package's name, so that it works wherever this file is bundled.
  const folder = join(createRequire(import.meta.url).resolve("microgpt/package.json"), "..", "dist", "lab");
  if (existsSync(join(folder, "index.html"))) return folder;
  throw new MicrogptError({
    code: "file-missing",
    operation: "lab",
    expected: `the built lab in ${folder}`,
    got: "none",
    fix: "build it: npm run build",
  });
}

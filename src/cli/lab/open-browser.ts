import { once } from "node:events";

/** In this time a launcher that finds no browser has ended. One that is still there has become the browser. */
const LAUNCH_MS = 3000;

/** Opens an address in the default browser. False where there is none, as in a container. */
export async function openBrowser(url: string): Promise<boolean> {
  const { default: open } = await import("open");
  try {
    const launcher = await open(url);
    if (launcher.exitCode === null) await once(launcher, "exit", { signal: AbortSignal.timeout(LAUNCH_MS) });
    return launcher.exitCode === 0;
  } catch (error) {
    return error instanceof Error && error.name === "AbortError";
  }
}

import { once } from "node:events";

/** A launcher that finds no browser ends within this time. One that is still running has become the browser. */
const LAUNCH_MS = 3000;

/** Opens an address in the default browser. Returns false if there is none, as in a container. */
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

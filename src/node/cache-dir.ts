import envPaths from "env-paths";

/** The folder for what can be made again: `$MICROGPT_CACHE_DIR`, or `microgpt` in the user's cache folder. */
export function defaultCacheDir(): string {
  return process.env.MICROGPT_CACHE_DIR || envPaths("microgpt", { suffix: "" }).cache;
}

import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { loadDataset } from "./datasets.ts";

const FILE = "makemore-names.txt";
const URL_OF_NAMES = "https://raw.githubusercontent.com/karpathy/makemore/988aa59/names.txt";

// Not ours to distribute: found beside the repository, if at all.
const original = fileURLToPath(new URL(`../../../shared/data/${FILE}`, import.meta.url));
const absent = !existsSync(original);
const withOriginal = (name: string): string => (absent ? `${name} (skipped because ${original} is not there)` : name);

let folder: string;
let fetchStub: ReturnType<typeof vi.fn<typeof fetch>>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "microgpt-datasets-"));
  fetchStub = vi.fn<typeof fetch>().mockRejectedValue(new TypeError("fetch failed"));
  vi.stubGlobal("fetch", fetchStub);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe("loadDataset ssa", () => {
  test("is the packaged 32,257 names, without network access", async () => {
    const { name, docs } = await loadDataset("ssa", { cacheDir: folder });
    expect({ name, numDocs: docs.length }).toEqual({ name: "ssa", numDocs: 32_257 });
    expect(new Set(docs.join(""))).toEqual(new Set("abcdefghijklmnopqrstuvwxyz"));
    expect(fetchStub).not.toHaveBeenCalled();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("loadDataset names", () => {
  test.skipIf(absent)(withOriginal("takes the file in the cache folder and asks no network"), async () => {
    cpSync(original, join(folder, FILE));
    const { name, docs } = await loadDataset("names", { cacheDir: folder });
    expect({ name, numDocs: docs.length, first: docs[0] }).toEqual({ name: "names", numDocs: 32_033, first: "emma" });
    expect(fetchStub).not.toHaveBeenCalled();
  });

  test.skipIf(absent)(withOriginal("takes the folder of MICROGPT_CACHE_DIR if none is given"), async () => {
    cpSync(original, join(folder, FILE));
    vi.stubEnv("MICROGPT_CACHE_DIR", folder);
    expect((await loadDataset("names")).docs).toHaveLength(32_033);
    expect(fetchStub).not.toHaveBeenCalled();
  });

  test.skipIf(absent)(withOriginal("downloads the file once, into a folder that it makes"), async () => {
    const cacheDir = join(folder, "deep", "cache");
    fetchStub.mockResolvedValueOnce(new Response(readFileSync(original)));
    for (let time = 1; time <= 2; time++) {
      expect((await loadDataset("names", { cacheDir })).docs).toHaveLength(32_033);
    }
    expect(fetchStub.mock.calls.map(([url]) => url)).toEqual([URL_OF_NAMES]);
    expect(readdirSync(cacheDir)).toEqual([FILE]);
    expect(readFileSync(join(cacheDir, FILE)).equals(readFileSync(original))).toBe(true);
  });

  test.skipIf(absent)(withOriginal("downloads a damaged file again"), async () => {
    writeFileSync(join(folder, FILE), readFileSync(original).subarray(1));
    fetchStub.mockResolvedValueOnce(new Response(readFileSync(original)));
    expect((await loadDataset("names", { cacheDir: folder })).docs).toHaveLength(32_033);
    expect(readFileSync(join(folder, FILE)).equals(readFileSync(original))).toBe(true);
  });

  test.skipIf(absent)(withOriginal("does without a cache where none can be written"), async () => {
    writeFileSync(join(folder, "file"), "in the way");
    fetchStub.mockResolvedValueOnce(new Response(readFileSync(original)));
    expect((await loadDataset("names", { cacheDir: join(folder, "file") })).docs).toHaveLength(32_033);
    expect(readFileSync(join(folder, "file"), "utf8")).toBe("in the way");
  });

  test("refuses a file that has changed at its source, and does not cache it", async () => {
    fetchStub.mockResolvedValueOnce(new Response("ada\nben\n"));
    await expect(loadDataset("names", { cacheDir: folder })).rejects.toThrow(
      /^data names: expected https:\S+ to have sha256 0a30b5557f19\w{52}, got \w{64}; .* put the original at \S+names\.txt, or/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  const offline = new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "ENOTFOUND" }) });
  test.each<[what: string, answer: () => Promise<Response>, got: RegExp]>([
    ["there is no network", () => Promise.reject(offline), /got ENOTFOUND \(no connection\?\)/],
    ["nobody answers in time", () => Promise.reject(new DOMException("", "TimeoutError")), /got no answer \(no connec/],
    ["the server refuses", () => Promise.resolve(new Response("", { status: 404 })), /got status 404/],
  ])("says in one line what to do if %s", async (_, answer, got) => {
    fetchStub.mockImplementationOnce(answer);
    const failure = expect(loadDataset("names", { cacheDir: folder })).rejects;
    await failure.toThrow(got);
    fetchStub.mockImplementationOnce(answer);
    await expect(loadDataset("names", { cacheDir: folder })).rejects.toThrow(
      `; connect to the network once, put the file at ${join(folder, FILE)}, or use the packaged names (data: "ssa")`,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test("reports a wrong file in the cache folder if it cannot download a better one", async () => {
    writeFileSync(join(folder, FILE), "ada\nben\n");
    await expect(loadDataset("names", { cacheDir: folder })).rejects.toThrow(
      `put the file at ${join(folder, FILE)} (the file there now is a different one), or use the packaged names`,
    );
    expect(readFileSync(join(folder, FILE), "utf8")).toBe("ada\nben\n");
  });
});

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const fixture = fileURLToPath(new URL("fixtures/team.ts", import.meta.url));

test.each([
  ["ended", ["dispose"]],
  ["left waiting", []],
])("threads that are %s do not keep a process alive", (_, args) => {
  const { status, stdout } = spawnSync(process.execPath, ["--import", "tsx", fixture, ...args], {
    encoding: "utf8",
    timeout: 60_000,
  });
  expect({ status, stdout }).toEqual({ status: 0, stdout: "10,11\n" });
});

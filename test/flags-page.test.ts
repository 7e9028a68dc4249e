import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FLAGS_PAGE, flagsPage } from "../scripts/flags-table.ts";
import { buildProgram } from "../src/cli/program.ts";

test("docs/flags.md matches the command line; if not: npx tsx scripts/flags-table.ts", () => {
  expect(readFileSync(FLAGS_PAGE, "utf8")).toBe(flagsPage());
});

test("it has every flag of every command", () => {
  const rows = flagsPage().split("\n");
  for (const command of buildProgram().commands) {
    for (const { long, flags } of command.options) {
      const names = rows.some(
        (row) => row.includes(`\`${flags.replaceAll("|", "\\|")}\``) && row.includes(command.name()),
      );
      expect([command.name(), long, names]).toEqual([command.name(), long, true]);
    }
  }
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { downloadName } from "./download-name.ts";

test.each([
  ["names", 1000, "microgpt-names-1000.safetensors"],
  ["my recipes.txt", 0, "microgpt-my-recipes-0.safetensors"],
  ["../../etc/passwd", 5, "microgpt-etc-passwd-5.safetensors"],
  ["C:\\aux", 5, "microgpt-C-aux-5.safetensors"],
  ["Märchen & Sagen", 12, "microgpt-Märchen-Sagen-12.safetensors"],
  ["", 3, "microgpt-3.safetensors"],
  ["…", 3, "microgpt-3.safetensors"],
  [`${"long".repeat(9)}cut here`, 3, `microgpt-${"long".repeat(9)}cut-3.safetensors`],
])("of %j after %d steps is %s", (data, step, name) => {
  expect(downloadName(data, step, "safetensors")).toBe(name);
});

test("holds no characters that a file system rejects, and is never too long", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (data) => {
      const name = downloadName(data, 7, "html");
      expect(name).toMatch(/^microgpt(-[\p{L}\p{N}\p{M}]+)*-7\.html$/u);
      expect(Buffer.byteLength(name)).toBeLessThan(255);
    }),
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { camelCase, snakeCase } from "./case.ts";

test.each([
  ["nLayer", "n_layer"],
  ["numSteps", "num_steps"],
  ["maxNewTokens", "max_new_tokens"],
  ["seed", "seed"],
  ["beta1", "beta1"],
])("%s is %s on disk and in flags", (camel, snake) => {
  expect(snakeCase(camel)).toBe(snake);
  expect(camelCase(snake)).toBe(camel);
});

test("every name in code survives the way to disk and back", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z][a-zA-Z0-9]*$/), (name) => {
      expect(snakeCase(name)).toBe(snakeCase(name).toLowerCase());
      expect(camelCase(snakeCase(name))).toBe(name);
    }),
  );
});

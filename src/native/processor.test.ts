import { cpus } from "node:os";
import { expect, test } from "vitest";
import { processorIdentity } from "./processor.ts";

const x86 = (flags = "fpu sse avx2", clock = "2300.000", count = 2): string =>
  Array.from(
    { length: count },
    (_, i) =>
      `processor\t: ${i}\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon\ncpu MHz\t\t: ${clock}\nflags\t\t: ${flags}\n\n`,
  ).join("");

test("the identity of a processor is the same at another clock rate and with other counts of cores", () => {
  const identity = processorIdentity(x86());
  expect(identity).toContain("avx2");
  expect(processorIdentity(x86(undefined, "800.1"))).toBe(identity);
  expect(processorIdentity(x86(undefined, undefined, 64))).toBe(identity);
});

test("a list that was cut makes no difference", () => {
  const text = x86(undefined, undefined, 8);
  const identity = processorIdentity(text);
  for (let end = text.length / 2; end < text.length; end++)
    expect(processorIdentity(text.slice(0, end))).toBe(identity);
});

test("other instructions are another identity", () => {
  expect(processorIdentity(x86("fpu sse avx2 avx512f"))).not.toBe(processorIdentity(x86()));
});

test("all kinds of core count", () => {
  const core = (part: string): string => `processor\t: 0\nFeatures\t: fp asimd\nCPU part\t: ${part}\n\n`;
  expect(processorIdentity(core("0xd03") + core("0xd09"))).not.toBe(processorIdentity(core("0xd03")));
});

test("without /proc/cpuinfo the model has to do", () => {
  expect(processorIdentity("")).toBe([process.platform, process.arch, cpus()[0]?.model].join("\n"));
});

test("this processor's is always the same", () => {
  expect(processorIdentity()).toBe(processorIdentity());
});

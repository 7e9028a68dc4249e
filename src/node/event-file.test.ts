/**
 * Event files read by independent code: protobufjs with TensorFlow's published schema, and a CRC-32C written in Rust.
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32c } from "@node-rs/crc32";
import fc from "fast-check";
import protobuf from "protobufjs";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { EventFile } from "./event-file.ts";
import { MetricsFile } from "./metrics-file.ts";
import { readMetrics } from "./read-metrics.ts";

/** The parts of tensorflow/core/util/event.proto and framework/summary.proto needed for scalars. */
const SCHEMA = `
  syntax = "proto3";
  message Event {
    double wall_time = 1;
    int64 step = 2;
    oneof what { string file_version = 3; bytes graph_def = 4; Summary summary = 5; SessionLog session_log = 7; }
  }
  message Summary {
    message Value { string tag = 1; float simple_value = 2; }
    repeated Value value = 1;
  }
  message SessionLog {
    enum SessionStatus { STATUS_UNSPECIFIED = 0; START = 1; STOP = 2; CHECKPOINT = 3; }
    SessionStatus status = 1;
  }`;
const Event = protobuf.parse(SCHEMA, { keepCase: true }).root.lookupType("Event");

const root = mkdtempSync(join(tmpdir(), "microgpt-events-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(root, "run-")), "events");
});

/** TensorFlow's masked checksum, computed in bigints. */
function maskedChecksum(part: Buffer): number {
  const crc = BigInt(crc32c(part));
  return Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn);
}

/** The events of a file as plain objects. Errors: a wrong checksum, trailing bytes. */
function eventsOf(path: string): Record<string, unknown>[] {
  const bytes = readFileSync(path);
  const events: Record<string, unknown>[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.readUInt32LE(at + 8)).toBe(maskedChecksum(bytes.subarray(at, at + 8)));
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(maskedChecksum(data));
    events.push(Event.toObject(Event.decode(data), { longs: Number, enums: String, arrays: true, defaults: true }));
    at += length + 16;
  }
  return events;
}

const files = (): string[] =>
  readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
const never = (error: Error): void => expect.unreachable(error.message);

describe("an event file", () => {
  test("begins with its version, and has the name TensorBoard looks for", () => {
    const before = Date.now() / 1000;
    EventFile.create(folder, 0, never).close();
    const [path = ""] = files();
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^events\.out\.tfevents\.\d{10}\./)]);
    const [event, ...others] = eventsOf(path);
    expect(event).toEqual({ wall_time: expect.any(Number), step: 0, file_version: "brain.Event:2" });
    expect(event?.wall_time).toBeGreaterThanOrEqual(before - 0.001);
    expect(others).toEqual([]);
  });

  test("reads back as written: any tags, numbers and steps", () => {
    const number = fc.float({ noDefaultInfinity: true }).map((x) => x + 0);
    const values = fc.dictionary(fc.string({ unit: "grapheme", minLength: 1 }), number, { noNullPrototype: true });
    const entry = fc.tuple(fc.nat(2 ** 40), values, fc.nat(4e12));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
        rmSync(folder, { recursive: true, force: true });
        const events = EventFile.create(folder, 0, never);
        for (const [step, numbers, time] of entries) events.scalars(step, numbers, time);
        events.close();
        const [, ...read] = eventsOf(files()[0] ?? "");
        expect(read).toEqual(
          entries.map(([step, numbers, time]) => {
            const value = Object.entries(numbers).map(([tag, simple_value]) => ({ tag, simple_value }));
            return { wall_time: time / 1000, step, summary: { value } };
          }),
        );
      }),
      { numRuns: 100 },
    );
  });

  test("of a resumed run is a new file, which takes back the later steps", async () => {
    EventFile.create(folder, 0, never).close();
    await new Promise((resolve) => setTimeout(resolve, 2));
    EventFile.create(folder, 70_000, never).close();
    const [first = "", second = ""] = files();
    expect(eventsOf(first)).toHaveLength(1);
    expect(eventsOf(second).slice(1)).toEqual([
      { wall_time: expect.any(Number), step: 70_001, session_log: { status: "START" } },
    ]);
  });

  test("has the same numbers as the metrics file beside it", async () => {
    const path = join(root, "model.metrics.jsonl");
    const run = { data: "names.txt", numParams: 1, config: {}, settings: { numSteps: 9 } };
    const metrics = await MetricsFile.open(path, run, { logInterval: 2, tensorboard: folder });
    for (let step = 1; step <= 9; step++) {
      const valLoss = step === 6 ? { valLoss: 2.5 } : {};
      metrics.step({ step, loss: 3 / step, gradNorm: 1 / step, learningRate: 0.1 / step, tokens: 7, ...valLoss });
    }
    metrics.end("done");
    const { steps } = await readMetrics(path);
    const [, ...events] = eventsOf(files()[0] ?? "");
    expect(steps).toHaveLength(5);
    expect(events).toEqual(
      steps.map((line) => {
        const values = {
          "loss/train": line.loss,
          ...(line.valLoss === undefined ? {} : { "loss/val": line.valLoss }),
          learning_rate: line.learningRate,
          grad_norm: line.gradNorm,
          tokens_per_second: line.tokensPerSecond,
        };
        const value = Object.entries(values).map(([tag, x]) => ({ tag, simple_value: Math.fround(x) }));
        return { wall_time: expect.any(Number), step: line.step, summary: { value } };
      }),
    );
  });

  test("that cannot be written is reported", () => {
    const events = EventFile.create(folder, 0, never);
    events.close();
    expect(existsSync(folder)).toBe(true);
    expect(() => EventFile.create(join(files()[0] ?? "", "beneath"), 0, never)).toThrow(
      /expected to make the folder, got a path/,
    );
  });
});

/** Models that another program has loaded and saved. */

import { describe, expect, test } from "vitest";
import { mapParams, namedParams } from "../model/params.ts";
import { encodeFloat16 } from "../util/float16.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import type { Checkpoint } from "./run.ts";
import { dataStartOf, decodeSafetensors, encodeSafetensors, type NamedTensor } from "./safetensors.ts";
import { startRun } from "./start.ts";

const run = startRun(
  { name: "names", docs: ["ab", "ba", "abba"] },
  { model: { nEmbd: 3, nHead: 1, blockSize: 3 }, training: { numSteps: 7 }, engine: "scalar" },
);

function contents({ model, tokenizer, mode, progress }: Checkpoint): unknown {
  const { random, ...rest } = progress ?? {};
  return { state: model.state(), tokenizer: tokenizer.toJSON(), mode, random: random?.getState(), ...rest };
}

describe("files of other programs", () => {
  /** The file with its numbers as float32 and without a checksum, as a converter would write it. */
  const halved = (checkpoint: Checkpoint): Uint8Array => {
    const { tensors, metadata } = decodeSafetensors("read", encodeCheckpoint(checkpoint));
    const { checksum: _, ...rest } = Object.fromEntries(metadata);
    const narrow = [...tensors.values()].map((tensor) => ({ ...tensor, data: Float32Array.from(tensor.data) }));
    return encodeSafetensors(narrow, rest);
  };

  test("may have the weights and the moments in float32", () => {
    for (const checkpoint of [run, { model: run.model, tokenizer: run.tokenizer }]) {
      const loaded = decodeCheckpoint("x", halved(checkpoint));
      const rounded = mapParams(run.model.state().weights, (data) => Float32Array.from(data));
      expect(loaded.model.engine).toBe("wasm");
      expect(loaded.model.state().weights).toEqual(rounded);
      const { weights } = decodeCheckpoint("x", halved(checkpoint), { engine: "scalar" }).model.state();
      expect(weights).toEqual(mapParams(rounded, (data) => Float64Array.from(data)));
      expect(loaded.progress === undefined).toBe(!("progress" in checkpoint));
    }
  });

  type Tensors = readonly NamedTensor[];
  /** The model as saved by a program that knows the format but not our checksum. */
  const saved = (extra: Record<string, string> = {}, arrange = (tensors: Tensors): Tensors => tensors): Uint8Array => {
    const { tensors, metadata } = decodeSafetensors("read", encodeCheckpoint(run));
    const { checksum: _, ...rest } = Object.fromEntries(metadata);
    return encodeSafetensors(arrange([...tensors.values()]), { ...rest, ...extra });
  };
  /** The file with its header changed by `change`. */
  const rewritten = (file: Uint8Array, change: (json: string) => string): Uint8Array => {
    const start = dataStartOf("read", file, file.length);
    const json = new TextEncoder().encode(change(new TextDecoder().decode(file.subarray(8, start)).trimEnd()));
    const bytes = new Uint8Array(8 + json.length + file.length - start);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
    bytes.set(json, 8);
    bytes.set(file.subarray(start), 8 + json.length);
    return bytes;
  };

  // Changes that a program with a safetensors library may make when it saves a model.
  describe("row 23: a model saved by another program loads, or the error says what that program did", () => {
    test.each<[what: string, file: Uint8Array]>([
      ["without the checksum", saved()],
      ["with its tensors in another order", saved({}, (tensors) => [...tensors].reverse())],
      ["with the checksum, which is of other bytes, further back", saved({ checksum: "01234567" })],
      ["with comments of its own", saved({ "modelspec.title": "my model", author: "me" })],
      ["with a format of its own", saved({ format: "pt" })],
      ["with the metadata last", rewritten(saved(), metadataLast)],
      ["with a header filled up with NULs", rewritten(saved(), (json) => `${json}\0\0\0`)],
    ])("%s", (_, file) => {
      expect(contents(decodeCheckpoint("x", file))).toEqual(contents(decodeCheckpoint("x", encodeCheckpoint(run))));
    });

    const half: Readonly<Record<string, (data: NamedTensor["data"]) => Uint16Array>> = {
      F16: (data) => encodeFloat16(Float32Array.from(data)),
      BF16: (data) => Uint16Array.from(new Uint32Array(Float32Array.from(data).buffer), (bits) => bits >>> 16),
    };

    test.each(Object.entries(half))("with its numbers as %s, which become float32", (dtype, halve) => {
      const { tensors, metadata } = decodeSafetensors(
        "read",
        encodeCheckpoint({ model: run.model, tokenizer: run.tokenizer }),
      );
      const { checksum: _, ...rest } = Object.fromEntries(metadata);
      const header: Record<string, unknown> = { __metadata__: rest };
      const data: Uint8Array[] = [];
      let end = 0;
      for (const { name, shape, data: numbers } of tensors.values()) {
        const bytes = new Uint8Array(halve(numbers).buffer);
        header[name] = { dtype, shape, data_offsets: [end, end + bytes.length] };
        data.push(bytes);
        end += bytes.length;
      }
      const json = new TextEncoder().encode(JSON.stringify(header));
      const length = new Uint8Array(BigUint64Array.of(BigInt(json.length)).buffer);
      const { model } = decodeCheckpoint("x", Buffer.concat([length, json, ...data]));
      expect(model.engine).toBe("wasm");
      for (const [name, weights] of namedParams(model.state().weights)) {
        const before = tensors.get(name)?.data ?? [];
        for (const [i, x] of weights.entries()) expect(Math.abs(x - (before[i] ?? 0))).toBeLessThanOrEqual(2 ** -7);
      }
    });

    test.each<[what: string, file: Uint8Array, complaint: RegExp]>([
      ["whose copy was cut short", encodeCheckpoint(run).subarray(0, -8), /got only \d+; the copy is incomplete/],
      [
        "that something was appended to",
        Buffer.concat([encodeCheckpoint(run), new Uint8Array(8)]),
        /; something was app/,
      ],
      [
        "with a tensor more",
        saved({}, (tensors) => [...tensors, { name: "bias", shape: [1], data: Float32Array.of(0) }]),
        /another, "bias"; another program added it: save the file without it$/,
      ],
      [
        "with integers for numbers",
        rewritten(saved(), (json) => json.replace('"dtype":"F64"', '"dtype":"I64"')),
        /got dtype "I64"; convert the numbers to F32$/,
      ],
    ])("%s", (_, file, complaint) => {
      expect(() => decodeCheckpoint("x", file)).toThrow(complaint);
    });
  });
});

function metadataLast(json: string): string {
  const { __metadata__, ...tensors } = JSON.parse(json) as Record<string, unknown>;
  return JSON.stringify({ ...tensors, __metadata__ });
}

/** A folder written by nanoGPT's data/shakespeare_char/prepare.py, as input of microgpt. */

import { mkdirSync } from "node:fs";
import { expect, test } from "vitest";
import { Folder } from "../support/cli.ts";

/** pickle.dumps of CPython 3.12: vocab_size, itos and stoi of "\n abé😀". */
const META =
  "gASVagAAAAAAAAB9lCiMCnZvY2FiX3NpemWUSwaMBGl0b3OUfZQoSwCMAQqUSwGMASCUSwKMAWGUSwOMAWKUSwSMAsOplEsFjATwn5iAlHWMBHN0b2mUfZQoaARLAGgFSwFoBksCaAdLA2gISwRoCUsFdXUu";

test("row 34: train, --resume and sample with nanoGPT's train.bin, val.bin and meta.pkl; the alternative without meta.pkl", async () => {
  const folder = new Folder();
  mkdirSync(folder.at("N"));
  const tokens = Uint16Array.from({ length: 3000 }, (_, i) => i % 6);
  folder.write("N/train.bin", new Uint8Array(tokens.buffer));
  folder.write("N/val.bin", new Uint8Array(tokens.buffer, 0, 600));
  folder.write("N/meta.pkl", Buffer.from(META, "base64"));
  const flags = "--preset tiny --num_steps 30 --num_samples 1 --out m.safetensors --quiet";
  expect(await folder.microgpt(`train N ${flags}`)).toMatchObject({ code: 0, stderr: "" });
  expect(await folder.microgpt("train --resume m.safetensors --num_steps 40 --num_samples 0 --quiet")).toMatchObject({
    code: 0,
    stderr: "",
  });
  expect(await folder.microgpt("sample m.safetensors --num_samples 1")).toMatchObject({ code: 0, stderr: "" });

  mkdirSync(folder.at("W"));
  for (const name of ["train.bin", "val.bin"]) folder.write(`W/${name}`, folder.bytes(`N/${name}`));
  const { code, stderr } = await folder.microgpt(`train W ${flags}`);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/^microgpt: data W: [^\n]+ microgpt prepare FILES --out FOLDER [^\n]+\n$/),
  });
});

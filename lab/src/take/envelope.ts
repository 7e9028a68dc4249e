/**
 * Bytes as the text of a link, and back, trusting nothing: a version byte, a byte that says if the rest is compressed,
 * the bytes, and a CRC-32 over all of it, in base64url.
 */

import { crc32, MicrogptError } from "microgpt";
import { fromBase64Url, toBase64Url } from "./base64.ts";

const VERSION = 1;
const PLAIN = 0;
const DEFLATED = 1;
/** Version and kind before the bytes, the CRC after them. */
const HEAD = 2;
const CRC = 4;

/** Longest link in characters: our own limit, so that it can still be passed on. */
export const MAX_LINK = 65_536;
/** Most bytes in a link before compression. A link of 64 KB could expand to 48 MB. */
const MAX_BYTES = 2 ** 20;

/** The bytes as text, compressed if the platform can and it makes them shorter. Errors: too many bytes for a link. */
export async function seal(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const stream = deflater();
  const deflated = stream && (await collect(bytes, stream, bytes.length));
  const [kind, body] = deflated === undefined ? [PLAIN, bytes] : [DEFLATED, deflated];
  const sealed = new Uint8Array(HEAD + body.length + CRC);
  sealed.set([VERSION, kind]);
  sealed.set(body, HEAD);
  const end = HEAD + body.length;
  new DataView(sealed.buffer).setUint32(end, crc32(sealed.subarray(0, end)));
  const text = toBase64Url(sealed);
  if (text.length <= MAX_LINK) return text;
  throw refusal(
    `at most ${MAX_LINK} characters`,
    `${text.length}`,
    "share the settings without the model, or the file",
  );
}

/** The inverse of `seal`. Errors: anything else. */
export async function open(text: string): Promise<Uint8Array<ArrayBuffer>> {
  if (text.length > MAX_LINK) throw refusal(`at most ${MAX_LINK} characters`, `${text.length}`, FOREIGN);
  if (!/^[\w-]+$/.test(text)) {
    throw refusal("only letters, digits, - and _", text === "" ? "none" : "something else", COPY);
  }
  const sealed = fromBase64Url(text) ?? new Uint8Array();
  const version = sealed[0] ?? VERSION;
  if (version > VERSION) {
    throw refusal(
      `version ${VERSION}`,
      `version ${version}, made by a newer lab`,
      "open it in that lab, or copy it again",
    );
  }
  const end = sealed.length - CRC;
  const isWhole = end >= HEAD && new DataView(sealed.buffer).getUint32(end) === crc32(sealed.subarray(0, end));
  if (!isWhole) throw refusal("a whole link", "one that was cut or changed", COPY);
  const kind = sealed[1];
  if (version !== VERSION || (kind !== PLAIN && kind !== DEFLATED)) {
    throw refusal(`version ${VERSION}, plain or deflated`, `version ${version}, kind ${kind}`, FOREIGN);
  }
  const body = sealed.slice(HEAD, end);
  return kind === PLAIN ? body : await inflate(body);
}

async function inflate(body: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = inflater();
  if (stream === undefined) {
    throw refusal("a browser with DecompressionStream, which this link needs", "none", "open it in a newer browser");
  }
  const bytes = await collect(body, stream, MAX_BYTES).catch(() => {
    throw refusal("a body that deflate made", "something else", FOREIGN);
  });
  if (bytes === undefined) throw refusal(`at most ${MAX_BYTES} bytes in a link`, "more", FOREIGN);
  return bytes;
}

/** The output of the stream for these bytes; undefined as soon as it exceeds `limit`. */
async function collect(
  bytes: Uint8Array<ArrayBuffer>,
  through: CompressionStream | DecompressionStream,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const reader = new Blob([bytes]).stream().pipeThrough(through).getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length;
    if (length > limit) {
      await reader.cancel();
      return undefined;
    }
    parts.push(part.value);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Undefined if there is none, or none for this format. */
function deflater(): CompressionStream | undefined {
  try {
    return new CompressionStream("deflate-raw");
  } catch {
    return undefined;
  }
}

function inflater(): DecompressionStream | undefined {
  try {
    return new DecompressionStream("deflate-raw");
  } catch {
    return undefined;
  }
}

const COPY = "copy it again, from its first character to its last";
export const FOREIGN = "it was not made by this lab: make it there again";

export function refusal(expected: string, got: string, fix: string): MicrogptError {
  return new MicrogptError({ code: "file-damaged", operation: "link", expected, got, fix });
}

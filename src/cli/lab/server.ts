/**
 * Serves the lab over HTTP: the files of one folder, and one model. Nothing else on this machine can be reached through
 * it.
 */

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { pipeline } from "node:stream/promises";
import sirv from "sirv";
import { MicrogptError } from "../../index.ts";
import { openFile } from "../../node.ts";
import { internalError } from "../../util/errors.ts";

/** The default port. */
export const LAB_PORT = 8017;
/** Number of ports to try. */
const ATTEMPTS = 100;

/** The path of the model for the page. */
const MODEL_PATH = "/model.safetensors";

/** The page's permissions: compile WebAssembly, start workers, and connect only to this server. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval' blob:",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self' blob: data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join("; ");

const HEADERS = new Map([
  ["Content-Security-Policy", POLICY],
  // The next two headers let the page share memory between threads.
  ["Cross-Origin-Opener-Policy", "same-origin"],
  ["Cross-Origin-Embedder-Policy", "require-corp"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
  ["Referrer-Policy", "no-referrer"],
  ["X-Content-Type-Options", "nosniff"],
]);

export interface LabSettings {
  /** The built lab: index.html, and assets/, whose names change with their content. */
  readonly folder: string;
  /** Served at /model.safetensors, in its state at the time of each request. */
  readonly model: string | undefined;
  /** Default: 127.0.0.1, for this machine only. */
  readonly host: string | undefined;
  /** 0 for any free port. Default: LAB_PORT or the next free one. */
  readonly port: number | undefined;
}

export interface LabServer {
  /** The first is for a browser on this machine. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** True if no other machine can reach it. */
  readonly local: boolean;
  /** Ends it at once, even in the middle of a response. */
  readonly close: () => void;
}

/** Errors: a port that is taken, or a host that is not this machine. */
export async function serveLab({ folder, model, host = "127.0.0.1", port }: LabSettings): Promise<LabServer> {
  const server = createServer();
  const bound = await listen(server, host, port);
  const local = isLoopback(bound.address);
  const files = sirv(folder, {
    // Looks up each file at each request, because the folder may be rebuilt meanwhile.
    dev: true,
    etag: true,
    setHeaders: (response, path) => {
      if (path.startsWith("/assets/")) response.setHeader("Cache-Control", "public, max-age=31536000, immutable");
    },
  });
  server.on("request", (request, response) => {
    response.setHeaders(HEADERS);
    if (local && !isOwnName(request.headers.host, host)) {
      // Otherwise a page of another site, whose name resolves to this machine, could read the model.
      refuse(response, 403, "this lab answers to localhost only; see microgpt lab --help for --host");
    } else if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      refuse(response, 405, "only GET and HEAD");
    } else if (model !== undefined && request.url?.split("?")[0] === MODEL_PATH) {
      sendModel(model, request, response).catch(() => response.destroy());
    } else {
      // Ranges of these files are never needed, and sirv throws at a range that ends before it begins.
      request.headers.range = undefined;
      files(request, response, () => refuse(response, 404, "not found"));
    }
  });
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { addresses: addressesOf(host, bound), port: bound.port, local, close };
}

interface Bound {
  readonly address: string;
  readonly port: number;
}

async function listen(server: Server, host: string, port: number | undefined): Promise<Bound> {
  const first = port ?? LAB_PORT;
  const last = port ?? LAB_PORT + ATTEMPTS - 1;
  for (let tried = first; ; tried++) {
    try {
      server.listen(tried, host);
      await once(server, "listening");
      const bound = server.address();
      if (bound === null || typeof bound === "string") throw internalError("a server without a port");
      return bound;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
      if (code === undefined) throw error;
      if (code !== "EADDRINUSE" || tried === last) throw notServed(code, host, first, last);
    }
  }
}

function notServed(code: string, host: string, first: number, last: number): MicrogptError {
  const ports = first === last ? `port ${first}` : `one of the ports ${first} to ${last}`;
  const operation = `lab on ${host}`;
  if (code === "EADDRINUSE") {
    return new MicrogptError({
      code: "network",
      operation,
      expected: `${ports} to be free`,
      got: "in use",
      fix: "choose another --port",
    });
  }
  if (code === "EACCES") {
    const fix = "choose a --port of 1024 or more";
    return new MicrogptError({
      code: "network",
      operation,
      expected: `${ports} to be open to this user`,
      got: code,
      fix,
    });
  }
  const fix = "leave out --host, or give --host 0.0.0.0 for every address of this machine";
  return new MicrogptError({
    code: "network",
    operation,
    expected: "--host to be an address of this machine",
    got: code,
    fix,
  });
}

function addressesOf(host: string, { address, port }: Bound): string[] {
  const everywhere = address === "0.0.0.0" || address === "::";
  const hosts = everywhere ? ["localhost", ...networkAddresses()] : [host === "127.0.0.1" ? "localhost" : host];
  return hosts.map((name) => `http://${isIPv6(name) ? `[${name}]` : name}:${port}/`);
}

function networkAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.filter(({ internal, family }) => !internal && family === "IPv4").map(({ address }) => address);
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

/** True if a Host header names this machine, with any port, since a tunnel may begin at another. */
function isOwnName(header: string | undefined, host: string): boolean {
  const name = header?.replace(/:\d+$/, "").toLowerCase() ?? "";
  return name === host.toLowerCase() || name === "[::1]" || /^(.+\.)?localhost$|^127(\.\d{1,3}){3}$/.test(name);
}

/** Sends the current file from a single open handle: a training run may replace it at any time. */
async function sendModel(path: string, { method }: IncomingMessage, response: ServerResponse): Promise<void> {
  const file = await openFile("model", path).catch(() => undefined);
  if (file === undefined) return refuse(response, 404, "the model is gone");
  try {
    const { size } = await file.stat();
    response.writeHead(200, {
      "Content-Type": "application/octet-stream",
      "Content-Length": size,
      "Cache-Control": "no-store",
    });
    if (method === "HEAD" || size === 0) response.end();
    else await pipeline(file.createReadStream({ end: size - 1 }), response);
  } finally {
    await file.close();
  }
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" });
  response.end(`${why}\n`);
}

/** Serves the fingerprint's page to any browser, which sends back its result. */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = fileURLToPath(new URL("../../../dist/", import.meta.url));

export interface Served {
  readonly address: string;
  /** The page's result, or its error as text. */
  readonly result: Promise<unknown>;
  close(): void;
}

export async function serveFingerprint(): Promise<Served> {
  let resolve: (found: unknown) => void = () => {};
  const result = new Promise<unknown>((found) => {
    resolve = found;
  });
  const server = createServer(async (request, response) => {
    if (request.url === "/result") {
      let body = "";
      for await (const piece of request.setEncoding("utf8")) body += piece;
      response.end();
      resolve(JSON.parse(body));
      return;
    }
    const built = /^\/dist\/([\w.-]+\.js)$/.exec(request.url ?? "")?.[1];
    const file =
      built === undefined ? here + (request.url === "/fingerprint.js" ? "fingerprint.js" : "page.html") : dist + built;
    response.setHeader("Content-Type", file.endsWith(".js") ? "text/javascript" : "text/html");
    response.end(await readFile(file));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    address,
    result,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

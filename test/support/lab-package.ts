/** `microgpt lab` as a process, in a copy of the package with a small page instead of the lab. */

import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { Folder, folderWithNames, type Running, type RunSettings } from "./cli.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

export const PAGE = `<!doctype html><title>stand-in</title><link rel="icon" href="./icon.svg">
<script type="module" src="./assets/main-0a1b2c3d.js"></script>
`;

/** Trains with the library built by `npm run build`, on two threads. */
const SCRIPT = `
import { startRun, train } from "./library/index.js";
globalThis.learn = async (documents, numSteps) => {
  const losses = [];
  const run = startRun(documents, { threads: 2, training: { numSteps } });
  for await (const { loss } of train(run)) losses.push(loss);
  return { losses, isolated: crossOriginIsolated };
};
`;

/** The location of a served lab. */
export interface Served {
  readonly lab: Running;
  readonly address: string;
  readonly port: number;
}

const running = new Set<Running>();
afterAll(() => {
  for (const lab of running) lab.kill("SIGKILL");
});

/** A built package as npm would install it, and a working folder. Its servers end with the file's tests. */
export class LabPackage {
  readonly place: Folder = new Folder();
  readonly folder: Folder = folderWithNames();

  constructor() {
    for (const name of ["package.json", "bin"]) cpSync(join(root, name), this.place.at(name), { recursive: true });
    copyBuilt(this.place.at("dist"));
    symlinkSync(join(root, "node_modules"), this.place.at("node_modules"), "junction");
  }

  /** Puts the page in place of the lab, and next to it a file that must not be served. */
  addPage(): this {
    mkdirSync(this.place.at("dist/lab/assets"), { recursive: true });
    copyBuilt(this.place.at("dist/lab/assets/library"));
    this.place.write("dist/lab/index.html", PAGE);
    this.place.write("dist/lab/icon.svg", "<svg/>");
    this.place.write("dist/lab/assets/main-0a1b2c3d.js", SCRIPT);
    // Its name begins with the folder's.
    this.place.write("dist/lab-secret.txt", '"name": "secret"');
    return this;
  }

  start(words: readonly string[], settings?: RunSettings): Running {
    const args = [this.place.at("bin/microgpt.js"), "lab", ...words];
    const lab = this.folder.startProgram(process.execPath, args, settings);
    running.add(lab);
    return lab;
  }

  /** Serves on any free port. */
  async serve(...words: string[]): Promise<Served> {
    const lab = this.start(["--port", "0", "--no_open", ...words]);
    const [, address = "", port] = await lab.says(/^lab: (http:\/\/[^/]+:(\d+)\/\S*) {2}\(Ctrl-C ends it\)$/m);
    return { lab, address, port: Number(port) };
  }
}

function copyBuilt(to: string): void {
  const dist = join(root, "dist");
  cpSync(dist, to, { recursive: true, filter: (path) => path !== join(dist, "lab") });
}

export interface RequestSettings {
  readonly method?: string;
  readonly host?: string;
  /** Header lines, with their line ends. */
  readonly head?: string;
}

/** Requests a path without normalizing it, and returns the raw response. */
export function ask(port: number, path: string, settings: RequestSettings = {}): Promise<string> {
  const { method = "GET", host = "localhost", head = "" } = settings;
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${head}\r\n`);
    });
    socket.setEncoding("utf8").on("data", (piece: string) => {
      answer += piece;
    });
    socket.on("error", reject).on("close", () => resolve(answer));
  });
}

/** Several processes of the command line, started by Open MPI's mpirun, on this machine or on two imitated ones. */

import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { openKoffi } from "../../src/native/koffi.ts";
import { CLI, type Folder, type Outcome, type Running } from "./cli.ts";

/** The reason why no processes can be started here; undefined if they can. */
export const lacking: string | undefined = (() => {
  if (spawnSync("mpirun", ["--version"]).status !== 0) return "there is no Open MPI: apt install openmpi-bin";
  try {
    openKoffi();
    return undefined;
  } catch {
    return "there is no koffi: npm install koffi";
  }
})();

/** The name of tests, with the reason if they are skipped. */
export function joining(name: string, reason: string | undefined = lacking): string {
  return reason === undefined ? name : `${name} (skipped because ${reason})`;
}

const ROOT = ["--allow-run-as-root", "--oversubscribe"];

export interface Job {
  readonly ended: Promise<Outcome>;
  /** The process of each rank. */
  readonly ranks: () => ReadonlyMap<number, number>;
  readonly running: Running;
}

/** Starts microgpt on `count` ranks. `words` may name the rank's number as `RANK`. */
export function startJob(folder: Folder, count: number, words: string): Job {
  const command = words.includes("RANK")
    ? ["sh", "-c", `exec "${process.execPath}" "${CLI}" ${words.replaceAll("RANK", "$OMPI_COMM_WORLD_RANK")}`]
    : [process.execPath, CLI, ...words.split(" ")];
  const running = folder.startProgram("mpirun", [...ROOT, "-n", `${count}`, ...command]);
  return jobOf(running, folder);
}

export function runJob(folder: Folder, count: number, words: string): Promise<Outcome> {
  return startJob(folder, count, words).ended;
}

function jobOf(running: Running, folder: Folder): Job {
  return { running, ended: running.ended, ranks: () => ranksIn(folder.path) };
}

/** The processes of ranks that run in a folder, by rank. */
export function ranksIn(folder: string): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const pid of processes()) {
    const { command, env, cwd } = look(pid);
    const rank = /(?:^|\0)OMPI_COMM_WORLD_RANK=(\d+)/.exec(env)?.[1];
    if (rank !== undefined && command.includes(CLI) && cwd === folder) found.set(Number(rank), pid);
  }
  return found;
}

/** Every process that has to do with a job in that folder, its launchers included. */
export function allOf(folder: string): number[] {
  return processes().filter((pid) => {
    const { command, env, cwd } = look(pid);
    const isPart =
      /\b(mpirun|orted)\b/.test(command) || (env.includes("OMPI_COMM_WORLD_RANK=") && command.includes(CLI));
    return isPart && (cwd === folder || env.includes(`HOME=${folder}\0`));
  });
}

function processes(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function look(pid: number): { readonly command: string; readonly env: string; readonly cwd: string } {
  try {
    const read = (name: string): string => readFileSync(`/proc/${pid}/${name}`, "utf8");
    return { command: read("cmdline"), env: read("environ"), cwd: readlinkSync(`/proc/${pid}/cwd`) };
  } catch {
    // It has ended.
    return { command: "", env: "", cwd: "" };
  }
}

/** True if a namespace with a cable and a name of its own can be made: containers often forbid that. */
function mayAddHosts(): boolean {
  const name = `microgpt-${process.pid}-probe`;
  const commands = [
    ["ip", "netns", "add", name],
    ["ip", "-n", name, "link", "add", "cable", "type", "veth", "peer", "name", "other"],
    ["ip", "netns", "exec", name, "unshare", "--uts", "hostname", "probe"],
  ];
  const works = commands.every(([program = "", ...args]) => spawnSync(program, args).status === 0);
  spawnSync("ip", ["netns", "del", name]);
  return works;
}

/** The reason why two hosts cannot be imitated here. */
export const lackingHosts: string | undefined =
  lacking ??
  (process.getuid?.() !== 0
    ? "network namespaces take root"
    : spawnSync("ip", ["netns", "list"]).status !== 0
      ? "there is no ip: apt install iproute2"
      : mayAddHosts()
        ? undefined
        : "this system adds no network namespaces");

/** Two hosts with a cable between them: network namespaces of this machine, each with a name and an address. */
export class TwoHosts {
  readonly #names = ["a", "b"].map((letter) => `microgpt-${process.pid}-${letter}`);
  readonly #addresses = ["10.77.0.1", "10.77.0.2"];

  constructor() {
    const [a = "", b = ""] = this.#names;
    for (const name of this.#names) {
      ip("netns", "add", name);
      ip("-n", name, "link", "set", "lo", "up");
    }
    ip("-n", a, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", b);
    for (const [i, name] of this.#names.entries()) {
      ip("-n", name, "addr", "add", `${this.#addresses[i]}/24`, "dev", "cable");
      ip("-n", name, "link", "set", "cable", "up");
    }
  }

  /** Starts microgpt on both, one rank each. */
  start(folder: Folder, words: string): Job {
    // Instead of ssh: runs a command on the other host.
    const [a, b] = this.#names;
    const agent = folder.at("agent.sh");
    const on = (name: string | undefined, host: string, command: string): string =>
      `exec ip netns exec ${name} unshare --uts sh -c "hostname ${host}; ${command}"`;
    writeFileSync(agent, `#!/bin/sh\nshift\n${on(b, "host-b", "$*")}\n`);
    chmodSync(agent, 0o700);
    const net = `${this.#addresses[0]}/24`;
    const options = [
      ...["--allow-run-as-root", "-n", "2", "--host", this.#addresses.map((address) => `${address}:1`).join(",")],
      ...["--mca", "plm_rsh_agent", agent, "--mca", "btl", "tcp,self"],
      ...["--mca", "btl_tcp_if_include", net, "--mca", "oob_tcp_if_include", net],
    ];
    const command = `exec mpirun ${options.join(" ")} ${process.execPath} ${CLI} ${words}`;
    const running = folder.startProgram("sh", ["-c", on(a, "host-a", command)]);
    return jobOf(running, folder);
  }

  /** Pulls the cable out. */
  cut(): void {
    ip("-n", this.#names[0] ?? "", "link", "set", "cable", "down");
  }

  remove(): void {
    for (const name of this.#names) ip("netns", "del", name);
  }
}

function ip(...args: readonly string[]): void {
  execFileSync("ip", args);
}

import { getHeapStatistics } from "node:v8";
import { Terminal } from "./terminal/terminal.ts";
import { JsonReport } from "./train/json-report.ts";
import type { Report } from "./train/report.ts";
import { TextReport } from "./train/text-report.ts";

/** Flags that every command has. */
export interface OutputFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** A command's output channels. */
export interface IO {
  readonly terminal: Terminal;
  readonly report: Report;
  readonly env: NodeJS.ProcessEnv;
}

/** @param logInterval as in TextReport */
export function openIO({ json = false, quiet = false }: OutputFlags, logInterval?: number): IO {
  const terminal = new Terminal(process.stdout, process.env);
  const report = json ? new JsonReport(terminal, quiet) : new TextReport(terminal, quiet, logInterval);
  return { terminal, report, env: process.env };
}

/** The command to call this program: npm and npx know it, the shell perhaps not. */
export function commandName(env: NodeJS.ProcessEnv): string {
  return env.npm_execpath === undefined ? "microgpt" : "npx microgpt";
}

/** Memory limit for a model in bytes: most of what V8 allows this process. */
export function memoryLimit(): number {
  return 0.8 * getHeapStatistics().heap_size_limit;
}

import { cpus, totalmem } from "node:os";

/** One line that names the machine of a measurement. */
export function machineLine(): string {
  const [cpu] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const { node, v8 } = process.versions;
  return `${cpu?.model.trim() ?? "unknown CPU"}, ${cpus().length} cores, ${memory}; Node ${node}, V8 ${v8}, ${process.platform} ${process.arch}`;
}

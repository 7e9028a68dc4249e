import { type MicrogptError, mistake } from "../util/errors.ts";

export const OPERATION = "distributed training";

/** The error of a machine or a process that lacks what several processes take. */
export function lackOf(what: "mpi" | "mpirun"): MicrogptError {
  const lack = (expected: string, got: string, fix: string): MicrogptError =>
    mistake("ranks", OPERATION, expected, got, fix);
  return what === "mpi"
    ? lack("Open MPI", "none", "apt install openmpi-bin (macOS: brew install open-mpi)")
    : lack("processes that mpirun started", "one that it did not", "put mpirun -n 2 before the command");
}

/**
 * Open MPI in this process (https://www.open-mpi.org), by the few of its functions that sums take. Its handles are addresses
 * of variables; other implementations have other ones.
 */

import type { Ranks } from "../model/ranks.ts";
import { type Koffi, openKoffi } from "../native/koffi.ts";
import { type CFunction, Library } from "../native/library.ts";
import { internalError, type MicrogptError, mistake } from "../util/errors.ts";
import { lackOf, OPERATION } from "./lack.ts";

const FILES = process.platform === "darwin" ? ["libmpi.40.dylib", "libmpi.dylib"] : ["libmpi.so.40"];

/** MPI_IN_PLACE: the result replaces the operand. */
const IN_PLACE = 1n;
/** MPI_THREAD_FUNNELED: one thread calls MPI. */
const FUNNELED = 1;

type Allreduce = CFunction<"int", readonly ["pointer", "pointer", "int", "pointer", "pointer", "pointer"]>;

export class OpenMpi implements Ranks {
  readonly rank: number;
  readonly count: number;
  readonly #library: Library;
  readonly #allreduce: Allreduce;
  readonly #floats: bigint;
  readonly #doubles: bigint;
  readonly #sum: bigint;
  readonly #world: bigint;

  /** Joins the processes that `mpirun` started. Errors: no koffi, no Open MPI, a process that `mpirun` did not start. */
  constructor(env: NodeJS.ProcessEnv = process.env) {
    const started = env.OMPI_COMM_WORLD_SIZE;
    const library = loaded(openKoffi(undefined, OPERATION));
    if (started === undefined) throw lackOf("mpirun");
    // A waiting rank yields its core to the threads of the others on the same host.
    env.OMPI_MCA_mpi_yield_when_idle ??= "1";
    const number = new Int32Array(1);
    const read = (name: "MPI_Comm_rank" | "MPI_Comm_size"): number => {
      check(name, library.func(name, "int", ["pointer", "pointer"])(this.#world, number));
      return number[0] ?? 0;
    };
    this.#library = library;
    this.#allreduce = library.func("MPI_Allreduce", "int", [
      ...(["pointer", "pointer", "int", "pointer", "pointer", "pointer"] as const),
    ]);
    [this.#floats, this.#doubles] = [library.symbol("ompi_mpi_float"), library.symbol("ompi_mpi_double")];
    [this.#sum, this.#world] = [library.symbol("ompi_mpi_op_sum"), library.symbol("ompi_mpi_comm_world")];
    const init = library.func("MPI_Init_thread", "int", ["pointer", "pointer", "int", "pointer"]);
    check("MPI_Init_thread", init(null, null, FUNNELED, number));
    [this.rank, this.count] = [read("MPI_Comm_rank"), read("MPI_Comm_size")];
  }

  sum(...arrays: readonly (Float32Array | Float64Array)[]): void {
    for (const numbers of arrays) {
      const type = numbers instanceof Float32Array ? this.#floats : this.#doubles;
      check("MPI_Allreduce", this.#allreduce(IN_PLACE, numbers, numbers.length, type, this.#sum, this.#world));
    }
  }

  /** Leaves the others, when all of them do. */
  end(): void {
    check("MPI_Finalize", this.#library.func("MPI_Finalize", "int", [])());
  }
}

function loaded(koffi: Koffi): Library {
  let reason: MicrogptError | undefined;
  for (const file of FILES) {
    try {
      const library = new Library(koffi, koffi.load(file, { global: true }), true);
      library.symbol("ompi_mpi_comm_world");
      return library;
    } catch (error) {
      reason ??= mistake("ranks", OPERATION, "Open MPI", said(error), lackOf("mpi").complaint.fix);
    }
  }
  throw reason ?? lackOf("mpi");
}

function said(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.includes("No such file") ? "none" : message;
}

/** Errors never come back unless a program asks for them: Open MPI ends the process. */
function check(name: string, result: unknown): void {
  if (result !== 0) throw internalError(`${name} gave ${result}`);
}

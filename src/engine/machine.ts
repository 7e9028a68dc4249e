import type { Backend, VisibleBackend } from "../backend/backend.ts";
import type { Queue } from "./step-programs.ts";

/** A backend and the limits of its machine. */
export interface Machine {
  readonly backend: Backend;
  /** Runs the model token by token, which must answer at once. */
  readonly sampler: VisibleBackend;
  /** Threads that can share a program. */
  readonly threads: number;
  /** Errors: programs of more bytes than it can hold. */
  checkBytes(bytes: number): void;
  /** Required if the backend answers late, its memory out of the host's sight. */
  readonly queue?: Queue;
}

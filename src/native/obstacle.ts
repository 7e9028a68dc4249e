import { codeOf } from "../node/file-errors.ts";
import type { MicrogptError } from "../util/errors.ts";

interface Details {
  /** The error for the user, if another folder brings the same end. */
  readonly mistake?: MicrogptError | undefined;
  /** A shared object that was compiled but did not load. */
  readonly object?: Uint8Array | undefined;
}

/** The reason why nothing can be compiled in a folder or loaded from it. There may be another folder that can. */
export class Obstacle extends Error {
  override readonly name = "Obstacle";
  readonly mistake: MicrogptError | undefined;
  readonly object: Uint8Array | undefined;

  constructor(message: string, { mistake, object }: Details = {}) {
    super(message);
    this.mistake = mistake;
    this.object = object;
  }
}

/** An Obstacle, or the system's error as one. Throws any other error. */
export function obstacleOf(error: unknown): Obstacle {
  if (error instanceof Obstacle) return error;
  if (error instanceof Error && codeOf(error) !== undefined) return new Obstacle(error.message);
  throw error;
}

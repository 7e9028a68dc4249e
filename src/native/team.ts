/** The threads of a device, which c/team.ts runs. */

import { mistake } from "../util/errors.ts";
import { say, set } from "../util/words.ts";
import type { Arena } from "./arena.ts";
import type { CFunction, Library } from "./library.ts";

type Start = CFunction<"pointer", readonly ["int"]>;
type End = CFunction<"void", readonly ["pointer"]>;
type Run = CFunction<"void", readonly ["pointer", "pointer", "pointer", "pointer", "int64", "int64", "int"]>;

/** Ends the threads of a device that was dropped without `rest`. */
const dropped = new FinalizationRegistry<Threads>((threads) => threads.end());

/** Threads that are running; nothing here refers to a device, so that one that is dropped is garbage. */
class Threads {
  readonly #end: End;
  #team: bigint | undefined;

  constructor(team: bigint, end: End) {
    this.#team = team;
    this.#end = end;
  }

  get team(): bigint | undefined {
    return this.#team;
  }

  end(): void {
    if (this.#team !== undefined) this.#end(this.#team);
    this.#team = undefined;
  }
}

export class NativeTeam {
  readonly threads: number;
  readonly #arena: Arena;
  readonly #base: number;
  /** An object is unloaded when nothing refers to it. */
  readonly #programs: readonly { readonly address: number; readonly object: Library }[];
  readonly #start: Start;
  readonly #end: End;
  readonly #run: Run;
  readonly #alone: Threads;
  #together: Threads | undefined;
  #disposed = false;

  /** Runs the first \`count\` programs of `own`. */
  constructor(support: Library, own: Library, count: number, arena: Arena, threads: number) {
    this.threads = threads;
    this.#arena = arena;
    const programAt = own.func("program_at", "pointer", ["int"]);
    this.#programs = Array.from({ length: count }, (_, i) => ({ address: Number(programAt(i)), object: own }));
    this.#base = support.addressOf(arena.memory);
    this.#start = support.func("team_start", "pointer", ["int"]);
    this.#end = support.func("team_end", "void", ["pointer"]);
    this.#run = support.func("team_run", "void", ["pointer", "pointer", "pointer", "pointer", "int64", "int64", "int"]);
    this.#alone = this.#begin(1);
  }

  /** True from `wake` to `rest`. */
  get working(): boolean {
    return this.#together !== undefined;
  }

  /** Errors: threads that do not start. */
  wake(): void {
    if (this.threads > 1 && !this.#disposed) this.#together ??= this.#begin(this.threads);
  }

  rest(): void {
    this.#together?.end();
    this.#together = undefined;
  }

  /** Runs a program on the first `threads` threads. */
  run(program: number, rows: number, threads: number): void {
    const { at, scratch, scratchEach } = this.#arena;
    const { team = 0n } = (threads > 1 && this.#together) || this.#alone;
    this.#run(
      team,
      this.#programs[program]?.address ?? 0,
      this.#base + at,
      this.#base + scratch,
      scratchEach,
      rows,
      this.working ? threads : 1,
    );
  }

  dispose(): void {
    this.#disposed = true;
    this.rest();
  }

  #begin(threads: number): Threads {
    const team = this.#start(threads);
    if (team === 0n || team === null) {
      const [expected, got] = [`${threads} threads`, "a system that does not start them"];
      throw mistake("threads", "engine", expected, got, say`run again with ${set("threads", 1)}`);
    }
    const running = new Threads(team, this.#end);
    dropped.register(this, running);
    return running;
  }
}

/**
 * A barrier for the threads of a team between kernels, as a WebAssembly function on words of shared memory.
 *
 * It spins before it parks. A kernel of a small model takes a few microseconds, and so does waking a parked thread, so
 * a barrier that parked at once would cost as much as the second thread saves. A thread that still waits after some
 * tens of microseconds yields its core.
 */

import { FunctionBuilder, type ModuleBuilder } from "../asm/assembler.ts";
import { type Code, doWhile, get, i32, type Local, set, tee, unreachable, when, whileDo } from "../asm/instructions.ts";

/**
 * The control block of a team: the meaning of its words. Words that different threads write while others spin on them
 * are 64 bytes apart, on cache lines of their own.
 */
export const CONTROL = {
  /** Number of threads at the barrier. */
  arrivals: 0,
  /** Changes when all have arrived; waiting threads watch it. */
  generation: 16,
  /** Number of threads parked at the barrier. */
  parked: 17,
  /** Nonzero once a thread has failed: 1 with its text below, 2 after a timeout. All threads then trap. */
  failure: 32,
  /**
   * Nonzero if every thread may park. The main thread of a page may not, and cannot be distinguished from the others
   * here.
   */
  mayPark: 33,
  /**
   * Changes when there is a step to run, with its number of rows and its program. Modulo MOST_THREADS it is the number of
   * threads that take part, in the same word so that one that does not may be steps behind.
   */
  step: 48,
  rows: 49,
  program: 51,
  /** Number of threads parked until the next step, or more: it must never be fewer. */
  idle: 50,
  /** Changes when the workers must end. A worker that finds another number here than its own touches nothing more. */
  team: 52,
  /** Set by the one thread that may write the text of a failure, in UTF-8. */
  claim: 64,
  length: 65,
  text: 66,
} as const;

export const TEXT_BYTES = 200;

/** Teams have fewer threads. A power of two. */
export const MOST_THREADS = 128;

/** Size of a control block; its address must be a multiple of 64. */
export const CONTROL_BYTES = 512;

/** The way a thread waits at a barrier. */
export interface Waiting {
  /** Number of checks before it parks. */
  readonly spins: number;
  /** Time after which missing threads count as dead, so that it traps. */
  readonly seconds: number;
}

/** Spins for about 40 microseconds. Threads report failures; only a killed one is silent. */
const WAITING: Waiting = { spins: 20_000, seconds: 10 };

/**
 * The seconds are split into several parks: a process that was stopped (ctrl-Z) for long has spent only one of them.
 */
const PARKS = 5;

/** Approximate; threads that may not park have no other clock. */
const SPINS_PER_SECOND = 5e8;

/**
 * Adds the function `barrier(threads: i32)`, in which each of `threads` threads waits for all others, and returns its
 * index. Everything written before it is visible to all after it. It traps if a thread has failed.
 */
export function addBarrier(module: ModuleBuilder, controlAddress: number, waiting: Waiting = WAITING): number {
  const { spins, seconds } = waiting;
  const word = (name: keyof typeof CONTROL): Code => i32.const(controlAddress + 4 * CONTROL[name]);
  const load = (name: keyof typeof CONTROL): Code => i32.atomicLoad(word(name));
  const fn = new FunctionBuilder();
  const threads = fn.param();
  const [generation, looks, rounds, ignored] = [fn.local("i32"), fn.local("i32"), fn.local("i32"), fn.local("i32")];

  const count = (name: keyof typeof CONTROL, by: number): Code =>
    set(ignored, i32.atomicAdd(word(name), i32.const(by)));
  const increment = (local: Local): Code => tee(local, i32.add(get(local), i32.const(1)));
  const closed = i32.eq(load("generation"), get(generation));
  const trapOnFailure = when(load("failure"), unreachable);

  // If no thread is parked, none needs waking: a thread about to park will see that the generation is over.
  const release = [
    i32.atomicStore(word("generation"), i32.add(get(generation), i32.const(1))),
    when(load("parked"), i32.atomicNotify(word("generation"))),
  ];
  const lookAgain = i32.and(closed, i32.ltS(increment(looks), i32.const(spins)));
  const spin = [set(looks, i32.const(0)), doWhile([], lookAgain)];
  const park = [
    count("parked", 1),
    set(ignored, i32.atomicWaitFor(word("generation"), get(generation), (seconds / PARKS) * 1e9)),
    count("parked", -1),
  ];
  const patience = i32.select(i32.const(PARKS), i32.const((seconds * SPINS_PER_SECOND) / spins), load("mayPark"));
  const giveUp = [i32.atomicStore(word("failure"), i32.const(2)), release];
  const waitOn = [
    when(load("mayPark"), park, spin),
    when(i32.and(i32.geS(increment(rounds), patience), closed), giveUp),
  ];

  fn.emit(
    when(i32.gtS(get(threads), i32.const(1)), [
      set(generation, load("generation")),
      // A failure changes the generation once it is written, so one of these two checks, before and after, sees it.
      trapOnFailure,
      when(
        i32.eq(i32.add(i32.atomicAdd(word("arrivals"), i32.const(1)), i32.const(1)), get(threads)),
        [i32.atomicStore(word("arrivals"), i32.const(0)), release],
        [spin, whileDo(closed, waitOn)],
      ),
      trapOnFailure,
    ]),
  );
  return module.add(fn);
}

import { afterEach, describe, expect, test } from "vitest";
import { MicrogptError } from "../../../util/errors.ts";
import { FunctionBuilder, ModuleBuilder } from "../asm/assembler.ts";
import { type Code, call, doWhile, forRange, get, i32, type Local, unreachable, when } from "../asm/instructions.ts";
import { addBarrier, CONTROL, CONTROL_BYTES, type Waiting } from "./barrier.ts";
import { Team } from "./team.ts";

const CONTROL_ADDRESS = 64;
const SLOTS = CONTROL_ADDRESS + CONTROL_BYTES;

interface Parts {
  readonly fn: FunctionBuilder;
  readonly thread: Local;
  readonly threads: Local;
  readonly rows: Local;
  readonly barrier: Code;
}

const teams: Team[] = [];
afterEach(() => {
  for (const team of teams.splice(0)) team.dispose();
});

interface Started {
  readonly team: Team;
  readonly slots: Int32Array;
  readonly control: Int32Array;
}

async function start(threads: number, write: (parts: Parts) => Code, waiting?: Waiting): Promise<Started> {
  const module = new ModuleBuilder({ pages: 1, shared: true });
  const barrier = addBarrier(module, CONTROL_ADDRESS, waiting);
  const fn = new FunctionBuilder();
  const [thread, size, rows] = [fn.param(), fn.param(), fn.param()];
  fn.emit(write({ fn, thread, threads: size, rows, barrier: call(barrier, get(size)) }));
  module.add(fn, "run");
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const team = new Team([new WebAssembly.Module(module.encode())], memory, CONTROL_ADDRESS, threads);
  await team.wake();
  teams.push(team);
  const control = new Int32Array(memory.buffer, CONTROL_ADDRESS);
  return { team, slots: new Int32Array(memory.buffer, SLOTS), control };
}

const slot = (index: Code): Code => i32.add(i32.const(SLOTS), i32.shl(index, i32.const(2)));
const add = (index: Code, n: Code): Code => i32.store(slot(index), i32.add(i32.load(slot(index)), n));

// Repeats once for each row: each thread adds 1 to its slot, all meet, each traps unless all slots are equal, and all
// meet again.
function countTogether({ fn, thread, threads, rows, barrier }: Parts): Code {
  const [round, other] = [fn.local("i32"), fn.local("i32")];
  const differs = i32.ne(i32.load(slot(get(other))), i32.load(slot(get(thread))));
  const check = forRange(other, i32.const(0), get(threads), 1, when(differs, unreachable));
  return forRange(round, i32.const(0), get(rows), 1, [add(get(thread), i32.const(1)), barrier, check, barrier]);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("a team", () => {
  test.each([
    [1, 100_000, 10],
    [2, 50_000, 1],
    [2, 500, 100],
    [3, 100, 10],
    [5, 50, 2],
  ])("of %d threads stays together for %d steps of %d rounds", async (threads, steps, rows) => {
    const { team, slots } = await start(threads, countTogether);
    for (let step = 0; step < steps; step++) team.run(rows);
    expect([...slots.subarray(0, threads + 1)]).toEqual([...Array(threads).fill(steps * rows), 0]);
  });

  test("steps on fewer of its threads leave the others out, however late those are", async () => {
    const { team, slots } = await start(4, countTogether);
    const counts = Array.from({ length: 20_000 }, (_, i) => 1 + ((i * i + (i >> 3)) % 4));
    for (const threads of counts) {
      slots.fill(0, 0, 4);
      team.run(2, 0, threads);
      expect([...slots.subarray(0, 4)]).toEqual([0, 1, 2, 3].map((thread) => (thread < threads ? 2 : 0)));
    }
  });

  test("continues after its threads were parked between steps", async () => {
    const { team, slots } = await start(2, countTogether);
    for (let i = 0; i < 5; i++) {
      await pause(20);
      team.run(3);
    }
    expect([...slots.subarray(0, 2)]).toEqual([15, 15]);
  });

  test.each(["parks", "spins"])("waits for a slow thread while thread 0 %s", async (how) => {
    const { team, slots, control } = await start(2, ({ fn, thread, rows, barrier }) => {
      const i = fn.local("i32");
      return [when(get(thread), forRange(i, i32.const(0), get(rows), 1, add(get(thread), i32.const(1)))), barrier];
    });
    control[CONTROL.mayPark] = how === "parks" ? 1 : 0;
    team.run(20_000_000);
    expect(slots[1]).toBe(20_000_000);
  });
});

describe("when a thread fails", () => {
  // The thread whose number is that of rows traps, the others meet.
  const trapIn = ({ fn, thread, rows, barrier }: Parts): Code => {
    const i = fn.local("i32");
    const meet = forRange(i, i32.const(0), i32.const(1000), 1, barrier);
    return [meet, when(i32.eq(get(thread), get(rows)), unreachable), meet];
  };
  const message = (threads: number, thread: number): string =>
    `train: expected all ${threads} threads to finish the step, got thread ${thread}: RuntimeError: unreachable; ` +
    "run again with threads: 1";

  test.each([
    [2, 1],
    [2, 0],
    [3, 2],
  ])("of %d threads, number %d, the caller gets the error, then and later", async (threads, thread) => {
    const { team } = await start(threads, trapIn);
    team.run(-1);
    const failure = (): unknown => {
      try {
        return team.run(thread);
      } catch (error) {
        return error;
      }
    };
    expect(failure()).toBeInstanceOf(MicrogptError);
    expect(failure()).toMatchObject({ message: message(threads, thread) });
  });

  test("running alone, the trap passes through", async () => {
    const { team } = await start(1, trapIn);
    expect(() => team.run(0)).toThrow(WebAssembly.RuntimeError);
  });

  test.each([
    ["parks", 1],
    ["spins", 0],
  ])("to arrive, thread 0, which %s, does not wait forever", async (_, mayPark) => {
    const hang = ({ thread, barrier }: Parts): Code => [doWhile([], get(thread)), barrier];
    const { team, control } = await start(2, hang, { spins: 1000, seconds: 0.2 });
    control[CONTROL.mayPark] = mayPark;
    expect(() => team.run(1)).toThrow(
      "train: expected all 2 threads to finish the step, got one that stopped answering; ",
    );
  });

  test("or the module is not a team's, there is none", () => {
    const module = new WebAssembly.Module(new ModuleBuilder({ pages: 1, shared: true }).encode());
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    expect(() => new Team([module], memory, CONTROL_ADDRESS, 2)).toThrow("a module without run");
  });
});

test("a team that is disposed runs no more", async () => {
  const { team } = await start(2, countTogether);
  team.dispose();
  expect(() => team.run(1)).toThrow("internal: a step of a team that is disposed");
});

import { connect, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { Hub, Spoke, type Watch, type WatchOptions } from "./watch.ts";

const PATIENCE = 5;
const BEAT = 20;
const TOKEN = "secret";

const opened: (Watch | Socket)[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) {
    if ("destroy" in one) one.destroy();
    else one.leave();
  }
});

const optionsOf = (rank: number, count: number, token: string): WatchOptions => ({
  ...{ rank, count, token, host: `host${rank}`, pid: 100 + rank, machine: "one", patience: PATIENCE, beat: BEAT },
});

/** The events of a rank as they come: `lost 1 silent`, `over`. */
interface Side {
  readonly watch: Watch;
  readonly events: string[];
}

async function hubFor(count: number): Promise<Side & { readonly port: number }> {
  const events: string[] = [];
  const { hub, port } = await Hub.open(optionsOf(0, count, TOKEN), {
    lost: ({ rank, at, reason }) => events.push(`lost ${rank} ${reason} ${at?.host} ${at?.pid}`),
    over: () => events.push("over"),
  });
  opened.push(hub);
  return { watch: hub, events, port };
}

function spoke(rank: number, port: number, hosts = ["127.0.0.1"]): Side {
  const events: string[] = [];
  const watch = new Spoke(
    optionsOf(rank, 3, TOKEN),
    { lost: ({ rank, reason }) => events.push(`lost ${rank} ${reason}`), over: () => events.push("over") },
    hosts,
    port,
  );
  opened.push(watch);
  return { watch, events };
}

/** A rank that sends one line, and no beats. */
async function mute(port: number, line: string): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("error", () => undefined);
  opened.push(socket);
  socket.write(`${line}\n`);
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

const SILENCE = BEAT * PATIENCE * 3;

describe("ranks that answer each other", () => {
  test("miss none, for longer than the patience, and leave in any order without being missed", async () => {
    const hub = await hubFor(3);
    const [one, two] = [spoke(1, hub.port), spoke(2, hub.port)];
    await setTimeout(4 * SILENCE);
    one.watch.leave();
    await setTimeout(SILENCE);
    hub.watch.leave();
    await setTimeout(SILENCE);
    two.watch.leave();
    expect([hub.events, one.events, two.events]).toEqual([[], [], []]);
  });

  test("all hear that the job is over", async () => {
    const hub = await hubFor(3);
    const sides = [spoke(1, hub.port), spoke(2, hub.port)];
    await setTimeout(SILENCE);
    hub.watch.over();
    await setTimeout(SILENCE);
    expect([hub.events, ...sides.map(({ events }) => events)]).toEqual([[], ["over"], ["over"]]);
  });
});

describe("rank 0 misses", () => {
  test("a rank whose connection ends; the others hear that it is over", async () => {
    const hub = await hubFor(3);
    const other = spoke(1, hub.port);
    const ending = await mute(hub.port, `${TOKEN} 2 102 host2`);
    await setTimeout(BEAT);
    ending.end();
    await setTimeout(SILENCE);
    expect([hub.events, other.events]).toEqual([["lost 2 ended host2 102"], ["over"]]);
  });

  test("a rank that is silent", async () => {
    const hub = await hubFor(2);
    await mute(hub.port, `${TOKEN} 1 101 host1`);
    await setTimeout(SILENCE);
    expect(hub.events).toEqual(["lost 1 silent host1 101"]);
  });

  test("a rank that never comes", async () => {
    const hub = await hubFor(2);
    await setTimeout(2 * SILENCE);
    expect(hub.events).toEqual(["lost 1 absent undefined undefined"]);
  });

  test.each([
    ["without the token", "guess 1 101 host1"],
    ["with the number of no rank", `${TOKEN} 7 107 host7`],
    ["with something else", "GET / HTTP/1.1"],
  ])("none of those who come %s", async (_, line) => {
    const hub = await hubFor(2);
    const stranger = await mute(hub.port, line);
    const closed = new Promise((resolve) => stranger.once("close", resolve));
    const guest = spoke(1, hub.port);
    await closed;
    await setTimeout(SILENCE);
    expect([hub.events, guest.events]).toEqual([[], []]);
  });
});

describe("another rank misses rank 0", () => {
  test("if none of its addresses answers", async () => {
    const { port, watch } = await hubFor(2);
    watch.leave();
    await setTimeout(BEAT);
    const side = spoke(1, port, ["127.0.0.1", "127.0.0.2"]);
    await setTimeout(SILENCE);
    expect(side.events).toEqual(["lost 0 absent"]);
  });

  test("but not if the second of them does", async () => {
    const hub = await hubFor(2);
    const side = spoke(1, hub.port, ["127.0.0.1:none", "127.0.0.1"]);
    await setTimeout(SILENCE);
    expect([hub.events, side.events]).toEqual([[], []]);
  });
});

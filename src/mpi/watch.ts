/**
 * A heartbeat among ranks: rank 0 listens, the others connect to it, and both sides send a beat a second. A rank whose
 * process has ended or stopped, or whose network is down, is missed within seconds. MPI itself would wait for it forever.
 */

import { connect, createServer, type Server, type Socket } from "node:net";

/** The host and process of a rank. */
export interface Whereabouts {
  readonly host: string;
  readonly pid: number;
  /** Equal for processes that can signal each other, since names of hosts may be equal; empty where that is not known. */
  readonly machine: string;
}

/** A rank that is missed. */
export interface Loss {
  readonly rank: number;
  /** Unknown of one that never came. */
  readonly at?: Whereabouts;
  readonly reason: "ended" | "silent" | "absent";
}

export interface WatchEvents {
  /** A rank is missed; at most once. */
  readonly lost: (loss: Loss) => void;
  /** Rank 0 says that the job is over. */
  readonly over: () => void;
}

export interface WatchOptions extends Whereabouts {
  readonly rank: number;
  readonly count: number;
  /** Known to the ranks of this job alone. */
  readonly token: string;
  /** Beats without an answer after which a rank is missed. */
  readonly patience: number;
  /** Milliseconds between two beats. */
  readonly beat: number;
}

const [BEAT, BYE, OVER] = [".", "bye", "over"];

/** One side of a connection, line by line. */
class Line {
  readonly #socket: Socket;
  readonly #ticking: NodeJS.Timeout;
  #missed = 0;
  #rest = "";
  #open = true;

  /** `heard` gets each line that is no beat, `gone` the reason why no more will come. */
  constructor(
    socket: Socket,
    { beat, patience }: WatchOptions,
    heard: (line: string) => void,
    gone: (reason: "ended" | "silent") => void,
  ) {
    this.#socket = socket;
    const end = (reason: "ended" | "silent"): void => {
      if (!this.#open) return;
      this.close();
      gone(reason);
    };
    // Beats are counted, not seconds: a machine that slept misses none.
    this.#ticking = setInterval(() => {
      this.say(BEAT);
      if (++this.#missed > patience) end("silent");
    }, beat);
    socket.setNoDelay(true);
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      this.#missed = 0;
      const lines = (this.#rest + text).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) if (line !== BEAT && this.#open) heard(line);
    });
    socket.on("error", () => end("ended"));
    socket.on("close", () => end("ended"));
  }

  say(line: string): void {
    if (this.#open) this.#socket.write(`${line}\n`);
  }

  close(): void {
    this.#open = false;
    clearInterval(this.#ticking);
    this.#socket.end();
    this.#socket.unref();
  }
}

/** One side of the heartbeat. */
export interface Watch {
  /** Leaves without being missed. */
  leave(): void;
  /** Tells the others that the job is over. */
  over(): void;
}

/** Rank 0's side. */
export class Hub implements Watch {
  readonly #options: WatchOptions;
  readonly #events: WatchEvents;
  readonly #server: Server;
  readonly #lines = new Map<number, Line>();
  readonly #awaited: Set<number>;
  readonly #arrivals: NodeJS.Timeout;
  #left = false;

  /** Resolves with the port it listens on. */
  static open(
    options: WatchOptions,
    events: WatchEvents,
    port = 0,
  ): Promise<{ readonly hub: Hub; readonly port: number }> {
    return new Promise((resolve, reject) => {
      const hub = new Hub(options, events);
      hub.#server.once("error", reject);
      hub.#server.listen(port, () => {
        const address = hub.#server.address();
        resolve({ hub, port: typeof address === "object" && address !== null ? address.port : port });
      });
    });
  }

  private constructor(options: WatchOptions, events: WatchEvents) {
    this.#options = options;
    this.#events = events;
    this.#awaited = new Set(Array.from({ length: options.count - 1 }, (_, i) => i + 1));
    this.#server = createServer((socket) => this.#greet(socket));
    this.#arrivals = setTimeout(
      () => {
        for (const rank of this.#awaited) this.#lost({ rank, reason: "absent" });
      },
      3 * options.beat * options.patience,
    );
  }

  leave(): void {
    this.#farewell(BYE);
  }

  over(): void {
    this.#farewell(OVER);
  }

  #farewell(word: string): void {
    this.#left = true;
    clearTimeout(this.#arrivals);
    for (const line of this.#lines.values()) {
      line.say(word);
      line.close();
    }
    this.#server.close();
  }

  #greet(socket: Socket): void {
    let place: { readonly rank: number; readonly at: Whereabouts } | undefined;
    const line: Line = new Line(
      socket,
      this.#options,
      (text) => {
        if (place !== undefined) {
          if (text === BYE) this.#forget(place.rank);
          return;
        }
        const [token, rank, pid, host = "", machine = ""] = text.split(" ");
        // Anyone may knock at the port.
        if (token !== this.#options.token || !this.#awaited.delete(Number(rank))) return line.close();
        place = { rank: Number(rank), at: { host, pid: Number(pid), machine } };
        this.#lines.set(place.rank, line);
      },
      (reason) => {
        if (place !== undefined && this.#lines.delete(place.rank)) this.#lost({ ...place, reason });
      },
    );
  }

  #forget(rank: number): void {
    this.#lines.get(rank)?.close();
    this.#lines.delete(rank);
  }

  #lost(loss: Loss): void {
    if (this.#left) return;
    this.over();
    this.#events.lost(loss);
  }
}

/** The side of every other rank. */
export class Spoke implements Watch {
  readonly #events: WatchEvents;
  readonly #options: WatchOptions;
  #line: Line | undefined;
  #left = false;

  /** Connects to rank 0 at the first of its addresses that answers. */
  constructor(options: WatchOptions, events: WatchEvents, hosts: readonly string[], port: number) {
    this.#options = options;
    this.#events = events;
    this.#try(hosts, port);
  }

  leave(): void {
    this.#left = true;
    this.#line?.say(BYE);
    this.#line?.close();
  }

  /** Rank 0 notices that this rank ends. */
  over(): void {
    this.#left = true;
    this.#line?.close();
  }

  #try([host, ...others]: readonly string[], port: number): void {
    if (this.#left) return;
    if (host === undefined) {
      this.#lost("absent");
      return;
    }
    const socket = connect({ host, port });
    const failed = (): void => {
      socket.destroy();
      this.#try(others, port);
    };
    socket.setTimeout((this.#options.beat * this.#options.patience) / 2, failed);
    socket.once("error", failed);
    socket.once("connect", () => {
      socket.setTimeout(0);
      socket.removeListener("error", failed);
      const { token, rank, pid, host, machine } = this.#options;
      this.#line = new Line(
        socket,
        this.#options,
        (text) => this.#heard(text),
        (reason) => this.#lost(reason),
      );
      this.#line.say(`${token} ${rank} ${pid} ${host} ${machine}`);
      if (this.#left) this.leave();
    });
  }

  #heard(text: string): void {
    if (this.#left) return;
    this.#left = text === BYE || text === OVER;
    if (this.#left) this.#line?.close();
    if (text === OVER) this.#events.over();
  }

  #lost(reason: Loss["reason"]): void {
    if (this.#left) return;
    this.#left = true;
    this.#events.lost({ rank: 0, reason });
  }
}

/** A team as a device holds it: ended when the device is garbage, and used only for programs that threads speed up. */

import { type Pace, Trial } from "../../trial.ts";
import type { Team } from "./team.ts";

/** For devices dropped without `rest`: a waiting worker would keep its team in memory forever. */
const dropped = new FinalizationRegistry<Team>((team) => team.dispose());

/** No worker refers to this object, so it is garbage as soon as its device is. */
export class HeldTeam {
  readonly #team: Team;
  readonly #asked: boolean;
  /** One for each program, to find out how many threads it is to have. */
  #trials: Trial[] = [];

  /** `asked`: as in OpenOptions. */
  constructor(team: Team, asked: boolean) {
    this.#team = team;
    this.#asked = asked;
    dropped.register(this, team);
  }

  get threads(): number {
    return this.#team.threads;
  }

  run(rows: number, program: number): void {
    const team = this.#team;
    if (!team.working) {
      team.run(rows, program);
      return;
    }
    this.#trials[program] ??= new Trial(team.threads, this.#asked);
    this.#trials[program].run(rows, (threads) => team.run(rows, program, threads));
  }

  pace(program: number): Pace | undefined {
    return this.#trials[program]?.pace;
  }

  /** Restarts the threads, and tries them again: the machine may be busier than last time. */
  async wake(): Promise<void> {
    if (!this.#team.working) this.#trials = [];
    await this.#team.wake();
  }

  rest(): Promise<void> {
    return this.#team.rest();
  }

  dispose(): void {
    this.#team.dispose();
  }
}

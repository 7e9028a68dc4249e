/** The output of a sweep, for people and for programs. */

import { existsSync } from "node:fs";
import { metricsPath } from "../../node.ts";
import { count } from "../../util/count.ts";
import { byLoss, readRun } from "../runs/list.ts";
import { quote } from "../shell.ts";
import { duration, loss, time } from "../terminal/figures.ts";
import { type LivePart, liveLine } from "../terminal/live-line.ts";
import { type Column, drawTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { SweepRun } from "./file.ts";
import type { Sweep } from "./folder.ts";
import { describe, sweepWords } from "./plan.ts";
import { modelOf, type SweepRunner, type Task } from "./run.ts";

const REDRAW_MS = 500;

export class SweepReport {
  readonly #sweep: Sweep;
  readonly #terminal: Terminal;
  readonly #json: boolean;
  readonly #begun = performance.now();
  #left = 0;
  #todo = 0;

  constructor(sweep: Sweep, terminal: Terminal, json: boolean) {
    this.#sweep = sweep;
    this.#terminal = terminal;
    this.#json = json;
  }

  begin(tasks: readonly Task[]): void {
    this.#todo = tasks.filter((task) => task !== "done").length;
    this.#left = this.#todo;
    const { folder, plan } = this.#sweep;
    const combinations = plan.combinations.length;
    if (this.#json) {
      this.#write("sweep", { folder, combinations, left: this.#todo });
      return;
    }
    const done = combinations - this.#todo;
    const varied = Object.keys(plan.varied).join(" and ");
    const before = done > 0 ? `, ${done === combinations ? "all" : done} done before` : "";
    this.#terminal.line(`${combinations} combinations of ${varied}, in ${folder}/${before}`);
  }

  /** The plan, for --dry_run. */
  plan(tasks: readonly Task[], commands: readonly string[]): void {
    if (this.#json) {
      for (const [i, run] of this.#sweep.runs.entries())
        this.#write("plan", { ...run, task: tasks[i], command: commands[i] });
      return;
    }
    for (const [i, task] of tasks.entries()) this.#terminal.verbatim(task === "done" ? "(done)" : (commands[i] ?? ""));
  }

  /** A run has begun or ended. */
  changed(index: number): void {
    const run = this.#sweep.runs[index];
    if (run === undefined || run.state === "running") return;
    this.#left--;
    if (this.#json) this.#write("run", { model: modelOf(this.#sweep, run), ...run });
    else this.#terminal.line(`${this.#place(index)} ${describe(run)}: ${this.#outcome(run)}`);
  }

  stopping(): void {
    if (this.#json) this.#write("stopping", {});
    else this.#terminal.line("stopping once the current run has saved (Ctrl-C again quits at once)");
  }

  /** Updates a live line until the returned function is called. */
  watch(runner: SweepRunner): () => void {
    if (this.#json || !this.#terminal.live) return () => undefined;
    const timer = setInterval(() => void this.#show(runner), REDRAW_MS);
    return () => clearInterval(timer);
  }

  end(stopped: boolean, command: string): void {
    const { folder, runs, plan } = this.#sweep;
    const ranked = [...runs].sort(byRank);
    const best = ranked.find(({ state }) => state === "done");
    if (this.#json) {
      this.#write("end", { stopped, best: best && { model: modelOf(this.#sweep, best), ...best } });
      return;
    }
    const say = (text = ""): void => this.#terminal.line(text);
    say();
    for (const line of this.#table(ranked)) say(line);
    say();
    const next = [
      ...(stopped ? [sweepWords(plan, folder)] : best === undefined ? [] : [`sample ${quote(this.#bestModel(best))}`]),
      `runs ${quote(folder)} --overlay`,
    ];
    for (const [i, words] of next.entries())
      this.#terminal.verbatim(`${i === 0 ? "next:" : "     "} ${command} ${words}`);
  }

  /** The checkpoint at the best validation loss, if train keeps one. */
  #bestModel(run: SweepRun): string {
    const last = modelOf(this.#sweep, run);
    const best = last.replace(/\.safetensors$/, ".best.safetensors");
    return existsSync(best) ? best : last;
  }

  #table(ranked: readonly SweepRun[]): string[] {
    const flags = Object.keys(this.#sweep.plan.varied).map((name): Column<SweepRun> => {
      return { title: name, align: "right", cell: (run) => run.flags[name] ?? "" };
    });
    const { color, columns } = this.#terminal;
    const outcome: readonly Column<SweepRun>[] = [
      { title: "val loss", align: "right", cell: ({ best }) => loss(best?.valLoss) },
      { title: "at", align: "right", cell: ({ best }) => (best === undefined ? "" : count(best.step)), spare: 2 },
      { title: "loss", align: "right", cell: (run) => loss(run.loss) },
      { title: "time", align: "right", cell: ({ seconds }) => (seconds === undefined ? "" : time(seconds)), spare: 1 },
      { title: "state", align: "left", cell: ({ state }) => state },
    ];
    return drawTable(ranked, [...flags, ...outcome], columns, (text, { title }, run) => {
      if (run === undefined) return color.dim(text);
      if (title === "state")
        return run.state === "failed" ? color.red(text) : run.state === "stopped" ? color.yellow(text) : text;
      return run === ranked[0] && run.state === "done" ? color.bold(text) : text;
    });
  }

  async #show(runner: SweepRunner): Promise<void> {
    const [index, ...others] = runner.running;
    const run = index === undefined ? undefined : this.#sweep.runs[index];
    if (index === undefined || run === undefined) return;
    const found = await readRun(metricsPath(modelOf(this.#sweep, run))).catch(() => undefined);
    // It may have ended meanwhile, with its final line already written.
    if (!runner.running.includes(index)) return;
    const numSteps = found?.metrics.run.settings.numSteps ?? 0;
    const part = numSteps > 0 && found !== undefined ? found.step / numSteps : 0;
    const fraction = (this.#todo - this.#left + part * (1 + others.length)) / this.#todo;
    const elapsed = (performance.now() - this.#begun) / 1000;
    const parts: LivePart[] = [
      { text: this.#place(index) },
      { text: describe(run), spare: 1 },
      ...(found?.loss === undefined
        ? []
        : [{ text: `step ${count(found.step)} / ${count(numSteps)}`, spare: 2 }, { text: `loss ${loss(found.loss)}` }]),
      ...(others.length > 0 ? [{ text: `${others.length} more`, spare: 3 }] : []),
      ...(fraction > 0.01 ? [{ text: `${duration((elapsed * (1 - fraction)) / fraction)} left` }] : []),
    ];
    this.#terminal.show(liveLine(parts, this.#terminal.columns));
  }

  #place(index: number): string {
    const { length } = this.#sweep.plan.combinations;
    return `${String(index + 1).padStart(String(length).length)}/${length}`;
  }

  #outcome({ state, message, best, loss: last, step, seconds }: SweepRun): string {
    if (state === "failed") return `failed: ${message}`;
    const parts = [
      ...(state === "stopped" ? [`stopped at step ${count(step ?? 0)}`] : []),
      ...(best === undefined ? [] : [`val loss ${loss(best.valLoss)} at step ${count(best.step)}`]),
      ...(best === undefined && last !== undefined ? [`loss ${loss(last)}`] : []),
      ...(seconds === undefined ? [] : [time(seconds)]),
    ];
    return parts.length === 0 ? state : parts.join(", ");
  }

  #write(type: string, record: object): void {
    this.#terminal.record(type, record);
  }
}

/** Failed runs come last. */
function byRank(one: SweepRun, other: SweepRun): number {
  return Number(one.state === "failed") - Number(other.state === "failed") || byLoss(one, other);
}

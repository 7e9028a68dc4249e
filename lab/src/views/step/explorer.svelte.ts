/** The exploration of one of the graphs: a node, its tree, and the trail that led there. */

import type { Remote } from "comlink";
import type { Lab } from "../../state/lab.svelte.ts";
import type { ReaderAPI } from "../../worker/reader.ts";
import type { NodeBrief, NodeCheck, NodeFacts } from "../../worker/step/examine.ts";
import type { GraphName } from "../../worker/step/step.ts";
import type { Tree } from "../../worker/step/tree.ts";

/** Terms of a long sum drawn at first, and on request. */
const FEW_TERMS = 6;
const ALL_TERMS = 64;
/** Length of the trail. */
const LONGEST_TRAIL = 30;

export class Explorer {
  readonly graph: GraphName;
  readonly #lab: Lab;
  facts = $state.raw<NodeFacts>();
  tree = $state.raw<Tree>();
  check = $state.raw<NodeCheck>();
  /** Nodes looked at before, the last one last. */
  trail = $state.raw<readonly NodeBrief[]>([]);
  hasAllTerms = $state(false);
  /** The node whose tree is drawn. */
  #root: number | undefined;
  /** Answers to questions before the newest are dropped. */
  #asked = 0;

  constructor(lab: Lab, graph: GraphName) {
    this.#lab = lab;
    this.graph = graph;
  }

  /** Selects a node, within the drawn tree if it is there. */
  async go(node: number): Promise<void> {
    if (this.facts !== undefined && this.facts.node !== node) {
      this.trail = [...this.trail, this.facts].slice(-LONGEST_TRAIL);
    }
    const isDrawn = this.tree?.nodes.some((drawn) => drawn.node === node) ?? false;
    await this.#look(node, isDrawn ? this.#root : node);
  }

  /** Draws the tree of the selected node. */
  async unfold(): Promise<void> {
    const node = this.facts?.node;
    if (node !== undefined) await this.#look(node, node);
  }

  async back(place: number = this.trail.length - 1): Promise<void> {
    const to = this.trail[place];
    if (to === undefined) return;
    this.trail = this.trail.slice(0, place);
    const isDrawn = this.tree?.nodes.some((drawn) => drawn.node === to.node) ?? false;
    await this.#look(to.node, isDrawn ? this.#root : to.node);
  }

  async showTerms(all: boolean): Promise<void> {
    this.hasAllTerms = all;
    await this.refresh();
  }

  /** Reloads the same node: the graph has other numbers of the same shape. */
  async refresh(): Promise<void> {
    if (this.facts !== undefined) await this.#look(this.facts.node, this.#root ?? this.facts.node);
  }

  /** Restarts at a node, for another graph. */
  async restart(node: number | undefined): Promise<void> {
    this.trail = [];
    this.facts = undefined;
    this.tree = undefined;
    this.check = undefined;
    this.#asked++;
    if (node !== undefined) await this.#look(node, node);
  }

  async runCheck(): Promise<void> {
    const { facts } = this;
    if (facts === undefined) return;
    const question = this.#asked;
    const check = await this.#attempt((remote) => remote.step.check(this.graph, facts.node));
    if (question === this.#asked) this.check = check;
  }

  async #look(node: number, root: number = node): Promise<void> {
    const question = ++this.#asked;
    const terms = this.hasAllTerms ? ALL_TERMS : FEW_TERMS;
    const answer = await this.#attempt((remote) =>
      Promise.all([remote.step.facts(this.graph, node), remote.step.tree(this.graph, root, terms)]),
    );
    if (answer === undefined || question !== this.#asked) return;
    [this.facts, this.tree] = answer;
    this.#root = root;
    this.check = undefined;
  }

  async #attempt<T>(question: (remote: Remote<ReaderAPI>) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.#lab.ask(question);
    } catch (error) {
      this.#lab.complain(error);
      return undefined;
    }
  }
}

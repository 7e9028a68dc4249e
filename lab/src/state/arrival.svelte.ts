/** Models and settings from outside: by a link, by the address, or as a file. */

import { MicrogptError } from "microgpt";
import { createContext } from "svelte";
import type { LabSettings } from "../settings.ts";
import { words } from "../strings.ts";
import { checkModelSize } from "../take/model-bytes.ts";
import type { Opened } from "../worker/take/open.ts";
import type { Linked } from "../worker/take/take.ts";
import { addressWithout, type Brought, broughtBy, MODEL_FILE } from "./arrival-address.ts";
import type { Lab } from "./lab.svelte.ts";
import { plain } from "./plain.ts";

/** Something that would replace a run with steps. */
export type Offer =
  | { readonly kind: "link"; readonly linked: Linked }
  | { readonly kind: "model"; readonly name: string };

export class Arrival {
  /** Waits for an answer: `accept` or `decline`. */
  offer = $state.raw<Offer>();
  /** A file is being read. */
  busy = $state(false);
  /** The reason why the last file could not be opened. */
  refused = $state.raw<string>();
  readonly #lab: Lab;
  #told = $state.raw<{ readonly text: string; readonly run: number }>();

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** A sentence about what has arrived, until it is dismissed or the run is replaced. */
  get told(): string | undefined {
    return this.#told?.run === this.#lab.run ? this.#told?.text : undefined;
  }

  dismiss = (): void => {
    this.#told = undefined;
  };

  /** Opens the content of the address, if there is any; asks before it replaces a run with steps. */
  async look(): Promise<void> {
    const brought = broughtBy(location);
    if (brought === undefined) return;
    try {
      const offer = await this.#offerOf(brought);
      if ((this.#lab.report?.step ?? 0) > 0) this.offer = offer;
      else await this.#take(offer);
    } catch (error) {
      this.#forget();
      this.#lab.complain(error);
    }
  }

  accept = async (): Promise<void> => {
    const { offer } = this;
    this.offer = undefined;
    if (offer === undefined) return;
    try {
      await this.#take(offer);
    } catch (error) {
      this.#lab.complain(error);
    }
  };

  decline = (): void => {
    this.offer = undefined;
    this.#forget();
  };

  /** Opens a chosen or dropped file; errors are shown where files are opened. */
  async openFile(file: File): Promise<void> {
    this.busy = true;
    this.refused = undefined;
    this.dismiss();
    try {
      await this.#open(file, file.name, this.#chosen());
    } catch (error) {
      this.refused = plain(error);
    } finally {
      this.busy = false;
    }
  }

  async #offerOf(brought: Brought): Promise<Offer> {
    if (brought.kind === "model") return brought;
    const { fragment } = brought;
    return { kind: "link", linked: await this.#lab.ask((remote) => remote.take.readLink(fragment)) };
  }

  async #take(offer: Offer): Promise<void> {
    this.#forget();
    if (offer.kind === "model") {
      await this.#open(await beside(offer.name), offer.name, this.#chosen());
      return;
    }
    const { settings, model } = offer.linked;
    const { name } = settings.data;
    if (model !== undefined) {
      // A model without data is named after its data.
      const opened = await this.#lab.openFile(model.file, name, settings);
      this.#tell(sentence(words.take.linkName, opened.kind === "model" ? { ...opened, data: name } : opened));
    } else if (settings.data.missing) {
      this.#lab.draft = { ...settings, data: { name, text: "" } };
      this.#tell(words.take.opened.needsText(name));
    } else if (await this.#lab.begin(settings)) this.#tell(words.take.opened.settings(name));
  }

  async #open(file: Blob, name: string, settings: LabSettings): Promise<void> {
    const opened = await this.#lab.openFile(file, name, settings);
    this.#tell(sentence(name, opened));
  }

  #tell(text: string): void {
    this.#told = { text, run: this.#lab.run };
  }

  /** The data for a model that has none of its own: the data chosen for the next run. */
  #chosen(): LabSettings {
    const { draft, report } = this.#lab;
    const settings = draft ?? report?.card.settings;
    if (settings === undefined) throw new Error("internal: a model came before the lab was open");
    return settings;
  }

  /** Reloading the page then does not bring it again. */
  #forget(): void {
    history.replaceState(null, "", addressWithout(location));
  }
}

/** The model that the page's own server provides. Errors: none there, one that is too large. */
async function beside(name: string): Promise<Blob> {
  const response = await fetch(`./${MODEL_FILE}`, { mode: "same-origin", cache: "no-store" });
  checkModelSize(Number(response.headers.get("Content-Length")), name);
  if (response.ok) return response.blob();
  const fix = `start it again: npx microgpt lab ${name}`;
  const got = `status ${response.status}`;
  throw new MicrogptError({
    code: "network",
    operation: `checkpoint ${name}`,
    expected: "the model beside this page",
    got,
    fix,
  });
}

function sentence(name: string, opened: Opened): string {
  const say = words.take.opened;
  switch (opened.kind) {
    case "run":
      return say.run(name, opened.data, opened.step);
    case "weights":
      return say.weights(name, opened.data);
    case "model":
      return say.model(name, opened.data);
  }
}

export const [getArrival, setArrival] = createContext<Arrival>();

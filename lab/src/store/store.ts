export interface SavedRun {
  readonly about: Readonly<Record<string, unknown>>;
  readonly checkpoint: Uint8Array;
}
export interface Store {
  save(run: SavedRun): Promise<void>;
  load(): Promise<SavedRun | undefined>;
  addMoment(step: number, bytes: Uint8Array): Promise<void>;
  moments(): Promise<number[]>;
  moment(step: number): Promise<Uint8Array | undefined>;
  clear(): Promise<void>;
  readonly kind: "disk" | "memory";
  readonly trouble?: string;
}
export async function openStore(): Promise<Store> {
  let saved: SavedRun | undefined;
  const m = new Map<number, Uint8Array>();
  return {
    kind: "memory",
    save: async (run) => {
      saved = run;
    },
    load: async () => saved,
    addMoment: async (s, b) => {
      m.set(s, b);
    },
    moments: async () => [...m.keys()].sort((a, b) => a - b),
    moment: async (s) => m.get(s),
    clear: async () => {
      m.clear();
      saved = undefined;
    },
  };
}

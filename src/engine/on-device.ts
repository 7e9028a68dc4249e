import type { Device } from "../backend/backend.ts";

/** Programs on a device of their own: its threads, and its end. */
export abstract class OnDevice<D extends Device = Device> {
  protected readonly device: D;
  #disposed = false;

  constructor(device: D) {
    this.device = device;
  }

  get threads(): number {
    return this.device.threads;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Starts the threads that `rest` ended. */
  wake(): Promise<void> {
    return this.device.wake();
  }

  /** Ends the threads until `wake`: it continues without. */
  rest(): Promise<void> {
    return this.device.rest();
  }

  /** Frees threads and memory. */
  dispose(): void {
    this.#disposed = true;
    this.device.dispose();
  }
}

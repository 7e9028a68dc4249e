/** A backend whose memory the host does not see: another one without its views, whose reads arrive late. */

import type { Backend, Device } from "../backend/backend.ts";

export interface Hidden extends Backend {
  /** Names of the inputs and outputs that were read, in order. */
  readonly reads: readonly string[];
}

export function hidden(backend: Backend): Hidden {
  const reads: string[] = [];
  const open: Backend["open"] = async (programs, options) => {
    const device = await backend.open(programs, options);
    const later: Device = {
      threads: device.threads,
      write: (program, input, data) => device.write(program, input, data),
      run: (program, rows) => device.run(program, rows),
      read: async (program, name) => {
        reads.push(name);
        const data = await device.read(program, name);
        await new Promise((resolve) => setTimeout(resolve, 1));
        return data;
      },
      wake: () => device.wake(),
      rest: () => device.rest(),
      dispose: () => device.dispose(),
    };
    return later;
  };
  return { name: `${backend.name}, hidden`, target: backend.target, reads, open };
}

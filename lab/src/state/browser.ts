/** What this browser can do, asked of the browser itself before anything is begun. */

/** A module with one function that splats and counts: instructions of WebAssembly's SIMD alone. */
const SIMD = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);

/** Whether the compiled engine can run. Some browsers have WebAssembly switched off for safety's sake. */
export function hasSimd(): boolean {
  return typeof WebAssembly === "object" && WebAssembly.validate(SIMD);
}

/** Whether workers can import modules, without which nothing works here. */
export function hasModuleWorkers(): boolean {
  if (typeof Worker === "undefined") return false;
  let asked = false;
  const options: WorkerOptions = {
    // A browser that knows of kinds of workers asks for the kind.
    get type(): "module" {
      asked = true;
      return "module";
    },
  };
  const script = URL.createObjectURL(new Blob([], { type: "text/javascript" }));
  try {
    new Worker(script, options).terminate();
  } catch {
    return false;
  } finally {
    URL.revokeObjectURL(script);
  }
  return asked;
}

/** Whether the style sheet's colours are understood, each of which is one for light and one for dark. */
export function hasColours(): boolean {
  return CSS.supports("color", "light-dark(red, red)");
}

/** Detects the features of this browser before anything starts. */

/** A module with one function of WebAssembly SIMD instructions: a splat and a count. */
const SIMD = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);

/** True if the compiled engine can run. Some browsers have WebAssembly disabled for security. */
export function hasSimd(): boolean {
  return typeof WebAssembly === "object" && WebAssembly.validate(SIMD);
}

/** True if workers can import modules, which the lab requires. */
export function hasModuleWorkers(): boolean {
  if (typeof Worker === "undefined") return false;
  let asked = false;
  const options: WorkerOptions = {
    // A browser that supports kinds of workers reads this property.
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

/** True if the style sheet's light-dark() colors are supported. */
export function hasColours(): boolean {
  return CSS.supports("color", "light-dark(red, red)");
}

import { findCompiler } from "./compiler.ts";

/** For tests that need the system's compiler. */
export const withCompiler: { readonly absent: boolean; named(name: string): string } = (() => {
  let absent = false;
  try {
    findCompiler(process.env);
  } catch {
    absent = true;
  }
  const named = (name: string): string => (absent ? `${name} (skipped: no C compiler; apt install gcc)` : name);
  return { absent, named };
})();

import { describe } from "vitest";
import { describeBackend } from "../testing/backend-cases.ts";
import { nativeBackend } from "./native.ts";
import { absent, compiling, KEPT } from "./native-testing.ts";

describe.skipIf(absent)(compiling("machine code"), () => {
  describeBackend(nativeBackend(KEPT), { numRuns: 6, threads: [1, 3] });
});

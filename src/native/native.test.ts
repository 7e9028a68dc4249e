import { describeBackend } from "../testing/backend-cases.ts";
import { nativeBackend } from "./native.ts";

describeBackend(nativeBackend(), { numRuns: 20, threads: [1, 3] });

/**
 * For tests: each operation with random valid inputs and a definition, entry by entry, as plain and slow as possible.
 * `describeOps` compares an implementation with it.
 */

import type { Op } from "../../tensor/ops.ts";
import { attention } from "./attention.ts";
import { byIds } from "./by-ids.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { entrywise } from "./entrywise.ts";
import { reductions } from "./reductions.ts";
import type { Specs } from "./spec.ts";
import { views } from "./views.ts";

export const specs: Specs<Op> = { ...entrywise, ...reductions, ...views, ...byIds, ...attention, ...crossEntropy };

import type { GPTConfig } from "../model/config.ts";

/** A model's size, and how much it learns from at once. */
export interface Size extends Pick<GPTConfig, "nLayer" | "nHead" | "nEmbd" | "blockSize"> {
  /** Predicted tokens in a step. */
  readonly tokensPerStep: number;
}

export const SIZE_NAMES = ["tiny", "small", "base", "medium", "large", "xl"] as const;
export type SizeName = (typeof SIZE_NAMES)[number];

/**
 * The sizes that a recipe chooses from, each two to four times as large as the one before; blockSize is for running
 * text. medium has the layers and channels that nanoGPT's README proposes for a CPU, xl those of its
 * train_shakespeare_char. Small steps are better while time is short: on 2 million characters of code, `small` reached
 * 1.32 nats in 4,000 steps of 512 and 1.35 in 8,000 of 256; on 819,200 of prose, 1.61 in steps of 512 and 1.69 in steps
 * of 2,048.
 */
export const SIZES: { readonly [S in SizeName]: Size } = {
  tiny: { nLayer: 1, nHead: 4, nEmbd: 32, blockSize: 32, tokensPerStep: 512 },
  small: { nLayer: 2, nHead: 4, nEmbd: 64, blockSize: 64, tokensPerStep: 512 },
  base: { nLayer: 3, nHead: 4, nEmbd: 96, blockSize: 64, tokensPerStep: 512 },
  medium: { nLayer: 4, nHead: 4, nEmbd: 128, blockSize: 128, tokensPerStep: 1024 },
  large: { nLayer: 6, nHead: 6, nEmbd: 192, blockSize: 256, tokensPerStep: 2048 },
  xl: { nLayer: 6, nHead: 6, nEmbd: 384, blockSize: 256, tokensPerStep: 4096 },
};

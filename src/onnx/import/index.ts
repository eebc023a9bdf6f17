/** Files of other tools as graphs. */
export { picturesKey } from "./check.ts";
export { ImportedNetwork, type ImportedWeight, type ImportTrace } from "./network.ts";
export type { Sampling } from "./types.ts";

/** The graph: what a computation is, before anything runs it. */
export * from "./activations.ts";
export * from "./averagePool.ts";
export * from "./cut.ts";
export * from "./elementwise.ts";
export { broadcastOffsets } from "./interpret/offsets.ts";
export * from "./interpret.ts";
export * from "./layout.ts";
export * from "./linear.ts";
export * from "./node.ts";
export * from "./normalization.ts";
export * from "./ops.ts";
export * from "./pool.ts";
export * from "./print.ts";
export * from "./reduce.ts";
export * from "./resize.ts";
export * from "./select.ts";
export * from "./simplify.ts";
export * from "./source.ts";

/** Operators that have weights beside their first operand: behind them a tensor has been learned. */
export const learned: ReadonlySet<string> = new Set([
  "BatchNormalization",
  "Conv",
  "Gemm",
  "GroupNormalization",
  "InstanceNormalization",
  "LayerNormalization",
  "MatMul",
  "PRelu",
]);

/** The parts of a loss, in the order in which they are told: GAIN's, then SEC's. */
export const lossParts = [
  "classification",
  "mining",
  "extra",
  "counterfactual",
  "seed",
  "expand",
  "constrain",
] as const;

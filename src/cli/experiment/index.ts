/** `gain experiment`: what the paper claims, measured on the sample or on one's own data. */
import type { Command } from "commander";
import { addBias } from "./bias.ts";
import { addMasks } from "./masks.ts";

export function addExperiment(program: Command): void {
  const experiment = program
    .command("experiment")
    .description("measure what guidance does: a table and a figure");
  addBias(experiment);
  addMasks(experiment);
}

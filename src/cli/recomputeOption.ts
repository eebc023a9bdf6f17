/** `--recompute`, which every command that trains has. */
import { Option } from "commander";

export const recomputeOption = (): Option =>
  new Option(
    "--recompute",
    "compute activations again instead of keeping them: less memory, more time",
  );

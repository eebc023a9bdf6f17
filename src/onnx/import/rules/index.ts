/** The table of all operators that can be read. */
import type { ImportRule } from "../types.ts";
import { elementwiseRules } from "./elementwise.ts";
import { layoutRules } from "./layout.ts";
import { linearRules } from "./linear.ts";
import { normalizationRules } from "./normalization.ts";
import { poolRules } from "./pool.ts";

export { foldRules, shapeRules } from "./shapes.ts";

/** By name in the standard operator set. */
export const importRules: Readonly<Record<string, ImportRule>> = {
  ...elementwiseRules,
  ...layoutRules,
  ...linearRules,
  ...normalizationRules,
  ...poolRules,
};

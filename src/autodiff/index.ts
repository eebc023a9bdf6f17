/** Derivatives of any order, as graphs. */
export { grad } from "./grad.ts";
export { vjpRules } from "./rules.ts";

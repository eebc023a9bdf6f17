/** Learning rates over time. */

export type ScheduleOptions =
  | { readonly kind: "constant" }
  /** (1 − step / steps)^power. */
  | { readonly kind: "poly"; readonly power: number }
  /** factor^⌊step / every⌋. */
  | { readonly kind: "step"; readonly every: number; readonly factor: number };

/** The share of the base rate at a step in [0, steps). */
export function rateFactor(schedule: ScheduleOptions, step: number, steps: number): number {
  switch (schedule.kind) {
    case "constant":
      return 1;
    case "poly":
      return (1 - step / steps) ** schedule.power;
    case "step":
      return schedule.factor ** Math.floor(step / schedule.every);
  }
}

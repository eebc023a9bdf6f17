/** Means of the losses between two lines of progress. */
import type { StepReport } from "./trainer.ts";

export class LossMeter {
  readonly #imagesPerStep: number;
  #sums = new Map<string, { sum: number; count: number }>();
  #steps = 0;
  #seconds = 0;

  constructor(imagesPerStep: number) {
    this.#imagesPerStep = imagesPerStep;
  }

  add({ losses, imagesPerSecond }: StepReport): void {
    for (const [name, value] of Object.entries(losses)) {
      const { sum, count } = this.#sums.get(name) ?? { sum: 0, count: 0 };
      this.#sums.set(name, { sum: sum + value, count: count + 1 });
    }
    this.#steps++;
    this.#seconds += this.#imagesPerStep / imagesPerSecond;
  }

  /** The means since the last call, by name; a loss that began in between counts from there. */
  take(): Record<string, number> {
    const means = [...this.#sums].map(([name, { sum, count }]) => [name, sum / count] as const);
    const imagesPerSecond = (this.#steps * this.#imagesPerStep) / this.#seconds;
    this.#sums = new Map();
    this.#steps = 0;
    this.#seconds = 0;
    return { ...Object.fromEntries(means), imagesPerSecond };
  }
}

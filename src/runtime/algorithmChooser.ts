/** Which algorithm computes each convolution: as recorded, as measured, or the default. */
import {
  type Algorithm,
  algorithmsFor,
  type Choices,
  type ConvProblem,
  defaultAlgorithm,
  layoutOfAlgorithm,
} from "../onnx/index.ts";
import { type Candidate, candidatesFor } from "./candidates.ts";
import type { ProgramSource } from "./machine.ts";

/**
 * Version of the table of algorithms in `src/onnx/convolution`: raised when an algorithm is added or
 * made faster, so that what was measured before is measured again.
 */
export const algorithmsVersion = 1;

export interface AlgorithmOptions {
  /** Choices of the run that goes on; they go before all others. */
  readonly recorded?: Choices;
  /** Choices measured before. */
  readonly measured?: Choices;
  /** Measures what is in neither; else that is computed by the default. */
  readonly tune?: boolean;
  /** Called for each problem that is measured. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Awaited after each measurement, so that none is lost when the process ends. */
  readonly onMeasured?: ((key: string, measurement: Measurement) => Promise<void>) | undefined;
}

/** How a problem's algorithms compared. */
export interface Measurement {
  /** The one to take. */
  readonly algorithm: Algorithm;
  /** Least time of a run; those that the machine cannot run have none. */
  readonly milliseconds: Readonly<Partial<Record<Algorithm, number>>>;
}

/** Times the programs on the machine that will run them; infinite where it cannot run one. */
type Measure = (sources: readonly ProgramSource[]) => Promise<readonly number[]>;

export class AlgorithmChooser {
  readonly #options: AlgorithmOptions;
  readonly #measure: Measure;
  readonly #choices = new Map<string, Algorithm>();
  readonly #measured = new Map<string, Measurement>();
  /** Programs are chosen for one after the other, so that no problem is measured twice. */
  #last: Promise<void> = Promise.resolve();

  constructor(options: AlgorithmOptions, measure: Measure) {
    this.#options = options;
    this.#measure = measure;
  }

  /** Every choice so far, by problem. */
  get choices(): Choices {
    return this.#choices;
  }

  /** What was measured so far, by problem. */
  get measured(): ReadonlyMap<string, Measurement> {
    return this.#measured;
  }

  /** Chooses for problems that are new; the others keep what they have. */
  async choose(problems: ReadonlyMap<string, ConvProblem>): Promise<Choices> {
    const own = this.#last.then(() => this.#chooseAll(problems));
    this.#last = own.catch(() => undefined);
    await own;
    return this.#choices;
  }

  async #chooseAll(problems: ReadonlyMap<string, ConvProblem>): Promise<void> {
    const missing = new Map<string, ConvProblem>();
    for (const [key, problem] of problems) {
      if (this.#choices.has(key)) continue;
      const known = this.#known(key, problem);
      if (known !== undefined) this.#choices.set(key, known);
      else if (this.#options.tune && algorithmsFor(problem).length > 1) missing.set(key, problem);
      else this.#choices.set(key, defaultAlgorithm(problem));
    }
    if (missing.size > 0) await this.#measureAll(missing);
  }

  /** A choice that this version cannot compute, or does not know, is passed over. */
  #known(key: string, problem: ConvProblem): Algorithm | undefined {
    const { recorded, measured } = this.#options;
    const able = algorithmsFor(problem);
    return [recorded?.get(key), measured?.get(key)].find(
      (choice) => choice !== undefined && able.includes(choice),
    );
  }

  async #measureAll(problems: ReadonlyMap<string, ConvProblem>): Promise<void> {
    const { onProgress, onMeasured } = this.#options;
    let done = 0;
    for (const [key, problem] of problems) {
      const measurement = await this.#measureOne(problem);
      this.#measured.set(key, measurement);
      this.#choices.set(key, measurement.algorithm);
      await onMeasured?.(key, measurement);
      onProgress?.(++done, problems.size);
    }
  }

  async #measureOne(problem: ConvProblem): Promise<Measurement> {
    const preferred = defaultAlgorithm(problem);
    // The default first: what is hopeless beside it is dropped early.
    const candidates = candidatesFor(problem).sort(
      (a, b) => Number(b.algorithm === preferred) - Number(a.algorithm === preferred),
    );
    const times = await this.#measure(candidates.map(({ source }) => source));
    return measurementOf(problem, candidates, times);
  }
}

/**
 * Share of the default's time that another algorithm has to undercut: less may be noise. One of
 * another layout has most of the reordering that it causes in its time, but not all.
 */
const [margin, marginAcrossLayouts] = [0.95, 0.8];

/** @param candidates  The default first. */
function measurementOf(
  problem: ConvProblem,
  candidates: readonly Candidate[],
  times: readonly number[],
): Measurement {
  const layouts = candidates.map(({ algorithm }) => layoutOfAlgorithm(problem, algorithm));
  const handicapped = times.map((time, i) => {
    if (i === 0) return time;
    return time / (layouts[i] === layouts[0] ? margin : marginAcrossLayouts);
  });
  const chosen = handicapped.indexOf(Math.min(...handicapped));
  const finite = candidates
    .map(({ algorithm }, i) => [algorithm, Math.round(times[i] * 1000) / 1000] as const)
    .filter(([, milliseconds]) => Number.isFinite(milliseconds));
  return { algorithm: candidates[chosen].algorithm, milliseconds: Object.fromEntries(finite) };
}

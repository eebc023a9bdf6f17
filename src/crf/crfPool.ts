/** Dense CRFs on several threads, a picture each. */

import { ShapeError } from "../shape.ts";
import { WorkerError, WorkerPool, type WorkerPoolOptions } from "../workerPool.ts";
import { workerUrl } from "../workerUrl.ts";
import type { CrfRequest } from "./crfWorker.ts";
import { type DenseCrfOptions, secCrf } from "./options.ts";
import { CrfError, type DenseCrfProblem } from "./problem.ts";

/** Each thread keeps one kernel with its memory. Close it when done. */
export class CrfPool {
  readonly #pool: WorkerPool<CrfRequest, Float32Array>;

  /** @throws {RangeError} When `threads` is not a positive integer. */
  constructor({ threads = 1 }: Pick<WorkerPoolOptions, "threads"> = {}) {
    this.#pool = new WorkerPool(workerUrl(import.meta.url, "crfWorker"), { threads });
  }

  /** As `denseCrf`, on the first free thread. The arrays are copied when their turn comes. */
  async infer(problem: DenseCrfProblem, options: DenseCrfOptions = secCrf): Promise<Float32Array> {
    try {
      return await this.#pool.ask({ problem, options });
    } catch (error) {
      if (!(error instanceof WorkerError)) throw error;
      if (error.thrownName === "ShapeError") throw new ShapeError(error.message);
      if (error.thrownName === "CrfError") throw new CrfError(error.message);
      throw error;
    }
  }

  /** Ends the threads; what is under way is rejected. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}

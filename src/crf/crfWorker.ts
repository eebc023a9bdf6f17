/** A thread of the CRF's pool. */

import { serveRequests } from "../workerPool.ts";
import { denseCrf } from "./denseCrf.ts";
import type { DenseCrfOptions } from "./options.ts";
import type { DenseCrfProblem } from "./problem.ts";

export interface CrfRequest {
  readonly problem: DenseCrfProblem;
  readonly options: DenseCrfOptions;
}

serveRequests(
  ({ problem, options }: CrfRequest) => denseCrf(problem, options),
  ({ buffer }) => (buffer instanceof ArrayBuffer ? [buffer] : []),
);

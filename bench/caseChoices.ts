/**
 * Algorithms for a case as JSON, to be given to stepsOurs.ts:
 *
 *     caseChoices.ts NAME:BATCH THREADS measured|untuned
 *
 * Measuring is what training does before its first step (needs `npm run build`). It is a process of
 * its own, so that what it takes is not in the memory of the step.
 */
import type { Choices } from "../src/onnx/index.ts";
import { type Computation, Executor } from "../src/runtime/index.ts";
import { caseOf } from "./cases.ts";
import { untunedChoices } from "./untuned.ts";

const [key, threads, how] = process.argv.slice(2);
const computations = caseOf(key)
  .build()
  .parts.map(({ computation }) => computation);
const choices = how === "measured" ? await measured(computations) : untuned(computations);
console.log(JSON.stringify([...choices]));

async function measured(computations: readonly Computation[]): Promise<Choices> {
  const executor = await Executor.start({
    device: "cpu",
    threads: Number(threads),
    algorithms: { tune: true },
  });
  for (const computation of computations) await executor.compile(computation);
  await executor.close();
  return executor.choices;
}

function untuned(computations: readonly Computation[]): Choices {
  return new Map(computations.flatMap((computation) => [...untunedChoices(computation)]));
}

/** Our side of steps.ts: `stepsOurs.ts NAME:BATCH THREADS CHOICES`; see caseChoices.ts. */
import type { Algorithm, Choices } from "../src/onnx/index.ts";
import { Machine, programSource } from "../src/runtime/index.ts";
import { answerSteps } from "./answerSteps.ts";
import { caseOf } from "./cases.ts";
import { flopsOf } from "./flops.ts";
import type { Figures } from "./stepper.ts";
import type { TimedPart, TimedStep } from "./timed.ts";

const [key, threads, json] = process.argv.slice(2);
const choices: Choices = new Map(JSON.parse(json) as [string, Algorithm][]);
const machine = new Machine({ device: "cpu", threads: Number(threads) });
const { programs, figures } = await load(caseOf(key).build());
await answerSteps(figures, async () => {
  const start = performance.now();
  for (const { program, feeds } of programs) await machine.run(program, feeds());
  return performance.now() - start;
});
await machine.close();

interface LoadedPart extends Pick<TimedPart, "feeds"> {
  readonly program: number;
}

/** Keeps nothing of what it is given but the feeds, so that the state is in memory once. */
async function load({
  parts,
  state,
}: TimedStep): Promise<{ readonly programs: readonly LoadedPart[]; readonly figures: Figures }> {
  const programs: LoadedPart[] = [];
  let loadMs = 0;
  for (const { computation, feeds } of parts) {
    const source = programSource(computation, choices);
    const start = performance.now();
    programs.push({ program: await machine.load(source), feeds });
    loadMs += performance.now() - start;
  }
  machine.setState(state);
  const flops = parts.reduce((total, { computation }) => total + flopsOf(computation), 0);
  return { programs, figures: { loadMs, flops } };
}

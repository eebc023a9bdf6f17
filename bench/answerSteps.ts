/** The process's side of stepper.ts. */
import { createInterface } from "node:readline";
import { ownSeconds } from "./otherLoad.ts";
import type { Figures } from "./stepper.ts";

/**
 * Says that the process is ready, does a step whenever it is asked to, and says at the end how much
 * memory the process held at most.
 *
 * @param ready  What to say of the process.
 * @param step   Returns its time in milliseconds.
 */
export async function answerSteps(ready: Figures, step: () => Promise<number>): Promise<void> {
  const say = (figures: Figures): void =>
    console.log(JSON.stringify({ ...figures, cpuSeconds: ownSeconds() }));
  say(ready);
  for await (const line of createInterface({ input: process.stdin })) {
    if (line !== "step") break;
    say({ ms: await step() });
  }
  // maxRSS is in KiB.
  say({ peakBytes: process.resourceUsage().maxRSS * 1024 });
}

/**
 * Times training steps and inference, ours and PyTorch's in turn: one JSON line a case, and at the end
 * a table on the standard error.
 *
 *     node --import tsx bench/steps.ts [--cases vgg16:2,vgg16:8,squeezenet:16,largefov:2,attention:16]
 *         [--runs 9] [--threads 2] [--no-pytorch] [--untuned] [--tune]
 *
 * vgg16, squeezenet: GAIN's step at 224 pixels: forward, trainable Grad-CAM with its second-order
 * term, the masked pass, backward, SGD's update. largefov: SEC's step of VGG16-LargeFOV at 321 pixels, with
 * dropout, without the CRF. attention: SqueezeNet's logits and one map an image. The number is the batch.
 *
 * With --untuned ours is compared with itself as it was before algorithms were chosen, not with PyTorch.
 * With --tune our convolutions' algorithms are measured first, by a process of its own and anew each time
 * (`tuneSeconds`, with its start; needs `npm run build`); else they are the defaults.
 *
 * Each side of a case is a process of its own, which stays and is asked for one step at a time, so that
 * both meet the same weather on the machine. `ratio` is the peer's median time over ours, its quartiles are
 * of the pairs of steps; `gflops` counts the direct algorithm's operations, whatever the algorithm, and
 * `peakGflops` is a large matrix product, a third side, so that Winograd's share of it may exceed 1.
 * `loadMs` is the creation of our sessions, `otherCores` how many cores other processes kept busy
 * meanwhile: with 1 of 2 SqueezeNet's step took us 2.5 times as long and PyTorch 8 to 10 times, so
 * that such figures are worthless. PyTorch's side is steps.py and needs Debian's python3-torch.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { caseOf } from "./cases.ts";
import { type CaseFigures, tableOf } from "./stepsTable.ts";
import { python, type TimingOptions, timeCase } from "./timeCase.ts";

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "vgg16:2,vgg16:8,squeezenet:16,largefov:2,attention:16" },
    runs: { type: "string", default: "9" },
    threads: { type: "string", default: "2" },
    "no-pytorch": { type: "boolean", default: false },
    untuned: { type: "boolean", default: false },
    tune: { type: "boolean", default: false },
  },
});
/** Of two cores an eighth. An operator ends with its last thread, so that one core that is late stops both. */
const mostOtherCores = 0.25;

const cases = values.cases.split(",").map(caseOf);
const options: TimingOptions = {
  runs: countOf("runs", values.runs),
  threads: countOf("threads", values.threads),
  tune: values.tune,
  peer: values.untuned ? "untuned" : values["no-pytorch"] || !hasPyTorch() ? undefined : "pytorch",
};
const lines: CaseFigures[] = [];
for (const timed of cases) {
  const figures = await timeCase(timed, options);
  console.log(JSON.stringify({ bench: "steps", ...figures }));
  lines.push(figures);
}
console.error(`\n${tableOf(lines)}`);
const disturbed = lines.filter(({ otherCores }) => otherCores > mostOtherCores);
if (disturbed.length > 0) {
  console.error(
    `\nsteps: other work disturbed ${disturbed.map((line) => line.case).join(", ")}: do not use these figures. Run them again on a quiet machine.`,
  );
}

function countOf(flag: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new RangeError(`steps: --${flag} must be a whole number above 0; got "${text}".`);
}

function hasPyTorch(): boolean {
  const { status } = spawnSync(python, ["-c", "import torch"], { stdio: "ignore" });
  if (status === 0) return true;
  console.error(
    `steps: ${python} has no PyTorch, so only our figures follow. For both: apt-get install -y --no-install-recommends python3-torch.`,
  );
  return false;
}

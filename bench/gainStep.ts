/**
 * Times the guided training step, ours and PyTorch's in turn, and prints one JSON line.
 *
 *     node --import tsx bench/gainStep.ts --model squeezenet1_1|vgg16 [--batch-size 16] [--runs 15]
 *         [--threads 2] [--no-pytorch]
 *
 * Each side is a process that stays and is asked for one step at a time, so that both meet the same
 * weather on the machine. A step is the forward pass, trainable Grad-CAM with its second-order term,
 * the masked pass, the backward pass and SGD's update, at 224x224. PyTorch's side is gainStep.py and
 * needs Debian's python3-torch.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Stepper, StepperError } from "./stepper.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "squeezenet1_1" },
    "batch-size": { type: "string" },
    runs: { type: "string", default: "15" },
    threads: { type: "string", default: "2" },
    "no-pytorch": { type: "boolean", default: false },
  },
});
const { model, threads } = values;
const batchSize = values["batch-size"] ?? (model === "vgg16" ? "2" : "16");
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const stepArguments = [model, batchSize, threads];

const ours = await Stepper.start(process.execPath, [
  "--import",
  "tsx",
  script("gainStepOurs.ts"),
  ...stepArguments,
]);
const peer = values["no-pytorch"] ? undefined : await startPyTorch();
const steppers = peer === undefined ? [ours] : [ours, peer];
const times = new Map<Stepper, number[]>(steppers.map((stepper) => [stepper, []]));
// The first steps allocate memory and choose algorithms: they are not counted.
for (const stepper of steppers) await stepper.step();
for (let run = 0; run < Number(values.runs); run++) {
  for (const stepper of steppers) times.get(stepper)?.push(await stepper.step());
}
const figures = await Promise.all(
  steppers.map(async (stepper) => ({
    ...spread((times.get(stepper) ?? []).map((ms) => ms / Number(batchSize))),
    peakMegabytes: Math.round((await stepper.end()) / 2 ** 20),
  })),
);
const [us, them] = figures;
console.log(
  JSON.stringify({
    bench: "gainStep",
    model,
    batchSize: Number(batchSize),
    threads: Number(threads),
    runs: Number(values.runs),
    ours: us,
    ...(them !== undefined && {
      pytorch: them,
      ratio: round(us.msPerImage / them.msPerImage),
      memoryRatio: round(us.peakMegabytes / them.peakMegabytes),
    }),
  }),
);

async function startPyTorch(): Promise<Stepper | undefined> {
  try {
    return await Stepper.start("/usr/bin/python3", [script("gainStep.py"), ...stepArguments]);
  } catch (error) {
    if (!(error instanceof StepperError)) throw error;
    console.error(
      `gainStep: PyTorch did not start, so only our figure follows. For both: apt-get install -y --no-install-recommends python3-torch. (${error.message})`,
    );
    return undefined;
  }
}

/** Median, quartiles, and the fastest: on a machine with other work the last says most. */
function spread(numbers: readonly number[]): {
  msPerImage: number;
  quartiles: readonly [number, number];
  fastest: number;
} {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (share: number): number => round(sorted[Math.round(share * (sorted.length - 1))]);
  return { msPerImage: at(0.5), quartiles: [at(0.25), at(0.75)], fastest: at(0) };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

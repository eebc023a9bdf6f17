/**
 * How far Winograd's rounding moves the gradients of a guided step: for each parameter the difference
 * from those of the plain algorithms, relative to their norm; one JSON line for each way to choose.
 *
 *     node --import tsx bench/winogradError.ts [--model vgg16|squeezenet1_1] [--batch-size 2] [--threads 2]
 */
import { parseArgs } from "node:util";
import { guide, paperGuidance } from "../src/gain/index.ts";
import { initialParameters } from "../src/nn/index.ts";
import {
  type Algorithm,
  type ConvProblem,
  choicesFor,
  defaultAlgorithm,
  plainAlgorithm,
} from "../src/onnx/index.ts";
import { Random } from "../src/random.ts";
import { Machine, programSource, type TensorData } from "../src/runtime/index.ts";
import { relativeError } from "../test/relativeError.ts";
import { timedModel } from "./models.ts";
import { noise, oneHot } from "./timed.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "vgg16" },
    "batch-size": { type: "string", default: "2" },
    threads: { type: "string", default: "2" },
  },
});
const batchSize = Number(values["batch-size"]);
const model = timedModel(values.model);
const step = guide(model, { ...paperGuidance, guidance: "self" }, { images: batchSize });
// A parameter's gradient cannot have its name, which is that of an input.
const outputs = Object.fromEntries(
  [...step.gradients].map(([name, node]) => [`gradient of ${name}`, node] as const),
);
const random = new Random(0);
const tags = oneHot(batchSize, model.classes);
const feeds = new Map(
  Object.entries({
    images: noise(step.inputs.images.shape, random),
    ...{ tags, chosen: tags, miningWeights: new Float32Array(batchSize).fill(1 / batchSize) },
  }),
);
const parameters = new Map(initialParameters(model, random));

type Choose = (problem: ConvProblem) => Algorithm;

/** The smaller tiles where the default has the larger ones. */
const smallTiles: Choose = (problem) => {
  const algorithm = defaultAlgorithm(problem);
  return algorithm === "winograd4" ? "winograd2" : algorithm;
};

const ways: Readonly<Record<string, Choose>> = {
  "F(4x4)": defaultAlgorithm,
  "F(2x2)": smallTiles,
  "F(4x4) in the gradients only": (problem) =>
    (problem.op === "conv" ? plainAlgorithm : defaultAlgorithm)(problem),
};

const plain = await gradients(plainAlgorithm);
for (const [way, choose] of Object.entries(ways)) {
  const errors = [...(await gradients(choose))]
    .map(([name, { data }]) => ({ name, error: relativeError(data, plain.get(name)?.data ?? []) }))
    .sort((a, b) => b.error - a.error);
  const largest = errors.slice(0, 3).map(({ name, error }) => `${name} ${error.toExponential(1)}`);
  const median = errors[errors.length >> 1].error.toExponential(1);
  console.log(JSON.stringify({ bench: "winogradError", batchSize, way, largest, median }));
}

async function gradients(choose: Choose): Promise<ReadonlyMap<string, TensorData>> {
  const choices = choicesFor(Object.values(outputs), choose);
  const machine = new Machine({ device: "cpu", threads: Number(values.threads) });
  try {
    const source = programSource({ outputs }, choices);
    const program = await machine.load(source);
    machine.setState(parameters);
    const fed = [...feeds].filter(([name]) => source.inputs.some((own) => own.name === name));
    return await machine.run(program, new Map(fed));
  } finally {
    await machine.close();
  }
}

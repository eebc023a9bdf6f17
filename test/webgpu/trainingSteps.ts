/** Two training steps of the small network with self-guidance, on any device. */
import { guide } from "../../src/gain/index.ts";
import { initialParameters, smallnet } from "../../src/nn/index.ts";
import { Random } from "../../src/random.ts";
import { type Device, Machine, programSource, type TensorData } from "../../src/runtime/index.ts";
import { sizeOf } from "../../src/shape.ts";
import {
  type OptimizerOptions,
  optimizerFeeds,
  optimizerUpdate,
} from "../../src/train/optimizer.ts";

const optimizer: OptimizerOptions = { kind: "sgd", momentum: 0.9, weightDecay: 5e-4 };
const count = 2;

/** Losses of the second step, and the parameters and velocities after it. */
export async function trainingSteps(device: Device): Promise<Map<string, TensorData>> {
  const random = new Random(4);
  const model = smallnet({ classes: 3, inputSize: 16 });
  const { losses, inputs, gradients } = guide(model, { guidance: "self" }, { images: count });
  const { updates, slots } = optimizerUpdate(model.parameters, gradients, optimizer);
  const oneHot = Float32Array.of(1, 0, 0, 0, 0, 1);
  const feeds = {
    images: Float32Array.from({ length: sizeOf(inputs.images.shape) }, () => random.normal()),
    tags: oneHot,
    chosen: oneHot,
    miningWeights: new Float32Array(count).fill(1 / count),
    ...optimizerFeeds(optimizer, 0.05, 1, 0),
  };
  const machine = new Machine({ device, threads: 1 });
  try {
    machine.setState(initialParameters(model, random));
    for (const { name, shape } of slots) {
      machine.setState([[name, { shape, data: new Float32Array(sizeOf(shape)) }]]);
    }
    const program = await machine.load(programSource({ outputs: { ...losses }, updates }));
    await machine.run(program, new Map(Object.entries(feeds)));
    const results = await machine.run(program, new Map(Object.entries(feeds)));
    return new Map([...results, ...machine.getState()]);
  } finally {
    await machine.close();
  }
}

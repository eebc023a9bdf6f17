import type { Node } from "../graph/index.ts";
import type { Choices } from "../onnx/index.ts";
import { Machine, type TensorData } from "./machine.ts";
import { programSource } from "./program.ts";

/**
 * Lowers, runs and forgets a computation in the calling thread, which blocks meanwhile: for tests
 * and small jobs.
 *
 * @param outputs  What is wanted, by name.
 * @param feeds    A value for every input, by name.
 * @param choices  Algorithms of convolutions; the default where there is none.
 */
export async function runOnce(
  outputs: Readonly<Record<string, Node>>,
  feeds: Readonly<Record<string, Float32Array>>,
  choices?: Choices,
): Promise<Map<string, TensorData>> {
  const machine = new Machine({ device: "cpu", threads: 1 });
  try {
    const program = await machine.load(programSource({ outputs }, choices));
    return await machine.run(program, new Map(Object.entries(feeds)));
  } finally {
    await machine.close();
  }
}

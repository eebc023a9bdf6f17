/** Running graphs: the only folder that knows ONNX Runtime. */
export { type AlgorithmOptions, algorithmsVersion, type Measurement } from "./algorithmChooser.ts";
export {
  Executor,
  type ExecutorOptions,
  type Feeds,
  type Program,
  type Results,
} from "./executor.ts";
export {
  type Device,
  Machine,
  type MachineOptions,
  RuntimeError,
  type TensorData,
} from "./machine.ts";
export { type Computation, portableModel, programSource } from "./program.ts";
export { runOnce } from "./runOnce.ts";
export {
  type Backend,
  listBackends,
  type RuntimeListing,
  type Trial,
  tryDevice,
} from "./tryDevice.ts";

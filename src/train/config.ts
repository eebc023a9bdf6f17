/** What defines a run; kept whole in its folder's `config.json`. */
import { z } from "zod";
import { defaultMiningWeight, guidanceDefaults } from "../gain/index.ts";

const positive = z.number().int().positive();

const channels = z.tuple([z.number(), z.number(), z.number()]);

/** How a network wants its pixels, as configurations hold it. */
export const preprocessingSchema = z.object({
  channels: z.enum(["rgb", "bgr"]),
  mean: channels,
  deviation: channels,
});

const preprocessingNameSchema = z.enum(["torchvision", "tensorflow", "caffe", "unit"]);

export type PreprocessingName = z.infer<typeof preprocessingNameSchema>;

const output = z.number().int().nonnegative();

/** Outputs of a model that stand for a class: one, several, or ranges such as "281-285, 287". */
const outputsSchema = z.union([
  output,
  z.array(output).min(1),
  z
    .string()
    .regex(/^\s*\d+(\s*-\s*\d+)?(\s*,\s*\d+(\s*-\s*\d+)?)*\s*$/, "must be numbers and ranges"),
]);

/** See `outputsSchema`. */
export type ClassOutputs = z.infer<typeof outputsSchema>;

export const optimizerSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("sgd"),
    form: z.enum(["pytorch", "caffe"]).default("pytorch"),
    momentum: z.number().min(0).max(1).default(0.9),
    weightDecay: z.number().min(0).default(5e-4),
  }),
  z.strictObject({
    kind: z.literal("adam"),
    beta1: z.number().min(0).max(1).default(0.9),
    beta2: z.number().min(0).max(1).default(0.999),
    epsilon: z.number().positive().default(1e-8),
    weightDecay: z.number().min(0).default(0),
  }),
]);

export const scheduleSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant") }),
  z.strictObject({ kind: z.literal("poly"), power: z.number().positive().default(0.9) }),
  z.strictObject({
    kind: z.literal("step"),
    every: positive,
    factor: z.number().positive().default(0.1),
  }),
]);

/** Every option of training, with its default. */
export const trainOptionsSchema = z.strictObject({
  guidance: z
    .enum(["none", "self", "extra"])
    .default("none")
    .describe("none, self, or extra: with masks or boxes"),
  masks: z
    .union([positive, z.literal("all")])
    .default("all")
    .describe("pictures whose masks may be used, with guidance extra"),
  maskClasses: z
    .array(z.string())
    .min(1)
    .optional()
    .describe("classes that such a picture must have one of; any by default"),
  model: z
    .string()
    .default("squeezenet1_1")
    .describe("name of the network, or an ONNX file of one"),
  weights: z.string().optional().describe("file of starting weights; else drawn from the seed"),
  preprocessing: z
    .union([preprocessingNameSchema, preprocessingSchema])
    .optional()
    .describe(
      "torchvision, tensorflow, caffe, unit, or {channels, mean, deviation}; as the weights or else the model want it",
    ),
  classes: z.array(z.string()).optional().describe("classes to use; all by default"),
  epochs: z.number().positive().default(3).describe("passes over the training pictures"),
  steps: positive.optional().describe("steps, instead of epochs"),
  batchSize: positive.default(16).describe("pictures of a step"),
  inputSize: positive
    .optional()
    .describe("side of the network's input, pixels; the model's by default"),
  seed: z.number().int().default(0).describe("of all that is drawn at random"),
  threads: positive.optional().describe("threads of one operator; all cores by default"),
  device: z.enum(["cpu", "webgpu", "cuda"]).default("cpu").describe("cpu, webgpu or cuda"),
  recompute: z
    .boolean()
    .default(false)
    .describe("compute activations again instead of keeping them: less memory, more time"),

  learningRate: z.number().positive().default(5e-4).describe("rate at the start"),
  headRateFactor: z
    .number()
    .positive()
    .default(10)
    .describe("rate of the head relative to the rest"),
  optimizer: optimizerSchema
    .default({ kind: "sgd", form: "pytorch", momentum: 0.9, weightDecay: 5e-4 })
    .describe("sgd (form pytorch or caffe) or adam; biases do not decay"),
  schedule: scheduleSchema
    .default({ kind: "poly", power: 0.9 })
    .describe("poly, step (every, factor) or constant"),
  accumulate: positive.default(1).describe("batches averaged before the parameters move"),
  warmupEpochs: z
    .number()
    .min(0)
    .default(1)
    .describe("epochs at the start without the attention mining loss"),
  supervisedPerStep: positive.default(4).describe("pictures with masks added to each batch"),
  flip: z.number().min(0).max(1).default(0.5).describe("probability of a flip"),
  supervisedFlip: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("probability of a flip of a picture with a mask"),
  scale: z
    .tuple([z.number().positive(), z.number().max(1)])
    .default([1, 1])
    .describe("range of the side of random crops, a share of the picture's"),

  layer: z
    .string()
    .optional()
    .describe("layer of the attention maps; the last with spatial extent by default"),
  outputStride: z
    .union([z.literal(8), z.literal(16), z.literal(32)])
    .optional()
    .describe(
      "of an ONNX model: strides beyond it are removed, layers behind dilated; 8, 16 or 32",
    ),
  keepHead: z
    .boolean()
    .default(false)
    .describe("of an ONNX model: keep its classes instead of a new head"),
  classMap: z
    .record(z.string(), outputsSchema)
    .optional()
    .describe('with keepHead: outputs of each class, such as {"cat":"281-285","horse":339}'),
  grid: z
    .tuple([positive, positive])
    .optional()
    .describe("of an ONNX transformer: rows and columns of its tokens, where they are not found"),
  miningWeight: z
    .number()
    .min(0)
    .optional()
    .describe(
      `alpha, weight of the attention mining loss: ${defaultMiningWeight.self} with guidance self, ${defaultMiningWeight.extra} with extra; the paper's is 1`,
    ),
  extraWeight: z
    .number()
    .min(0)
    .default(guidanceDefaults.extraWeight)
    .describe("omega, weight of the extra supervision; the paper's is 10"),
  extraClassificationWeight: z
    .number()
    .min(0)
    .default(guidanceDefaults.extraClassificationWeight)
    .describe("weight of the tags of pictures with masks"),
  counterfactualWeight: z
    .number()
    .min(0)
    .default(guidanceDefaults.counterfactualWeight)
    .describe("gamma: with masks, the object alone keeps its tag, all but the object loses it"),
  sigma: z.number().default(guidanceDefaults.sigma).describe("threshold of the soft mask"),
  slope: z.number().positive().default(guidanceDefaults.slope).describe("slope of the soft mask"),
  normalization: z
    .enum(["max", "minmax", "none"])
    .default(guidanceDefaults.normalization)
    .describe("of a map before it masks: max, minmax or none"),
  normalizationGradient: z
    .boolean()
    .default(guidanceDefaults.normalizationGradient)
    .describe("gradients through the extrema of the normalisation"),
  weightGradient: z
    .boolean()
    .default(guidanceDefaults.weightGradient)
    .describe("gradients through Grad-CAM's weights (second order)"),
  miningScore: z
    .enum(["sigmoid", "softmax", "logit"])
    .default(guidanceDefaults.miningScore)
    .describe("score in the mining loss: sigmoid, softmax or logit"),
  miningTrains: z
    .enum(["all", "attention"])
    .default(guidanceDefaults.miningTrains)
    .describe("what the mining loss trains: all, or the attention only, through the map"),
  maskedShare: z
    .number()
    .positive()
    .max(1)
    .default(guidanceDefaults.maskedShare)
    .describe("share of a batch that is masked and seen again"),
  classesPerImage: z
    .enum(["one", "all"])
    .default(guidanceDefaults.classesPerImage)
    .describe("one tag of each picture, drawn at each step, or all"),

  evaluate: z
    .enum(["epoch", "end", "never"])
    .default("epoch")
    .describe("when val is measured: epoch, end or never"),
  logEvery: positive.default(20).describe("steps between lines of progress"),
  checkpointEvery: positive.default(100).describe("steps between checkpoints"),
});

/** Every option, with its default where it was not given. */
export type TrainOptions = z.infer<typeof trainOptionsSchema>;

/** The options that are given. */
export type TrainOptionsInput = z.input<typeof trainOptionsSchema>;

/** `config.json`: the options with what they were resolved to. */
export const runConfigSchema = z.object({
  version: z.string(),
  /** Absolute path of the data set. */
  data: z.string(),
  /** Of the training pictures and their tags: a resumed run must see the same ones. */
  dataDigest: z.string(),
  classes: z.array(z.string()),
  inputSize: positive,
  preprocessing: preprocessingSchema,
  stepsPerEpoch: positive,
  totalSteps: positive,
  warmupSteps: z.number().int().nonnegative(),
  options: trainOptionsSchema,
  created: z.string(),
  /** Versions of what computes. */
  runtime: z.record(z.string(), z.string()),
});

export type RunConfig = z.infer<typeof runConfigSchema>;

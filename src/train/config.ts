/** What defines a run; kept whole in its folder's `config.json`. */
import { z } from "zod";

const positive = z.number().int().positive();

const optimizer = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("sgd"),
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

const schedule = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant") }),
  z.strictObject({ kind: z.literal("poly"), power: z.number().positive().default(0.9) }),
  z.strictObject({
    kind: z.literal("step"),
    every: positive,
    factor: z.number().positive().default(0.1),
  }),
]);

/** Every option of training; the defaults are those that reach the reference's figures. */
export const trainOptionsSchema = z.strictObject({
  guidance: z.enum(["none", "self", "extra"]).default("none"),
  /** How many pictures' masks may be used, with guidance "extra". */
  masks: z.union([positive, z.literal("all")]).default("all"),
  model: z.string().default("squeezenet1_1"),
  /** File of starting weights, absolute. */
  weights: z.string().optional(),
  /** How pixels are scaled; by default as the weights' file or else the model wants it. */
  preprocessing: z.enum(["caffe", "torchvision"]).optional(),
  classes: z.array(z.string()).optional(),
  epochs: z.number().positive().default(3),
  /** Instead of epochs. */
  steps: positive.optional(),
  batchSize: positive.default(16),
  inputSize: positive.optional(),
  seed: z.number().int().default(0),
  /** Threads of one operator; as many as the machine runs at once by default. */
  threads: positive.optional(),
  device: z.enum(["cpu", "webgpu", "cuda"]).default("cpu"),

  learningRate: z.number().positive().default(5e-4),
  headRateFactor: z.number().positive().default(10),
  optimizer: optimizer.default({ kind: "sgd", momentum: 0.9, weightDecay: 5e-4 }),
  schedule: schedule.default({ kind: "poly", power: 0.9 }),
  accumulate: positive.default(1),
  /** Epochs at the start without the attention mining loss. */
  warmupEpochs: z.number().min(0).default(1),
  supervisedPerStep: positive.default(4),
  flip: z.number().min(0).max(1).default(0.5),
  /** Range of the side of random crops, as a share of the picture's. */
  scale: z.tuple([z.number().positive(), z.number().max(1)]).default([1, 1]),

  layer: z.string().optional(),
  miningWeight: z.number().min(0).default(1),
  extraWeight: z.number().min(0).default(10),
  extraClassificationWeight: z.number().min(0).default(0.25),
  sigma: z.number().default(0.5),
  slope: z.number().positive().default(10),
  normalization: z.enum(["max", "minmax", "none"]).default("max"),
  normalizationGradient: z.boolean().default(true),
  weightGradient: z.boolean().default(true),
  miningScore: z.enum(["sigmoid", "softmax", "logit"]).default("sigmoid"),
  maskedShare: z.number().positive().max(1).default(1),
  classesPerImage: z.enum(["one", "all"]).default("one"),

  /** When the split "val" is measured. */
  evaluate: z.enum(["epoch", "end", "never"]).default("epoch"),
  /** Steps between lines of progress. */
  logEvery: positive.default(20),
  /** Steps between checkpoints. */
  checkpointEvery: positive.default(100),
});

/** Every option, with its default where it was not given. */
export type TrainOptions = z.infer<typeof trainOptionsSchema>;

/** The options that are given. */
export type TrainOptionsInput = z.input<typeof trainOptionsSchema>;

const channels = z.tuple([z.number(), z.number(), z.number()]);

/** `config.json`: the options with what they were resolved to. */
export const runConfigSchema = z.object({
  version: z.string(),
  /** Absolute path of the data set. */
  data: z.string(),
  /** Of the training pictures and their tags: a resumed run must see the same ones. */
  dataDigest: z.string(),
  classes: z.array(z.string()),
  inputSize: positive,
  preprocessing: z.object({
    channels: z.enum(["rgb", "bgr"]),
    mean: channels,
    deviation: channels,
  }),
  stepsPerEpoch: positive,
  totalSteps: positive,
  warmupSteps: z.number().int().nonnegative(),
  options: trainOptionsSchema,
  created: z.string(),
  /** Versions of what computes. */
  runtime: z.record(z.string(), z.string()),
});

export type RunConfig = z.infer<typeof runConfigSchema>;

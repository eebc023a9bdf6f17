/** What defines a run of SEC; kept whole in its folder's `config.json`. */
import { z } from "zod";
import { optimizerSchema, preprocessingSchema, scheduleSchema } from "../train/index.ts";

const positive = z.number().int().positive();
const weight = z.number().min(0);

/**
 * The dense CRF; its standard deviations in levels of 0 to 255, and in pixels of a picture whose longest
 * side is `side`: VOC's 500, for which SEC's are. They are scaled with the picture.
 */
const crfSchema = z.strictObject({
  side: positive.default(500),
  iterations: positive.default(10),
  gaussian: z
    .strictObject({ weight: weight.default(3), spatialSigma: z.number().positive().default(3) })
    .prefault({}),
  bilateral: z
    .strictObject({
      weight: weight.default(10),
      spatialSigma: z.number().positive().default(80),
      colorSigma: z.number().positive().default(13),
    })
    .prefault({}),
});

/**
 * Every option of SEC's training; the defaults are its own where it states them. Those of the
 * optimiser depend on the network: see `recipeOf`.
 */
export const secOptionsSchema = z.strictObject({
  model: z.string().default("squeezenet1_1_largefov").describe("name of the network"),
  weights: z
    .string()
    .optional()
    .describe("starting weights: of a classifier or of this network; else drawn from the seed"),
  preprocessing: z
    .enum(["caffe", "torchvision"])
    .optional()
    .describe("caffe or torchvision; as the weights or else the model want it"),
  classes: z.array(z.string()).optional().describe("classes to use; all by default"),
  epochs: z.number().positive().default(3).describe("passes over the pictures that have cues"),
  steps: positive.optional().describe("steps, instead of epochs; SEC's 8000"),
  batchSize: positive.default(15).describe("pictures of a step"),
  accumulate: positive.default(1).describe("batches averaged before the parameters move"),
  inputSize: positive
    .optional()
    .describe("side of the network's input, pixels; the model's by default"),
  headChannels: positive
    .optional()
    .describe("channels of fc6 and fc7; the model's by default, SEC's 1024"),
  seed: z.number().int().default(0).describe("of all that is drawn at random"),
  threads: positive.optional().describe("threads of one operator; all cores by default"),
  device: z.enum(["cpu", "webgpu", "cuda"]).default("cpu").describe("cpu, webgpu or cuda"),
  recompute: z
    .boolean()
    .default(false)
    .describe("compute activations again instead of keeping them: less memory, more time"),

  learningRate: z
    .number()
    .positive()
    .optional()
    .describe("rate at the start; 1e-3 for vgg16_largefov, else 1e-4"),
  headRateFactor: z
    .number()
    .positive()
    .default(10)
    .describe("rate of the head relative to the rest"),
  biasRateFactor: z
    .number()
    .positive()
    .optional()
    .describe("rate of biases relative to their weights; 2 for vgg16_largefov, else 1"),
  optimizer: optimizerSchema
    .optional()
    .describe("sgd (form caffe or pytorch) or adam; sgd as in Caffe for vgg16_largefov, else adam"),
  schedule: scheduleSchema
    .optional()
    .describe("poly, step or constant; a tenth after each quarter for vgg16_largefov, else poly"),
  flip: z.number().min(0).max(1).default(0).describe("probability of a flip"),
  dropout: z
    .boolean()
    .optional()
    .describe("of half of fc6 and fc7; true for vgg16_largefov, else false"),

  seedWeight: weight.default(1).describe("weight of the seeding loss"),
  expandWeight: weight.default(1).describe("weight of the expansion loss"),
  constrainWeight: weight.default(1).describe("weight of the constrain-to-boundary loss"),
  foregroundDecay: z
    .number()
    .positive()
    .max(1)
    .default(0.996)
    .describe("decay of the global weighted rank pooling of classes that are there"),
  backgroundDecay: z
    .number()
    .positive()
    .max(1)
    .default(0.999)
    .describe("the same of the background"),
  crf: crfSchema.prefault({}).describe("dense CRF of the training target and of segmentation"),
  crfScale: z
    .number()
    .positive()
    .optional()
    .describe(
      "by which the CRF's distances are divided on the score map; SEC's 12 of 41 places, scaled to others",
    ),

  evaluate: z
    .enum(["epoch", "end", "never"])
    .default("end")
    .describe("when val is measured, without the CRF: epoch, end or never"),
  logEvery: positive.default(10).describe("steps between lines of progress"),
  checkpointEvery: positive.default(50).describe("steps between checkpoints"),
});

/** Every option, with its default where it was not given. */
export type SecTrainOptions = z.infer<typeof secOptionsSchema>;

/** The options that are given. */
export type SecTrainOptionsInput = z.input<typeof secOptionsSchema>;

/** The options with what depends on the network filled in: see `recipeOf`. */
export const completeSecOptionsSchema = secOptionsSchema.required({
  optimizer: true,
  learningRate: true,
  biasRateFactor: true,
  dropout: true,
});

/** Every option; but the schedule may be left to the run's length. */
export type CompleteSecOptions = z.infer<typeof completeSecOptionsSchema>;

/** What depends on the network, unless it is given. */
type SecRecipe = Pick<
  SecTrainOptionsInput,
  "optimizer" | "schedule" | "learningRate" | "biasRateFactor" | "dropout"
>;

/** SEC's solver; its schedule, 2000 of 8000 steps at each rate, is that of a run of any length. */
const secRecipe: SecRecipe = {
  optimizer: { kind: "sgd", form: "caffe", momentum: 0.9, weightDecay: 5e-4 },
  learningRate: 1e-3,
  biasRateFactor: 2,
  dropout: true,
};

/**
 * For networks whose head is new, and runs of hundreds of steps instead of 8000: measured in
 * docs/results.md.
 */
const shortRecipe: SecRecipe = {
  optimizer: { kind: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
  schedule: { kind: "poly", power: 0.9 },
  learningRate: 1e-4,
  biasRateFactor: 1,
  dropout: false,
};

export const recipeOf = (model: string): SecRecipe =>
  model === "vgg16_largefov" ? secRecipe : shortRecipe;

/** `config.json`: the options with what they were resolved to. */
export const secConfigSchema = z.object({
  kind: z.literal("segmentation"),
  version: z.string(),
  /** Absolute path of the data set. */
  data: z.string(),
  /** Absolute path of the cues. */
  cues: z.string(),
  /** Of the pictures, their tags and their cues: a resumed run must see the same ones. */
  dataDigest: z.string(),
  /** Without the background. */
  classes: z.array(z.string()),
  /** Pixel value of each class in masks, as in those of the data set. */
  maskValues: z.array(z.number().int()),
  inputSize: positive,
  preprocessing: preprocessingSchema,
  stepsPerEpoch: positive,
  totalSteps: positive,
  options: completeSecOptionsSchema,
  created: z.string(),
  /** Versions of what computes. */
  runtime: z.record(z.string(), z.string()),
});

export type SecConfig = z.infer<typeof secConfigSchema>;

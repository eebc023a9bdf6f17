import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { decodePng } from "../../src/data/decodePng.ts";
import { decodePicture, Loader, noAugmentation, type Preprocessing } from "../../src/data/index.ts";
import type { ImageForm } from "../../src/index.ts";
import { decodeOnnx } from "../../src/onnx/index.ts";
import { version } from "../../src/version.ts";
import { attendRaw, largestDifference, type RawAttention, sigmoid } from "./attendRaw.ts";
import { gain, jsonLines, type Outcome } from "./gain.ts";
import { tinyCues, tinySec } from "./tinyCues.ts";
import { temporaryFolder, tinyData, tinyRun } from "./tinyData.ts";

/** Of the tiny network's input. */
const side = 32;
const classes = ["disc", "square"];
/** As smallnet wants its pixels. */
const preprocessing: Preprocessing = {
  channels: "rgb",
  mean: [127.5, 127.5, 127.5],
  deviation: [64, 64, 64],
};

let folder = "";
let data = "";
let run = "";
let picture = "";
/** The run's, of the picture. */
let attended: readonly RawAttention[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
  data = await tinyData(folder);
  run = join(folder, "run");
  const train = ["train", data, "--out", run, ...tinyRun, "--steps", "4", "--no-evaluate"];
  expect(await gain([...train, "--guidance", "self"])).toMatchObject({ status: 0 });
  picture = join(data, "JPEGImages/val0.jpg");
  attended = await attendRaw(run, picture, classes);
  for (const form of forms) {
    expect(await exported(run, fileOf(form), ...flagsOf[form])).toMatchObject({ status: 0 });
  }
});

const forms = ["preprocessed", "planes", "bytes"] as const;

const flagsOf: Readonly<Record<ImageForm, readonly string[]>> = {
  preprocessed: [],
  planes: ["--preprocess"],
  bytes: ["--bytes"],
};

/** The run, exported to take such images. */
const fileOf = (form: ImageForm): string => join(folder, `${form}.onnx`);

describe("gain export of a classifier", () => {
  test.each(forms)(
    "takes %s images, and gives plain ONNX Runtime the probabilities and maps of gain attend",
    async (form) => {
      const { logits, attention } = await runFile(fileOf(form), await imagesOf([picture], form));
      expect(attention.dims).toEqual([1, 2, 4, 4]);
      for (const [c, { probability, map }] of attended.entries()) {
        // The command's convolutions are Winograd's, the file's ONNX's own: float32 rounding.
        expect(Math.abs(sigmoid(logits.values[c]) - probability)).toBeLessThan(1e-6);
        expect(largestDifference(attention.values.slice(16 * c, 16 * (c + 1)), map)).toBeLessThan(
          1e-5,
        );
      }
      expect(Math.max(...attended.flatMap(({ map }) => [...map]))).toBeCloseTo(1);
    },
  );

  test("without options it is the model.onnx that training leaves, byte for byte", async () => {
    const left = await readFile(join(run, "model.onnx"));
    expect((await readFile(fileOf("preprocessed"))).equals(left)).toBe(true);
  });

  test("gives each picture of a batch what it gives that one alone", async () => {
    const [one, three] = [fileOf("bytes"), join(folder, "three.onnx")];
    await exported(run, three, "--bytes", "--batch-size", "3");
    const pictures = ["val0", "val1", "val2"].map((id) => join(data, `JPEGImages/${id}.jpg`));
    const together = await runFile(three, await imagesOf(pictures, "bytes"));
    expect(together.attention.dims).toEqual([3, 2, 4, 4]);
    for (const [n, picture] of pictures.entries()) {
      const alone = await runFile(one, await imagesOf([picture], "bytes"));
      for (const name of ["logits", "attention"]) {
        const size = alone[name].values.length;
        const own = together[name].values.slice(n * size, (n + 1) * size);
        // Batches of 1 and 3 may take other kernels.
        expect(largestDifference(own, alone[name].values)).toBeLessThan(1e-5);
      }
    }
  });

  test.each([
    ["preprocessed", preprocessing],
    ["planes", { channels: "rgb", mean: [0, 0, 0], deviation: [1, 1, 1] }],
  ] as const)("tells of itself what a caller has to know, with %s images", async (form, left) => {
    const { metadata } = decodeOnnx(await readFile(fileOf(form)));
    expect(metadata).toEqual({
      classes: '["disc","square"]',
      model: "smallnet",
      inputSize: "32",
      preprocessing: JSON.stringify(left),
      layer: "conv6",
      guidance: "self",
      attention: "Grad-CAM of each class, divided by its maximum",
      probability: "sigmoid of the logit, class by class",
      version,
      runtime: expect.stringMatching(/^\{"node":"[\d.]+","onnxruntime-node":"[\d.]+"\}$/),
    });
  });

  test("makes the folder, and says what the file takes and gives", async () => {
    const file = join(folder, "deep/er/photos.onnx");
    const { stdout, stderr } = await gain(["export", run, "--out", file]);
    expect(stderr).toBe("");
    expect(stdout.replace(/[\d.]+ MB/, "SIZE")).toBe(
      [
        `${file}: SIZE, smallnet after step 4 of 4`,
        "  images     float32 [1, 3, 32, 32]  RGB of 0 to 255, minus 127.5, divided by 64; pictures are stretched",
        "  logits     float32 [1, 2]          of disc, square",
        "  attention  float32 [1, 2, 4, 4]    of the same at conv6, each map divided by its maximum",
        "",
      ].join("\n"),
    );
    const [told] = jsonLines(await exported(run, file, "--bytes"));
    expect(told).toMatchObject({
      file,
      bytes: (await readFile(file)).length,
      kind: "classification",
      model: "smallnet",
      classes,
      step: 4,
      totalSteps: 4,
      inputs: [{ name: "images", type: "uint8", shape: [1, 32, 32, 3] }],
      outputs: [
        { name: "logits", type: "float32", shape: [1, 2] },
        { name: "attention", type: "float32", shape: [1, 2, 4, 4] },
      ],
    });
  });

  test("an interrupted run is exported as its checkpoint has it", async () => {
    const stopped = join(folder, "stopped");
    const endless = ["train", data, "--out", stopped, ...tinyRun, "--steps", "100000"];
    const logs = ["--no-evaluate", "--json", "--set", "logEvery=1"];
    let isTold = false;
    const trained = await gain([...endless, ...logs], (_, child) => {
      // A second signal would not wait for the checkpoint.
      if (!isTold) isTold = child.kill("SIGTERM");
    });
    expect(trained.status).toBe(130);
    const file = join(folder, "stopped.onnx");
    const [told] = jsonLines(await exported(stopped, file, "--bytes"));
    expect(told).toMatchObject({ step: jsonLines(trained).at(-1)?.step, totalSteps: 100000 });
    const { logits } = await runFile(file, await imagesOf([picture], "bytes"));
    const probabilities = (await attendRaw(stopped, picture, classes)).map(
      ({ probability }) => probability,
    );
    expect(largestDifference(logits.values.map(sigmoid), probabilities)).toBeLessThan(1e-6);
  });

  test("what is no run, no batch or no place for a file is one line with the cure", async () => {
    const cases: [string[], number, string][] = [
      [
        [data, "--out", join(folder, "a.onnx")],
        1,
        `${join(data, "config.json")}: not found, so ${data} is no run. Train one with gain train DATA --out ${data}.`,
      ],
      [
        [run, "--out", join(folder, "b.onnx"), "--batch-size", "0"],
        2,
        "batchSize: must be a whole number of at least 1; got 0.",
      ],
      [
        [run, "--out", folder],
        1,
        `${folder}: cannot be written (EISDIR: .*). What was there before is intact; make room or choose another folder.`,
      ],
      [
        [run, "--out", join(run, "config.json", "c.onnx")],
        1,
        `.*c.onnx: cannot be written (.*). What was there before is intact; make room or choose another folder.`,
      ],
    ];
    for (const [args, status, sentence] of cases) {
      const pattern = sentence.replace(/[()]/g, "\\$&");
      expect(await gain(["export", ...args])).toMatchObject({
        status,
        stdout: "",
        stderr: expect.stringMatching(new RegExp(`^gain: ${pattern}\n$`)),
      });
    }
  });
});

describe("gain export of a segmentation network", () => {
  test("gives the masks that gain segment writes of pictures of the network's size", async () => {
    const [size, steps] = [33, 40];
    const cues = await tinyCues(data, join(folder, "cues"));
    const sec = join(folder, "sec");
    const trained = await gain([
      ...["sec", data, "--cues", cues, "--out", sec, ...tinySec, "--steps", String(steps)],
      ...["--set", "learningRate=0.003", "--set", "dropout=false", "--no-evaluate"],
      ...["--set", "schedule.kind=constant", "--set", "biasRateFactor=1"],
    ]);
    expect(trained).toMatchObject({ status: 0 });
    const small = join(folder, "small.png");
    await sharp(picture).resize(size, size).png().toFile(small);
    const masks = join(folder, "masks");
    const segmented = await gain(["segment", sec, small, "--out", masks, "--threads", "1"]);
    expect(segmented).toMatchObject({ status: 0 });
    const expected = decodePng(await readFile(join(masks, "small.png"))).samples;

    const file = join(folder, "sec.onnx");
    const told = await exported(sec, file, "--bytes");
    expect(jsonLines(told)).toMatchObject([{ kind: "segmentation", classes, step: steps }]);
    const results = await runFile(file, await imagesOf([small], "bytes", size));
    expect(results.scores.dims).toEqual([1, 3, 5, 5]);
    expect(results.masks.dims).toEqual([1, size, size]);
    expect(new Set(results.masks.values).size).toBeGreaterThan(1);
    const differing = results.masks.values.filter((label, i) => label !== expected[i]);
    // Where two scores meet, float32 rounding may decide.
    expect(differing.length).toBeLessThanOrEqual(0.005 * size ** 2);
    const { metadata } = decodeOnnx(await readFile(file));
    expect(metadata.classes).toBe('["background","disc","square"]');
  });
});

const exported = (from: string, out: string, ...flags: string[]): Promise<Outcome> =>
  gain(["export", from, "--out", out, "--json", ...flags]);

/** Pictures as a file takes them. */
async function imagesOf(
  pictures: readonly string[],
  form: ImageForm,
  size: number = side,
): Promise<Tensor> {
  const count = pictures.length;
  if (form === "preprocessed") {
    const loader = new Loader({ size, preprocessing, maskLabels: new Uint8Array(256) });
    const items = pictures.map((image) => {
      const sample = { id: image, image, tags: [] };
      return { sample, augmentation: noAugmentation, withMask: false };
    });
    const { images } = await loader.load(items);
    await loader.close();
    return new Tensor("float32", images, [count, 3, size, size]);
  }
  const decoded = await Promise.all(pictures.map((path) => decodePicture(path, size, size)));
  const bytes = Uint8Array.from(decoded.flatMap(({ pixels }) => [...pixels]));
  if (form === "bytes") return new Tensor("uint8", bytes, [count, size, size, 3]);
  const area = size ** 2;
  const planes = Float32Array.from({ length: bytes.length }, (_, i) => {
    const [n, c, place] = [Math.floor(i / (3 * area)), Math.floor(i / area) % 3, i % area];
    return bytes[3 * (n * area + place) + c];
  });
  return new Tensor("float32", planes, [count, 3, size, size]);
}

interface Value {
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

/** What plain ONNX Runtime makes of images. */
async function runFile(file: string, images: Tensor): Promise<Record<string, Value>> {
  const session = await InferenceSession.create(file);
  const results = await session.run({ images });
  return Object.fromEntries(
    Object.entries(results).map(([name, { dims, data: values }]) => [
      name,
      { dims, values: Array.from(values as Float32Array) },
    ]),
  );
}

import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { temporaryFolder, tinyData } from "../../test/cli/tinyData.ts";
import { type Dataset, Loader, noAugmentation, readCueSet, readDataset } from "../data/index.ts";
import { noCue, planeOnGrid } from "../sec/cueGrid.ts";
import { countLabels } from "../sec/cueSet.ts";
import { type OpenedRun, openRun, startAttender, trainRun } from "../train/index.ts";
import { cueOptionsSchema } from "./cueOptions.ts";
import { gridOf, type MakeCuesOptions, makeCues } from "./makeCues.ts";
import { type PictureMaps, pictureMaps, sideAt } from "./pictureMaps.ts";

let folder = "";
let data = "";
let run = "";
let dataset: Dataset;

beforeAll(async () => {
  folder = await temporaryFolder();
  data = await tinyData(folder);
  run = join(folder, "run");
  const options = { model: "smallnet", inputSize: 32, batchSize: 4, threads: 1, steps: 6 };
  await trainRun({ data, out: run, options: { ...options, evaluate: "never" } });
  dataset = await readDataset(data);
});

/** Two scales, so that a batch takes two programs. */
const options = { size: 9, scales: [1, 1.5], flip: true };

const make = (out: string, more: Partial<MakeCuesOptions> = {}) =>
  makeCues({ run, data, out: join(folder, out), options, threads: 1, ...more });

const bytesOf = (out: string) =>
  Promise.all(["cues.bin", "cues.json"].map((name) => readFile(join(folder, out, name), "utf8")));

test("every training picture gets a grid of its own tags, and the folder holds two files", async () => {
  const { status, header } = await make("whole");
  expect(status).toBe("done");
  expect((await readdir(join(folder, "whole"))).sort()).toEqual(["cues.bin", "cues.json"]);
  expect(header).toMatchObject({
    size: 9,
    classes: ["disc", "square"],
    ids: dataset.splits.train.map(({ id }) => id),
    source: run,
    data,
    options: { ...options, foreground: 0.2, background: "saliency" },
    unreadable: [],
  });
  const { background, foreground, none } = header.cells;
  expect(background + foreground + none).toBe(14 * 81);
  expect(background).toBeGreaterThan(0);
  expect(foreground).toBeGreaterThan(0);
  const { grids } = await readCueSet(join(folder, "whole"));
  for (const { id, tags } of dataset.splits.train) {
    const labels = countLabels(grids.get(id) ?? new Uint8Array(0));
    const allowed = [0, noCue, ...tags.map((tag) => tag + 1)];
    expect(allowed.reduce((sum, label) => sum + labels[label], 0)).toBe(81);
  }
});

test("stopped after a batch, its last record half written, it goes on to the same bytes", async () => {
  const controller = new AbortController();
  const stopped = make("stopped", {
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await expect(stopped).rejects.toThrow("This operation was aborted");
  expect(await readdir(join(folder, "stopped"))).toEqual(["cues.partial"]);
  await appendFile(join(folder, "stopped/cues.partial"), Uint8Array.of(1, 0, 0));
  const progress: number[] = [];
  await make("stopped", { onProgress: (done) => progress.push(done) });
  // The first batch of 8 is not made again.
  expect(progress).toEqual([14]);
  expect(await bytesOf("stopped")).toEqual(await bytesOf("whole"));
});

test("whole cues are left alone, other options make them anew, lost grids are made again", async () => {
  await make("again");
  const before = await bytesOf("again");
  expect((await make("again")).status).toBe("complete");
  const other = await make("again", { options: { ...options, foreground: 0.6 } });
  expect(other.status).toBe("done");
  expect((await bytesOf("again"))[0]).not.toEqual(before[0]);
  expect((await make("again")).status).toBe("done");
  expect(await bytesOf("again")).toEqual(before);
  await writeFile(join(folder, "again/cues.bin"), "short");
  expect((await make("again")).status).toBe("done");
  expect(await bytesOf("again")).toEqual(before);
});

test("a picture that cannot be read is told and gets no grid; the others are as before", async () => {
  const broken = await tinyData(folder, "broken");
  const file = join(broken, "JPEGImages/train3.jpg");
  await writeFile(file, "no picture");
  const failures: string[] = [];
  const { header } = await make("some", {
    data: broken,
    onFailure: ({ id }) => failures.push(id),
  });
  // Told at one scale only.
  expect(failures).toEqual(["train3"]);
  expect(header.unreadable).toEqual(["train3"]);
  const [whole, some] = await Promise.all(
    ["whole", "some"].map((out) => readCueSet(join(folder, out))),
  );
  const expected = new Map(whole.grids);
  expected.delete("train3");
  expect(some.grids).toEqual(expected);
});

test("pictures none of which can be read are an error", async () => {
  const train = dataset.splits.train.map((sample) => ({ ...sample, image: "/none.jpg" }));
  await expect(make("none", { data: { ...dataset, splits: { train } } })).rejects.toThrow(
    `${data}: the split "train" must have a picture that can be read; none can. Run gain check ${data}.`,
  );
});

test("a data set with other classes, wrong options and unknown layers are refused", async () => {
  await expect(make("x", { data: { ...dataset, classes: ["square", "disc"] } })).rejects.toThrow(
    `${data}: the classes must be those of ${run}, disc, square; they are square, disc. Choose the run's with --classes, or train a run on these.`,
  );
  await expect(make("x", { options: { foreground: 2 } })).rejects.toThrow(
    expect.objectContaining({
      name: "OptionError",
      message: expect.stringMatching(
        /^options: foreground: .*<=1; got 2\. See gain cues --help\.$/,
      ),
    }),
  );
  await expect(make("x", { options: { saliencyLayer: "conv9" } })).rejects.toThrow(
    'saliency: layer must be one of conv1, conv2, conv3, conv4, conv5, conv6, head; got "conv9".',
  );
});

async function mapsOf(
  opened: OpenedRun,
  samples: Dataset["splits"][string],
  more: Partial<Parameters<typeof pictureMaps>[2]> = {},
): Promise<PictureMaps[]> {
  const pictures: PictureMaps[] = [];
  const settings = { size: 4, scales: [1], flip: false, saliencyLayer: "conv4", ...more };
  for await (const batch of pictureMaps(opened, samples, {
    ...{ batchSize: 4, threads: 1 },
    ...settings,
  })) {
    pictures.push(...batch.pictures);
  }
  return pictures;
}

test("at one scale the maps are the attender's, on the grid", async () => {
  const opened = await openRun(run);
  const samples = dataset.splits.train.slice(0, 3);
  const maps = await mapsOf(opened, samples, { size: 7 });
  const { inputSize: size, preprocessing } = opened.model;
  const loader = new Loader({ size, preprocessing, maskLabels: dataset.maskLabels });
  const { images } = await loader.load(
    samples.map((sample) => ({ sample, augmentation: noAugmentation, withMask: false })),
  );
  await loader.close();
  const { attender, close } = await startAttender(opened, { threads: 1 });
  const expected = await attender.attend(images);
  await close();
  for (const [n, { sample, attention }] of maps.entries()) {
    const { maps: values, height, width } = expected[n];
    for (const [t, tag] of sample.tags.entries()) {
      const plane = planeOnGrid({ values, height, width }, tag, 7);
      // Batches of 4 and of 16 may take other kernels: float32 rounding only.
      expect([...attention[t]]).toEqual(Array.from(plane, (value) => expect.closeTo(value, 4)));
    }
  }
});

test("with flips, a mirrored picture has the mirrored maps", async () => {
  const opened = await openRun(run);
  const [sample] = dataset.splits.train;
  // Of the network's size, so that nothing is resampled.
  const picture = sharp(sample.image).resize(32, 32, { fit: "fill" });
  const [plain, mirrored] = [join(folder, "plain.png"), join(folder, "mirrored.png")];
  await picture.clone().png().toFile(plain);
  await sharp(plain).flop().png().toFile(mirrored);
  const [one, other] = await mapsOf(
    opened,
    [plain, mirrored].map((image) => ({ ...sample, id: image, image })),
    { flip: true },
  );
  const mirror = (map: ArrayLike<number> = []): unknown[] =>
    Array.from(map, (_, i) => expect.closeTo(map[i - (i % 4) + 3 - (i % 4)], 4));
  expect([...other.attention[0]]).toEqual(mirror(one.attention[0]));
  expect([...(other.saliency ?? [])]).toEqual(mirror(one.saliency));
  expect([...other.attention[0]]).not.toEqual([...one.attention[0]]);
});

test("the network's side is a multiple of 16 at every scale", () => {
  expect([1, 1.5, 2, 0.5, 0.01].map((scale) => sideAt(224, scale))).toEqual([
    224, 336, 448, 112, 16,
  ]);
  expect(sideAt(225, 1.1)).toBe(240);
});

test("background comes from low attention where there is no saliency", () => {
  const maps: PictureMaps = {
    sample: { id: "a", image: "/a.jpg", tags: [1] },
    attention: [Float32Array.of(0, 0.005, 0.5, 1)],
    saliency: undefined,
  };
  const parsed = cueOptionsSchema.parse({ size: 2, background: "attention" });
  expect([...gridOf(maps, parsed)]).toEqual([0, 0, 2, 2]);
  expect([...gridOf(maps, { ...parsed, backgroundThreshold: 0.002, foreground: 0.6 })]).toEqual([
    0,
    noCue,
    noCue,
    2,
  ]);
});

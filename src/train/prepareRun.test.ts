import { afterAll, beforeAll, expect, test } from "vitest";
import { DataFolder } from "../../test/dataFolder.ts";
import type { TrainOptionsInput } from "./config.ts";
import { OptionError } from "./parseOptions.ts";
import { newRun } from "./prepareRun.ts";

let folder: DataFolder;
let data: string;

/** Eight pictures of cats with masks, eight of dogs with boxes only; nothing of them is read. */
beforeAll(async () => {
  folder = await DataFolder.create();
  const rows = Array.from({ length: 16 }, (_, i) => {
    const tag = i < 8 ? "cat" : "dog";
    const supervision =
      i < 8 ? { mask: `${i}.png` } : { boxes: [{ tag, left: 0, top: 0, right: 2, bottom: 2 }] };
    return { image: `${i}.jpg`, tags: [tag], split: "train", ...supervision };
  });
  data = await folder.write("data.json", [
    ...rows,
    { image: "v.jpg", tags: ["cat", "dog"], split: "val" },
  ]);
});

afterAll(() => folder.remove());

async function supervisedIds(options: TrainOptionsInput): Promise<number[]> {
  const { supervised } = await newRun(data, { model: "smallnet", batchSize: 4, ...options });
  return supervised.map(({ id }) => Number(id)).sort((a, b) => a - b);
}

test("pictures with masks go before those with boxes only", async () => {
  const some = await supervisedIds({ guidance: "extra", masks: 6 });
  expect(some).toHaveLength(6);
  expect(some.every((id) => id < 8)).toBe(true);
  expect(await supervisedIds({ guidance: "extra", masks: 8 })).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(await supervisedIds({ guidance: "extra", masks: 9 })).toHaveLength(9);
  expect(await supervisedIds({ guidance: "extra", masks: "all" })).toHaveLength(16);
  expect(await supervisedIds({ guidance: "self" })).toEqual([]);
});

test("masks of some classes are those of pictures that have one of them", async () => {
  const dogs = await supervisedIds({ guidance: "extra", masks: 3, maskClasses: ["dog"] });
  expect(dogs).toHaveLength(3);
  expect(dogs.every((id) => id >= 8)).toBe(true);
});

test("of VOC's files of boxes only those that are drawn are read, and those that hold none passed over", async () => {
  const ids = Array.from({ length: 8 }, (_, i) => `v${i}`);
  const lines = (sign: string): string => ids.map((id) => `${id} ${sign}\n`).join("");
  await folder.pictures(
    [...ids, "w"].map((id) => `voc/JPEGImages/${id}.jpg`),
    8,
    8,
  );
  await folder.write("voc/ImageSets/Main/cat_train.txt", lines("1"));
  await folder.write("voc/ImageSets/Main/cat_val.txt", "w 1\n");
  const box = "<xmin>1</xmin><ymin>2</ymin><xmax>4</xmax><ymax>5</ymax>";
  const annotate = (id: string, name: string): Promise<string> =>
    folder.write(
      `voc/Annotations/${id}.xml`,
      `<annotation><object><name>${name}</name><bndbox>${box}</bndbox></object></annotation>\n`,
    );
  for (const [i, id] of ids.entries()) await annotate(id, i < 4 ? "cat" : "tree");
  const classes = ["cat"];
  const options = { model: "smallnet", batchSize: 4, guidance: "extra" as const, classes };
  const { supervised } = await newRun(folder.at("voc"), { ...options, masks: 4 });
  expect(supervised.map(({ id }) => id).sort()).toEqual(["v0", "v1", "v2", "v3"]);
  expect(supervised[0].boxes).toEqual([{ classIndex: 0, left: 0, top: 1, right: 4, bottom: 5 }]);
  const refused = (masks: number): Promise<void> =>
    expect(newRun(folder.at("voc"), { ...options, masks })).rejects.toThrow(
      new OptionError(
        `masks: must be at most the 4 training pictures of ${folder.at("voc")} that have a tag and a mask or boxes; got ${masks}. Lower --masks, or use --masks all.`,
      ),
    );
  await refused(5);
  await refused(9);
  // Whichever is drawn, no other is looked at.
  const drawn = await newRun(folder.at("voc"), { ...options, masks: 1 });
  for (const id of ids.slice(0, 4)) {
    if (id !== drawn.supervised[0].id) await folder.write(`voc/Annotations/${id}.xml`, "broken");
  }
  expect(await newRun(folder.at("voc"), { ...options, masks: 1 })).toMatchObject({
    supervised: drawn.supervised,
  });
});

test("refuses more masks than there are, and classes that are none", async () => {
  const refused = (options: TrainOptionsInput, message: string): Promise<void> =>
    expect(supervisedIds({ guidance: "extra", ...options })).rejects.toThrow(
      new OptionError(message),
    );
  await refused(
    { masks: 9, maskClasses: ["dog"] },
    `masks: must be at most the 8 training pictures of ${folder.path} that have a tag of dog and a mask or boxes; got 9. Lower --masks, or use --masks all.`,
  );
  await refused(
    { maskClasses: ["cow"] },
    `maskClasses: must be classes of ${folder.path}, cat, dog; got "cow".`,
  );
});

import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkSubmission } from "./checkSubmission.ts";
import { encodeIndexedPng } from "./indexedPng.ts";
import type { LabelMap } from "./mask.ts";
import {
  type Competition,
  type SubmissionOptions,
  submissionFolder,
  writeSubmission,
} from "./submission.ts";
import { vocPalette } from "./vocPalette.ts";

const run = promisify(execFile);
const hasTar = await run("tar", ["--version"]).then(
  () => true,
  () => false,
);
if (!hasTar) console.warn("skipped: there is no tar command to compare with");

let folder = "";
let out = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gain-submission-"));
  out = join(folder, "out.tgz");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const comp6 = submissionFolder("comp6");

function mapOf(width: number, ...labels: number[]): LabelMap {
  return { width, height: labels.length / width, labels: Uint8Array.from(labels) };
}

const masks: ReadonlyMap<string, LabelMap> = new Map([
  ["2008_000002", mapOf(3, 0, 1, 20, 5, 5, 0)],
  ["2008_000001", mapOf(2, 15, 0)],
  ["2011_003285", mapOf(1, 0, 0, 12)],
]);
const ids = [...masks.keys()];

const maskOf = async (id: string): Promise<LabelMap> => masks.get(id) ?? mapOf(1, 0);
const sizeOf = (id: string) => masks.get(id) ?? mapOf(1, 0);

function write(options: Partial<SubmissionOptions> = {}): Promise<void> {
  return writeSubmission({ ids, maskOf, sizeOf, competition: "comp6", out, ...options });
}

/** A tar of our own making, by hand, so that a fault of the writer is none of the checker's. */
function tarOf(entries: readonly (readonly [path: string, bytes: Uint8Array, type?: string])[]) {
  const blocks: Buffer[] = [];
  for (const [path, bytes, type = "0"] of entries) {
    const header = Buffer.alloc(512);
    const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
    header.write(path, 0);
    header.write(octal(0o644, 7) + octal(0, 7) + octal(0, 7), 100);
    header.write(octal(bytes.length, 11) + octal(0, 11), 124);
    header.write(`        ${type}`, 148);
    header.write(type === "2" ? "elsewhere" : "", 157);
    header.write("ustar\x0000", 257);
    header.write(
      octal(
        header.reduce((a, b) => a + b, 0),
        6,
      ),
      148,
    );
    blocks.push(header, Buffer.from(bytes), Buffer.alloc(-bytes.length & 511));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function png({ labels, width, height }: LabelMap, palette?: Uint8Array): Uint8Array {
  return encodeIndexedPng(labels, width, height, palette);
}

const good = ids.map((id) => [`${comp6}/${id}.png`, png(sizeOf(id) as LabelMap)] as const);

/** "file: reason. fix." of each problem of an archive with these entries. */
async function problemsOf(entries: Parameters<typeof tarOf>[0], competition?: Competition) {
  await writeFile(out, gzipSync(tarOf(entries)));
  const report = await checkSubmission(out, { ids, sizeOf, competition });
  return report.problems.map(({ file, reason, fix }) => `${file}: ${reason}. ${fix}.`);
}

test.skipIf(!hasTar)("tar lists the masks in the list's order, and unpacks them", async () => {
  await write();
  const listing = (await run("tar", ["-tzf", out])).stdout;
  expect(listing.trim().split("\n")).toEqual(ids.map((id) => `${comp6}/${id}.png`));
  const { stderr } = await run("tar", ["-xzf", out, "-C", folder]);
  expect(stderr).toBe("");
  for (const id of ids) {
    const path = join(folder, comp6, `${id}.png`);
    const { width, height } = await sharp(path).metadata();
    expect({ width, height }).toMatchObject({
      width: sizeOf(id).width,
      height: sizeOf(id).height,
    });
    expect(await readFile(path)).toEqual(Buffer.from(png(await maskOf(id))));
  }
});

test("what is written is accepted, and is the same bytes each time", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.stringMatching(/^[\w-]{1,12}(\/[\wé -]{1,120})?$/), {
        minLength: 1,
        maxLength: 6,
        comparator: (a, b) => a.toLowerCase() === b.toLowerCase(),
      }),
      fc.array(fc.uint8Array({ minLength: 12, maxLength: 12, max: 20 }), {
        minLength: 6,
        maxLength: 6,
      }),
      fc.constantFrom<Competition>("comp5", "comp6"),
      async (names, labels, competition) => {
        const widths = [1, 2, 3, 4, 6, 12];
        const of = (id: string) => mapOf(widths[names.indexOf(id)], ...labels[names.indexOf(id)]);
        const options = { ids: names, maskOf: async (id: string) => of(id), sizeOf: of };
        await writeSubmission({ ...options, competition, out });
        const first = await readFile(out);
        await writeSubmission({ ...options, competition, out });
        expect(await readFile(out)).toEqual(first);
        const report = await checkSubmission(out, { ids: names, sizeOf: of });
        expect(report).toEqual({ competition, images: names.length, problems: [] });
      },
    ),
    { seed: 4, numRuns: 40 },
  );
});

test("masks are asked for one after the other, in the list's order", async () => {
  const log: string[] = [];
  await write({
    maskOf: async (id) => {
      log.push(`start ${id}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
      log.push(`end ${id}`);
      return maskOf(id);
    },
    onProgress: (done, total) => log.push(`${done} of ${total}`),
  });
  expect(log).toEqual(ids.flatMap((id, i) => [`start ${id}`, `end ${id}`, `${i + 1} of 3`]));
});

test("a bad mask, a repeated id or an abort leaves what was there, and nothing beside it", async () => {
  await writeFile(out, "earlier");
  const bad = (mask: LabelMap) => ({
    maskOf: async (id: string) => (id === ids[2] ? mask : maskOf(id)),
  });
  await expect(write(bad(mapOf(3, 0, 0, 0)))).rejects.toThrow(
    "2011_003285: the mask is 3x1 pixels, its picture 1x3. Resize the mask, nearest neighbour, " +
      "to the picture's own size.",
  );
  await expect(write(bad(mapOf(1, 0, 255, 0)))).rejects.toThrow(
    "2011_003285: the mask has the value 255 at (0, 1). Use VOC's values, 0 for background and 1 " +
      "to 20 for the classes, without void.",
  );
  await expect(write({ signal: AbortSignal.abort() })).rejects.toThrow("aborted");
  await expect(write({ ids: ["a", "b", "a"] })).rejects.toThrow(
    'submission: ids must name each picture once; got "a" twice. Correct the test list.',
  );
  await expect(write({ ids: [] })).rejects.toThrow(
    "submission: ids must name the pictures of the test list; got none.",
  );
  expect(await readFile(out, "utf8")).toBe("earlier");
  expect(await readdir(folder)).toEqual(["out.tgz"]);
});

test("the archive ends in .tgz or .tar.gz", async () => {
  await write({ out: join(folder, "new/a.tar.gz") });
  for (const name of ["a.tar", "a.zip", "a"]) {
    await expect(write({ out: name })).rejects.toThrow(
      "submission: out must end in .tgz or .tar.gz, which is all that VOC's server takes; got " +
        `"${name}". Name it a.tgz.`,
    );
  }
});

test("folders, a leading ./ and short palettes are no problem", async () => {
  const short = vocPalette().subarray(0, 3 * 21);
  const entries = good.map(([path]) => {
    const id = path.slice(comp6.length + 1, -4);
    return [`./${path}`, png(sizeOf(id) as LabelMap, short)] as const;
  });
  expect(await problemsOf([["./results/", new Uint8Array(0), "5"], ...entries])).toEqual([]);
});

test("each kind of damage is refused in its own words", async () => {
  const [first, second, third] = good;
  const [path, bytes] = first;
  const withFirst = (file: Uint8Array) => problemsOf([[path, file], second, third]);
  const asPng = "Save it as an indexed PNG with VOC's palette, as gain submit does";
  const rgb = { raw: { width: 3, height: 2, channels: 3 } } as const;

  expect(await problemsOf(good)).toEqual([]);
  expect(await problemsOf([first, third])).toEqual([
    `${out}: there is no mask ${comp6}/2008_000001.png. Put it into the archive.`,
  ]);
  expect(await problemsOf([...good, first])).toEqual([
    `${path}: the picture has a mask already. Put one mask for each picture into the archive.`,
  ]);
  expect(await problemsOf([...good, [`${comp6}/2007_1.png`, bytes]])).toEqual([
    `${comp6}/2007_1.png: the test list has no such picture. Take the file out.`,
  ]);
  expect(await problemsOf([...good, [`${comp6}/notes.txt`, bytes]])).toEqual([
    `${comp6}/notes.txt: the file's name does not end in .png. Take the file out.`,
  ]);
  expect(await problemsOf([second, third, ["results/2008_000002.png", bytes]])).toEqual([
    `results/2008_000002.png: the file is not in the folder ${comp6}. Put the masks there, and nothing elsewhere.`,
  ]);
  const comp5 = submissionFolder("comp5");
  expect(await problemsOf([second, third, [path.replace(comp6, comp5), bytes]])).toEqual([
    `${comp5}/2008_000002.png: the file is not in the folder ${comp6}. Put the masks there, and nothing elsewhere.`,
  ]);
  expect(await problemsOf(good, "comp5")).toHaveLength(3);
  expect(await withFirst(Buffer.from("text"))).toEqual([
    `${path}: the mask is not a PNG file. ${asPng}.`,
  ]);
  expect(await withFirst(bytes.subarray(0, 700))).toEqual([
    `${path}: the mask is cut short. ${asPng}.`,
  ]);
  expect(await withFirst(await sharp(Buffer.alloc(18), rgb).png().toBuffer())).toEqual([
    `${path}: the mask is an RGB PNG, not an indexed PNG. ${asPng}.`,
  ]);
  const grey = sharp(Buffer.alloc(18), rgb).toColourspace("b-w");
  expect(await withFirst(await grey.png().toBuffer())).toEqual([
    `${path}: the mask is a grey PNG, not an indexed PNG. ${asPng}.`,
  ]);
  const adaptive = vocPalette().slice().reverse();
  expect(await withFirst(png(mapOf(3, 0, 1, 2, 0, 1, 2), adaptive))).toEqual([
    `${path}: the mask's palette is not VOC's. ${asPng}.`,
  ]);
  for (const value of [21, 255]) {
    expect(await withFirst(png(mapOf(3, 0, 0, 0, 0, value, 0)))).toEqual([
      `${path}: the mask has the value ${value} at (1, 1). Use 0 for background and 1 to 20 for the classes, without void.`,
    ]);
  }
  expect(await withFirst(png(mapOf(2, 0, 0, 0, 0, 0, 0)))).toEqual([
    `${path}: the mask is 2x3 pixels, its picture 3x2. Resize the mask, nearest neighbour, to the picture's own size.`,
  ]);
  expect(await problemsOf([[path, new Uint8Array(0), "2"], second, third])).toEqual([
    `${path}: the mask is a link or a device, not a file. ${asPng}.`,
  ]);
});

test("an archive that is no gzip, no tar, cut short or not there is told as such", async () => {
  const check = async () => {
    const { problems, images } = await checkSubmission(out, { ids, sizeOf });
    return [images, ...problems.map(({ file, reason, fix }) => `${file}: ${reason}. ${fix}.`)];
  };
  const fix = "Make the archive again with gain submit, or with tar -czf";
  await expect(check()).rejects.toThrow(
    `${out}: there is no such archive, or it may not be read. Check the path, or write it with gain submit.`,
  );
  for (const bytes of [tarOf(good), Buffer.alloc(0), Buffer.from("PK")]) {
    await writeFile(out, bytes);
    expect(await check()).toEqual([
      0,
      `${out}: the archive is not compressed with gzip, which is all that VOC's server takes. ${fix}.`,
    ]);
  }
  await writeFile(out, gzipSync(Buffer.alloc(5000, "no tar")));
  expect(await check()).toEqual([
    0,
    expect.stringMatching(/: the archive is damaged or cut short \(.+\)\. Make the archive again/),
  ]);

  await write();
  const whole = await readFile(out);
  await writeFile(out, whole.subarray(0, whole.length - 9));
  expect((await check()).at(-1)).toBe(
    `${out}: the archive is damaged or cut short (zlib: unexpected end of file). ${fix}.`,
  );
  const tar = gunzipSync(whole);
  await writeFile(out, gzipSync(tar.subarray(0, 512 * 2)));
  expect((await check()).at(-1)).toMatch(
    /: the archive is damaged or cut short \(Truncated input .+\)\. Make the archive again/,
  );
});

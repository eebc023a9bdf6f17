import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { type Browser, chromium } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { attendRaw, largestDifference, sigmoid } from "../cli/attendRaw.ts";
import { gain } from "../cli/gain.ts";
import { tinyCues, tinySec } from "../cli/tinyCues.ts";
import { temporaryFolder, tinyData, tinyRun } from "../cli/tinyData.ts";
import { chromiumArguments, requireChromium } from "./chromium.ts";

/** Of the tiny network's input. */
const side = 32;
const classes = ["disc", "square"];

/** Float32 rounding, in another order of sums. */
const tolerance = 1e-5;

let folder: string;
let data: string;
let run: string;
let photo: string;
let browser: Browser;

beforeAll(async () => {
  folder = await temporaryFolder();
  data = await tinyData(folder);
  run = join(folder, "run");
  // A pool lies between conv4 and the logits: the gradients of the maps pass through it.
  const train = ["train", data, "--out", run, ...tinyRun, "--steps", "4", "--no-evaluate"];
  expect(await gain([...train, "--set", "layer=conv4"])).toMatchObject({ status: 0 });
  // At the network's size, so that nobody has to resize it.
  photo = join(folder, "photo.png");
  await sharp(join(data, "JPEGImages/val0.jpg")).resize(side, side).png().toFile(photo);
  browser = await chromium.launch({ executablePath: requireChromium(), args: chromiumArguments });
});

afterAll(async () => {
  await browser?.close();
});

test("the README's lines give a page the logits and maps of gain attend and of Node", async () => {
  const file = await exported(run, "--preprocess");
  const page = await runInPage(file, await readmeLines(), ["logits", "attention"]);
  const bytes = await bytesOf(photo);
  const planes = Float32Array.from({ length: bytes.length }, (_, i) => {
    const [c, place] = [Math.floor(i / side ** 2), i % side ** 2];
    return bytes[3 * place + c];
  });
  expectClose(page, await runInNode(file, new Tensor("float32", planes, [1, 3, side, side])));

  const attended = await attendRaw(run, photo, classes);
  expect(attended.map(({ map }) => Math.max(...map))).toEqual([
    expect.closeTo(1),
    expect.closeTo(1),
  ]);
  for (const [c, { probability, map }] of attended.entries()) {
    const own = page.attention.data.slice(c * map.length, (c + 1) * map.length);
    expect(Math.abs(sigmoid(page.logits.data[c]) - probability)).toBeLessThan(1e-6);
    expect(largestDifference(own, map)).toBeLessThan(tolerance);
  }
});

test("a page can give bytes", async () => {
  const file = await exported(run, "--bytes");
  const bytes = await bytesOf(photo);
  const page = await runInPage(file, linesWith(bytes), ["logits", "attention"]);
  expectClose(page, await runInNode(file, new Tensor("uint8", bytes, [1, side, side, 3])));
});

test("a page gets a segmentation network's scores and masks", async () => {
  const [size, sec] = [33, join(folder, "sec")];
  const cues = await tinyCues(data, join(folder, "cues"));
  const train = ["sec", data, "--cues", cues, "--out", sec, ...tinySec, "--steps", "4"];
  expect(await gain([...train, "--no-evaluate"])).toMatchObject({ status: 0 });
  const file = await exported(sec, "--bytes");
  const bytes = await sharp(photo).resize(size, size).removeAlpha().raw().toBuffer();
  const page = await runInPage(file, linesWith(bytes), ["scores", "masks"]);
  const node = await runInNode(file, new Tensor("uint8", bytes, [1, size, size, 3]));
  expect(page.masks.dims).toEqual([1, size, size]);
  expectClose({ scores: page.scores }, node);
  const labels = node.masks.data as Float32Array;
  const differing = page.masks.data.filter((label, i) => label !== labels[i]);
  // Where two scores meet, float32 rounding may decide.
  expect(differing.length).toBeLessThanOrEqual(0.005 * size ** 2);
});

const bytesOf = (path: string): Promise<Buffer> => sharp(path).removeAlpha().raw().toBuffer();

async function exported(from: string, form: string): Promise<string> {
  const file = join(folder, "exported", `${basename(from)}${form}.onnx`);
  expect(await gain(["export", from, "--out", file, form])).toMatchObject({ status: 0 });
  return file;
}

/** The JavaScript of the README's section on files that are taken elsewhere. */
async function readmeLines(): Promise<string> {
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const [, section = ""] = readme.split("### Take it elsewhere\n");
  const [, lines] = /```js\n(.*?)```/s.exec(section) ?? [];
  if (lines === undefined) throw new Error("README.md: Take it elsewhere has no block of js.");
  return lines;
}

/** Lines that run the file on bytes. */
const linesWith = (bytes: Uint8Array): string => `
  import * as ort from "onnxruntime-web";
  const session = await ort.InferenceSession.create("FILE.onnx");
  const bytes = Uint8Array.of(${bytes.join()});
  const images = new ort.Tensor("uint8", bytes, session.inputMetadata[0].shape);
  const { logits, attention, scores, masks } = await session.run({ images });`;

async function runInNode(file: string, images: Tensor): Promise<InferenceSession.OnnxValueMapType> {
  const session = await InferenceSession.create(file);
  return session.run({ images });
}

interface Value {
  readonly dims: readonly number[];
  readonly data: readonly number[];
}

function expectClose(
  page: Readonly<Record<string, Value>>,
  node: InferenceSession.OnnxValueMapType,
): void {
  for (const [name, { dims, data: values }] of Object.entries(page)) {
    expect(dims).toEqual(node[name].dims);
    expect(largestDifference(values, node[name].data as Float32Array)).toBeLessThan(tolerance);
  }
}

/**
 * Runs lines of a module in a page without a network: every request is answered from here.
 *
 * @param file   What the page finds as FILE.onnx.
 * @param lines  Find `photo`, an image, and onnxruntime-web to import.
 * @param names  Of tensors that the lines define.
 */
async function runInPage(
  file: string,
  lines: string,
  names: readonly string[],
): Promise<Record<string, Value>> {
  const html = `<!doctype html>
    <script type="importmap">{"imports": {"onnxruntime-web": "/ort.wasm.bundle.min.mjs"}}</script>
    <img src="/photo.png">
    <script type="module">
      const photo = document.querySelector("img");
      await photo.decode();
      ${lines}
      const values = Object.entries({ ${names.join()} });
      globalThis.results = Object.fromEntries(
        values.map(([name, { dims, data }]) => [name, { dims, data: [...data] }]));
    </script>`;
  const library = dirname(createRequire(import.meta.url).resolve("onnxruntime-web/wasm"));
  const files = new Map([
    ["/FILE.onnx", file],
    ["/photo.png", photo],
    ...["ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"].map(
      (name) => [`/${name}`, join(library, name)] as const,
    ),
  ]);
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on("console", (message) => problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.route("**/*", (route) => {
    const { pathname } = new URL(route.request().url());
    const path = files.get(pathname);
    if (pathname === "/") return route.fulfill({ contentType: "text/html", body: html });
    if (path !== undefined) return route.fulfill({ path });
    problems.push(`asks for ${route.request().url()}`);
    return route.abort();
  });
  await page.goto("http://page.test/");
  const results = (): Promise<Record<string, Value> | undefined> =>
    page.evaluate(() => (globalThis as { results?: Record<string, Value> }).results);
  await expect
    .poll(async () => problems.length > 0 || (await results()) !== undefined, { timeout: 60_000 })
    .toBe(true);
  expect(problems).toEqual([]);
  const values = (await results()) ?? {};
  await page.close();
  return values;
}

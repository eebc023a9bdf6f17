import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RecordedMaps } from "../../src/evaluate/record/mapsRecord.ts";
import { Random } from "../../src/random.ts";
import type { ReportData, ReportRun } from "../../src/report/reportData.ts";
import { writeReport } from "../../src/report/writeReport.ts";
import { chromiumArguments, requireChromium } from "./chromium.ts";

const classes = ["cat", "dog <b>&\"'", "bird"];
const hostile = "</script><script>throw new Error('injected')</script>";

let folder: string;
let path: string;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "report-"));
  path = join(folder, "runs", "report.html");
  await writeReport(path, reportData());
  browser = await chromium.launch({
    executablePath: requireChromium(),
    args: chromiumArguments,
  });
});

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true });
});

test("opens without an error or a request to anywhere", async () => {
  const { page, problems, requests } = await open();
  expect(problems).toEqual([]);
  expect(requests.filter((url) => !url.startsWith("data:"))).toEqual([pathToFileURL(path).href]);
  expect(await page.title()).toBe(`Report ${hostile}`);
  await page.close();
});

test("compares the runs with the right figures and marks the best ones", async () => {
  const { page } = await open();
  const figures = await page
    .locator(".results tbody tr")
    .evaluateAll((rows) =>
      rows.map(({ children: [heading, ...cells] }) => [
        heading.firstChild?.textContent,
        ...cells.map((cell) => cell.textContent?.trim().replaceAll(/\s+/g, " ")),
      ]),
    );
  expect(figures).toEqual([
    ["Attention mIoU", "40.0", "43.3 +3.3", "52.0 best +12.0"],
    ["mIoU at 0.2", "37.0", "40.3 +3.3", "49.0 best +12.0"],
    ["Energy", "45.0", "48.0 +3.0", "61.2 best +16.2"],
    ["Classification mAP", "90.0 best", "88.0 −2.0", "86.1 −3.9"],
    ["Best threshold", "0.30", "0.30", "0.30"],
  ]);
  expect(await page.locator(".results thead th").allInnerTexts()).toEqual([
    "Measure",
    "none",
    "self",
    "60 masks",
  ]);
  await page.close();
});

test("lists each class once, with a dash for what was not measured", async () => {
  const { page } = await open();
  const rows = page.locator(".classes tbody tr");
  expect(await rows.locator("th").allInnerTexts()).toEqual(["background", ...classes]);
  expect(await rows.nth(3).locator("td").first().textContent()).toBe("–");
  await page.close();
});

test("tells how good the maps of each method are, and which show nothing", async () => {
  const { page } = await open();
  await page.getByRole("link", { name: "Maps by method" }).click();
  const table = page.getByRole("region", { name: "Maps on val" });
  const rows = await table
    .locator("tbody tr")
    .evaluateAll((all) =>
      all.map(({ children }) => [...children].map((cell) => cell.textContent?.trim())),
    );
  expect(rows).toEqual([
    ["none", "Grad-CAM at conv6", "50.0▲ best", "12.0", "12.0", "12.0", "12.0", "1 of 4", "0"],
    ["self", `LayerCAM at ${hostile}`, "25.0", ...["12.0", "12.0", "12.0", "12.0"], "1 of 4", "0"],
  ]);
  expect(await page.locator("ul.told li").allInnerTexts()).toEqual([
    expect.stringMatching(/^none: Grad-CAM at conv6: 1 of 4 maps are blank \(cat 1 of 4\)/),
    expect.stringMatching(/^self: LayerCAM at /),
  ]);
  await page.close();
});

test("draws a curve for each loss, and reads out the values under the pointer", async () => {
  const { page } = await open();
  const painted = await page.locator("canvas").evaluateAll((canvases) =>
    canvases.map((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const context = (canvas as HTMLCanvasElement).getContext("2d");
      const colors = new Set<string>();
      const { data } = context?.getImageData(0, 0, width, height) ?? { data: [] };
      for (let p = 0; p < data.length; p += 4) {
        if (data[p + 3] === 255) colors.add(`${data[p]},${data[p + 1]},${data[p + 2]}`);
      }
      return [...colors];
    }),
  );
  expect(painted).toHaveLength(3);
  // --run-0, --run-1 and --run-2 of the light style sheet.
  expect(painted[0]).toEqual(expect.arrayContaining(["0,114,178", "196,80,10", "0,120,90"]));
  expect(painted[2]).not.toContain("0,114,178");
  await page.locator("[data-chart='0'] .u-over").hover();
  expect(await page.locator("[data-readout='0']").textContent()).toMatch(
    /^step \d+: none [\d.]+, self [\d.]+, 60 masks [\d.]+$/,
  );
  await page.close();
});

test("shows each picture, its truth and a map per run and tag, all with a text", async () => {
  const { page } = await open();
  const images = await page.locator(".example img").evaluateAll((elements) =>
    elements.map((element) => {
      const { naturalWidth, alt } = element as HTMLImageElement;
      return { naturalWidth, alt };
    }),
  );
  // Two examples: a picture, a truth and three maps; a picture and two tags' maps for three runs.
  expect(images).toHaveLength(2 + 3 + 1 + 6);
  expect(images.every(({ naturalWidth }) => naturalWidth > 0)).toBe(true);
  expect(images.map(({ alt }) => alt)).toEqual(
    expect.arrayContaining([
      "Picture a: cat",
      "Truth of a: cat",
      "Attention of run self on a",
      "Attention of run 60 masks on b, for bird",
    ]),
  );
  await page.close();
});

test.each([
  ["a phone, dark", 390, "dark"],
  ["a desk, light", 1280, "light"],
] as const)("fits %s, without a horizontal scroll bar", async (_, width, colorScheme) => {
  const { page, problems } = await open(width, colorScheme);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(background).toBe(colorScheme === "dark" ? "rgb(20, 23, 27)" : "rgb(255, 255, 255)");
  await page.setViewportSize({ width: 600, height: 800 });
  await expect
    .poll(() =>
      page
        .locator("canvas")
        .first()
        .evaluate((canvas) => canvas.clientWidth),
    )
    .toBeLessThanOrEqual(568);
  expect(problems).toEqual([]);
  await page.close();
});

test("a report that cannot be made leaves the old one in place", async () => {
  const old = join(folder, "old.html");
  await writeFile(old, "old");
  const data = reportData();
  const [run] = data.runs;
  await expect(writeReport(old, { ...data, runs: [run] })).rejects.toThrow(
    'writeReport: maps must belong to one of the runs [none]; got "self" in example a.',
  );
  await expect(writeReport(old, { ...data, runs: [run, run] })).rejects.toThrow(
    "writeReport: runs must be at least one, with distinct names; got [none, none].",
  );
  expect(await readFile(old, "utf8")).toBe("old");
});

async function open(
  width: number = 1200,
  colorScheme: "light" | "dark" = "light",
): Promise<{ page: Page; problems: string[]; requests: string[] }> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const problems: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(path).href);
  return { page, problems, requests };
}

function reportData(): ReportData {
  const random = new Random(1);
  const picture = (width: number, height: number) => ({
    width,
    height,
    pixels: Uint8Array.from({ length: width * height * 3 }, () => random.int(256)),
  });
  const map = (run: string, tag?: string) => ({
    run,
    ...(tag === undefined ? {} : { tag }),
    width: 4,
    height: 4,
    map: Float32Array.from({ length: 16 }, () => random.uniform()),
  });
  const labels = Uint8Array.from({ length: 64 }, (_, i) => (i < 32 ? 0 : i < 60 ? 1 : 255));
  const names = ["none", "self", "60 masks"];
  return {
    title: `Report ${hostile}`,
    intro: hostile,
    settings: { model: "small", seed: 1, resume: false, [hostile]: hostile },
    runs: [
      {
        ...run("none", [0.4, 0.45, 0.9], ["loss", "classification"], random),
        maps: [mapsOf("grad-cam", "conv6", 0.5)],
      },
      {
        ...run("self", [0.433, 0.48, 0.88], ["loss", "classification", "mining"], random),
        maps: [mapsOf("layer-cam", hostile, 0.25)],
      },
      run("60 masks", [0.52, 0.612, 0.861], ["loss", "classification", "mining"], random),
    ],
    examples: [
      {
        id: "a",
        tags: ["cat"],
        picture: picture(32, 24),
        truth: { width: 8, height: 8, labels },
        maps: names.map((name) => map(name)),
      },
      {
        id: "b",
        tags: ["dog", "bird"],
        picture: picture(20, 30),
        maps: names.flatMap((name) => [map(name, "dog"), map(name, "bird")]),
      },
    ],
    command: `gain train sample --out "runs & more"`,
  };
}

/** As recorded, the pointing game's figure given and one map blank. */
function mapsOf(method: string, layer: string, pointing: number): RecordedMaps {
  const measured = { mean: 0.12, perClass: {} };
  const counts = { maps: 4, blank: 1, notFinite: 0 };
  return {
    ...{ data: "/photos", split: "val", method, layer, step: 6, seed: 0, pictures: 4 },
    localization: {
      ...{ pictures: { masks: 4, boxes: 0 }, maps: 4, energy: measured, PxAP: measured },
      pointingGame: { mean: pointing, perClass: {} },
      maxBoxAccV2: { ...measured, at: {} },
      attention: {
        ...{ mIoU: 0.12, threshold: 0.3, energy: 0.12, IoU: {}, curve: [] },
        mIoUAtFixed: { threshold: 0.2, mIoU: 0.1 },
      },
    },
    blank: {
      ...{ ...counts, perClass: { cat: counts }, meanScoreOfBlank: -1 },
      ...{ firstBlank: { id: "a", class: "cat" }, firstNotFinite: null },
    },
  };
}

function run(
  name: string,
  [mIoU, energy, mAP]: readonly [number, number, number],
  losses: readonly string[],
  random: Random,
): ReportRun {
  const [cat, dog, bird] = classes;
  return {
    name,
    metrics: {
      split: "val",
      images: 20,
      classes,
      classification: { mAP, AP: { [cat]: mAP, [dog]: mAP, [bird]: null } },
      attention: {
        mIoU,
        threshold: 0.3,
        mIoUAtFixed: { threshold: 0.2, mIoU: mIoU - 0.03 },
        energy,
        IoU: { background: mIoU, [cat]: mIoU, [dog]: mIoU, [bird]: null },
      },
    },
    history: Array.from({ length: 50 }, (_, i) => ({
      step: 10 * i,
      losses: Object.fromEntries(losses.map((loss) => [loss, 1 / (1 + i) + random.uniform()])),
    })),
  };
}

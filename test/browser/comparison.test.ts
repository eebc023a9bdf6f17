import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compareRuns } from "../../src/cli/comparison.ts";
import { readDataset } from "../../src/data/index.ts";
import { writeReport } from "../../src/report/writeReport.ts";
import { tinyData } from "../cli/tinyData.ts";
import { recordedRun } from "../recordedRun.ts";
import { chromiumArguments, requireChromium } from "./chromium.ts";

const hostile = "</script><b>2";

let folder: string;
let path: string;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "comparison-"));
  const dataset = await readDataset(await tinyData(folder));
  const [first, second] = [join(folder, "none"), join(folder, "self, again")];
  await recordedRun(first, dataset, { seed: 1, guidance: "none" });
  await recordedRun(second, dataset, { seed: 2, guidance: "self" });
  path = join(folder, "report.html");
  const compared = await compareRuns([first, second], { perList: 5 });
  const runs = compared.runs.map((run, i) => (i === 0 ? run : { ...run, name: hostile }));
  const examples = compared.examples.map((example) => ({
    ...example,
    maps: example.maps.map((map) => (map.run === "none" ? map : { ...map, run: hostile })),
  }));
  await writeReport(path, { ...compared, runs, examples, command: "gain report" });
  browser = await chromium.launch({ executablePath: requireChromium(), args: chromiumArguments });
});

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true });
});

test("opens without an error, with every picture, from one file of a few megabytes", async () => {
  const { page, problems } = await open();
  const widths = await page
    .locator("img")
    .evaluateAll((images) => images.map((image) => (image as HTMLImageElement).naturalWidth));
  const pictures = await page.locator(".example").count();
  // A picture, its truth, a map of each run.
  expect(pictures).toBeGreaterThanOrEqual(8);
  expect(widths).toHaveLength(4 * pictures);
  expect(widths.every((width) => width > 0)).toBe(true);
  expect((await stat(path)).size).toBeLessThan(5e6);
  expect(problems).toEqual([]);
  await page.close();
});

test("figures have intervals, and differences from the first run theirs", async () => {
  const { page } = await open();
  const rows = await page
    .locator(".results tbody tr")
    .evaluateAll((all) =>
      all.map((row) =>
        [...row.querySelectorAll("td")].map((cell) =>
          cell.textContent?.trim().replaceAll(/\s+/g, " "),
        ),
      ),
    );
  const figure = String.raw`\d+\.\d \d+\.\d to \d+\.\d( best)?`;
  const difference = String.raw` [+−]?\d+\.\d [+−]?\d+\.\d to [+−]?\d+\.\d, higher in \d+ %`;
  for (const [first, second] of rows.slice(0, 4)) {
    expect(first).toMatch(new RegExp(`^${figure}$`));
    expect(second).toMatch(new RegExp(`^${figure}${difference}$`));
  }
  const classes = page.locator(".classes tbody tr");
  expect(await classes.locator("th").allInnerTexts()).toEqual(["background", "disc", "square"]);
  expect(await classes.nth(1).locator(".interval").count()).toBe(4);
  await page.close();
});

test("mistaken tags are counted for each run, and settings that differ stand side by side", async () => {
  const { page } = await open();
  const tables = page.locator(".mistakes table");
  expect(await tables.locator("caption").allTextContents()).toEqual(["none", hostile]);
  for (const table of await tables.all()) {
    const missed = await table.locator("tbody tr td:nth-child(3)").allTextContents();
    expect(missed).toEqual([
      expect.stringMatching(/^\d of 7$/),
      expect.stringMatching(/^\d of 7$/),
    ]);
  }
  expect(await page.locator(".differing tbody tr").allInnerTexts()).toEqual([
    "guidance\tnone\tself",
    "seed\t1\t2",
  ]);
  await page.close();
});

test("pictures are chosen by list, class, verdict and name, and shown again", async () => {
  const { page, problems } = await open();
  const shown = page.locator(".example:visible");
  const all = await shown.count();
  const count = page.locator(".filter output");
  expect(await count.textContent()).toBe(`${all} of ${all} pictures`);

  await page
    .getByText(/^Changed most/)
    .first()
    .click();
  expect(await count.textContent()).toBe(`5 of ${all} pictures`);
  const overlaps = await shown
    .locator(".reasons")
    .evaluateAll((lists) =>
      lists.map((list) => Number(/maps overlap by (\d+) %/.exec(list.textContent ?? "")?.[1])),
    );
  expect(overlaps).toHaveLength(5);
  expect(overlaps).toEqual([...overlaps].sort((a, b) => a - b));

  await page.getByRole("button", { name: "Show all" }).click();
  await expect.poll(() => shown.count()).toBe(all);
  await page.locator(".filter").getByLabel("Class").selectOption("disc");
  const tags = await shown.locator(".tags").allInnerTexts();
  expect(new Set(tags)).toEqual(new Set(["disc"]));
  await page.locator(".filter").getByLabel("Class").selectOption("");

  const right = await visibleAfter(page, "right by all runs");
  const wrong = await visibleAfter(page, "wrong by some run");
  expect(right + wrong).toBe(all);
  const missed = shown.locator(".missed");
  expect(await missed.count()).toBeGreaterThanOrEqual(wrong);
  await page.locator(".filter").getByLabel("Tags").selectOption({ label: "right or wrong" });

  await page.locator(".filter").getByLabel("Name").fill("TRAIN1");
  const names = await shown.locator("h3").allInnerTexts();
  expect(names.length).toBeGreaterThan(0);
  expect(names.every((name) => name.startsWith("train1"))).toBe(true);
  await page.locator(".filter").getByLabel("Name").fill("nothing is called so");
  expect(await count.textContent()).toBe("No picture fits.");
  expect(problems).toEqual([]);
  await page.close();
});

test("the lists can be gone through with the keyboard alone", async () => {
  const { page } = await open();
  const lists = page.locator(".filter input[type=radio]");
  await lists.first().focus();
  await page.keyboard.press("ArrowRight");
  expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).value)).toBe(
    "Changed most",
  );
  expect(await page.locator(".example:visible").count()).toBe(5);
  await page.close();
});

test("fits a phone of 375 pixels, light and dark", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    const { page } = await open({ width: 375, colorScheme });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375);
    await page.close();
  }
});

test("paper has all pictures, whatever was chosen, and no controls", async () => {
  const { page } = await open();
  const all = await page.locator(".example").count();
  await page.locator(".filter").getByLabel("Name").fill("nothing is called so");
  expect(await page.locator(".example:visible").count()).toBe(0);
  await page.emulateMedia({ media: "print" });
  expect(await page.locator(".example:visible").count()).toBe(all);
  expect(await page.locator("img:visible").count()).toBe(4 * all);
  expect(await page.locator("form:visible, nav:visible").count()).toBe(0);
  await page.close();
});

async function visibleAfter(page: Page, label: string): Promise<number> {
  await page.locator(".filter").getByLabel("Tags").selectOption({ label });
  return page.locator(".example:visible").count();
}

async function open({
  width = 1200,
  colorScheme = "light",
}: {
  readonly width?: number;
  readonly colorScheme?: "light" | "dark";
} = {}): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const problems: string[] = [];
  page.on("console", (message) => problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith("data:") && url !== pathToFileURL(path).href) problems.push(url);
  });
  await page.goto(pathToFileURL(path).href);
  return { page, problems };
}

/** Where a Chromium is on this machine. */

import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const commands = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const applications = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** Arguments that keep a headless Chromium quiet: no sandbox (tests run as root), no network. */
export const chromiumArguments: string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The program's path: CHROME_PATH, then PATH, then Playwright's own download; or undefined. */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const { CHROME_PATH, PATH = "" } = environment;
  const folders = PATH.split(delimiter).filter((folder) => folder !== "");
  const candidates = [
    ...(CHROME_PATH ? [CHROME_PATH] : []),
    ...commands.flatMap((command) => folders.map((folder) => join(folder, command))),
    ...applications,
    chromium.executablePath(),
  ];
  return candidates.find(isExecutable);
}

/**
 * The same for tests, which fail rather than skip without a browser.
 *
 * @throws {Error} When there is none.
 */
export function requireChromium(): string {
  const path = findChromium();
  if (path === undefined) {
    throw new Error(
      "findChromium: no Chromium on this machine. Run `node --import tsx scripts/ensureBrowser.ts`, " +
        "or set CHROME_PATH to one.",
    );
  }
  return path;
}

function isExecutable(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Makes sure that there is a Chromium for the browser tests, and prints its path.
 *
 *     node --import tsx scripts/ensureBrowser.ts
 *
 * Where there is none it installs one: Debian's package as root, Playwright's download otherwise.
 */

import { spawnSync } from "node:child_process";
import { findChromium } from "../test/browser/chromium.ts";

/** Ways to get a Chromium, each a list of commands that must all succeed. */
const ways: readonly (readonly (readonly string[])[])[] = [
  ...(process.getuid?.() === 0 && succeeds(["apt-get", "--version"], "ignore")
    ? [
        [
          ["apt-get", "update"],
          ["apt-get", "install", "-y", "--no-install-recommends", "chromium"],
        ],
      ]
    : []),
  [["npx", "playwright-core", "install", "--with-deps", "chromium"]],
  [["npx", "playwright-core", "install", "chromium"]],
];

let path = findChromium();
for (const way of path === undefined ? ways : []) {
  console.error(`No Chromium found; trying: ${way.map((words) => words.join(" ")).join(" && ")}`);
  way.every((words) => succeeds(words));
  path = findChromium();
  if (path !== undefined) break;
}

if (path === undefined) {
  console.error(
    "ensureBrowser: the browser tests need a Chromium and none could be installed. Install " +
      "Chromium or Chrome, or set CHROME_PATH to its program, then run this again.",
  );
  process.exitCode = 1;
} else {
  console.log(path);
}

/** Runs a command; its output goes to standard error, because standard output is for the path. */
function succeeds(words: readonly string[], output: "ignore" | "inherit" = "inherit"): boolean {
  const [command, ...rest] = words;
  const target = output === "ignore" ? "ignore" : process.stderr;
  const isWindows = process.platform === "win32";
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const { status } = spawnSync(command, rest, {
    stdio: ["ignore", target, target],
    env: environment,
    shell: isWindows,
  });
  return status === 0;
}

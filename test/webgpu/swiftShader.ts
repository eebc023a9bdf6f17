/** Where Chromium keeps its software Vulkan, on which WebGPU runs without a GPU. */
import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { requireChromium } from "../browser/chromium.ts";

const driver = "vk_swiftshader_icd.json";

/**
 * Variables that must be set before a process loads ONNX Runtime, so that its WebGPU finds
 * SwiftShader and the Vulkan loader beside it.
 *
 * @throws {Error} When there is no Chromium, or one without SwiftShader.
 */
export function swiftShaderEnvironment(): Record<string, string> {
  // Debian's program is a script in another folder than the browser.
  const folders = [dirname(realpathSync(requireChromium())), "/usr/lib/chromium"];
  const folder = folders.find((candidate) => existsSync(join(candidate, driver)));
  if (folder === undefined) {
    throw new Error(
      `swiftShaderEnvironment: needs ${driver} beside Chromium; looked in ${folders.join(" and ")}. ` +
        "Install Debian's chromium, or run `npx playwright-core install chromium` and set CHROME_PATH to it.",
    );
  }
  const libraries = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  return { VK_ICD_FILENAMES: join(folder, driver), LD_LIBRARY_PATH: libraries };
}

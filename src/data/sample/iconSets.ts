/** The icon sets on the disk: JSON files of SVG bodies, as Iconify publishes them. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { z } from "zod";
import { type IconName, type IconSetName, waterInIcons } from "./catalog.ts";

export const iconSetNames: readonly IconSetName[] = [
  "noto",
  "fluent-emoji-flat",
  "fxemoji",
  "twemoji",
];

/** One icon's drawing and its view box, in the units of its set. */
export interface Icon {
  readonly body: string;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Whom a set is by, and how it may be used. */
export interface Credit {
  readonly title: string;
  readonly author: string;
  readonly url: string;
  readonly license: string;
  readonly spdx: string;
  readonly licenseUrl: string;
}

const iconFields = {
  left: z.number().optional(),
  top: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
};
const setSchema = z.object({
  ...iconFields,
  icons: z.record(z.string(), z.object({ body: z.string(), ...iconFields })),
});
const infoSchema = z.object({
  name: z.string(),
  author: z.object({ name: z.string(), url: z.string() }),
  license: z.object({ title: z.string(), spdx: z.string(), url: z.string() }),
});

/**
 * Looks up icons.
 *
 * @throws {Error} When a set lacks one of them: the catalog does not fit the installed version.
 */
export async function readIcons(names: readonly IconName[]): Promise<ReadonlyMap<IconName, Icon>> {
  const icons = new Map<IconName, Icon>();
  for (const set of iconSetNames) {
    const { icons: bodies, ...common } = setSchema.parse(await readJson(set, "icons.json"));
    for (const name of names.filter((name) => name.startsWith(`${set}:`))) {
      const found = bodies[name.slice(set.length + 1)];
      if (found === undefined) {
        throw new Error(`internal: @iconify-json/${set} has no icon for "${name}" of the catalog.`);
      }
      icons.set(name, {
        body: found.body.replace(waterInIcons, ""),
        left: found.left ?? common.left ?? 0,
        top: found.top ?? common.top ?? 0,
        width: found.width ?? common.width ?? 16,
        height: found.height ?? common.height ?? 16,
      });
    }
  }
  return icons;
}

export async function readCredits(): Promise<Credit[]> {
  const infos = await Promise.all(iconSetNames.map((set) => readJson(set, "info.json")));
  return infos.map((json) => {
    const { name, author, license } = infoSchema.parse(json);
    return {
      title: name,
      author: author.name,
      url: author.url,
      license: license.title,
      spdx: license.spdx,
      licenseUrl: license.url,
    };
  });
}

async function readJson(set: IconSetName, file: string): Promise<unknown> {
  const path = createRequire(import.meta.url).resolve(`@iconify-json/${set}/${file}`);
  return JSON.parse(await readFile(path, "utf8"));
}

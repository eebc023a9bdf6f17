/** A table beside `images/` and `masks/`: CSV, or JSON where there are boxes. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { classListText, labelMapLosses, writeMask } from "./maskFile.ts";
import type { Plan, Target } from "./target.ts";
import { writeJson } from "./writeJson.ts";

interface Row {
  readonly image: string;
  readonly tags: readonly string[];
  readonly mask?: string;
  readonly boxes?: readonly object[];
  readonly split: string;
}

/** The name of the table: CSV holds no boxes, and no class whose name parts tags. */
export function tableFile({ classes, hasBoxes }: Pick<Plan, "classes" | "hasBoxes">): string {
  return hasBoxes || classes.some((name) => /[,;|]/.test(name)) ? "table.json" : "table.csv";
}

export async function tableTarget(root: string, plan: Plan): Promise<Target<Row>> {
  const { classes } = plan;
  return {
    imagePath: ({ name }, extension) => `images/${name}${extension}`,
    add: async (picture) => {
      const { name, file, sample, mask, splits, boxes, objects } = picture;
      if (mask) await writeMask(root, `masks/${name}.png`, mask);
      const record: Row = {
        image: file,
        tags: sample.tags.map((tag) => classes[tag]),
        ...(mask && { mask: `masks/${name}.png` }),
        ...(boxes && {
          boxes: boxes.map(({ classIndex, left, top, right, bottom }) => ({
            tag: classes[classIndex],
            ...{ left, top, right, bottom },
          })),
        }),
        split: splits[0],
      };
      const isNew = (boxes ?? []).some(({ classIndex }) => !sample.tags.includes(classIndex));
      const losses = [
        ...labelMapLosses(picture),
        ...(isNew ? (["objectWithoutTag"] as const) : []),
      ];
      return { record, objects: objects.length, losses };
    },
    finish: async (records) => {
      await writeFile(join(root, "classes.txt"), classListText(classes));
      const name = tableFile(plan);
      const rows = [...records.values()];
      if (name.endsWith(".json")) await writeJson(join(root, name), rows);
      else await writeFile(join(root, name), csv(rows, plan.hasMasks));
    },
  };
}

function csv(rows: readonly Row[], hasMasks: boolean): string {
  const line = (cells: readonly string[]): string => `${cells.map(quoted).join(",")}\n`;
  const body = rows.map(({ image, tags, mask = "", split }) =>
    line([image, tags.join(";"), ...(hasMasks ? [mask] : []), split]),
  );
  return line(["image", "tags", ...(hasMasks ? ["mask"] : []), "split"]) + body.join("");
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

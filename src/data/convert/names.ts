/** Names of the pictures' files in a converted set. */

import { ProblemError } from "../problem.ts";

/**
 * A name for each id: its last part where that differs from all others, else all of it with "_"
 * between the parts. Names are safe on every system, and differ in lower case, too.
 *
 * @param options.spaces  Whether a name may hold spaces; VOC's lists part words at them.
 */
export function fileNames(
  ids: readonly string[],
  { spaces }: { readonly spaces: boolean },
): string[] {
  const safe = (text: string): string => {
    const plain = text
      .trim()
      .replace(/[\p{Cc}\\/:*?"<>|]/gu, "_")
      .replace(/^\./, "_");
    return (spaces ? plain : plain.replace(/\s/g, "_")) || "_";
  };
  const last = ids.map((id) => safe(id.slice(id.lastIndexOf("/") + 1)));
  const count = new Map<string, number>();
  for (const name of last) {
    count.set(name.toLowerCase(), (count.get(name.toLowerCase()) ?? 0) + 1);
  }
  const taken = new Set<string>();
  return ids.map((id, i) => {
    const whole = count.get(last[i].toLowerCase()) === 1 ? last[i] : safe(id);
    let name = whole;
    for (
      let n = 2;
      taken.has(name.toLowerCase()) || (name !== last[i] && count.has(name.toLowerCase()));
      n++
    ) {
      name = `${whole}-${n}`;
    }
    taken.add(name.toLowerCase());
    return name;
  });
}

/** @throws {DataError} When a class cannot be part of a file's or a folder's name. */
export function requireFileNames(root: string, classes: readonly string[], format: string): void {
  const bad = classes.find((name) => /[\p{Cc}\\/:*?"<>|]|^\.|\.$/u.test(name));
  if (bad === undefined) return;
  throw new ProblemError(
    root,
    `the class "${bad}" cannot be the name of a file, which ${format} makes of it`,
    "Rename the class, leave it out (--classes), or convert to coco or table",
  );
}

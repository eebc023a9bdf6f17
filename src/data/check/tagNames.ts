/** Names of classes that look like one class written in two ways. */

import { type Finding, finding } from "./finding.ts";

/** Findings about the names alone. */
export function tagNameFindings(root: string, classes: readonly string[]): Finding[] {
  return [...spelling(root, classes), ...beyondAscii(root, classes)];
}

/** A warning for names that differ in nothing but case, spaces, hyphens, accents' form or a plural. */
function spelling(root: string, classes: readonly string[]): Finding[] {
  const groups = new Map<string, string[]>();
  const known = new Set(classes.map(plain));
  for (const name of classes) {
    const key = singular(plain(name), known);
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  const alike = [...groups.values()].filter((names) => names.length > 1);
  const told = new Set(alike.flat());
  const odd = classes.filter((name) => name !== clean(name) && !told.has(name));
  return [
    ...alike.map((names) =>
      finding("tag-spelling", {
        file: root,
        reason: `the classes ${listed(names)} differ only in ${difference(names)}`,
        fix: "Write them alike if they are one class: as two, each is a counter-example of the other",
      }),
    ),
    ...odd.map((name) =>
      finding("tag-spelling", {
        file: root,
        reason: `the class ${visible(name)} has spaces around it or characters that cannot be seen`,
        fix: `Rename it to "${clean(name)}"`,
      }),
    ),
  ];
}

function difference(names: readonly string[]): string {
  const isOne = (key: (name: string) => string): boolean => new Set(names.map(key)).size === 1;
  if (isOne(clean)) return "spaces or characters that cannot be seen";
  if (isOne((name) => clean(name).toLowerCase())) return "case";
  return isOne(plain) ? "hyphens or spaces" : "a plural";
}

/** Without what cannot be seen: outer spaces, control and zero-width characters, accents' form. */
function clean(name: string): string {
  return name
    .normalize("NFC")
    .replace(/\p{Cf}|\p{Cc}/gu, "")
    .replace(/\p{Zs}/gu, " ")
    .trim();
}

function plain(name: string): string {
  return clean(name)
    .toLowerCase()
    .replace(/[\s_-]+/g, "");
}

/** The one of the names that this one is the English plural of: "horse" of "horses"; else itself. */
function singular(name: string, names: ReadonlySet<string>): string {
  const bases = [
    name.replace(/s$/, ""),
    name.replace(/(?<=s|x|z|ch|sh)es$/, ""),
    name.replace(/ies$/, "y"),
  ];
  return bases.find((base) => base !== name && names.has(base)) ?? name;
}

function beyondAscii(root: string, classes: readonly string[]): Finding[] {
  const names = classes.filter((name) => /[^\x20-\x7e]/.test(clean(name)));
  if (names.length === 0) return [];
  return [
    finding("tag-not-ascii", {
      file: root,
      reason: `${names.length === 1 ? "the class" : "the classes"} ${listed(names)} ${names.length === 1 ? "has" : "have"} characters beyond ASCII`,
      fix: "Leave them so, unless other tools that read the exported model stumble over them",
    }),
  ];
}

/** Quoted, with what cannot be seen escaped; the first five. */
function listed(names: readonly string[]): string {
  const shown = names
    .slice(0, 5)
    .map((name) => (name === clean(name) ? `"${name}"` : visible(name)));
  if (names.length > 5) return `${shown.join(", ")} and ${names.length - 5} more`;
  return shown.length > 1 ? `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}` : shown[0];
}

/** Quoted, with what cannot be seen as its code. */
function visible(name: string): string {
  return JSON.stringify(name).replace(
    /[\p{Cf}\p{Cc}\p{M}]|(?! )\p{Zs}/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

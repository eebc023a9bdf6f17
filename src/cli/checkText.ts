/** What `gain check` prints. */
import { type DatasetReport, type Finding, type FixReport, findingKinds } from "../data/index.ts";

/** Findings of a kind that are shown; the others are counted. */
const shownFindings = 3;

/** A matrix of more classes does not fit beside itself on a terminal. */
const mostMatrixClasses = 12;

export function checkText(report: DatasetReport): string {
  const { root, format, classes, problems, notes } = report;
  const found = [...problems, ...notes];
  const fixable = found.filter(({ isFixable }) => isFixable).length;
  const groups = Object.keys(findingKinds)
    .map((id) => found.filter(({ kind }) => kind === id))
    .filter(({ length }) => length > 0);
  return [
    `${root}: ${format}, ${classes.length} classes\n`,
    counts(report),
    matrix(report),
    `${summary(found)}\n`,
    ...groups.map(group),
    fixable > 0 ? `--fix mends ${fixable} of them\n` : "",
    groups.some(({ length }) => length > shownFindings) ? "--json lists all of them\n" : "",
  ].join("");
}

export function fixText({ backup, changes, refused }: FixReport, root: string): string {
  if (changes.length + refused.length === 0) return "nothing to fix\n";
  const lines = changes.map(({ file, change }) => `  ${file}: ${change}\n`);
  const left = refused.map(({ file, reason }) => `  ${file}: left as it is, ${reason}\n`);
  const undo =
    changes.length > 0
      ? `the originals are in ${backup}, with a list in changes.jsonl; to undo: cp -r "${backup}/files/." "${root}"\n`
      : "";
  return `${plural(changes.length, "file")} changed:\n${lines.join("")}${left.join("")}${undo}`;
}

function counts({ classes, splits }: DatasetReport): string {
  const names = Object.keys(splits);
  const titles = ["pictures", ...classes, "without a tag", "with a mask", "with boxes"];
  const width = Math.max(...titles.map(({ length }) => length)) + 2;
  const row = (title: string, cells: readonly string[]): string =>
    `  ${title.padEnd(width)}${cells.map((cell) => cell.padStart(14)).join("")}`.trimEnd();
  const count = (title: string, key: "images" | "untagged" | "masks" | "boxes"): string =>
    row(
      title,
      names.map((name) => `${splits[name][key]}      `),
    );
  const share = (name: string): string =>
    row(
      name,
      names.map((split) => {
        const { classes: found, shares } = splits[split];
        return `${found[name]} ${(100 * shares[name]).toFixed(0).padStart(3)} %`;
      }),
    );
  const lines = [
    row(
      "",
      names.map((name) => `${name}      `),
    ),
    count("pictures", "images"),
    ...classes.map(share),
    count("without a tag", "untagged"),
    count("with a mask", "masks"),
    count("with boxes", "boxes"),
  ];
  return `${lines.join("\n")}\n`;
}

/** How often two tags come together, where any do. */
function matrix({ classes, cooccurrence }: DatasetReport): string {
  const isAlone = cooccurrence.every((row, a) => row.every((both, b) => a === b || both === 0));
  if (isAlone || classes.length > mostMatrixClasses) return "";
  const width = Math.max(...classes.map(({ length }) => length)) + 2;
  const columns = classes.map((name) => Math.max(6, name.length + 2));
  const line = (title: string, cells: readonly (string | number)[]): string =>
    `  ${title.padEnd(width)}${cells.map((cell, i) => String(cell).padStart(columns[i])).join("")}\n`;
  const rows = classes.map((name, a) => line(name, cooccurrence[a]));
  return `pictures to train on with both tags:\n${line("", classes)}${rows.join("")}`;
}

function summary(found: readonly Finding[]): string {
  const of = (severity: string): number => found.filter((one) => one.severity === severity).length;
  if (found.length === 0) return "no problems";
  const parts = [
    plural(of("error"), "error"),
    plural(of("warning"), "warning"),
    plural(of("note"), "note"),
  ];
  return parts.join(", ");
}

function group(findings: readonly Finding[]): string {
  const [{ kind, severity }] = findings;
  const lines = findings
    .slice(0, shownFindings)
    .map(({ file, reason, fix }) => `  ${file}: ${reason}. ${fix}.\n`);
  const more =
    findings.length > shownFindings ? `  and ${findings.length - shownFindings} more\n` : "";
  return `${severity}: ${findingKinds[kind].title} (${findings.length}, ${kind})\n${lines.join("")}${more}`;
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

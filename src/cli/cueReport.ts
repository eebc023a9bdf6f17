/** What `gain cues` says of the cues that it wrote. */
import type { CueHeader, CueWarnings } from "../data/index.ts";
import type { CueFigures, CueQuality } from "../evaluate/cueScore.ts";
import { percent } from "./format.ts";

/** The JSON of `gain cues`; fractions in [0, 1]. */
export interface CueReport {
  /** CUES folder. */
  readonly out: string;
  /** RUN or file that they came from. */
  readonly source: string;
  /** Pictures with a grid. */
  readonly images: number;
  readonly size: number;
  readonly classes: readonly string[];
  /** Shares of the cells of all grids. */
  readonly cells: Readonly<Record<"background" | "foreground" | "none", number>>;
  /** Pictures with a cue of each class. */
  readonly imagesOfClass: Readonly<Record<string, number>>;
  /** What is amiss, by id. */
  readonly warnings: Partial<CueWarnings> & Pick<CueHeader, "unreadable">;
  /** Against the masks of the data set, where it has any. */
  readonly quality?: CueQuality;
}

export function cueReport(out: string, header: CueHeader, warnings?: CueWarnings): CueReport {
  const { source, ids, size, classes, cells, imagesOfClass } = header;
  const { unreadable, withoutCue, neverSeeded } = header;
  const total = Math.max(1, cells.background + cells.foreground + cells.none);
  return {
    out,
    source,
    images: ids.length,
    size,
    classes,
    cells: {
      background: cells.background / total,
      foreground: cells.foreground / total,
      none: cells.none / total,
    },
    imagesOfClass,
    warnings: { unreadable, withoutCue, neverSeeded, ...warnings },
  };
}

export function cueText({ out, images, size, cells, warnings, quality }: CueReport): string {
  const shares =
    `foreground ${percent(cells.foreground)}, background ${percent(cells.background)}, ` +
    `no cue ${percent(cells.none)}`;
  const lines = [`${out}: cues of ${images} pictures, ${size}x${size} cells: ${shares}`];
  if (quality !== undefined) {
    lines.push(
      `against ${quality.images} masks: foreground ${figures(quality.foreground)}; background ${figures(quality.background)}`,
    );
  }
  const { untagged, untaggedCells } = warnings;
  const warn = (names: readonly string[] | undefined, what: string): void => {
    if (names !== undefined && names.length > 0)
      lines.push(`${names.length} ${what}: ${some(names)}`);
  };
  warn(warnings.unreadable, "pictures could not be read");
  warn(warnings.withoutGrid, "training pictures are not among the cues");
  warn(warnings.withoutCue, "pictures have no cue at all");
  warn(warnings.neverSeeded, "classes have no cue in any picture");
  warn(untagged, `pictures have cues of classes without a tag (${untaggedCells} cells)`);
  return `${lines.join("\n")}\n`;
}

const figures = ({ precision, recall }: CueFigures): string =>
  `precision ${share(precision)}, recall ${share(recall)}`;

const share = (value: number | null): string => (value === null ? "-" : percent(value));

/** The first few of them. */
const some = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(", ")}, … (all with --json)` : names.join(", ");

/** The figures of steps.ts as a table for people. */

/** Times in milliseconds an image, memory in 10⁶ bytes. */
export interface SideFigures {
  readonly msPerImage: number;
  readonly quartiles: readonly [number, number];
  readonly fastest: number;
  readonly peakMegabytes: number;
}

/** PyTorch, or ours before algorithms were chosen. */
export type PeerName = "pytorch" | "untuned";

export interface CaseFigures {
  readonly case: string;
  readonly threads: number;
  readonly runs: number;
  /** Whether the algorithms were measured before. */
  readonly tune: boolean;
  readonly tuneSeconds?: number;
  readonly ours: SideFigures;
  /** Creating the sessions of our programs. */
  readonly loadMs: number;
  /** Of the direct algorithm. */
  readonly gigaflopsPerStep: number;
  /** A second, as if the direct algorithm were used. */
  readonly gflops: number;
  /** A second, of a large matrix product. */
  readonly peakGflops: number;
  readonly peakQuartiles: readonly [number, number];
  readonly shareOfPeak: number;
  /** Cores that other processes kept busy meanwhile. */
  readonly otherCores: number;
  readonly peer?: SideFigures & { readonly name: PeerName };
  /** The peer's time / ours: above 1 we are faster. */
  readonly ratio?: number;
  readonly ratioQuartiles?: readonly [number, number];
  /** Our peak / the peer's. */
  readonly memoryRatio?: number;
}

const columns: Readonly<Record<string, (figures: CaseFigures) => string>> = {
  case: (figures) => figures.case,
  "ours, ms/image": ({ ours }) => ours.msPerImage.toFixed(1),
  peer: ({ peer }) => (peer === undefined ? "-" : `${peer.name} ${peer.msPerImage.toFixed(1)}`),
  "ratio (quartiles)": ({ ratio, ratioQuartiles }) =>
    ratio === undefined
      ? "-"
      : `${ratio.toFixed(2)} (${ratioQuartiles?.map((x) => x.toFixed(2)).join("-")})`,
  "memory, MB": ({ ours }) => String(ours.peakMegabytes),
  "peer's": ({ peer }) => String(peer?.peakMegabytes ?? "-"),
  "of it": ({ memoryRatio }) => memoryRatio?.toFixed(2) ?? "-",
  "GFLOP/s": ({ gflops }) => String(gflops),
  "of peak": ({ shareOfPeak, peakGflops }) => `${Math.round(100 * shareOfPeak)}% of ${peakGflops}`,
  "load, ms": ({ loadMs }) => String(loadMs),
  "other work, cores": ({ otherCores }) => otherCores.toFixed(2),
};

/** A row for each case under a row of headings. */
export function tableOf(lines: readonly CaseFigures[]): string {
  const rows = [
    Object.keys(columns),
    ...lines.map((line) => Object.values(columns).map((cell) => cell(line))),
  ];
  const widths = Object.keys(columns).map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

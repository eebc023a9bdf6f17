/** The sample as one stage of a longer command. */
import { type SampleOptions, type SampleSummary, writeSample } from "../data/index.ts";
import { startProgress } from "./progress.ts";

/** Writes the sample with a bar, unless the folder holds exactly this one. */
export async function makeSample(
  directory: string,
  options: Omit<SampleOptions, "onProgress">,
): Promise<SampleSummary> {
  const progress = startProgress("sample");
  return writeSample(directory, {
    ...options,
    onProgress: (done, total) => progress.update(done, total),
  }).finally(() => progress.stop());
}

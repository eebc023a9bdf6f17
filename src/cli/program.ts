/** All commands. */
import { Command } from "commander";
import { version } from "../version.ts";
import { addAttend } from "./attend.ts";
import { addCheck } from "./check.ts";
import { addCues } from "./cues.ts";
import { addDemo } from "./demo.ts";
import { addEvaluate } from "./evaluate.ts";
import { addExport } from "./export.ts";
import { addLayers } from "./layers.ts";
import { addRun } from "./run.ts";
import { addSample } from "./sample.ts";
import { addSec } from "./sec.ts";
import { addSegment } from "./segment.ts";
import { addSubmit } from "./submit.ts";
import { addTrain } from "./train.ts";

export function createProgram(): Command {
  const program = new Command("gain")
    .description("Train image classifiers that look where they should.")
    .version(version)
    .option("--verbose", "show the stack of errors")
    .showSuggestionAfterError(true)
    .configureOutput({
      outputError: (text, write) => {
        const line = text.replace(/^error: /, "").trim();
        write(`gain: ${line.replace(/\s*\n\s*/g, " ")}\n`);
      },
    })
    .exitOverride();
  addSample(program);
  addCheck(program);
  addTrain(program);
  addLayers(program);
  addEvaluate(program);
  addAttend(program);
  addExport(program);
  addCues(program);
  addSec(program);
  addSegment(program);
  addSubmit(program);
  addRun(program);
  addDemo(program);
  return program;
}

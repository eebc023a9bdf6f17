/** All commands. */
import { Command } from "commander";
import { version } from "../version.ts";
import { addAttend } from "./attend.ts";
import { addCard } from "./card.ts";
import { addCheck } from "./check.ts";
import { addConvert } from "./convert.ts";
import { addCues } from "./cues.ts";
import { addDemo } from "./demo.ts";
import { addDoctor } from "./doctor.ts";
import { addEvaluate } from "./evaluate.ts";
import { addExperiment } from "./experiment/index.ts";
import { addExport } from "./export.ts";
import { addLayers } from "./layers.ts";
import { addReport } from "./report.ts";
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
  addConvert(program);
  addTrain(program);
  addLayers(program);
  addEvaluate(program);
  addReport(program);
  addCard(program);
  addAttend(program);
  addExport(program);
  addCues(program);
  addSec(program);
  addSegment(program);
  addSubmit(program);
  addRun(program);
  addExperiment(program);
  addDemo(program);
  addDoctor(program);
  return program;
}

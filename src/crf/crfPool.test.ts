import { afterEach, expect, test } from "vitest";
import { smoothProblem } from "../../test/crf/pictures.ts";
import { ShapeError } from "../shape.ts";
import { CrfError, CrfPool, denseCrf, scaledCrf, secCrf } from "./index.ts";

const pools: CrfPool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

function open(threads: number): CrfPool {
  const pool = new CrfPool({ threads });
  pools.push(pool);
  return pool;
}

test("many pictures on two threads get the marginals that each gets alone", async () => {
  const pool = open(2);
  const options = scaledCrf(secCrf, 12);
  const problems = Array.from({ length: 12 }, (_, n) => smoothProblem(20 + n, 15, 3 + (n % 4), n));
  const answers = await Promise.all(problems.map((problem) => pool.infer(problem, options)));
  expect(answers).toEqual(problems.map((problem) => denseCrf(problem, options)));
});

test("the caller keeps its arrays", async () => {
  const problem = smoothProblem(8, 8, 3);
  const unary = problem.unary.slice();
  await open(1).infer(problem);
  expect(problem.unary).toEqual(unary);
});

test("an error concerns its own picture only, and has its class", async () => {
  const pool = open(1);
  const good = smoothProblem(5, 4, 2);
  const bad = pool.infer({ ...good, unary: good.unary.with(1, Number.NaN) });
  const short = pool.infer({ ...good, image: new Uint8Array(3) });
  const after = pool.infer(good);
  await expect(bad).rejects.toThrow(CrfError);
  await expect(bad).rejects.toThrow(
    "denseCrf: unary must be finite; got NaN for class 0 at pixel (1, 0). " +
      "Clip probabilities, for example at 1e-5, before their logarithm.",
  );
  await expect(short).rejects.toThrow(ShapeError);
  expect(await after).toEqual(denseCrf(good));
});

test("closing while busy rejects what is under way", async () => {
  const pool = open(1);
  const problems = [1, 2].map((seed) => smoothProblem(300, 200, 21, seed));
  const outcomes = Promise.allSettled(problems.map((problem) => pool.infer(problem)));
  await pool.close();
  for (const outcome of await outcomes) expect(outcome.status).toBe("rejected");
});

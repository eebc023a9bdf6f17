import { afterEach, describe, expect, test } from "vitest";
import { add, input, mul, sum } from "../graph/index.ts";
import { Machine, RuntimeError } from "./machine.ts";
import { programSource } from "./program.ts";
import { runOnce } from "./runOnce.ts";

const x = input("x", [3]);
const total = input("total", [3]);
const accumulate = programSource({
  outputs: { sum: sum(add(total, x)) },
  updates: { total: add(total, x) },
});
const values = (...numbers: number[]): Float32Array => Float32Array.from(numbers);
const machine = new Machine({ device: "cpu", threads: 1 });

afterEach(() => machine.close());

describe("Machine", () => {
  test("runs keep their state, and return what they are asked for", async () => {
    const program = await machine.load(accumulate);
    machine.setState([["total", { shape: [3], data: values(10, 20, 30) }]]);
    const first = await machine.run(program, new Map([["x", values(1, 2, 3)]]));
    expect([...first]).toEqual([["sum", { shape: [], data: values(66) }]]);
    await machine.run(program, new Map([["x", values(1, 2, 3)]]));
    expect(machine.getState().get("total")?.data).toEqual(values(12, 24, 36));
  });

  test("state that is handed out is a copy", async () => {
    machine.setState([["total", { shape: [3], data: values(1, 2, 3) }]]);
    machine.getState(["total"]).get("total")?.data.fill(0);
    expect(machine.getState(["total"]).get("total")?.data).toEqual(values(1, 2, 3));
  });

  test("two programs share the state", async () => {
    const twice = programSource({ outputs: { twice: mul(total, 2) } });
    const [adding, doubling] = [await machine.load(accumulate), await machine.load(twice)];
    machine.setState([["total", { shape: [3], data: values(1, 1, 1) }]]);
    await machine.run(adding, new Map([["x", values(0, 1, 2)]]));
    expect((await machine.run(doubling, new Map())).get("twice")?.data).toEqual(values(2, 4, 6));
  });

  test("an input that is neither fed nor state is named", async () => {
    const program = await machine.load(accumulate);
    const error = await machine.run(program, new Map([["x", values(1, 2, 3)]])).catch((e) => e);
    expect(error).toBeInstanceOf(RuntimeError);
    expect(error.message).toBe(
      'run: "total" must be fed or be state; it is neither. Feed it, or set it with setState.',
    );
  });

  test("a feed of another size is refused, and the program can be run again", async () => {
    const program = await machine.load(accumulate);
    machine.setState([["total", { shape: [3], data: values(0, 0, 0) }]]);
    await expect(machine.run(program, new Map([["x", values(1, 2)]]))).rejects.toThrow();
    const result = await machine.run(program, new Map([["x", values(1, 2, 3)]]));
    expect(result.get("sum")?.data).toEqual(values(6));
  });

  test("a model that ONNX Runtime cannot read is refused with its device", async () => {
    const broken = { ...accumulate, model: accumulate.model.slice(0, 40) };
    const error = await machine.load(broken).catch((e) => e);
    expect(error).toBeInstanceOf(RuntimeError);
    expect(error.message).toMatch(/^load: ONNX Runtime refused the model on device "cpu": .+/);
  });

  test("a result that is not finite is handed out as it is", async () => {
    const square = programSource({ outputs: { y: mul(x, x) } });
    const program = await machine.load(square);
    const result = await machine.run(program, new Map([["x", values(1e30, Number.NaN, 1)]]));
    expect(result.get("y")?.data).toEqual(values(Infinity, Number.NaN, 1));
  });
});

test("runOnce runs without a machine of the caller's", async () => {
  const result = await runOnce({ y: add(x, 1), same: x }, { x: values(1, 2, 3) });
  expect([...result]).toEqual([
    ["y", { shape: [3], data: values(2, 3, 4) }],
    ["same", { shape: [3], data: values(1, 2, 3) }],
  ]);
});

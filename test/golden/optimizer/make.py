#!/usr/bin/python3
"""Writes golden.json: parameters over five steps of torch.optim, in float64.

    apt-get install -y --no-install-recommends python3-torch
    /usr/bin/python3 test/golden/optimizer/make.py

Two groups with rates of their own; biases do not decay. Rates and factors are float32 numbers.
"""
import json
import os

import torch

SEED = 5
STEPS = 5
HEAD_RATE_FACTOR = 10
# A rate of its own for each step, as schedules have it: PyTorch's momentum leaves the rate outside.
RATES = [2**-6 * (1 - t / 8) for t in range(STEPS)]
SHAPES = {"conv.weight": [2, 1, 2, 2], "conv.bias": [2], "head.weight": [2, 3], "head.bias": [2]}

CASES = {
    "SGD": dict(kind="sgd", momentum=0, weightDecay=0),
    "SGD with momentum and weight decay": dict(kind="sgd", momentum=0.9, weightDecay=0.05),
    "Adam": dict(kind="adam", beta1=0.9, beta2=0.999, epsilon=1e-8, weightDecay=0),
    "Adam with weight decay": dict(kind="adam", beta1=0.8, beta2=0.95, epsilon=1e-3, weightDecay=0.05),
}


def make(options, parameters):
    """One group for each parameter."""
    groups = [
        dict(
            params=[p],
            factor=HEAD_RATE_FACTOR if name.startswith("head.") else 1,
            weight_decay=0 if name.endswith(".bias") else options["weightDecay"],
        )
        for name, p in parameters.items()
    ]
    if options["kind"] == "sgd":
        return torch.optim.SGD(groups, lr=1, momentum=options["momentum"])
    return torch.optim.Adam(groups, lr=1, betas=(options["beta1"], options["beta2"]), eps=options["epsilon"])


def run(options, initial, gradients):
    parameters = {name: value.clone().requires_grad_() for name, value in initial.items()}
    optimizer = make(options, parameters)
    history = []
    for rate, step in zip(RATES, gradients):
        for group in optimizer.param_groups:
            group["lr"] = rate * group["factor"]
        for name, p in parameters.items():
            p.grad = step[name].clone()
        optimizer.step()
        history.append({name: p.detach().flatten().tolist() for name, p in parameters.items()})
    return history


def flat(tensors):
    return {name: value.flatten().tolist() for name, value in tensors.items()}


if __name__ == "__main__":
    generator = torch.Generator().manual_seed(SEED)
    draw = lambda: {name: torch.randn(shape, generator=generator).double() for name, shape in SHAPES.items()}
    initial, gradients = draw(), [draw() for _ in range(STEPS)]
    golden = dict(
        torch=torch.__version__, seed=SEED, headRateFactor=HEAD_RATE_FACTOR, rates=RATES, shapes=SHAPES,
        initial=flat(initial), gradients=[flat(step) for step in gradients],
        cases=[dict(name=name, options=o, history=run(o, initial, gradients)) for name, o in CASES.items()],
    )
    target = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden.json")
    with open(target, "w") as file:
        json.dump(golden, file)
        file.write("\n")

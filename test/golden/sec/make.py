#!/usr/bin/python3
"""Writes golden.json: activations, losses and gradients of SEC training steps, by PyTorch in float64.

    apt-get install -y --no-install-recommends python3-torch
    /usr/bin/python3 test/golden/sec/make.py

The losses are written as SEC's code has them (pylayers.py of kolesman/SEC): sorted probabilities, not
ranks. Numbers are given by formula, as in ../gain/make.py. Of each tensor are kept: its L2 norm, its
inner product with pseudo-random numbers in [-1, 1), and four of its elements.

The gradients are taken at 129 pixels, where the map is 17x17: the smallest on which all taps of fc6,
12 places apart, meet whole rows of the map, within it and in its padding. Shapes at 321 pixels are in
src/nn/segmentation/largeFov.test.ts.
"""
import importlib.util
import json
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("gain_make", os.path.join(HERE, "../gain/make.py"))
gain = importlib.util.module_from_spec(spec)
spec.loader.exec_module(gain)

SEED = gain.SEED = 7
MIN_PROB = 1e-4


class Net(gain.Net):
    """Convolutions at any dilation, all layers remembered, dropout by formula."""

    def conv(self, name, x, channels, kernel=3, stride=1, relu=True, dilation=1):
        w = self.get(f"{name}.weight", channels, x.shape[1], kernel, kernel)
        y = F.conv2d(x, w, self.get(f"{name}.bias", channels), stride, kernel // 2 * dilation, dilation)
        return self.layer(name, F.relu(y) if relu else y)

    def layer(self, name, y):
        self.layers[name] = y
        return y


def double(values):
    return torch.from_numpy(np.asarray(values, np.float32).astype(np.float64))


def dropout(name, x):
    """2 or 0, half of each."""
    keep = gain.uniform(f"dropout {name}", np.arange(x.numel())) >= 0
    return x * double(2 * keep).reshape(x.shape)


def head(net, x, classes, channels, dilation):
    x = net.layer("pool5a", F.avg_pool2d(x, 3, 1, 1, count_include_pad=True))
    x = dropout("fc6", net.conv("fc6", x, channels, dilation=dilation))
    x = dropout("fc7", net.conv("fc7", x, channels, kernel=1))
    return net.conv("fc8", x, 1 + classes, kernel=1, relu=False)


def vgg16(net, x, classes):
    for block, (depth, channels) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)], 1):
        for i in range(1, depth + 1):
            x = net.conv(f"conv{block}_{i}", x, channels, dilation=2 if block == 5 else 1)
        x = net.layer(f"pool{block}", F.max_pool2d(x, 3, 2 if block <= 3 else 1, 1))
    return head(net, x, classes, 1024, 12)


def squeezenet(net, x, classes):
    x = F.max_pool2d(net.conv("conv1", x, 64, stride=2), 3, 2, 1)
    for i, (squeeze, expand) in enumerate([(16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256)]):
        s = net.conv(f"fire{i + 2}.squeeze1x1", x, squeeze, kernel=1)
        wide = [net.conv(f"fire{i + 2}.expand1x1", s, expand, kernel=1), net.conv(f"fire{i + 2}.expand3x3", s, expand, dilation=1 if i < 4 else 2)]
        x = net.layer(f"fire{i + 2}", torch.cat(wide, 1))
        if i in (1, 3):
            x = F.max_pool2d(x, 3, 2 if i == 1 else 1, 1)
    return head(net, x, classes, 256, 12)


def smallnet(net, x, classes):
    pool = lambda x: F.max_pool2d(x, 3, 2, 1)
    x = pool(net.conv("conv2", pool(net.conv("conv1", x, 16)), 32))
    x = pool(net.conv("conv4", net.conv("conv3", x, 64), 64))
    x = net.conv("conv6", net.conv("conv5", x, 128), 128)
    return head(net, x, classes, 64, 4)


MODELS = dict(vgg16_largefov=vgg16, squeezenet1_1_largefov=squeezenet, smallnet_largefov=smallnet)


def cues_of(tags, classes, size):
    """A quarter of the places each: background, the first tag, the last tag, no cue."""
    kind = gain.integers("cues", np.arange(len(tags) * size * size)).reshape(len(tags), size, size) % 4
    cues = np.zeros((len(tags), 1 + classes, size, size))
    for n, present in enumerate(tags):
        for k, label in enumerate([0, 1 + present[0], 1 + present[-1]]):
            cues[n, label][kind[n] == k] = 1
    return torch.from_numpy(cues)


def target_of(count, labels, size):
    """Marginals, some of them below 1e-4."""
    index = np.arange(count * labels * size * size)
    raw = (((gain.uniform("target", index) + 1) / 2) ** 4).reshape(count, labels, size, size)
    return double(raw / raw.sum(1, keepdims=True))


def losses_of(scores, cues, tags, target):
    p = F.softmax(scores, 1) + MIN_PROB
    p = p / p.sum(1, keepdim=True)
    seed = -((cues * p.log()).sum((1, 2, 3)) / cues.sum((1, 2, 3))).mean()

    n, labels = p.shape[:2]
    ordered = p.reshape(n, labels, -1).sort(2, descending=True).values
    decayed = lambda q: torch.tensor(q, dtype=torch.float64) ** torch.arange(ordered.shape[2])
    pooled = lambda x, q: (x * decayed(q)).sum(-1) / decayed(q).sum()
    present = torch.tensor([[float(c in t) for c in range(labels - 1)] for t in tags]).double()
    here = (present * pooled(ordered[:, 1:], 0.996).log()).sum(1) / present.sum(1)
    nowhere = ((1 - present) * (1 - ordered[:, 1:, 0]).log()).sum(1) / (1 - present).sum(1)
    background = pooled(ordered[:, 0], 0.999).log()
    expand = -here.mean() - nowhere.mean() - background.mean()

    q = target.clamp(min=MIN_PROB)
    q = q / q.sum(1, keepdim=True)
    constrain = (q * (q / p).log()).sum(1).mean()
    return dict(seed=seed, expand=expand, constrain=constrain, loss=seed + expand + constrain)


def summary(name, tensor):
    values = tensor.detach().numpy().ravel()
    places = gain.integers(f"{name}/sampled", np.arange(4)) % np.uint32(values.size)
    direction = gain.uniform(f"{name}/direction", np.arange(values.size))
    short = lambda value: float(f"{value:.9g}")
    return dict(norm=short(np.linalg.norm(values)), projection=short(values @ direction), sampled=[short(values[i]) for i in places])


def step(case):
    size, tags, classes = case["inputSize"], case["tags"], case["classes"]
    net = Net()
    images = torch.from_numpy(gain.pictures(len(tags), size).astype(np.float64))
    scores = MODELS[case["model"]](net, images, classes)
    side = scores.shape[2]
    assert side == (size - 1) // 8 + 1
    losses = losses_of(scores, cues_of(tags, classes, side), tags, target_of(len(tags), 1 + classes, side))
    gradients = torch.autograd.grad(losses["loss"], list(net.parameters.values()))
    # Of a fire module the whole is kept, not its parts.
    kept = {name: y for name, y in net.layers.items() if "." not in name}
    return dict(
        layers={name: {"shape": list(y.shape), **summary(f"layer {name}", y)} for name, y in kept.items()},
        losses={name: value.item() for name, value in losses.items()},
        gradients={name: summary(name, g) for name, g in zip(net.parameters, gradients)},
    )


def losses_alone(case):
    """The losses of given scores, and the gradient of each in them."""
    tags, classes, size = case["tags"], case["classes"], case["outputSize"]
    shape = (len(tags), 1 + classes, size, size)
    scores = double(3 * gain.uniform("scores", np.arange(np.prod(shape))).reshape(shape)).requires_grad_()
    losses = losses_of(scores, cues_of(tags, classes, size), tags, target_of(len(tags), 1 + classes, size))
    gradients = {name: torch.autograd.grad(value, scores, retain_graph=True)[0] for name, value in losses.items()}
    return dict(
        losses={name: value.item() for name, value in losses.items()},
        gradients={name: summary(name, g) for name, g in gradients.items()},
    )


LOSSES = dict(classes=20, outputSize=41, tags=[[14, 3], [6]])
STEPS = [
    dict(model="vgg16_largefov", inputSize=129, classes=20, tags=[[14, 3]]),
    dict(model="squeezenet1_1_largefov", inputSize=129, classes=5, tags=[[0], [3, 1]]),
    dict(model="smallnet_largefov", inputSize=65, classes=3, tags=[[2], [0, 1]]),
]

if __name__ == "__main__":
    torch.set_num_threads(2)
    results = []
    for c in STEPS:
        started = time.time()
        results.append({**c, **step(c)})
        print(f"{c['model']}: {time.time() - started:.1f} s", results[-1]["losses"])
    alone = {**LOSSES, **losses_alone(LOSSES)}
    print("losses alone", alone["losses"])
    target = os.path.join(HERE, "golden.json")
    head_line = json.dumps(dict(torch=torch.__version__, numpy=np.__version__, seed=SEED, losses=alone))[:-1]
    with open(target, "w") as file:
        file.write(head_line + ', "steps": [\n' + ",\n".join(json.dumps(r) for r in results) + "\n]}\n")
    print(f"{target}: {os.path.getsize(target)} bytes")

#!/usr/bin/python3
"""Writes golden.json: losses and gradients of GAIN training steps, by PyTorch in float64.

    apt-get install -y --no-install-recommends python3-torch
    /usr/bin/python3 test/golden/gain/make.py

Parameters and pictures are float32 numbers given by a hash of their index (see `uniform`; formula.ts
is the same in TypeScript), so that no weights are stored. Of each parameter's gradient are kept: its
L2 norm, its sum, its inner product with pseudo-random numbers in [-1, 1), and eight of its elements.
"""
import json
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

# One with which the maps of every class of the small net are neither empty nor full.
SEED = 32
DEFAULTS = dict(
    guidance="self", miningWeight=1, extraWeight=10, extraClassificationWeight=0.25, sigma=0.5, slope=10,
    normalization="max", normalizationGradient=True, weightGradient=True, miningScore="sigmoid", maskedShare=1,
    counterfactualWeight=0,
)


# Numbers by formula: what follows down to `masks` is the same as in formula.ts.

def seed_of(label):
    """FNV-1a of an ASCII label and the seed."""
    value = 0x811C9DC5
    for char in f"{SEED}/{label}":
        value = ((value ^ ord(char)) * 0x01000193) & 0xFFFFFFFF
    return np.uint32(value)


def hashed(x):
    """lowbias32 (Wellons), a mixer of 32-bit integers."""
    x = x ^ (x >> np.uint32(16))
    x = x * np.uint32(0x7FEB352D)
    x = x ^ (x >> np.uint32(15))
    x = x * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


def integers(label, index):
    return hashed(hashed(np.asarray(index, np.uint32)) + seed_of(label))


def uniform(label, index):
    """Numbers in [-1, 1), float64."""
    return integers(label, index).astype(np.float64) / 2**31 - 1


def parameter(name, shape):
    """He's deviation for weights, +-0.1 for biases."""
    scale = np.sqrt(6 / np.prod(shape[1:])) if len(shape) > 1 else 0.1
    values = scale * uniform(name, np.arange(np.prod(shape)))
    return values.astype(np.float32).reshape(shape)


def blocks(label, count, size, side):
    """One number for each square of `side` pixels: [count, size, size]."""
    across = -(-size // side)
    place = np.arange(size) // side
    index = (np.arange(count)[:, None, None] * across + place[:, None]) * across + place
    return uniform(label, index)


def pictures(count, size):
    coarse = blocks("coarse", count * 3, size, 8)
    fine = blocks("fine", count * 3, size, 1)
    return (1.25 * coarse + 0.5 * fine).astype(np.float32).reshape(count, 3, size, size)


def masks(pairs, size):
    """1 on the class; 1 on pixels that count."""
    return blocks("mask", pairs, size, 3) > 0.3, blocks("void", pairs, size, 4) < 0.7


class Net:
    """Makes parameters as they are asked for; remembers layers."""

    def __init__(self, known=None):
        self.parameters, self.layers = {} if known is None else known, {}

    def get(self, name, *shape):
        if name not in self.parameters:
            values = torch.from_numpy(parameter(name, shape).astype(np.float64))
            self.parameters[name] = values.requires_grad_()
        return self.parameters[name]

    def conv(self, name, x, channels, kernel=3, stride=1, relu=True):
        w = self.get(f"{name}.weight", channels, x.shape[1], kernel, kernel)
        y = F.conv2d(x, w, self.get(f"{name}.bias", channels), stride, padding=kernel // 2)
        self.layers[name] = F.relu(y) if relu else y
        return self.layers[name]

    def dense(self, name, x, units, relu=True):
        y = F.linear(x, self.get(f"{name}.weight", units, x.shape[1]), self.get(f"{name}.bias", units))
        return F.relu(y) if relu else y


def pooled_logits(net, x, classes):
    return net.conv("head", x, classes, kernel=1, relu=False).mean((2, 3))


def smallnet(net, x, classes):
    x = F.max_pool2d(net.conv("conv1", x, 16), 2)
    x = F.max_pool2d(net.conv("conv2", x, 32), 2)
    x = F.max_pool2d(net.conv("conv4", net.conv("conv3", x, 64), 64), 2)
    x = net.conv("conv6", net.conv("conv5", x, 128), 128)
    return x, pooled_logits(net, x, classes)


def squeezenet(net, x, classes):
    x = F.max_pool2d(net.conv("conv1", x, 64, stride=2), 3, 2, padding=1)
    for i, (squeeze, expand) in enumerate([(16, 64), (32, 128), (48, 192), (64, 256)]):
        for k in (0, 1):
            fire = f"fire{2 + 2 * i + k}"
            s = net.conv(f"{fire}.squeeze1x1", x, squeeze, kernel=1)
            x = torch.cat([net.conv(f"{fire}.expand1x1", s, expand, kernel=1), net.conv(f"{fire}.expand3x3", s, expand)], 1)
        if i < 2:
            x = F.max_pool2d(x, 3, 2, padding=1)
    return x, pooled_logits(net, x, classes)


def vgg16_features(net, x):
    for block, (depth, channels) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]):
        if block:
            x = F.max_pool2d(x, 2)
        for i in range(depth):
            x = net.conv(f"conv{block + 1}_{i + 1}", x, channels)
    return x


def vgg16(net, x, classes):
    x = vgg16_features(net, x)
    return x, pooled_logits(net, x, classes)


def vgg16_fc(net, x, classes):
    x = vgg16_features(net, x)
    y = net.dense("fc7", net.dense("fc6", F.max_pool2d(x, 2).flatten(1), 4096), 4096)
    return x, net.dense("fc8", y, classes, relu=False)


MODELS = dict(smallnet=smallnet, squeezenet1_1=squeezenet, vgg16=vgg16, vgg16_fc=vgg16_fc)


def one_hot(chosen, classes):
    """Rows of zeros for a class of -1."""
    return (torch.tensor(chosen)[:, None] == torch.arange(classes)).double()


def attention_map(features, logits, choice, o):
    (g,) = torch.autograd.grad((logits * choice).sum(), features, create_graph=True)
    w = g.mean((2, 3), keepdim=True)
    a = F.relu((features * (w if o["weightGradient"] else w.detach())).sum(1, keepdim=True))
    if o["normalization"] == "none":
        return a
    high, low = a.amax((2, 3), keepdim=True), a.amin((2, 3), keepdim=True)
    if not o["normalizationGradient"]:
        high, low = high.detach(), low.detach()
    if o["normalization"] == "max":
        return a / (high + 1e-8)
    return (a - low) / (high - low + 1e-8)


def step(case):
    """Losses and gradients of one case."""
    o = {**DEFAULTS, **case["options"]}
    n, e, size, classes = case["images"], case["supervised"], case["inputSize"], case["classes"]
    net = Net()
    run = lambda x: MODELS[case["model"]](net, x, classes)
    x = torch.from_numpy(pictures(n + e, size).astype(np.float64))
    y = torch.tensor([[float(c in tags) for c in range(classes)] for tags in case["tags"]]).double()
    features, logits = run(x)
    if case.get("layer"):
        features = net.layers[case["layer"]]
    losses = dict(classification=F.multilabel_soft_margin_loss(logits[:n], y[:n]))
    loss = losses["classification"]
    choices = [one_hot(chosen, classes) for chosen in case["chosen"]]
    if o["guidance"] != "none":
        maps = [attention_map(features, logits, choice, o) for choice in choices]
        for choice, a in zip(choices, maps):
            assert (a.amax((1, 2, 3)) > 0).equal(choice.sum(1) > 0), "an empty map tests nothing: choose another class"
        q = max(1, int(np.floor(o["maskedShare"] * n + 0.5)))
        mining = 0
        for choice, a in zip(choices, maps):
            a = F.interpolate(a[:q], size=(size, size), mode="bilinear", align_corners=False)
            hidden = run(x[:q] - torch.sigmoid(o["slope"] * (a - o["sigma"])) * x[:q])[1]
            score = dict(sigmoid=torch.sigmoid, logit=lambda s: s, softmax=lambda s: F.softmax(s, 1))[o["miningScore"]]
            classes_of_image = sum(c.sum(1) for c in choices)[:q]
            mining = mining + ((score(hidden) * choice[:q]).sum(1) / classes_of_image).sum() / q
        losses["mining"] = mining
        loss = loss + o["miningWeight"] * mining
    if o["guidance"] == "extra":
        r = round(size / 4)
        target, counts = (torch.from_numpy(m.astype(np.float64)) for m in masks(len(choices) * e, r))
        pairs = [(k, i) for k in range(len(choices)) for i in range(e) if choices[k][n + i].sum() > 0]
        extra = 0
        for k, i in pairs:
            a = F.interpolate(maps[k][n + i:n + i + 1], size=(r, r), mode="bilinear", align_corners=False)[0, 0]
            h, ok = target[k * e + i], counts[k * e + i]
            extra = extra + ((a - h) ** 2 * ok).sum() / ok.sum() / len(pairs)
        losses["extra"] = extra
        loss = loss + o["extraWeight"] * extra
        loss = loss + o["extraClassificationWeight"] * F.multilabel_soft_margin_loss(logits[n:], y[n:])
        if o["counterfactualWeight"]:
            counterfactual = 0
            for k, i in pairs:
                mask = F.interpolate(target[None, None, k * e + i], size=(size, size), mode="bilinear", align_corners=False)
                c = case["chosen"][k][n + i]
                alone, without = (run(x[n + i:n + i + 1] * part)[1][0, c] for part in (mask, 1 - mask))
                counterfactual = counterfactual + (F.softplus(-alone) + F.softplus(without)) / len(pairs)
            losses["counterfactual"] = counterfactual
            loss = loss + o["counterfactualWeight"] * counterfactual
    losses["loss"] = loss
    gradients = torch.autograd.grad(loss, list(net.parameters.values()))
    return dict(
        losses={name: value.item() for name, value in losses.items()},
        gradients={name: summary(name, g.numpy().ravel()) for name, g in zip(net.parameters, gradients)},
    )


def summary(name, g):
    sampled = integers(f"{name}/sampled", np.arange(8)) % np.uint32(g.size)
    direction = uniform(f"{name}/direction", np.arange(g.size))
    short = lambda value: float(f"{value:.10g}")
    return dict(
        norm=short(np.linalg.norm(g)), sum=short(g.sum()), projection=short(g @ direction),
        sampled=[short(g[i]) for i in sampled],
    )


def case(name, model, inputSize, classes, tags, chosen=None, images=None, options={}, **more):
    """`chosen`: for each slot the class of each image; -1 leaves the slot empty."""
    images = len(tags) if images is None else images
    chosen = [[t[0] for t in tags]] if chosen is None else chosen
    return dict(
        name=name, model=model, inputSize=inputSize, classes=classes, images=images, supervised=len(tags) - images,
        tags=tags, chosen=chosen, options={"guidance": "self", **options}, **more,
    )


def small(name, options={}, **more):
    return case(f"smallnet, {name}", "smallnet", 24, 4, **{"tags": [[0], [2, 1]], **more}, options=options)


CASES = [
    case("VGG16, self-guidance", "vgg16", 64, 20, [[14, 3], [6]]),
    case("VGG16 at 224, self-guidance", "vgg16", 224, 20, [[14, 3]]),
    case("VGG16 with its fully connected head, self-guidance", "vgg16_fc", 64, 5, [[0, 4]]),
    case("SqueezeNet, extra supervision with void pixels", "squeezenet1_1", 96, 5, [[0], [3, 1], [2], [0, 4], [1]], images=3,
         options=dict(guidance="extra")),
    small("classification only", dict(guidance="none")),
    small("defaults"),
    # Maps of these classes are above zero everywhere, so that gradients flow through the minimum.
    small("map scaled between its extrema, softmax score", dict(normalization="minmax", miningScore="softmax"), tags=[[1], [2, 0]]),
    small("map as it is, logit score", dict(normalization="none", miningScore="logit", sigma=0.1, slope=20, miningWeight=0.5)),
    small("constant extrema", dict(normalizationGradient=False)),
    small("constant Grad-CAM weights", dict(weightGradient=False)),
    small("no gradient but through the features", dict(weightGradient=False, normalizationGradient=False, normalization="minmax"), tags=[[1], [2, 0]]),
    small("another layer", layer="conv4"),
    small("two classes of an image, half of the images masked", dict(maskedShare=0.5, classesPerImage="all"), tags=[[2], [0, 3], [1, 2], [3]], chosen=[[2, 0, 1, 3], [-1, 3, 2, -1]]),
    small("two classes of an image, extra supervision", dict(guidance="extra", classesPerImage="all"), tags=[[2, 1], [3], [0, 1], [2]], images=2, chosen=[[2, 3, 0, 2], [1, -1, 1, -1]]),
    small("two classes of an image, counterfactual pictures", dict(guidance="extra", classesPerImage="all", counterfactualWeight=0.3), tags=[[2, 1], [3], [0, 1], [2]], images=2, chosen=[[2, 3, 0, 2], [1, -1, 1, -1]]),
]

if __name__ == "__main__":
    torch.set_num_threads(2)
    results = []
    for c in CASES:
        started = time.time()
        results.append({**c, **step(c)})
        print(f"{c['name']}: {time.time() - started:.1f} s", results[-1]["losses"])
    target = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden.json")
    head = json.dumps(dict(torch=torch.__version__, numpy=np.__version__, seed=SEED))[:-1]
    with open(target, "w") as file:
        file.write(head + ', "cases": [\n' + ",\n".join(json.dumps(r) for r in results) + "\n]}\n")
    print(f"{target}: {os.path.getsize(target)} bytes")

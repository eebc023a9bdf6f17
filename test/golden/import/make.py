#!/usr/bin/python3
"""Writes *.onnx and golden.json: torchvision's classifiers, what PyTorch makes of them in float64.

    apt-get install -y --no-install-recommends python3-torch python3-torchvision python3-onnx
    /usr/bin/python3 test/golden/import/make.py [CASE ...]

The files are what torch.onnx.export gives, without their weights: initializers of floats are declared
as inputs of the same name and shape instead. Each weight is `offset + scale * uniform(name)`, a
float32 number given by a hash of its index (gain/make.py; formula.ts is the same in TypeScript);
golden.json has the offsets and scales by the names of the file. So no weights are stored, and PyTorch
and the reader of the files have the same ones.

Of each model golden.json has the logits of two pictures, and the losses and gradients (summarised as in
gain/make.py) of one self-guided GAIN step, statistics of batch normalisation frozen, dropout off.

Float32 cannot be compared with float64 where a pre-activation is within rounding of a kink (ReLU's at 0,
hard swish's at -3 and 3, two of a pool's window that are equal): such an element's gradient appears or
vanishes as a whole, which moves a gradient by more than 1e-3 of its norm. So each case has a seed with
which no value comes near a kink: `margin` is the smallest distance from one, in units of the error
(root mean square over its layer) that PyTorch's own float32 run makes there. To look for seeds:

    /usr/bin/python3 test/golden/import/make.py --seeds 100 CASE
"""
import copy
import importlib.util
import io
import json
import os
import re
import sys
import time
import warnings
from contextlib import contextmanager

import numpy as np
import onnx
import torch
import torch.nn.functional as F
import torchvision
from onnx import numpy_helper
from torch import nn
from torchvision import models

here = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("gain", os.path.join(here, "../gain/make.py"))
gain = importlib.util.module_from_spec(spec)
spec.loader.exec_module(gain)

CLASSES = 5
LEAST_MARGIN, MOST_DEVIATION = 4, 2e-5


def vgg16_bn():
    """A quarter of the channels; a head of 256 units on 2x2 places instead of 4096 on 7x7."""
    widths = [c if c == "M" else c // 4 for c in models.vgg.cfgs["D"]]
    model = models.VGG(models.vgg.make_layers(widths, batch_norm=True), num_classes=CLASSES)
    model.avgpool = nn.AdaptiveAvgPool2d(2)
    drop = nn.Dropout()
    model.classifier = nn.Sequential(
        nn.Linear(128 * 4, 256), nn.ReLU(), drop, nn.Linear(256, 256), nn.ReLU(), drop, nn.Linear(256, CLASSES))
    return model


class DenseNet(models.DenseNet):
    """Its last ReLU is a module, whose output can be had."""

    def __init__(self):
        super().__init__(num_classes=CLASSES)
        self.relu5 = nn.ReLU()

    def forward(self, x):
        return self.classifier(F.adaptive_avg_pool2d(self.relu5(self.features(x)), 1).flatten(1))


def convnext_tiny():
    """All 18 blocks, half as wide."""
    widths = [(48, 96, 3), (96, 192, 3), (192, 384, 9), (384, None, 3)]
    blocks = [models.convnext.CNBlockConfig(*width) for width in widths]
    return models.ConvNeXt(blocks, num_classes=CLASSES)


def vit_b_16():
    """All 12 layers and patches of 16, on 64 pixels; 192 instead of 768 wide, 3 instead of 12 heads."""
    return models.VisionTransformer(
        image_size=64, patch_size=16, num_layers=12, num_heads=3, hidden_dim=192, mlp_dim=768, num_classes=CLASSES)


def torchvisions(name):
    return lambda: getattr(models, name)(num_classes=CLASSES)


def case(name, build, opset, layer, seed, size=64, batch="any", exported="plain", calm="(?!)", lift=0, scale=1):
    """
    `layer`: the module whose output, after its activation, has the attention map.
    `batch`: of the file, any or 1; the step is of two pictures all the same.
    `exported`: plain, with PyTorch's names and all operators; or by default, with constants folded and
    batch normalisation fused into convolutions.
    `calm`: weights that end a residual branch, and are 0.3 of the size of others.
    `scale`: of matrices and filters, relative to He's.
    `lift`: mean bias of normalisations, so that fewer values of deep networks are near ReLU's kink. Their
    channels then have means that would drown what differs between pictures; so statistics hold the true ones.
    """
    return dict(
        name=name, build=build, opset=opset, layer=layer, seed=seed, size=size, batch=batch, exported=exported,
        calm=re.compile(calm), lift=lift, scale=scale)


CASES = [
    case("resnet18", torchvisions("resnet18"), 11, "layer4", 54, calm=r"layer\d\.\d\.bn2"),
    case("resnet18_fused", torchvisions("resnet18"), 13, "layer4", 16, size=48, batch=1, exported="default",
         calm=r"layer\d\.\d\.conv2"),
    case("resnet50", torchvisions("resnet50"), 13, "layer4", 45, size=48, batch=1, calm=r"layer\d\.\d\.bn3", lift=2),
    case("vgg16_bn", vgg16_bn, 12, "features.42", 54),
    case("densenet121", DenseNet, 14, "relu5", 136, lift=2.5),
    case("mobilenet_v2", torchvisions("mobilenet_v2"), 11, "features", 59, size=48, batch=1, calm=r"conv\.[23]\.(weight|bias)"),
    case("mobilenet_v3_small", torchvisions("mobilenet_v3_small"), 12, "features", 7),
    case("mobilenet_v3_small_fused", torchvisions("mobilenet_v3_small"), 14, "features", 10, exported="default", scale=1.08),
    case("efficientnet_b0", torchvisions("efficientnet_b0"), 15, "features", 1, batch=1),
    case("squeezenet1_1", torchvisions("squeezenet1_1"), 11, "features", 40, size=96),
    case("convnext_tiny", convnext_tiny, 17, "features", 2),
    case("vit_b_16", vit_b_16, 16, "encoder.layers.encoder_layer_10", 1),
    case("vit_b_16_folded", vit_b_16, 17, "encoder.layers.encoder_layer_10", 1, batch=1, exported="default"),
]


# Weights by formula.

def rule(name, module, tensor, c):
    """Offset and scale of a weight: of such a size that neither signals nor their differences die out."""
    leaf = name.split(".")[-1]
    factor = 0.3 if c["calm"].search(name) else 1
    if leaf == "class_token" or leaf == "pos_embedding":
        return 0, 0.5
    if leaf == "layer_scale":
        return 0.3, 0.1
    if leaf == "running_var":
        return 1, 0.3
    if tensor.ndim == 1:
        if not isinstance(module, (nn.BatchNorm2d, nn.LayerNorm)):
            return 0, 0.1 * factor
        return (factor, 0.3 * factor) if leaf == "weight" else (c["lift"] * factor, 0.1 * factor)
    return 0, factor * c["scale"] * np.sqrt(6 / np.prod(tensor.shape[1:]))


def weights_of(model):
    """Every parameter and statistic of floats, with its module."""
    for path, module in model.named_modules():
        for leaf, tensor in [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]:
            if tensor.is_floating_point():
                yield f"{path}.{leaf}".lstrip("."), module, tensor


class Reference:
    """PyTorch's side: a model whose weights go by their names in the file."""

    def __init__(self, model, c, names=None):
        self.model, self.weights, self.rules, self.seen = model, {}, {}, None
        # Means of batch normalisation by channel, which the file keeps, where they are not by formula.
        self.means = {} if c["lift"] else None
        for own, module, tensor in weights_of(model):
            name, turned = (own, False) if names is None else names[own]
            self.weights[name] = tensor, turned
            self.rules[name] = rule(own, module, tensor, c)
        model.get_submodule(c["layer"]).register_forward_hook(self.tap)

    def tap(self, module, inputs, output):
        """Remembers the features of the attention layer."""
        if output.ndim == 4:
            self.seen = output
            return output
        # Tokens, the class token first: the others are a grid.
        side = int(np.sqrt(output.shape[1] - 1))
        self.seen = output[:, 1:].transpose(1, 2).unflatten(2, (side, side))
        return torch.cat([output[:, :1], self.seen.flatten(2).transpose(1, 2)], 1)

    def look(self, x):
        """Features [N, K, h, w] of the attention layer, and logits."""
        logits = self.model(x)
        features, self.seen = self.seen, None
        return features, logits

    def fill(self, names=None):
        """Gives weights, all by default, their values."""
        for name in self.rules if names is None else names:
            tensor, turned = self.weights[name]
            offset, scale = self.rules[name] = tuple(float(f"{number:.5g}") for number in self.rules[name])
            values = (offset + scale * gain.uniform(name, np.arange(tensor.numel()))).astype(np.float32)
            values = values.reshape(tensor.T.shape).T if turned else values.reshape(tensor.shape)
            tensor.data.copy_(torch.from_numpy(values))

    def calibrate(self, pictures):
        """Sets the statistics of batch normalisation to about what the pictures give, layer by layer."""
        names = {id(tensor): name for name, (tensor, _) in self.weights.items()}
        def measure(norm, inputs):
            mean, variance = names[id(norm.running_mean)], names[id(norm.running_var)]
            x = inputs[0]
            v = x.var().item()
            if self.means is not None:
                self.means[mean] = x.mean((0, 2, 3)).float()
                norm.running_mean.copy_(self.means[mean])
                self.rules.pop(mean, None)
                v = x.var((0, 2, 3)).mean().item()
            else:
                self.rules[mean] = x.mean().item(), 0.1 * np.sqrt(v)
                self.fill([mean])
            self.rules[variance] = v, 0.3 * v
            self.fill([variance])
        hooks = [m.register_forward_pre_hook(measure) for m in self.model.modules() if isinstance(m, nn.BatchNorm2d)]
        with torch.no_grad():
            self.model(pictures)
        for hook in hooks:
            hook.remove()

    def in_float32(self):
        twin = copy.deepcopy(self)
        twin.model.float()
        return twin


# Files.

def export(model, c, with_features=False):
    """The model as torch.onnx.export writes it; its features may be a second output."""
    data = io.BytesIO()
    traced = copy.deepcopy(model).float()
    if with_features:
        seen = []
        traced.get_submodule(c["layer"]).register_forward_hook(lambda module, inputs, y: seen.append(y))
        traced.register_forward_hook(lambda module, inputs, logits: (logits, seen.pop()))
    options = {}
    if c["exported"] == "plain":
        options = dict(training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
    if c["batch"] == "any":
        options["dynamic_axes"] = {"images": {0: "batch"}, "logits": {0: "batch"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            traced, torch.zeros(1, 3, c["size"], c["size"]), data, input_names=["images"], output_names=["logits"],
            opset_version=c["opset"], **options)
    return onnx.load_from_string(data.getvalue())


def layer_name(model, c, file):
    """The file's name of the attention layer: the exporter tells it of a model that has it as second output."""
    graph = export(model, c, with_features=True).graph
    nodes = {output: node.name for node in graph.node for output in node.output}
    name = nodes[graph.output[1].name]
    (output,) = [node.output[0] for node in file.graph.node if node.name == name]
    return output


def fuse(model, pictures):
    """A copy with batch normalisation as part of the convolution before it, where there is one."""
    model = copy.deepcopy(model)
    made_by, pairs = {}, []
    def remember(module, inputs, output):
        made_by[id(output)] = module, output
    def pair(norm, inputs):
        if id(inputs[0]) in made_by:
            pairs.append((made_by[id(inputs[0])][0], norm))
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(remember)
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_pre_hook(pair)
    with torch.no_grad():
        model(pictures)
    for conv, norm in pairs:
        fused = nn.utils.fusion.fuse_conv_bn_eval(conv, norm)
        conv.weight, conv.bias = fused.weight, fused.bias
        parent, leaf = next((m, k) for m in model.modules() for k, child in m.named_children() if child is norm)
        setattr(parent, leaf, nn.Identity())
    for module in model.modules():
        module._forward_hooks.clear()
        module._forward_pre_hooks.clear()
    return model


def names_in(file, model):
    """For each weight of a model its name in the file, found by its values, and whether it is transposed there."""
    stored = {t.name: numpy_helper.to_array(t) for t in file.graph.initializer if t.data_type == onnx.TensorProto.FLOAT}
    names = {}
    for own, _, tensor in weights_of(model):
        values = tensor.detach().numpy()
        found = [
            (name, turned) for name, data in stored.items() for turned in (False, True)
            if (turned and values.ndim == 2 and data.shape == values.T.shape and np.allclose(data, values.T, 1e-4, 1e-5))
            or (not turned and data.shape == values.shape and np.allclose(data, values, 1e-4, 1e-5))]
        assert len(found) == 1, (own, found)
        names[own] = found[0]
    left = set(stored) - {name for name, _ in names.values()}
    assert all(stored[name].size == 1 for name in left), left
    return names


def strip(file, kept):
    """Declares the weights as inputs instead of storing them, but for those in `kept`; numbers alone and shapes stay."""
    graph = file.graph
    for tensor in [t for t in graph.initializer if t.data_type == onnx.TensorProto.FLOAT and np.prod(t.dims) > 1]:
        if tensor.name in kept:
            tensor.CopyFrom(numpy_helper.from_array(kept[tensor.name].numpy(), tensor.name))
            continue
        graph.input.append(onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
        graph.initializer.remove(tensor)


# The step.

def step(reference, x, tags, chosen):
    """Logits, losses and gradients of L_self; equations as in gain/make.py."""
    o = gain.DEFAULTS
    y = torch.tensor([[float(k in t) for k in range(CLASSES)] for t in tags]).to(x.dtype)
    choice = gain.one_hot(chosen, CLASSES).to(x.dtype)
    features, logits = reference.look(x)
    a = gain.attention_map(features, logits, choice, o)
    losses = dict(classification=F.multilabel_soft_margin_loss(logits, y))
    shown = F.interpolate(a, size=x.shape[2:], mode="bilinear", align_corners=False)
    hidden = reference.look(x - torch.sigmoid(o["slope"] * (shown - o["sigma"])) * x)[1]
    losses["mining"] = (torch.sigmoid(hidden) * choice).sum(1).mean()
    losses["loss"] = losses["classification"] + losses["mining"]
    trained = {name: t for name, t in reference.weights.items() if t[0].requires_grad}
    gradients = torch.autograd.grad(losses["loss"], [tensor for tensor, _ in trained.values()])
    return dict(
        logits=logits.detach().numpy(), map=a.detach().numpy(), features=features.detach().numpy(),
        losses={name: value.item() for name, value in losses.items()},
        gradients={
            name: (g.T if turned else g).numpy().astype(np.float64).ravel()
            for (name, (_, turned)), g in zip(trained.items(), gradients)})


@contextmanager
def kinks(record):
    """Appends to `record`, of every function with kinks that is called: its operand and the distances from them."""
    def pooled(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        k, s = (v if isinstance(v, int) else v[0] for v in (kernel_size, stride or kernel_size))
        bottom = k - 1 if ceil_mode else padding
        planes = F.pad(x, (padding, bottom, padding, bottom), value=-1e9).flatten(0, 1).unsqueeze(1)
        first, second = F.unfold(planes, k, stride=s).topk(2, 1).values.unbind(1)
        # Equal ones behind a ReLU are zeros, which have no gradient.
        return torch.where((first == second) | (first < -1e8), torch.full_like(first, np.inf), first - second)
    from_ends = lambda low, high: lambda x, *_, **__: torch.minimum((x - low).abs(), (x - high).abs())
    distances = dict(
        relu=lambda x, *_, **__: x.abs(), hardtanh=from_ends(0, 6), hardswish=from_ends(-3, 3),
        hardsigmoid=from_ends(-3, 3), max_pool2d=pooled)
    originals = {name: getattr(F, name) for name in distances}
    def watched(name):
        def call(x, *args, inplace=False, **options):
            with torch.no_grad():
                record.append((x.detach().clone(), distances[name](x.detach(), *args, **options)))
            # Not in place: the last argument of all but pools.
            return originals[name](x, *[a for a in args if a is not True], **options)
        return call
    for name in distances:
        setattr(F, name, watched(name))
    yield
    for name, original in originals.items():
        setattr(F, name, original)


def margin(exact, rounded):
    """Smallest distance from a kink, in units of the rounding error of its layer."""
    return min(
        distance.min().item() / (x - x32).double().pow(2).mean().sqrt().item()
        for (x, distance), (x32, _) in zip(exact, rounded))


def chosen_classes(reference, x):
    """For each picture the class whose map is most evenly zero and above it; None where none is good for a test."""
    features, logits = reference.look(x)
    maps = [gain.attention_map(features, logits, gain.one_hot([k] * len(x), CLASSES), gain.DEFAULTS) for k in range(CLASSES)]
    above = torch.stack([(a > 0).sum((1, 2, 3)) for a in maps], 1)
    places = maps[0][0].numel()
    # With one place above zero the map, divided by its maximum, would be a constant.
    evenness = torch.where(above > 1, torch.minimum(above, places - above), 0)
    return None if (evenness.max(1).values == 0).any() else evenness.argmax(1).tolist()


def golden(c, seed, reference):
    """The step with a seed, in float64 and float32; None where no class has a map to choose."""
    gain.SEED = seed
    x = torch.from_numpy(gain.pictures(2, c["size"]).astype(np.float64))
    reference.fill()
    reference.calibrate(x)
    chosen = chosen_classes(reference, x)
    if chosen is None:
        return None
    tags = [[chosen[0]], [chosen[1], (chosen[1] + 2) % CLASSES]]
    exact, rounded = [], []
    with kinks(exact):
        result = step(reference, x, tags, chosen)
    with kinks(rounded):
        result32 = step(reference.in_float32(), x.float(), tags, chosen)
    deviation = max(
        np.linalg.norm(g - result32["gradients"][name]) / np.linalg.norm(g) for name, g in result["gradients"].items())
    return dict(result, tags=tags, chosen=chosen, margin=margin(exact, rounded), deviation=deviation)


def prepared(c):
    """The file, the attention layer's name in it, and PyTorch's side."""
    gain.SEED = 1
    model = c["build"]().double().eval()
    filled = Reference(copy.deepcopy(model), c)
    filled.fill()
    model.load_state_dict(filled.model.state_dict())
    file = export(model, c)
    layer = layer_name(model, c, file)
    x = torch.from_numpy(gain.pictures(2, c["size"]).astype(np.float64))
    model = fuse(model, x) if c["exported"] == "default" else model
    return file, layer, Reference(model, c, names_in(file, model))


def is_clear(r):
    return r is not None and r["margin"] > LEAST_MARGIN and r["deviation"] < MOST_DEVIATION


def find_seeds(c, reference, count):
    """Prints those up to `count` that will do."""
    for seed in range(1, count + 1):
        r = golden(c, seed, reference)
        if is_clear(r):
            print(f"{c['name']}: seed {seed}, margin {r['margin']:.1f}, float32 off by {r['deviation']:.1e}", flush=True)


def written(c, layer, reference):
    """The case as golden.json has it."""
    r = golden(c, c["seed"], reference)
    assert is_clear(r), (c["name"], "needs another seed", r and (r["margin"], r["deviation"]))
    short = lambda value: float(f"{value:.8g}")
    trained = [name for name, (tensor, _) in reference.weights.items() if tensor.requires_grad]
    return dict(
        name=c["name"], seed=c["seed"], opset=c["opset"], batch=c["batch"], exported=c["exported"],
        inputSize=c["size"], classes=CLASSES, images=2, supervised=0, tags=r["tags"], chosen=[r["chosen"]],
        options={"guidance": "self"}, layer=layer, head=trained[-2:],
        margin=short(r["margin"]), float32Deviation=short(r["deviation"]),
        meanFeature=short(np.abs(r["features"]).mean()), attendedShare=(r["map"] > 0).mean((1, 2, 3)).tolist(),
        weights=reference.rules, logits=r["logits"].tolist(), losses=r["losses"],
        gradients={name: gain.summary(name, g) for name, g in r["gradients"].items()})


def main():
    # How sums are split between threads changes their rounding, and with it the margins.
    torch.set_num_threads(1)
    count = int(sys.argv[2]) if sys.argv[1:2] == ["--seeds"] else 0
    wanted = sys.argv[3:] if count else sys.argv[1:]
    target = os.path.join(here, "golden.json")
    cases = []
    if wanted and not count:
        with open(target) as old:
            cases = json.load(old)["cases"]
    for c in CASES:
        if wanted and c["name"] not in wanted:
            continue
        started = time.time()
        file, layer, reference = prepared(c)
        if count:
            find_seeds(c, reference, count)
            continue
        case = written(c, layer, reference)
        strip(file, reference.means or {})
        onnx.save(file, os.path.join(here, f"{c['name']}.onnx"))
        cases = [old for old in cases if old["name"] != c["name"]] + [case]
        print(
            f"{c['name']}: {time.time() - started:.1f} s, margin {case['margin']}, float32 off by "
            f"{case['float32Deviation']:.1e}, features {case['meanFeature']:.2f}, logits {np.round(case['logits'], 2).tolist()}",
            flush=True)
    if count:
        return
    order = [c["name"] for c in CASES]
    cases.sort(key=lambda case: order.index(case["name"]))
    versions = dict(torch=torch.__version__, torchvision=torchvision.__version__, onnx=onnx.__version__)
    with open(target, "w") as out:
        out.write(json.dumps(versions)[:-1] + ', "cases": [\n' + ",\n".join(json.dumps(case) for case in cases) + "\n]}\n")
    print(f"{target}: {os.path.getsize(target)} bytes")


if __name__ == "__main__":
    main()

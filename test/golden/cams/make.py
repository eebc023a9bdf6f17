#!/usr/bin/python3
"""Writes golden.json: attention maps of a small network by four methods, by PyTorch in float64.

    apt-get install -y --no-install-recommends python3-torch
    /usr/bin/python3 test/golden/cams/make.py

Each method is written here from its paper. For Grad-CAM++ the first three derivatives of Y = exp(s) by
each activation are taken by autograd, one activation at a time, so that the closed form of the library
is checked and not repeated. Maps are divided by their maximum.
"""
import json
import os

import torch
import torch.nn.functional as F

SEED, N, C, S = 5, 2, 3, 16
torch.manual_seed(SEED)
torch.set_default_dtype(torch.float64)


def rounded(*shape, scale):
    return (torch.randn(*shape) * scale).round(decimals=3)


parameters = {
    "conv1.weight": rounded(4, 3, 3, 3, scale=0.3), "conv1.bias": rounded(4, scale=0.1),
    "conv2.weight": rounded(6, 4, 3, 3, scale=0.3), "conv2.bias": rounded(6, scale=0.1),
    "conv3.weight": rounded(5, 6, 3, 3, scale=0.3), "conv3.bias": rounded(5, scale=0.1),
    "fc.weight": rounded(8, 5 * 8 * 8 // 4, scale=0.2), "fc.bias": rounded(8, scale=0.1),
    "score.weight": rounded(C, 8, scale=0.5), "score.bias": rounded(C, scale=0.1),
}
# A channel that is zero everywhere, as dead ones are.
parameters["conv2.weight"][2] = 0
parameters["conv2.bias"][2] = -0.1
images = rounded(N, 3, S, S, scale=1.0)
p = parameters


def until(name, x):
    """From images to a layer's result."""
    x = F.relu(F.conv2d(x, p["conv1.weight"], p["conv1.bias"], padding=1))
    if name == "conv1":
        return x
    x = F.relu(F.conv2d(F.max_pool2d(x, 2), p["conv2.weight"], p["conv2.bias"], padding=1))
    if name == "conv2":
        return x
    return F.conv2d(x, p["conv3.weight"], p["conv3.bias"], padding=1)  # conv3: no ReLU, so of both signs


def onwards(name, x):
    """From a layer's result to the logits."""
    if name == "conv1":
        x = F.relu(F.conv2d(F.max_pool2d(x, 2), p["conv2.weight"], p["conv2.bias"], padding=1))
    if name in ("conv1", "conv2"):
        x = F.conv2d(x, p["conv3.weight"], p["conv3.bias"], padding=1)
    x = F.max_pool2d(F.relu(x), 2).flatten(1)
    x = F.relu(F.linear(x, p["fc.weight"], p["fc.bias"]))
    return F.linear(x, p["score.weight"], p["score.bias"])


def gradient(name, f, c):
    f = f.detach().requires_grad_()
    return torch.autograd.grad(onwards(name, f)[:, c].sum(), f)[0]


def grad_cam(name, f, c):
    return F.relu((gradient(name, f, c).mean((2, 3), keepdim=True) * f).sum(1))


def layer_cam(name, f, c):
    return F.relu((F.relu(gradient(name, f, c)) * f).sum(1))


def grad_cam_plus_plus(name, f, c):
    """Only for activations that are at least 0."""
    f = f.detach().requires_grad_()
    y = torch.exp(onwards(name, f)[:, c]).sum()
    first = torch.autograd.grad(y, f, create_graph=True)[0]
    second, third = torch.zeros_like(f), torch.zeros_like(f)
    flat = first.flatten()
    for i in range(flat.numel()):
        if flat[i] == 0:
            continue
        d2 = torch.autograd.grad(flat[i], f, create_graph=True)[0].flatten()[i]
        second.view(-1)[i] = d2.detach()
        third.view(-1)[i] = torch.autograd.grad(d2, f, retain_graph=True)[0].flatten()[i]
    f, first = f.detach(), first.detach()
    denominator = 2 * second + f.sum((2, 3), keepdim=True) * third
    alpha = torch.where(second > 0, second / denominator, torch.zeros(()))
    weights = (alpha * F.relu(first)).sum((2, 3), keepdim=True)
    return F.relu((weights * f).sum(1))


def score_cam(name, f, c):
    maps = []
    for n in range(N):
        up = F.interpolate(f[n][:, None], size=(S, S), mode="bilinear", align_corners=False)
        low, high = up.amin((2, 3), keepdim=True), up.amax((2, 3), keepdim=True)
        used = (high > low).flatten()
        masks = ((up - low) / (high - low))[used]
        scores = onwards("conv1", until("conv1", images[n:n + 1] * masks))[:, c]
        blank = onwards("conv1", until("conv1", torch.zeros(1, 3, S, S)))[:, c]
        weights = torch.softmax(scores - blank, 0)
        maps.append(F.relu((weights[:, None, None] * f[n][used]).sum(0)))
    return torch.stack(maps)


def scaled(maps):
    high = maps.amax((1, 2), keepdim=True)
    return torch.where(high > 0, maps / high, torch.zeros(()))


methods = {"grad-cam": grad_cam, "grad-cam++": grad_cam_plus_plus, "layer-cam": layer_cam, "score-cam": score_cam}
cases = []
for layer in ("conv1", "conv2", "conv3"):
    f = until(layer, images)
    for method, function in methods.items():
        if method == "grad-cam++" and layer == "conv3":
            continue
        maps = torch.stack([scaled(function(layer, f, c)) for c in range(C)], 1)
        cases.append(dict(layer=layer, method=method, shape=list(maps.shape), maps=[round(v, 10) for v in maps.flatten().tolist()]))

golden = dict(
    seed=SEED, torch=torch.__version__, classes=C, size=S,
    images=images.flatten().tolist(),
    parameters={name: value.flatten().tolist() for name, value in parameters.items()},
    logits=onwards("conv1", until("conv1", images)).flatten().tolist(),
    cases=cases,
)
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden.json")
with open(path, "w") as file:
    json.dump(golden, file)
for case in cases:
    blank = sum(1 for n in torch.tensor(case["maps"]).view(N * C, -1) if n.max() == 0)
    print(case["layer"], case["method"], case["shape"], "blank", blank)

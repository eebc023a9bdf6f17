#!/usr/bin/python3
"""PyTorch's side of steps.ts: `steps.py NAME:BATCH THREADS`; see stepper.ts.

Plain implementations, as one would write them: SGD with momentum 0.9 and weight decay, float32.
"""
import json
import resource
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

name, batch = sys.argv[1].split(":")
batch = int(batch)
torch.set_num_threads(int(sys.argv[2]))
torch.manual_seed(0)


class Fire(nn.Module):
    def __init__(self, inputs, squeeze, expand):
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.one = nn.Conv2d(squeeze, expand, 1)
        self.three = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.one(x)), F.relu(self.three(x))], 1)


class SqueezeNet(nn.Module):
    classes = 5

    def __init__(self):
        super().__init__()
        pool = lambda: nn.MaxPool2d(3, 2, padding=1)
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 3, 2, padding=1), nn.ReLU(), pool(),
            Fire(64, 16, 64), Fire(128, 16, 64), pool(),
            Fire(128, 32, 128), Fire(256, 32, 128), pool(),
            Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256),
        )
        self.classifier = nn.Conv2d(512, self.classes, 1)

    def head(self, f):
        return self.classifier(f).mean((2, 3))


vgg_blocks = [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]


class Vgg16(nn.Module):
    classes = 20

    def __init__(self):
        super().__init__()
        layers, channels = [], 3
        for block, (depth, width) in enumerate(vgg_blocks):
            if block:
                layers.append(nn.MaxPool2d(2))
            for _ in range(depth):
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
                channels = width
        self.features = nn.Sequential(*layers)
        self.conv6, self.fc = nn.Conv2d(512, 1024, 3, padding=1), nn.Linear(1024, self.classes)

    def head(self, f):
        return self.fc(F.relu(self.conv6(f)).mean((2, 3)))


class LargeFov(nn.Module):
    """DeepLab-LargeFOV on VGG16, as SEC trains it: 321 pixels give 41 scores."""

    classes = 20

    def __init__(self):
        super().__init__()
        layers, channels = [], 3
        for block, (depth, width) in enumerate(vgg_blocks):
            dilation = 2 if block == 4 else 1
            for _ in range(depth):
                conv = nn.Conv2d(channels, width, 3, padding=dilation, dilation=dilation)
                layers += [conv, nn.ReLU(inplace=True)]
                channels = width
            layers.append(nn.MaxPool2d(3, 2 if block < 3 else 1, padding=1))
        self.trunk = nn.Sequential(*layers)
        self.head = nn.Sequential(
            nn.AvgPool2d(3, 1, padding=1),
            nn.Conv2d(512, 1024, 3, padding=12, dilation=12), nn.ReLU(inplace=True), nn.Dropout(0.5),
            nn.Conv2d(1024, 1024, 1), nn.ReLU(inplace=True), nn.Dropout(0.5),
            nn.Conv2d(1024, 1 + self.classes, 1),
        )

    def forward(self, x):
        return self.head(self.trunk(x))


def sgd(net):
    return torch.optim.SGD(net.parameters(), lr=1e-4, momentum=0.9, weight_decay=5e-4)


def noise(size):
    return 60 * torch.randn(batch, 3, size, size)


def one_hot(classes):
    """Image i is of class i."""
    return F.one_hot(torch.arange(batch) % classes, classes).float()


def gain_step(net):
    optimizer, x, y = sgd(net), noise(224), one_hot(net.classes)

    def step():
        f = net.features(x)
        s = net.head(f)
        (g,) = torch.autograd.grad((s * y).sum(), f, create_graph=True)
        a = F.relu((f * g.mean((2, 3), keepdim=True)).sum(1, keepdim=True))
        a = a / (a.amax((2, 3), keepdim=True) + 1e-8)
        mask = torch.sigmoid(10 * (F.interpolate(a, size=(224, 224), mode="bilinear", align_corners=False) - 0.5))
        mining = (torch.sigmoid(net.head(net.features(x - mask * x))) * y).sum() / batch
        loss = F.binary_cross_entropy_with_logits(s, y) + mining
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def rank_pool(p, decay):
    """Global weighted rank pooling of maps [N, C, places]."""
    weights = decay ** torch.arange(p.shape[2])
    return (p.sort(2, descending=True)[0] * weights).sum(2) / weights.sum()


def sec_loss(scores, cues, tags, target):
    """Seed, expand, constrain; `target` stands for the CRF's marginals."""
    p = (torch.softmax(scores, 1) + 1e-4) / (1 + 1e-4 * scores.shape[1])
    seed = -((cues * p.log()).sum((1, 2, 3)) / cues.sum((1, 2, 3))).mean()
    background, foreground = p.flatten(2).split([1, scores.shape[1] - 1], 1)
    here = (tags * rank_pool(foreground, 0.996).log()).sum(1) / tags.sum(1)
    nowhere = ((1 - tags) * (1 - foreground.amax(2)).log()).sum(1) / (1 - tags).sum(1)
    expand = -(here + nowhere + rank_pool(background, 0.999).log().squeeze(1)).mean()
    q = target.clamp(min=1e-4)
    q = q / q.sum(1, keepdim=True)
    constrain = (q * (q.log() - p.log())).sum(1).mean()
    return seed + expand + constrain


def sec_step(net):
    optimizer, x, labels, side = sgd(net), noise(321), 1 + net.classes, 41
    places = torch.arange(side * side).view(1, side, side) % (5 * labels)
    cues = (places == 5 * torch.arange(labels).view(-1, 1, 1)).float().repeat(batch, 1, 1, 1)
    tags = (torch.arange(batch * net.classes) % 2 == 0).float().view(batch, -1)
    target = torch.full_like(cues, 1 / labels)

    def step():
        loss = sec_loss(net(x), cues, tags, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def attention_step(net):
    x, y = noise(224), one_hot(net.classes)

    def step():
        with torch.no_grad():
            f = net.features(x)
        s = net.head(f.requires_grad_())
        (g,) = torch.autograd.grad((s * y).sum(), f)
        with torch.no_grad():
            a = F.relu((f * g.mean((2, 3), keepdim=True)).sum(1, keepdim=True))
            return s.detach().numpy(), (a / (a.amax((2, 3), keepdim=True) + 1e-8)).numpy()

    return step


def case(name):
    if name == "vgg16":
        return gain_step(Vgg16())
    if name == "squeezenet":
        return gain_step(SqueezeNet())
    if name == "largefov":
        return sec_step(LargeFov())
    if name == "attention":
        return attention_step(SqueezeNet())
    sys.exit(f"steps.py: no case {name}")


def say(**figures):
    print(json.dumps(dict(figures, cpuSeconds=time.process_time())), flush=True)


def main():
    step = case(name)
    say()
    for line in sys.stdin:
        if line.strip() != "step":
            break
        start = time.perf_counter()
        step()
        say(ms=(time.perf_counter() - start) * 1e3)
    # ru_maxrss is in KiB on Linux.
    say(peakBytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


if __name__ == "__main__":
    main()

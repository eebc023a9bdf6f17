#!/usr/bin/python3
"""PyTorch's side of gainStep.ts: `gainStep.py MODEL BATCH_SIZE THREADS`; see stepper.ts.

A plain implementation, as one would write it: SGD with momentum 0.9 and weight decay, float32.
"""
import json
import resource
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

model, batch, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
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


class Vgg16(nn.Module):
    classes = 20

    def __init__(self):
        super().__init__()
        layers, channels = [], 3
        for block, (depth, width) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]):
            if block:
                layers.append(nn.MaxPool2d(2))
            for _ in range(depth):
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
                channels = width
        self.features = nn.Sequential(*layers)
        self.conv6, self.fc = nn.Conv2d(512, 1024, 3, padding=1), nn.Linear(1024, self.classes)

    def head(self, f):
        return self.fc(F.relu(self.conv6(f)).mean((2, 3)))


net = dict(squeezenet1_1=SqueezeNet, vgg16=Vgg16)[model]()
optimizer = torch.optim.SGD(net.parameters(), lr=1e-4, momentum=0.9, weight_decay=5e-4)
x = 60 * torch.randn(batch, 3, 224, 224)
y = F.one_hot(torch.arange(batch) % net.classes, net.classes).float()


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


print(json.dumps(dict(ready=True)), flush=True)
for line in sys.stdin:
    if line.strip() != "step":
        break
    start = time.perf_counter()
    step()
    print(json.dumps(dict(ms=(time.perf_counter() - start) * 1e3)), flush=True)
# ru_maxrss is in KiB on Linux.
print(json.dumps(dict(peakBytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)), flush=True)

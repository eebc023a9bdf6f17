#!/usr/bin/env python3
"""Golden figures for src/evaluate: average precision, attention mIoU and energy, bilinear resizing.

    python3 test/golden/evaluate/make.py > test/golden/evaluate/golden.json

The formulas are those of a plain PyTorch GAIN (numpy for the counts, F.interpolate for the maps).
Maps are multiples of 1/64 and sizes powers of two, so that resizing is exact in float32.
"""
import json
import numpy as np
import torch
import torch.nn.functional as F

SEED, N, C, S, SIDE = 7, 6, 3, 32, 4
random = np.random.RandomState(SEED)


def ap(s, t):
    t = t[np.argsort(-s, kind="stable")]
    return (np.cumsum(t) / np.arange(1, len(t) + 1) * t).sum() / t.sum()


def attention(maps, y, m):
    ths = np.linspace(0.02, 0.8, 40)
    inter, union = np.zeros((40, C + 1)), np.zeros((40, C + 1))
    maps = np.stack([F.interpolate(torch.from_numpy(maps[:, c:c + 1]), size=(S // 4, S // 4), mode="bilinear", align_corners=False)[:, 0].numpy() * y[:, c, None, None] for c in range(C)], 1)
    gt = m[:, 2::4, 2::4]
    top, best = maps.argmax(1) + 1, maps.max(1)
    energy = (best * ((gt > 0) & (gt < 255))).sum((1, 2)) / (best * (gt != 255)).sum((1, 2)).clip(1e-6)
    for k, t in enumerate(ths):
        pred = np.where(best > t, top, 0)
        for c in range(C + 1):
            P, G = (pred == c) & (gt != 255), gt == c
            inter[k, c] += (P & G).sum()
            union[k, c] += (P | G).sum()
    miou = (inter / union).mean(1)
    k = miou.argmax()
    return dict(mIoU=miou[k], threshold=round(float(ths[k]), 2), mIoUAtFixed=miou[np.abs(ths - 0.2).argmin()],
                energy=float(np.mean(energy)), IoU=(inter[k] / union[k]).tolist())


scores = random.randn(40, C).round(3)
targets = (random.rand(40, C) < 0.3).astype(np.float64)

m = np.zeros((N, S, S), np.uint8)
y = np.zeros((N, C), np.float32)
maps = random.randint(0, 33, (N, C, SIDE, SIDE)).astype(np.float32)
for n in range(N):
    for c in {n % C, random.randint(C)}:
        top, left = random.randint(0, S // 2, 2)
        m[n, top - 1:top + 15, left - 1:left + 15] = 255
        m[n, top:top + 14, left:left + 14] = c + 1
        y[n, c] = 1
        maps[n, c, top // 8:top // 8 + 2, left // 8:left // 8 + 2] += 31
maps = np.floor(maps / maps.max((2, 3), keepdims=True) * 64).astype(np.float32) / 64
maps[2] = 0  # a picture on which the attention is blank

plane = random.rand(5, 7).astype(np.float32)
sizes = [(56, 56), (3, 4), (5, 7), (1, 1)]

print(json.dumps(dict(
    seed=SEED, numpy=np.__version__, torch=torch.__version__,
    ranking=dict(scores=scores.ravel().tolist(), targets=targets.ravel().tolist(),
                 AP=[ap(scores[:, c], targets[:, c]) for c in range(C)]),
    attention=dict(classes=C, size=S, side=SIDE, tags=y.tolist(), maps=(maps * 64).astype(int).reshape(N, -1).tolist(),
                   masks=m.reshape(N, -1).tolist(), expected=attention(maps, y, m)),
    resize=dict(plane=plane.ravel().tolist(), height=5, width=7, cases=[
        dict(height=h, width=w, values=F.interpolate(torch.from_numpy(plane)[None, None], size=(h, w), mode="bilinear", align_corners=False).ravel().tolist()) for h, w in sizes]),
)))

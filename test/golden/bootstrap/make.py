#!/usr/bin/env python3
"""Golden figures for src/evaluate/bootstrap: every resample measured as if its pictures were there.

    python3 test/golden/bootstrap/make.py > test/golden/bootstrap/golden.json

A picture that is drawn three times is three pictures here: scikit-learn's average precision, numpy's
counts over concatenated arrays, PyTorch's bilinear resizing. Maps are multiples of 1/64 and sizes powers
of two, so that resizing is exact in float32.
"""
import json
import numpy as np
import sklearn
import torch
import torch.nn.functional as F
from sklearn.metrics import average_precision_score, f1_score

SEED, N, C, S, SIDE, B = 11, 20, 3, 32, 4, 60
random = np.random.RandomState(SEED)
thresholds = np.float32(np.linspace(0.02, 0.8, 40))

tags = np.zeros((N, C), int)
tags[np.arange(N), random.randint(0, C, N)] = 1
tags[random.rand(N, C) < 0.15] = 1
logits = (random.randn(N, C) + tags).astype(np.float32)
masks = np.zeros((N, S, S), np.uint8)
maps = random.randint(0, 33, (N, C, SIDE, SIDE)).astype(np.float32)
for n in range(N):
    for c in np.flatnonzero(tags[n]):
        top, left = random.randint(1, S // 2, 2)
        masks[n, top - 1:top + 15, left - 1:left + 15] = 255
        masks[n, top:top + 14, left:left + 14] = c + 1
        maps[n, c, top // 8:top // 8 + 2, left // 8:left // 8 + 2] += 31
maps = np.floor(maps / maps.max((2, 3), keepdims=True) * 64).astype(np.float32) / 64
maps *= tags[:, :, None, None]
maps[3] = 0  # blank attention
masked = np.arange(N) % 5 != 4  # every fifth picture has no mask
predicted = np.where(random.rand(N, S, S) < 0.7, np.where(masks == 255, 0, masks), random.randint(0, C + 1, (N, S, S)))

resized = F.interpolate(torch.from_numpy(maps), size=(S // 4, S // 4), mode="bilinear", align_corners=False).numpy()
truth, top, best = masks[:, 2::4, 2::4], resized.argmax(1) + 1, resized.max(1)


def iou(pred, gt):
    """Of each label, NaN where neither has it."""
    valid = gt != 255
    both = np.array([((pred == c) & (gt == c)).sum() for c in range(C + 1)], float)
    either = np.array([(((pred == c) | (gt == c)) & valid).sum() for c in range(C + 1)], float)
    with np.errstate(invalid="ignore"):
        return both / either


def row(draw):
    # Copies of a picture follow each other: scikit-learn would take equal scores as one place.
    scores = logits[draw].astype(np.float64) - 1e-12 * np.arange(N)[:, None]
    ap = [average_precision_score(tags[draw, c], scores[:, c]) if tags[draw, c].any() else np.nan for c in range(C)]
    seen = draw[masked[draw]]
    perThreshold = [iou(np.where(best[seen] > t, top[seen], 0), truth[seen]) for t in thresholds]
    means = np.array([np.nanmean(values) for values in perThreshold])
    k = means.argmax()
    onObjects = (best * ((truth > 0) & (truth < 255))).sum((1, 2), dtype=np.float64)
    energy = onObjects / (best * (truth != 255)).sum((1, 2), dtype=np.float64).clip(1e-6)
    seg = iou(predicted[draw], masks[draw])
    return [np.nanmean(ap), means[k], means[9], energy[seen].mean(), np.nanmean(seg), *ap, *perThreshold[k], *seg]


# At every threshold between two scores, and below all of them.
cuts = lambda s: np.r_[(np.sort(s)[1:] + np.sort(s)[:-1]) / 2, s.min() - 1]
f1 = [max(f1_score(tags[:, c], logits[:, c].astype(np.float64) > t) for t in cuts(logits[:, c].astype(np.float64))) for c in range(C)]

draws = random.randint(0, N, (B, N))
rows = np.array([row(draw) for draw in draws])
k = int((B + 1) * 0.05)  # a level of 90 %
intervals = [[float(v[k - 1]), float(v[B - k])] if len(v) == B else None for v in (np.sort(c[~np.isnan(c)]) for c in rows.T)]
number = lambda v: None if np.isnan(v) else float(v)

print(json.dumps(dict(
    seed=SEED, numpy=np.__version__, torch=torch.__version__, sklearn=sklearn.__version__,
    classes=C, size=S, side=SIDE, tags=tags.tolist(), logits=[[float(v) for v in row] for row in logits],
    maps=(maps * 64).astype(int).reshape(N, -1).tolist(), masks=[m.ravel().tolist() if has else None for m, has in zip(masks, masked)],
    truth=masks.reshape(N, -1).tolist(), predicted=predicted.reshape(N, -1).tolist(), draws=draws.tolist(), rows=[[number(v) for v in row] for row in rows],
    level=0.9, intervals=intervals, f1=f1)))

#!/usr/bin/python3
"""Writes golden.json: pointing game, energy, MaxBoxAccV2 and PxAP of random maps, by SciPy and scikit-learn.

    apt-get install -y --no-install-recommends python3-scipy python3-sklearn
    /usr/bin/python3 test/golden/localization/make.py

Boxes come from scipy.ndimage.label at each of the 1,000 thresholds of the measure's authors, PxAP from
scikit-learn's average precision of maps rounded down to thousandths, all pixels together.
"""
import json
import os

import numpy as np
import scipy
import sklearn
from scipy import ndimage
from sklearn.metrics import average_precision_score

SEED, C, S, N = 11, 3, 24, 14
OVERLAPS = (0.3, 0.5, 0.7)
random = np.random.RandomState(SEED)


def smooth(noise):
    return ndimage.zoom(random.rand(6, 6) ** 2, S / 6, order=1) + noise * random.rand(S, S)


def scaled(m):
    return (m - m.min()) / (m.max() - m.min()) if m.max() > m.min() else np.zeros_like(m)


def iou(a, b):
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(width, 0) * max(height, 0)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def best_overlaps(m, boxes, largest):
    """By threshold 0, 0.001, ..., 0.999."""
    levels = np.floor(scaled(m) * 255).astype(int)
    found = {}
    for level in range(255):
        labels, count = ndimage.label(levels > level, structure=np.ones((3, 3)))
        parts = [(s[1].start, s[0].start, s[1].stop, s[0].stop) for s in ndimage.find_objects(labels)]
        if largest and count:
            counts = np.bincount(labels.ravel())[1:]
            parts = [part for part, count in zip(parts, counts) if count == counts.max()]
        found[level] = max((iou(p, b) for p in parts for b in boxes), default=0)
    return np.array([found[int(t * 255)] for t in np.arange(0, 1, 0.001)])


maps, regions, boxes_of, classes, sizes = [], [], [], [], []
for n in range(N):
    m = np.float32((smooth(0.05 if n % 2 else 0.4) * 1000).round() / 1000)
    boxes = []
    for _ in range(1 + n % 2):
        x, y = random.randint(0, S - 8, 2)
        w, h = random.randint(4, 9, 2)
        boxes.append((float(x), float(y), float(x + w), float(y + h)))
    region = np.zeros((S, S), np.uint8)
    for x, y, r, b in boxes:
        region[int(y):int(b), int(x):int(r)] = 1
        if n % 3 == 0:
            region[int(y), int(x):int(r)] = 255
        if n % 4 != 0:
            m[int(y):int(b), int(x):int(r)] += np.float32(0.5)
    if n == 5:
        m[:] = 0
    maps.append(m)
    regions.append(region)
    boxes_of.append(boxes)
    classes.append(n % (C - 1))  # the last class has no map
    sizes.append((int(random.randint(20, 400)), int(random.randint(20, 400))))


def pointing(m, region, size, tolerance):
    if m.max() <= 0:
        return 0
    y, x = np.unravel_index(m.argmax(), m.shape)
    if region[y, x] == 1:
        return 1
    v, u = np.nonzero(region == 1)
    return int((((u - x) * size[0] / S) ** 2 + ((v - y) * size[1] / S) ** 2).min() < tolerance ** 2)


def energy(m, region):
    m = m.astype(np.float64)
    total = m[region != 255].sum()
    return m[region == 1].sum() / total if total > 0 else 0


def pxap(chosen):
    score = np.concatenate([np.floor(scaled(maps[n].astype(np.float64)) * 1000)[regions[n] != 255] for n in chosen])
    truth = np.concatenate([regions[n][regions[n] != 255] for n in chosen])
    return average_precision_score(truth, score)


members = [[n for n in range(N) if classes[n] == c] for c in range(C - 1)]


def by_class(values):
    return [float(np.mean([values[n] for n in own])) for own in members]


expected = {}
for tolerance in (0, 15, 60):
    hits = [pointing(maps[n], regions[n], sizes[n], tolerance) for n in range(N)]
    expected[f"pointing{tolerance}"] = dict(mean=float(np.mean(by_class(hits))), perClass=by_class(hits))
shares = [energy(maps[n], regions[n]) for n in range(N)]
expected["energy"] = dict(mean=float(np.mean(shares)), perClass=by_class(shares))
for parts in ("all", "largest"):
    overlaps = np.stack([best_overlaps(maps[n].astype(np.float64), boxes_of[n], parts == "largest") for n in range(N)])
    accuracy = {d: (overlaps >= d).mean(0) for d in OVERLAPS}
    best = {d: int(accuracy[d].argmax()) for d in OVERLAPS}
    expected[f"boxes-{parts}"] = dict(
        mean=float(np.mean([accuracy[d].max() for d in OVERLAPS])),
        at={str(d): float(accuracy[d].max()) for d in OVERLAPS},
        threshold={str(d): int(np.arange(0, 1, 0.001)[best[d]] * 255) / 255 for d in OVERLAPS},
        perClass=[float(np.mean([(overlaps[own][:, best[d]] >= d).mean() for d in OVERLAPS])) for own in members],
    )
expected["PxAP"] = dict(mean=pxap(range(N)), perClass=[pxap(own) for own in members])

golden = dict(
    seed=SEED, numpy=np.__version__, scipy=scipy.__version__, sklearn=sklearn.__version__, size=S, classes=C,
    maps=[dict(
        classIndex=classes[n], map=[float(f"{v:.9g}") for v in maps[n].ravel()], region=regions[n].ravel().tolist(),
        boxes=[dict(left=x, top=y, right=r, bottom=b) for x, y, r, b in boxes_of[n]],
        original=dict(width=sizes[n][0], height=sizes[n][1])) for n in range(N)],
    expected=expected,
)
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden.json")
with open(path, "w") as file:
    json.dump(golden, file)
print(json.dumps(expected, indent=1))

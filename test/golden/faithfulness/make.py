#!/usr/bin/python3
"""Writes golden.json: imputation, blur, insertion, deletion and ROAD, by NumPy and SciPy.

    apt-get install -y --no-install-recommends python3-scipy
    /usr/bin/python3 test/golden/faithfulness/make.py

ROAD's linear system is set up pixel by pixel and solved exactly by scipy.sparse.linalg. The network whose
decisions are explained is logistic: s = bias + sum of weights times pixels.
"""
import json
import os

import numpy as np
import scipy
from scipy import ndimage, sparse
from scipy.sparse import linalg

SEED = 3
random = np.random.RandomState(SEED)
WEIGHTS = {(0, 1): 1 / 6, (0, -1): 1 / 6, (1, 0): 1 / 6, (-1, 0): 1 / 6,
           (1, 1): 1 / 12, (1, -1): 1 / 12, (-1, 1): 1 / 12, (-1, -1): 1 / 12}


def impute(image, known):
    channels, height, width = image.shape
    missing = [tuple(p) for p in np.argwhere(known == 0)]
    index = {p: i for i, p in enumerate(missing)}
    system = sparse.lil_matrix((len(missing), len(missing)))
    right = np.zeros((len(missing), channels))
    for i, (y, x) in enumerate(missing):
        for (dy, dx), weight in WEIGHTS.items():
            v, u = y + dy, x + dx
            if not (0 <= v < height and 0 <= u < width):
                continue
            system[i, i] += weight
            if (v, u) in index:
                system[i, index[v, u]] -= weight
            else:
                right[i] += weight * image[:, v, u]
    result = image.copy()
    solution = linalg.spsolve(sparse.csc_matrix(system), right).reshape(len(missing), channels)
    for i, (y, x) in enumerate(missing):
        result[:, y, x] = solution[i]
    return result


def numbers(a):
    return [round(float(v), 9) for v in np.ravel(a)]


imputations = []
for height, width, share in ((5, 7, 0.4), (12, 12, 0.9), (33, 20, 0.7), (6, 6, 0.0)):
    image = random.randn(2, height, width).round(3)
    known = (random.rand(height, width) >= share).astype(int)
    if share == 0.9:
        known[:] = 0
        known[0, 0] = known[11, 3] = known[5, 9] = 1
    imputations.append(dict(width=width, image=numbers(image), known=known.ravel().tolist(), expected=numbers(impute(image, known))))

S, STEPS, PERCENTAGES = 8, 6, (20, 50, 90)
kernel = np.exp(-np.arange(-5, 6) ** 2 / (2 * 5 ** 2))
kernel /= kernel.sum()
image = random.randn(3, S, S).round(3)
blurred = np.stack([ndimage.correlate1d(ndimage.correlate1d(plane, kernel, axis=1, mode="nearest"), kernel, axis=0, mode="nearest") for plane in image])

weights, bias = (random.randn(3, S, S) * 0.3).round(3), -0.2
saliency = random.permutation(S * S) / (S * S)  # no two are equal
order = np.argsort(-saliency)


def probability(x):
    return 1 / (1 + np.exp(-(bias + (weights * x).sum())))


def curve(start, end):
    values, x = [], start.reshape(3, -1).copy()
    for step in range(STEPS + 1):
        chosen = order[:int(np.floor(step * S * S / STEPS + 0.5))]
        x = start.reshape(3, -1).copy()
        x[:, chosen] = end.reshape(3, -1)[:, chosen]
        values.append(probability(x.reshape(3, S, S)))
    return values


def without(removed):
    known = np.ones(S * S)
    known[removed] = 0
    return probability(impute(image, known.reshape(S, S)))


insertion, deletion = curve(blurred, image), curve(image, np.zeros_like(image))
morf = [without(order[:int(np.floor(p / 100 * S * S + 0.5))]) for p in PERCENTAGES]
lerf = [without(order[S * S - int(np.floor(p / 100 * S * S + 0.5)):]) for p in PERCENTAGES]
golden = dict(
    seed=SEED, numpy=np.__version__, scipy=scipy.__version__, imputations=imputations,
    network=dict(size=S, steps=STEPS, percentages=PERCENTAGES, image=numbers(image), weights=numbers(weights), bias=bias,
                 saliency=numbers(saliency), blurred=numbers(blurred)),
    expected=dict(insertion=np.trapz(insertion, dx=1 / STEPS), deletion=np.trapz(deletion, dx=1 / STEPS),
                  insertionCurve=insertion, deletionCurve=deletion, morf=morf, lerf=lerf,
                  road=float(np.mean(lerf) - np.mean(morf)) / 2),
)
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden.json")
with open(path, "w") as file:
    json.dump(golden, file)
print(golden["expected"])

#!/usr/bin/env python3
"""Golden figures for src/evaluate/segmentationScore.ts: VOC's confusion matrix and IoU.

    python3 test/golden/segmentation/make.py > test/golden/segmentation/golden.json

Follows VOCevalseg.m of the VOC 2012 devkit line by line: `locs = gtim < 255`, one histogram of
`1 + gtim + resim * num` over all pictures, `conf = reshape(counts, num, num)` (column by column:
rows are the truth), `accuracies(j) = conf(j,j) / (sum(conf(j,:)) + sum(conf(:,j)) - conf(j,j))`.
There 0 / 0 is NaN; here such a class is null and not in the mean.
"""
import json
import numpy as np

SEED = 5
random = np.random.RandomState(SEED)


def evaluate(truths, predictions, classes):
    num = classes + 1
    counts = np.zeros(num * num)
    for gtim, resim in zip(truths, predictions):
        locs = gtim < 255
        sumim = 1 + gtim.astype(np.int64) + resim.astype(np.int64) * num
        counts += np.bincount(sumim[locs], minlength=num * num + 1)[1:]
    conf = counts.reshape(num, num, order="F")
    with np.errstate(invalid="ignore"):
        accuracies = np.diag(conf) / (conf.sum(1) + conf.sum(0) - np.diag(conf))
    return dict(confusion=conf.astype(int).tolist(), pixelAccuracy=np.diag(conf).sum() / conf.sum(),
                IoU=[None if np.isnan(a) else a for a in accuracies], mIoU=np.nanmean(accuracies))


def case(classes, sizes, absent=(), never=(), void=0.15, right=0.7):
    """Random blocks of labels; `absent` classes are nowhere, `never` ones in the truth alone."""
    truths, predictions = [], []
    labels = [c for c in range(classes + 1) if c not in absent]
    for height, width in sizes:
        blocks = random.choice(labels, (height // 3 + 1, width // 3 + 1)).astype(np.uint8)
        truth = blocks.repeat(3, 0).repeat(3, 1)[:height, :width]
        other = random.choice([c for c in labels if c not in never], truth.shape).astype(np.uint8)
        keep = (random.rand(*truth.shape) < right) & ~np.isin(truth, never)
        predictions.append(np.where(keep, truth, other))
        truths.append(np.where(random.rand(*truth.shape) < void, 255, truth).astype(np.uint8))
    return truths, predictions


cases = []
for name, classes, pictures in [
    ("void pixels", 3, case(3, [(7, 9), (5, 4), (8, 8)])),
    ("a class that is nowhere", 4, case(4, [(6, 11), (9, 6)], absent=(2,))),
    ("a class that is never predicted", 5, case(5, [(10, 12), (12, 10)], never=(4,), right=0.4)),
    ("VOC's twenty classes", 20, case(20, [(12, 16), (16, 12), (15, 15)], void=0.05)),
]:
    truths, predictions = pictures
    if name == "void pixels":
        truths.append(np.full((4, 5), 255, np.uint8))
        predictions.append(random.randint(0, classes + 1, (4, 5)).astype(np.uint8))
    cases.append(dict(
        name=name, classes=classes,
        pictures=[dict(width=t.shape[1], height=t.shape[0], truth=t.ravel().tolist(), predicted=p.ravel().tolist())
                  for t, p in zip(truths, predictions)],
        expected=evaluate(truths, predictions, classes)))
print(json.dumps(dict(seed=SEED, numpy=np.__version__, cases=cases), separators=(",", ":")))

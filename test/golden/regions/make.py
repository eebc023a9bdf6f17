"""Writes golden.json: what COCO's C code and Label Studio's Python code make of drawn shapes.

Usage: make.py MASKAPI_C BRUSH_DIR

MASKAPI_C  common/maskApi.c of cocodataset/cocoapi (rleFrPoly, rleEncode, rleToString), compiled here
           with gcc.
BRUSH_DIR  A folder with brush.py of label-studio-converter (encode_rle, mask2rle).

Bitmaps are written as texts of 0 and 1, row by row. NumPy; any version of Python 3.
"""

import ctypes
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

source, brush_folder = sys.argv[1:]
sys.path.insert(0, brush_folder)
import brush  # noqa: E402

library = Path(tempfile.mkdtemp()) / "maskApi.so"
subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", library, source, "-lm"], check=True)
api = ctypes.CDLL(str(library))
api.rleToString.restype = ctypes.c_char_p


class Rle(ctypes.Structure):
    _fields_ = [
        ("h", ctypes.c_ulong),
        ("w", ctypes.c_ulong),
        ("m", ctypes.c_ulong),
        ("cnts", ctypes.POINTER(ctypes.c_uint)),
    ]


def text(rle):
    return api.rleToString(ctypes.byref(rle)).decode()


def filled(ring, width, height):
    """The packed runs of a filled ring."""
    rle = Rle()
    points = (ctypes.c_double * len(ring))(*ring)
    count = ctypes.c_ulong(len(ring) // 2)
    api.rleFrPoly(ctypes.byref(rle), points, count, ctypes.c_ulong(height), ctypes.c_ulong(width))
    return text(rle)


def packed(bits):
    """The runs of a bitmap [height, width], as numbers and packed."""
    height, width = bits.shape
    columns = bits.astype(np.uint8).T.tobytes()
    rle = Rle()
    api.rleEncode(ctypes.byref(rle), columns, ctypes.c_ulong(height), ctypes.c_ulong(width), ctypes.c_ulong(1))
    return [rle.cnts[i] for i in range(rle.m)], text(rle)


def joined(bits):
    return "".join(str(int(bit)) for bit in bits.ravel())


draw = random.Random(20180618)


def ring_of(kind, width, height):
    """Corners on pixel edges, anywhere, far outside, on fifths and tenths; some are there twice."""
    corners = []
    for _ in range(draw.randint(3, 9)):
        corners += {
            "edges": lambda: [draw.randint(0, width), draw.randint(0, height)],
            "anywhere": lambda: [round(draw.uniform(0, width), 2), round(draw.uniform(0, height), 2)],
            "outside": lambda: [
                round(draw.uniform(-width, 2 * width), 2),
                round(draw.uniform(-height, 2 * height), 2),
            ],
            "fifths": lambda: [draw.randint(-5, 10 * width) / 5, draw.randint(-5, 10 * height) / 10],
        }[kind]()
    if draw.random() < 0.2:
        corners += corners[-2:]
    return corners


polygons = []
for kind in ("edges", "anywhere", "outside", "fifths"):
    for _ in range(80):
        width, height = draw.randint(1, 40), draw.randint(1, 40)
        ring = ring_of(kind, width, height)
        polygons.append({"width": width, "height": height, "ring": ring, "counts": filled(ring, width, height)})

numbers = np.random.RandomState(5)
bitmaps = []
for height, width, share in [(1, 1, 0), (1, 1, 1), (3, 5, 0.5), (9, 4, 0.2), (16, 16, 0.5), (40, 30, 0.02), (90, 120, 0.001)]:
    bits = numbers.rand(height, width) < share
    runs, counts = packed(bits)
    bitmaps.append({"width": width, "height": height, "bits": joined(bits), "runs": runs, "counts": counts})

strokes = []
for height, width, share in [(1, 1, 1), (2, 3, 0.5), (7, 9, 0.5), (20, 31, 0.05), (150, 130, 0.0001), (140, 120, 0)]:
    bits = numbers.rand(height, width) < share
    rle = brush.mask2rle((255 * bits).astype(np.uint8))
    # Too long for a text: where the ones are.
    ones = np.flatnonzero(bits).tolist()
    strokes.append({"width": width, "height": height, "ones": ones, "rle": rle})

# Values that differ are written one by one, not as runs.
values = numbers.randint(0, 256, 40).tolist() + [7] * 30 + [0, 9, 9, 0]
colors = {"values": values, "rle": brush.encode_rle(np.array(values))}

golden = {"polygons": polygons, "bitmaps": bitmaps, "strokes": strokes, "colors": colors}
Path(__file__).with_name("golden.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")

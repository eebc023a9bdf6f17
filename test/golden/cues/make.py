"""Writes the pickles that src/data/cues reads in its tests. NumPy, any version of Python 3.

The published file is of Python 2, whose strings are bytes; `python2` writes one as it does.
"""

import os
import pickle
import struct
from pathlib import Path

import numpy as np

here = Path(__file__).parent

arrays = {
    "int64": np.array([[1, -2, 3], [4, 5, 2_000_000_000]], dtype="<i8"),
    "big": np.array([1, 256, -70_000], dtype=">i4"),
    "bytes": np.array([[0, 255]], dtype=np.uint8),
    "short": np.array([-3, 300], dtype="<i2"),
    "columns": np.asfortranarray(np.arange(24, dtype="<i4").reshape(2, 3, 4)),
    "empty": np.zeros((3, 0), dtype="<i8"),
}
for protocol in (2, 4):
    (here / f"arrays{protocol}.pickle").write_bytes(pickle.dumps(arrays, protocol=protocol))


def python2(values):
    """A dict of int64 arrays as Python 2's cPickle writes it at protocol 2."""
    out = b"\x80\x02}("
    for key, array in values.items():
        name = key.encode()
        out += b"X" + struct.pack("<I", len(name)) + name
        out += b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        out += b"(K\x01" + b"".join(b"J" + struct.pack("<i", d) for d in array.shape)
        out += {1: b"\x85", 2: b"\x86"}[array.ndim]
        out += b"cnumpy\ndtype\nU\x02i8K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        data = array.astype("<i8").tobytes()
        out += b"\x89T" + struct.pack("<I", len(data)) + data + b"tb"
    return out + b"u."


cues = {
    "7_labels": np.array([8]),
    "7_cues": np.array([[0, 0, 8], [0, 40, 20], [0, 40, 21]]),
    "3_labels": np.array([12, 15]),
    "3_cues": np.array([[12, 15, 15], [1, 2, 2], [3, 4, 5]]),
}
(here / "localization_cues.pickle").write_bytes(python2(cues))
twice = cues | {"3_cues": np.array([[12, 15], [1, 1], [3, 3]])}
(here / "twoClasses.pickle").write_bytes(python2(twice))
outside = cues | {"3_cues": np.array([[12], [41], [3]])}
(here / "outside.pickle").write_bytes(python2(outside))


class Malicious:
    def __reduce__(self):
        return os.system, ("touch executed",)


(here / "malicious.pickle").write_bytes(pickle.dumps({"7_cues": Malicious()}, protocol=2))
(here / "floats.pickle").write_bytes(pickle.dumps({"7_cues": np.zeros(2)}, protocol=2))

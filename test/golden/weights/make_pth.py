"""Makes the .pth files beside it. Run with Debian's python3-torch 1.13: python3 make_pth.py"""

import os
from collections import OrderedDict

import torch

here = os.path.dirname(os.path.abspath(__file__))


def save(name, value, **options):
    torch.save(value, os.path.join(here, name), **options)


base = torch.arange(24, dtype=torch.float32) / 8
state = OrderedDict(
    {
        "dense.weight": base.reshape(2, 3, 4),
        "transposed.weight": base.reshape(4, 6).t(),
        "sliced.weight": base.reshape(4, 6)[1:3, ::2],
        "parameter.bias": torch.nn.Parameter(torch.tensor([1.5, -2.25])),
        "scalar": torch.tensor(0.5),
        "empty": torch.zeros(0, 3),
        "half": torch.tensor([1.0, -0.5, 65504.0, 2.0**-24, float("inf")], dtype=torch.float16),
        "brain": torch.tensor([1.0, -0.5, 2.0**127], dtype=torch.bfloat16),
        "double": torch.tensor([0.1, -1e300], dtype=torch.float64),
        "num_batches_tracked": torch.tensor(7),
        "mask": torch.tensor([True, False]),
    }
)
save("tensors.pth", state)

model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 1), torch.nn.BatchNorm2d(2))
for parameter in model.parameters():
    parameter.data.fill_(0.25)
wrapped = {f"module.{name}": tensor for name, tensor in model.state_dict().items()}
save("checkpoint.pth", {"epoch": 3, "loss": 0.5, "state_dict": wrapped, "notes": ["a", None]})

save("legacy.pth", {"a": torch.zeros(2)}, _use_new_zipfile_serialization=False)


class Malicious:
    """Its pickle runs a command where it is loaded by Python."""

    def __reduce__(self):
        return os.system, ("touch malicious-pickle-was-run",)


save("malicious.pth", {"a": torch.zeros(2), "b": Malicious()})

save("list.pth", [torch.zeros(2)])
save("module.pth", torch.nn.Linear(1, 1))

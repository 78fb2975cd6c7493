"""A folder in the format of CIFAR-10's Python version, with generated images."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np


def write_cifar10(folder: Path, per_file: int = 20, seed: int = 0, protocol: int = 2) -> None:
    """Write ``data_batch_1`` … ``data_batch_5`` and ``test_batch``.

    Each class has a colour of its own, so that a net can learn the images.
    """
    rng = np.random.default_rng(seed)
    colours = rng.integers(0, 200, size=(10, 3))
    folder.mkdir(parents=True, exist_ok=True)
    for name in [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]:
        labels = rng.integers(10, size=per_file)
        noise = rng.integers(0, 56, size=(per_file, 3, 1024))
        data = (colours[labels][:, :, None] + noise).astype(np.uint8).reshape(per_file, 3072)
        batch = {
            "batch_label": name,
            "labels": labels.tolist(),
            "data": data,
            "filenames": [f"{i}.png" for i in range(per_file)],
        }
        (folder / name).write_bytes(pickle.dumps(batch, protocol=protocol))

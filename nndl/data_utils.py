"""Data sets: CIFAR-10 from the files of its Python version, and a small one of digits."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._validate import FloatArray, IntArray, whole_number

__all__ = ["get_CIFAR10_data", "get_digits_data", "load_CIFAR10"]

Data = dict[str, NDArray[Any]]


def load_CIFAR10(
    root: str | os.PathLike[str],
) -> tuple[FloatArray, IntArray, FloatArray, IntArray]:
    """Read the Python version of CIFAR-10.

    Parameters
    ----------
    root : path
        The folder of ``data_batch_1`` … ``data_batch_5`` and ``test_batch``, usually called
        ``cifar-10-batches-py``, or the folder which holds that one.

    Returns
    -------
    X_train, y_train, X_test, y_test : arrays
        Images (50000, 32, 32, 3) and (10000, 32, 32, 3) as float32 in [0, 255], labels in 0 … 9.

    Raises
    ------
    FileNotFoundError
        If a file is missing; the message names it.
    ValueError
        If a file is damaged or holds something else; the message names it.

    Notes
    -----
    The files are pickles, and a pickle can run any code that whoever wrote it chose. So they are
    read by an unpickler which knows arrays of bytes and Python's plain types, and nothing else.

    References
    ----------
    Krizhevsky, "Learning Multiple Layers of Features from Tiny Images" (2009);
    https://www.cs.toronto.edu/~kriz/cifar.html
    """
    folder = Path(root)
    if not (folder / "data_batch_1").exists() and (folder / "cifar-10-batches-py").is_dir():
        folder = folder / "cifar-10-batches-py"
    batches = [_load_batch(folder / f"data_batch_{i}") for i in range(1, 6)]
    X_train = np.concatenate([images for images, _ in batches])
    y_train = np.concatenate([labels for _, labels in batches])
    X_test, y_test = _load_batch(folder / "test_batch")
    return X_train, y_train, X_test, y_test


def get_CIFAR10_data(
    num_training: int = 49000,
    num_validation: int = 1000,
    num_test: int = 1000,
    root: str | os.PathLike[str] | None = None,
) -> Data:
    """Split CIFAR-10 and subtract the mean image of the training part.

    Parameters
    ----------
    num_training, num_validation, num_test : int
        Sizes. The validation images follow the training ones in the training batches.
    root : path, optional
        As for :func:`load_CIFAR10`; by default the environment variable ``CIFAR10_DIR``.

    Returns
    -------
    data : dict
        ``X_train``, ``X_val``, ``X_test`` (N, 3, 32, 32) as float32, ``y_train``, ``y_val``,
        ``y_test`` (N,).

    Raises
    ------
    ValueError
        If no folder is given, a size is larger than what there is, or a file is damaged.
    FileNotFoundError
        If a file is missing.
    """
    root = root if root is not None else os.environ.get("CIFAR10_DIR")
    if not root:
        raise ValueError(
            "root must be the folder of CIFAR-10's Python version, got none: pass it, or set the "
            "environment variable CIFAR10_DIR"
        )
    X, y, X_test, y_test = load_CIFAR10(root)
    sizes = _sizes(num_training, num_validation, num_test, len(X), len(X_test))
    channels_first = (0, 3, 1, 2)
    return _split(X.transpose(channels_first), y, X_test.transpose(channels_first), y_test, sizes)


def get_digits_data(
    num_training: int = 1297, num_validation: int = 250, num_test: int = 250
) -> Data:
    """Split the handwritten digits that come with scikit-learn, and subtract the mean image.

    1,797 images of 8 × 8 pixels with values 0 … 16, in 10 classes: small enough to train a net on
    in seconds, and installed with a package. The order is that of the data set, in which writers
    of the validation and test parts are not those of the training part.

    Parameters
    ----------
    num_training, num_validation, num_test : int
        Sizes, of one part after the other.

    Returns
    -------
    data : dict
        As :func:`get_CIFAR10_data`, with images (N, 1, 8, 8).

    Raises
    ------
    ImportError
        If scikit-learn is not installed.
    ValueError
        If a size is larger than what there is.

    References
    ----------
    Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
    Repository (1998).
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ImportError(
            "get_digits_data needs scikit-learn, which the data set comes with: "
            "pip install scikit-learn"
        ) from None
    digits = load_digits()
    X = digits.images[:, None].astype(np.float32)
    y = digits.target.astype(np.int64)
    first_test = len(X) - whole_number("num_test", num_test, 0)
    sizes = _sizes(num_training, num_validation, num_test, max(first_test, 0), len(X))
    return _split(X[:first_test], y[:first_test], X[first_test:], y[first_test:], sizes)


def _sizes(train: int, val: int, test: int, n_train: int, n_test: int) -> tuple[int, int, int]:
    """Return the checked sizes of the three parts."""
    train = whole_number("num_training", train, 1)
    val = whole_number("num_validation", val, 0)
    test = whole_number("num_test", test, 0)
    if train + val > n_train:
        raise ValueError(
            f"num_training + num_validation must be at most {n_train}, got {train} + {val}"
        )
    if test > n_test:
        raise ValueError(f"num_test must be at most {n_test}, got {test}")
    return train, val, test


def _split(
    X: FloatArray,
    y: IntArray,
    X_test: FloatArray,
    y_test: IntArray,
    sizes: tuple[int, int, int],
) -> Data:
    train, val, test = sizes
    data: Data = {
        "X_train": np.ascontiguousarray(X[:train]),
        "y_train": y[:train],
        "X_val": np.ascontiguousarray(X[train : train + val]),
        "y_val": y[train : train + val],
        "X_test": np.ascontiguousarray(X_test[:test]),
        "y_test": y_test[:test],
    }
    # In double precision: 49,000 values up to 255 add up to more digits than float32 has.
    mean = data["X_train"].mean(axis=0, dtype=np.float64).astype(np.float32)
    for name in ("X_train", "X_val", "X_test"):
        data[name] = data[name] - mean
    return data


def _load_batch(path: Path) -> tuple[FloatArray, IntArray]:
    """Return images (n, 32, 32, 3) and labels (n,) of one file, or an error that names it."""
    try:
        with path.open("rb") as file:
            batch = _PlainUnpickler(file, encoding="latin1").load()
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{path} is missing: CIFAR-10's Python version has data_batch_1 … data_batch_5 and "
            "test_batch"
        ) from None
    except IsADirectoryError:
        raise ValueError(
            f"{path} must be a file of CIFAR-10's Python version, got a folder"
        ) from None
    except PermissionError:
        raise
    except Exception as error:  # a damaged pickle can fail in any way
        raise ValueError(
            f"{path} must be a file of CIFAR-10's Python version, but it is damaged or something "
            f"else ({type(error).__name__}: {error}); unpack the archive again"
        ) from error
    if not isinstance(batch, dict) or not {"data", "labels"} <= batch.keys():
        raise ValueError(f"{path} must hold a dict with the keys 'data' and 'labels'")
    data, labels = getattr(batch["data"], "array", None), batch["labels"]
    if data is None or data.ndim != 2 or data.shape[1] != 3072:
        got = type(batch["data"]).__name__ if data is None else f"shape {data.shape}"
        raise ValueError(f"{path}: 'data' must be a uint8 array (n, 3072), got {got}")
    right = isinstance(labels, list) and all(type(k) is int and 0 <= k < 10 for k in labels)
    if not right or len(labels) != len(data):
        raise ValueError(f"{path}: 'labels' must be a list of {len(data)} integers in 0 … 9")
    # A row holds the red, the green and the blue plane, each row by row.
    images = data.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).astype(np.float32)
    return images, np.array(labels, dtype=np.int64)


class _PlainUnpickler(pickle.Unpickler):
    """An unpickler for dicts of plain Python values and uint8 arrays.

    Each name that the pickle of such an array mentions stands for something of this module, so
    that nothing in the file reaches numpy or the standard library.
    """

    def find_class(self, module: str, name: str) -> Any:
        module = module.replace("numpy._core", "numpy.core")  # its name since numpy 2
        known = _STAND_INS.get((module, name))
        if known is None:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return known


class _DType:
    """Stands in for ``numpy.dtype``."""

    def __init__(self, code: str, *_: Any) -> None:
        self.code = code

    def __setstate__(self, state: Any) -> None:
        """Ignore byte order and alignment, which one byte does not have."""


class _Array:
    """Stands in for ``numpy.ndarray``."""

    array: NDArray[np.uint8]

    def __setstate__(self, state: tuple[int, tuple[int, ...], _DType, bool, bytes | str]) -> None:
        _, shape, dtype, fortran, raw = state
        if dtype.code != "u1":
            raise pickle.UnpicklingError(f"it holds an array of dtype {dtype.code!r}")
        # Python 2 had one type for text and bytes, which encoding="latin1" reads as text.
        content = raw.encode("latin1") if isinstance(raw, str) else raw
        pixels = np.frombuffer(content, dtype=np.uint8)
        self.array = pixels.reshape(shape, order="F" if fortran else "C")


def _reconstruct(*_: Any) -> _Array:
    return _Array()


def _from_buffer(raw: bytes, dtype: _DType, shape: tuple[int, ...], order: str) -> _Array:
    """Stand in for the function by which pickle protocol 5 makes arrays."""
    result = _Array()
    result.__setstate__((1, shape, dtype, order == "F", bytes(raw)))
    return result


def _encode(text: str, encoding: str) -> bytes:
    """Stand in for ``codecs.encode``, by which Python 3 spells bytes in old pickle protocols."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"it asks for the codec {encoding!r}")
    return text.encode("latin1")


_STAND_INS: dict[tuple[str, str], Any] = {
    ("_codecs", "encode"): _encode,
    ("numpy", "dtype"): _DType,
    ("numpy", "ndarray"): _Array,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy.core.numeric", "_frombuffer"): _from_buffer,
}

# mypy: ignore-errors
"""The data sets and the picture grid; damaged and hostile files."""

import os
import pickle

import numpy as np
import pytest

from nndl.data_utils import get_CIFAR10_data, get_digits_data, load_CIFAR10
from nndl.vis_utils import visualize_grid

from .cifar10_files import write_cifar10


@pytest.fixture(params=[0, 2, 4, 5], ids=lambda protocol: f"protocol {protocol}")
def folder(tmp_path, request):
    write_cifar10(tmp_path, protocol=request.param)
    return tmp_path


def test_load(folder):
    X, y, X_test, y_test = load_CIFAR10(folder)
    assert (X.shape, y.shape) == ((100, 32, 32, 3), (100,))
    assert (X_test.shape, y_test.shape) == ((20, 32, 32, 3), (20,))
    batch = pickle.loads((folder / "data_batch_2").read_bytes())
    assert X[23, 5, 7, 2] == batch["data"][3, 2 * 1024 + 5 * 32 + 7]
    assert y[23] == batch["labels"][3]


def test_python_2_file(tmp_path):
    write_cifar10(tmp_path)
    data = np.arange(2 * 3072, dtype=np.uint32).astype(np.uint8)
    raw = data.tobytes()
    # The opcodes that Python 2 wrote, where bytes were text: SHORT_BINSTRING and BINSTRING.
    text = b"(dp1\nU\x04datap2\ncnumpy.core.multiarray\n_reconstruct\np3\n(cnumpy\nndarray\np4\n"
    text += b"(I0\ntp5\nU\x01bp6\ntp7\nRp8\n(I1\n(I2\nI3072\ntp9\ncnumpy\ndtype\np10\n(U\x02u1p11\n"
    text += b"I0\nI1\ntp12\nRp13\n(I3\nU\x01|p14\nNNNI-1\nI-1\nI0\ntp15\nbI00\n"
    text += b"T" + len(raw).to_bytes(4, "little") + raw
    text += b"tp16\nbsU\x06labelsp17\n(lp18\nI3\naI7\nas."
    (tmp_path / "test_batch").write_bytes(text)
    _, _, X_test, y_test = load_CIFAR10(tmp_path)
    np.testing.assert_array_equal(X_test[1, 2, 3], data[3072 + np.arange(3) * 1024 + 67])
    assert y_test.tolist() == [3, 7]


def test_split(tmp_path, monkeypatch):
    write_cifar10(tmp_path / "cifar-10-batches-py")
    monkeypatch.setenv("CIFAR10_DIR", str(tmp_path))
    data = get_CIFAR10_data(70, 20, 10)
    assert {name: value.shape for name, value in data.items()} == {
        "X_train": (70, 3, 32, 32),
        "y_train": (70,),
        "X_val": (20, 3, 32, 32),
        "y_val": (20,),
        "X_test": (10, 3, 32, 32),
        "y_test": (10,),
    }
    assert abs(data["X_train"].mean(axis=0)).max() < 1e-4
    X, y, _, _ = load_CIFAR10(tmp_path)
    mean = X[:70].mean(axis=0)
    np.testing.assert_allclose(data["X_val"][3, 1], (X[73] - mean)[..., 1], atol=1e-4)
    np.testing.assert_array_equal(data["y_val"], y[70:90])
    with pytest.raises(ValueError, match="num_validation must be at most 100, got 90 \\+ 20"):
        get_CIFAR10_data(90, 20, 10)
    monkeypatch.delenv("CIFAR10_DIR")
    with pytest.raises(ValueError, match="CIFAR10_DIR"):
        get_CIFAR10_data()


class Hostile:
    def __reduce__(self):
        return os.system, ("echo hacked",)


def batch_without(key):
    return pickle.dumps({k: v for k, v in {"data": 1, "labels": []}.items() if k != key})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda whole: whole[: len(whole) // 2], "damaged"),
        (lambda whole: whole[:-1], "damaged"),
        (lambda whole: b"", "damaged"),
        (lambda whole: b"<html>404</html>", "damaged"),
        (lambda whole: whole[:900] + whole[1000:], "damaged|must"),
        (lambda whole: pickle.dumps(Hostile()), r"it asks for (posix|nt)\.system"),
        (lambda whole: pickle.dumps([1]), "must hold a dict"),
        (lambda whole: batch_without("labels"), "must hold a dict"),
        (lambda whole: batch_without(""), "must be a uint8 array"),
        (lambda whole: pickle.dumps({"data": np.zeros((2, 3072)), "labels": [1, 2]}), "dtype 'f8'"),
        (
            lambda whole: pickle.dumps({"data": np.zeros((2, 3072), np.uint8), "labels": [1, 10]}),
            "'labels' must be a list of 2 integers",
        ),
    ],
)
def test_damaged_files_are_named(tmp_path, content, message):
    write_cifar10(tmp_path)
    file = tmp_path / "data_batch_4"
    file.write_bytes(content(file.read_bytes()))
    with pytest.raises(ValueError, match=message) as caught:
        load_CIFAR10(tmp_path)
    assert str(file) in str(caught.value)


def test_missing_file_is_named(tmp_path):
    write_cifar10(tmp_path)
    (tmp_path / "test_batch").unlink()
    with pytest.raises(FileNotFoundError, match="test_batch is missing"):
        load_CIFAR10(tmp_path)


def test_digits():
    pytest.importorskip("sklearn", reason="the digits come with scikit-learn")
    data = get_digits_data()
    assert data["X_train"].shape == (1297, 1, 8, 8)
    assert len(data["y_val"]) == len(data["y_test"]) == 250
    assert set(data["y_train"]) == set(range(10))
    with pytest.raises(ValueError, match="at most"):
        get_digits_data(1700, 100, 100)


def test_grid():
    images = np.random.default_rng(0).normal(size=(5, 4, 6, 3))
    images[3] = 7.0
    grid = visualize_grid(images, ubound=10.0, padding=2)
    assert grid.shape == (3 * 4 + 4, 3 * 6 + 4, 3)
    tile = grid[6:10, 8:14]  # the fifth image
    np.testing.assert_allclose(tile, 10 * (images[4] - images[4].min()) / np.ptp(images[4]))
    assert not grid[6:10, :6].any()
    assert not grid[4:6].any()
    with pytest.raises(ValueError, match="at least one image"):
        visualize_grid(images[:0])
    with pytest.raises(ValueError, match=r"Xs must have shape \(N, H, W, C\)"):
        visualize_grid(images[0])

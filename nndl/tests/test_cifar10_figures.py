# mypy: ignore-errors
"""Published figures 2 and 7, which need CIFAR-10.

They run when its folder is given by ``--cifar10 DIR`` or the environment variable CIFAR10_DIR. On a
generated folder, one of which is tried in every run, they show that everything works together and
starts from the right loss; the accuracies belong to the real images.
"""

import os

import numpy as np
import pytest

from nndl.data_utils import get_CIFAR10_data, load_CIFAR10
from nndl.fc_net import TwoLayerNet
from nndl.neural_net import TwoLayerNet as MonolithicNet
from nndl.solver import Solver

from .cifar10_files import write_cifar10


def load(folder):
    """Return the split data, and whether it is the real CIFAR-10."""
    labels = load_CIFAR10(folder)[1]
    real = len(labels) == 50000 and labels[:8].tolist() == [6, 9, 9, 4, 1, 1, 2, 7]
    if real:
        return get_CIFAR10_data(root=folder), True
    part = len(labels) // 10
    return get_CIFAR10_data(8 * part, 2 * part, part, root=folder), False


@pytest.fixture(scope="module", params=["generated", "real"])
def cifar10(request, tmp_path_factory):
    if request.param == "generated":
        folder = tmp_path_factory.mktemp("cifar10")
        write_cifar10(folder, per_file=40)
        return load(folder)
    folder = request.config.getoption("--cifar10", default=None) or os.environ.get("CIFAR10_DIR")
    if not folder:
        pytest.skip("CIFAR-10 is not here: give its folder by --cifar10 or CIFAR10_DIR")
    return load(folder)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_figure_2_monolithic_net(cifar10):
    data, real = cifar10
    X, X_val = (data[name].reshape(-1, 3072) for name in ("X_train", "X_val"))
    y, y_val = data["y_train"], data["y_val"]

    def train(rate, reg, num_iters):
        np.random.seed(0)
        net = MonolithicNet(3072, 50, 10)
        history = net.train(X, y, X_val, y_val, rate, 0.95, reg, num_iters if real else 30, 200)
        return history, float(np.mean(net.predict(X_val) == y_val))

    history, accuracy = train(1e-4, 0.25, 1000)
    assert abs(history["loss_history"][0] - 2.3028) < 2e-4
    assert not real or 0.26 < accuracy < 0.31
    for rate, published in [(3e-3, 0.503), (1e-3, 0.509), (6e-4, 0.497), (3e-4, 0.468)]:
        history, accuracy = train(rate, 0.55, 3000)
        assert history["loss_history"][-1] < history["loss_history"][0]
        assert not real or abs(accuracy - published) < 0.03


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_figure_7_solver(cifar10):
    data, real = cifar10
    np.random.seed(0)
    solver = Solver(
        TwoLayerNet(hidden_dims=200),
        data,
        optim_config={"learning_rate": 1e-3},
        lr_decay=0.95,
        num_epochs=10,
        batch_size=100,
        verbose=False,
    )
    solver.train()
    assert len(solver.val_acc_history) == 10 + (solver.iterations_per_epoch > 1)
    assert solver.loss_history[-1] < solver.loss_history[0]
    assert not real or abs(solver.best_val_acc - 0.528) < 0.03

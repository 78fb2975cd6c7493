# mypy: ignore-errors
"""The solver: histories, decay, best parameters, checkpoints, interruption, published figures."""

import os
import sys

import numpy as np
import pytest

from nndl import solver as solver_module
from nndl.fc_net import FullyConnectedNet
from nndl.solver import Solver


def make_data(n=60, n_val=20, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(3, 5))
    y = rng.integers(3, size=n + n_val)
    X = centres[y] + rng.normal(size=(n + n_val, 5))
    return {"X_train": X[:n], "y_train": y[:n], "X_val": X[n:], "y_val": y[n:]}


def make_solver(seed=0, **options):
    np.random.seed(seed)
    net = FullyConnectedNet([8, 8], 5, 3, dropout=0.2, use_batchnorm=True, weight_scale=0.5)
    settings = {"batch_size": 10, "num_epochs": 4, "verbose": False, "update_rule": "adam"}
    return Solver(net, make_data(), **{**settings, **options})


def state(solver):
    facts = vars(solver) | {"buffers": solver.model.buffers(), "params": solver.model.params}
    skipped = ("model", "checkpoint", "_rule", "X_train", "X_val", "y_train", "y_val")
    return {name: value for name, value in facts.items() if name not in skipped}


def test_histories_decay_and_best(monkeypatch):
    solver = make_solver(lr_decay=0.5, optim_config={"learning_rate": 0.1})
    solver.train()
    assert len(solver.loss_history) == 24
    assert len(solver.train_acc_history) == len(solver.val_acc_history) == 5
    assert solver.epoch == 4
    assert {config["learning_rate"] for config in solver.optim_configs.values()} == {0.1 / 16}
    assert solver.best_val_acc == max(solver.val_acc_history)
    accuracy = solver.check_accuracy(solver.X_val, solver.y_val)
    assert accuracy == solver.best_val_acc
    for name, param in solver.best_params.items():
        np.testing.assert_array_equal(solver.model.params[name], param)
        assert param.dtype == np.float32


def test_best_is_kept_when_no_prediction_is_ever_right():
    solver = make_solver()
    solver.y_val = np.full_like(solver.y_val, 7)
    solver.train()
    assert solver.best_val_acc == 0
    assert set(solver.model.params) == set(solver.best_params) != set()


def test_log(capsys):
    solver = make_solver(verbose=True, print_every=6)
    solver.train()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"(Iteration 1 / 24) loss: {solver.loss_history[0]:f}"
    accuracies = (
        f"train acc: {solver.train_acc_history[0]:f}; val_acc: {solver.val_acc_history[0]:f}"
    )
    assert lines[1] == f"(Epoch 0 / 4) {accuracies}"
    assert [line.split(")")[0] for line in lines[2:4]] == ["(Epoch 1 / 4", "(Iteration 7 / 24"]
    assert len(lines) == 9
    assert make_solver().train() is None
    assert capsys.readouterr().out == ""


def test_progress_bar_in_a_terminal(capsys, monkeypatch):
    pytest.importorskip("tqdm", reason="the progress bar is tqdm's")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    make_solver(verbose=True).train()
    captured = capsys.readouterr()
    assert "24/24" in captured.err or "/24" in captured.err
    assert "(Epoch 4 / 4)" in captured.out


def test_without_tqdm_there_is_no_bar(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    make_solver(verbose=True).train()
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "(Epoch 4 / 4)" in captured.out


def test_the_same_seed_gives_the_same_run():
    one = make_solver(seed=5)
    one.train()
    two = make_solver(seed=5)
    two.check_accuracy(two.X_train, two.y_train, num_samples=7)  # draws nothing from the run
    two.train()
    np.testing.assert_equal(state(one), state(two))


def test_resumed_equals_uninterrupted(tmp_path):
    whole = make_solver()
    whole.train()
    path = tmp_path / "run.npz"
    first = make_solver()
    first._last_iteration, first._seed = 24, whole._seed
    for _ in range(9):
        first._step()
        first._after_step(print)
    first.save_checkpoint(path)
    second = make_solver(seed=99)
    second.load_checkpoint(path)
    assert second.iteration == 9
    second.train()
    np.testing.assert_equal(state(second), state(whole))


@pytest.mark.parametrize("rule", ["sgd", "sgd_momentum", "sgd_nesterov_momentum", "rmsprop"])
def test_every_rule_resumes(rule, tmp_path):
    whole = make_solver(update_rule=rule, checkpoint=tmp_path / "run.npz")
    whole.train()
    again = make_solver(seed=4, update_rule=rule)
    again.load_checkpoint(tmp_path / "run.npz")
    whole.train()
    again.model.params.update(again.best_params)
    again.model.load_buffers(again._best_buffers)
    again.train()
    assert again.loss_history == whole.loss_history
    assert len(whole.loss_history) == 48


def test_interrupted_write_keeps_the_last_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    solver = make_solver(checkpoint=path)
    solver.train()
    before = path.read_bytes()

    def fail(*_):
        raise OSError("no space left on device")

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, fail)
            with pytest.raises(OSError, match="no space"):
                solver.save_checkpoint(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["run.npz"]


def test_damaged_and_foreign_checkpoints_are_named(tmp_path):
    path = tmp_path / "run.npz"
    solver = make_solver(checkpoint=path)
    solver.train()
    whole = path.read_bytes()
    np.savez(tmp_path / "pickle.npz", facts=np.array({"format": 1}, dtype=object))
    (tmp_path / "half.npz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.npz").write_bytes(b"")
    for name in ("pickle", "half", "empty"):
        with pytest.raises(ValueError, match=rf"{name}\.npz must be a checkpoint"):
            solver.load_checkpoint(tmp_path / f"{name}.npz")
    with pytest.raises(ValueError, match=r"checkpoint of this run.*'sgd'"):
        make_solver(update_rule="sgd").load_checkpoint(path)
    with pytest.raises(FileNotFoundError):
        solver.load_checkpoint(tmp_path / "none.npz")


def test_ctrl_c_keeps_what_was_trained(tmp_path, capsys):
    solver = make_solver(checkpoint=tmp_path / "run.npz")
    loss = solver.model.loss

    def interrupted(X, y=None):
        if solver.iteration == 9:
            raise KeyboardInterrupt
        return loss(X, y)

    solver.model.loss = interrupted
    solver.train()
    assert "interrupted after iteration 9 / 24" in capsys.readouterr().err
    assert len(solver.loss_history) == solver.iteration == 9
    resumed = make_solver(seed=3)
    resumed.load_checkpoint(tmp_path / "run.npz")
    for name, param in solver.model.params.items():
        np.testing.assert_array_equal(resumed.model.params[name], param)
    del solver.model.loss
    whole = make_solver()
    for run in (solver, resumed, whole):
        run.train()
    assert solver.loss_history == resumed.loss_history == whole.loss_history


def test_figure_8_overfits_fifty_images():
    np.random.seed(0)
    data = {
        "X_train": 60 * np.random.randn(50, 3, 32, 32),
        "y_train": np.random.randint(10, size=50),
        "X_val": np.random.randn(10, 3, 32, 32),
        "y_val": np.random.randint(10, size=10),
    }
    net = FullyConnectedNet([100, 100], weight_scale=3e-2, dtype=np.float64)
    solver = Solver(
        net,
        data,
        num_epochs=20,
        batch_size=25,
        optim_config={"learning_rate": 1e-3},
        verbose=False,
    )
    solver.train()
    assert max(solver.train_acc_history) == 1.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"update_rule": "adamw"}, r"update_rule must be one of \['adam'.*got 'adamw'"),
        ({"update_rule": "np"}, "update_rule"),
        ({"batch_size": 0}, "batch_size must be an integer >= 1"),
        ({"num_epochs": 1.5}, "num_epochs must be an integer >= 0"),
        ({"print_every": 0}, "print_every"),
        ({"lr_decay": 0}, "lr_decay must be a number that is > 0"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        make_solver(**options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data.pop("y_val"), "'y_val' is missing"),
        (lambda data: data.update(y_train=data["y_train"][1:]), r"data\['y_train'\] \(N,\), got"),
        (lambda data: data.update(X_val=data["X_val"].ravel()), r"data\['X_val'\] must have shape"),
        (lambda data: data.update(X_train=np.ones((0, 5)), y_train=[]), "at least one example"),
    ],
)
def test_bad_data(change, message):
    data = make_data()
    change(data)
    with pytest.raises(ValueError, match=message):
        Solver(FullyConnectedNet([8], 5, 3), data)


def test_bad_seed():
    with pytest.raises(ValueError, match="seed must be an integer >= 0, got -1"):
        Solver(FullyConnectedNet([8], 5, 3), make_data(), seed=-1)


def test_public_names():
    assert solver_module.__all__ == ["Solver"]

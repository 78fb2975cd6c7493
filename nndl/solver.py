"""The training loop for the modular nets."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import optim
from ._checkpoint import read_checkpoint, write_checkpoint
from ._memory import keep_freed_memory
from ._progress import progress
from ._validate import number, whole_number

__all__ = ["Solver"]

Arrays = dict[str, NDArray[Any]]


class Solver:
    """Train a model on minibatches, and keep the parameters of its best validation epoch.

    Parameters
    ----------
    model : object
        ``params``, a dict of arrays; ``loss(X, y)``, which returns the loss and a dict of
        gradients; ``loss(X)``, which returns scores (N, C). When it has ``buffers()`` and
        ``load_buffers(state)`` as well, what they carry is kept with the parameters.
    data : dict
        ``X_train``, ``y_train``, ``X_val``, ``y_val``.
    update_rule : str
        A rule of :mod:`nndl.optim`.
    optim_config : dict, optional
        Its hyperparameters.
    lr_decay : float
        Factor of the learning rate after each epoch.
    batch_size, num_epochs, print_every : int
    verbose : bool
        Print a log, and show a progress bar when there is a terminal or a notebook to show it in
        and tqdm is installed.
    checkpoint : path, optional
        Where to write a checkpoint after each epoch, and when training is interrupted.
    seed : int, optional
        Of the minibatches. By default the first call of :meth:`train` draws it from numpy's global
        random state, so that ``np.random.seed`` makes a run repeat.

    Attributes
    ----------
    loss_history : list
        One loss for each iteration.
    train_acc_history, val_acc_history : list
        Accuracies after the first iteration and after each epoch.
    best_val_acc, best_params
        Of the first epoch with the highest validation accuracy.
    epoch, iteration : int
        Completed so far.

    Raises
    ------
    ValueError
        If the rule is unknown, `data` lacks a key or its sizes do not fit, or a number is out of
        its range.
    """

    def __init__(
        self,
        model: Any,
        data: Mapping[str, ArrayLike],
        *,
        update_rule: str = "sgd",
        optim_config: Mapping[str, Any] | None = None,
        lr_decay: float = 1.0,
        batch_size: int = 100,
        num_epochs: int = 10,
        print_every: int = 10,
        verbose: bool = True,
        checkpoint: str | os.PathLike[str] | None = None,
        seed: int | None = None,
    ) -> None:
        self.model = model
        self.X_train, self.y_train = _pair(data, "train")
        self.X_val, self.y_val = _pair(data, "val")
        if len(self.X_train) == 0:
            raise ValueError("data['X_train'] must hold at least one example, got none")
        if update_rule not in optim.__all__:
            raise ValueError(f"update_rule must be one of {optim.__all__}, got {update_rule!r}")
        self.update_rule = update_rule
        self.lr_decay = number("lr_decay", lr_decay, "> 0")
        self.batch_size = whole_number("batch_size", batch_size, 1)
        self.num_epochs = whole_number("num_epochs", num_epochs, 0)
        self.print_every = whole_number("print_every", print_every, 1)
        self.verbose = verbose
        self.checkpoint = checkpoint

        self.iterations_per_epoch = max(len(self.X_train) // self.batch_size, 1)
        self.iteration = 0
        self.epoch = 0
        self._last_iteration = 0  # that train() is on its way to
        self.loss_history: list[float] = []
        self.train_acc_history: list[float] = []
        self.val_acc_history: list[float] = []
        self.best_val_acc = 0.0
        self.best_params: Arrays = {}
        self._best_buffers: Arrays = {}
        rule: Callable[..., Any] = getattr(optim, update_rule)
        self._rule = rule
        self.optim_configs = {name: dict(optim_config or {}) for name in model.params}
        self._seed = seed if seed is None else whole_number("seed", seed, 0)

    def train(self) -> None:
        """Train for ``num_epochs``, and leave the best parameters in the model.

        Ctrl-C ends the training early and keeps what was trained: the model holds the current
        parameters, and the next call goes on from there, as it does after
        :meth:`load_checkpoint`. A call after the end trains for ``num_epochs`` more, from the
        best parameters.
        """
        keep_freed_memory()
        if self._seed is None:
            self._seed = int(np.random.randint(2**31))
        if self.iteration >= self._last_iteration:
            self._last_iteration = self.iteration + self.num_epochs * self.iterations_per_epoch
        try:
            with progress(self.iteration, self._last_iteration, show=self.verbose) as bar:
                while self.iteration < self._last_iteration:
                    self._step()
                    self._after_step(bar.write)
                    bar.update()
        except KeyboardInterrupt:
            if self.checkpoint is not None:
                self.save_checkpoint(self.checkpoint)
            print(
                f"interrupted after iteration {self.iteration} / {self._last_iteration}: the model "
                "holds the current parameters, train() goes on from here",
                file=sys.stderr,
            )
            return
        if self.best_params:
            self.model.params.update(_copies(self.best_params))
            _load_buffers(self.model, self._best_buffers)

    def check_accuracy(
        self,
        X: ArrayLike,
        y: ArrayLike,
        num_samples: int | None = None,
        batch_size: int = 100,
    ) -> float:
        """Return the fraction of examples whose highest score is that of their label.

        Parameters
        ----------
        X, y : arrays (N, d_1, ..., d_k) and (N,)
        num_samples : int, optional
            Use a random subset of at most this size. Drawing it does not change the minibatches.
        batch_size : int
            Examples to compute the scores of at once.

        Returns
        -------
        accuracy : float
            nan when there are no examples.
        """
        X, y = np.asarray(X), np.asarray(y)
        if y.shape != X.shape[:1]:
            raise ValueError(f"y must have shape {X.shape[:1]}, one for each of X, got {y.shape}")
        batch_size = whole_number("batch_size", batch_size, 1)
        if num_samples is not None and whole_number("num_samples", num_samples, 1) < len(X):
            generator = np.random.default_rng([self._seed or 0, self.iteration, 1])
            subset = generator.choice(len(X), num_samples, replace=False)
            X, y = X[subset], y[subset]
        if len(X) == 0:
            return float("nan")
        right = 0
        for start in range(0, len(X), batch_size):
            batch = slice(start, start + batch_size)
            right += int(np.sum(np.argmax(self.model.loss(X[batch]), axis=1) == y[batch]))
        return right / len(X)

    def save_checkpoint(self, path: str | os.PathLike[str]) -> None:
        """Write everything that the rest of the training depends on, in one atomic step.

        Parameters
        ----------
        path : path
            An ``.npz`` file: arrays and JSON, no pickles. An existing file is replaced by a
            complete new one or not at all.
        """
        arrays: Arrays = {}
        states: dict[str, dict[str, Any]] = {}
        for group, values in self._groups().items():
            arrays.update({f"{group}/{name}": np.asarray(value) for name, value in values.items()})
        for name, config in self.optim_configs.items():
            states[name] = {}
            for key, value in config.items():
                if isinstance(value, np.ndarray):
                    arrays[f"config/{name}/{key}"] = value
                else:
                    states[name][key] = value.item() if isinstance(value, np.generic) else value
        facts = {
            "run": self._run(),
            "iteration": self.iteration,
            "epoch": self.epoch,
            "last_iteration": self._last_iteration,
            "seed": self._seed,
            "optim_configs": states,
            "best_val_acc": self.best_val_acc,
            "loss_history": self.loss_history,
            "train_acc_history": self.train_acc_history,
            "val_acc_history": self.val_acc_history,
        }
        write_checkpoint(path, arrays, facts)

    def load_checkpoint(self, path: str | os.PathLike[str]) -> None:
        """Go back to where a checkpoint was written; :meth:`train` then goes on from there.

        A resumed run equals an uninterrupted one, bit for bit.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is damaged, or belongs to another net, rule, batch size or amount of data.
        """
        arrays, facts = read_checkpoint(path)
        run = self._run()
        if facts["run"] != run:
            raise ValueError(
                f"{os.fspath(path)} must be a checkpoint of this run, {run}, got {facts['run']}"
            )
        groups: dict[str, Arrays] = {group: {} for group in self._groups()}
        configs: dict[str, dict[str, Any]] = dict(facts["optim_configs"])
        for name, array in arrays.items():
            group, _, rest = name.partition("/")
            if group == "config":
                parameter, _, key = rest.partition("/")
                configs[parameter][key] = array
            else:
                groups[group][rest] = array
        self.model.params.update(groups["params"])
        _load_buffers(self.model, groups["buffers"])
        self.best_params, self._best_buffers = groups["best_params"], groups["best_buffers"]
        self.optim_configs = configs
        self.iteration, self.epoch = facts["iteration"], facts["epoch"]
        self._last_iteration = facts["last_iteration"]
        self._seed = facts["seed"]
        self.best_val_acc = facts["best_val_acc"]
        self.loss_history = facts["loss_history"]
        self.train_acc_history = facts["train_acc_history"]
        self.val_acc_history = facts["val_acc_history"]

    def _step(self) -> None:
        """Take one gradient step on a minibatch drawn with replacement."""
        # Seeded anew, so that there is no state to save, nor to lose in an interruption.
        generator = np.random.default_rng([self._seed or 0, self.iteration])
        batch = generator.integers(len(self.X_train), size=self.batch_size)
        loss, grads = self.model.loss(self.X_train[batch], self.y_train[batch])
        params: Arrays = {}
        configs = {}
        for name, w in self.model.params.items():
            # A copy of the dict, so that an interruption between two parameters undoes nothing.
            params[name], configs[name] = self._rule(w, grads[name], dict(self.optim_configs[name]))
        self.model.params.update(params)
        self.optim_configs = configs
        self.loss_history.append(float(loss))
        self.iteration += 1

    def _after_step(self, write: Callable[[str], None]) -> None:
        """Log, and at the end of an epoch decay the learning rate and check the accuracies."""
        if self.verbose and (self.iteration - 1) % self.print_every == 0:
            place = f"(Iteration {self.iteration} / {self._last_iteration})"
            write(f"{place} loss: {self.loss_history[-1]:f}")
        end_of_epoch = self.iteration % self.iterations_per_epoch == 0
        if end_of_epoch:
            self.epoch += 1
            for config in self.optim_configs.values():
                config["learning_rate"] *= self.lr_decay
        if end_of_epoch or self.iteration == 1:
            train_acc = self.check_accuracy(self.X_train, self.y_train, num_samples=1000)
            val_acc = self.check_accuracy(self.X_val, self.y_val)
            self.train_acc_history.append(train_acc)
            self.val_acc_history.append(val_acc)
            if not self.best_params or val_acc > self.best_val_acc:
                self.best_val_acc = val_acc
                self.best_params = _copies(self.model.params)
                self._best_buffers = _buffers(self.model)
            if self.verbose:
                place = (
                    f"(Epoch {self.epoch} / {self._last_iteration // self.iterations_per_epoch})"
                )
                write(f"{place} train acc: {train_acc:f}; val_acc: {val_acc:f}")
        if end_of_epoch and self.checkpoint is not None:
            self.save_checkpoint(self.checkpoint)

    def _groups(self) -> dict[str, Arrays]:
        """Return the arrays of a checkpoint by group."""
        return {
            "params": self.model.params,
            "buffers": _buffers(self.model),
            "best_params": self.best_params,
            "best_buffers": self._best_buffers,
        }

    def _run(self) -> dict[str, Any]:
        """Return what has to be the same for a checkpoint to fit."""
        return {
            "update_rule": self.update_rule,
            "batch_size": self.batch_size,
            "num_train": len(self.X_train),
            "params": {
                name: f"{value.dtype} {list(value.shape)}"
                for name, value in self.model.params.items()
            },
        }


def _pair(data: Mapping[str, ArrayLike], part: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return X and y of a part of the data, or raise a ValueError."""
    for key in (f"X_{part}", f"y_{part}"):
        if key not in data:
            raise ValueError(
                f"data must have the keys X_train, y_train, X_val and y_val, but {key!r} is missing"
            )
    X, y = np.asarray(data[f"X_{part}"]), np.asarray(data[f"y_{part}"])
    if X.ndim < 2 or y.shape != X.shape[:1]:
        raise ValueError(
            f"data['X_{part}'] must have shape (N, d_1, ..., d_k) and data['y_{part}'] (N,), "
            f"got {X.shape} and {y.shape}"
        )
    return X, y


def _copies(arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    return {name: array.copy() for name, array in arrays.items()}


def _buffers(model: Any) -> Arrays:
    return dict(model.buffers()) if hasattr(model, "buffers") else {}


def _load_buffers(model: Any, state: Arrays) -> None:
    if hasattr(model, "load_buffers"):
        model.load_buffers(state)

"""Differences that are consistent and common: named, not convicted."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from . import names
from .calling import Plan
from .gradients import between
from .locating import RIGHT, WRONG, Fit, Match, is_between, status
from .pairs import Pairing
from .source import Function
from .trying import Seen


def conventions(
    fit: Fit, pairing: Pairing, plan: Plan, reading: str, first: str, seen: Sequence[Seen]
) -> tuple[Fit, tuple[str, ...]]:
    """Take out of a fit what is a convention, and name it.

    Returns
    -------
    Fit, tuple of str
        The fit with such gradients counted as right, and the sentences.
    """
    notes: list[str] = []
    fit, said = _mean_over_examples(fit, plan, reading, first, seen)
    notes += said
    fit, said = _sum_over_examples(fit, pairing, reading, seen)
    notes += said
    fit, said = _weight_decay(fit, pairing, seen)
    notes += said
    fit, said = _epsilon(fit, pairing)
    notes += said
    fit, said = _minus(fit, pairing)
    notes += said
    fit, said = _clipped(fit, pairing)
    notes += said
    fit, said = _combined(fit, pairing, plan, seen)
    notes += said
    notes += _other_order(fit, seen)
    for match in fit.matches:
        if match.status == RIGHT and match.leaf is not None:
            got, wanted = match.item.values[0], match.leaf.wanted[0]
            if np.shape(got) != np.shape(wanted):
                shapes = f"{np.shape(got)} for {np.shape(wanted)}"
                notes.append(
                    f"{match.item.shown} has another shape than {match.leaf.shown}: {shapes}"
                )
    return fit, tuple(notes)


def _other_order(fit: Fit, seen: Sequence[Seen]) -> list[str]:
    """Gradients without names that are returned in another order than the inputs are taken."""
    order = list(seen[0].truth.leaves)
    returned = [m for m in fit.matches if m.item.source == "returned" and m.item.path.isdigit()]
    if len(returned) < 2 or any(m.named or m.leaf is None for m in returned):
        return []
    returned.sort(key=lambda m: int(m.item.path))
    leaves = [m.leaf for m in returned if m.leaf is not None]
    places = [order.index(leaf.path) for leaf in leaves if leaf.path in order]
    if places == sorted(places):
        return []
    told = ", ".join(leaf.shown for leaf in leaves)
    return [f"gradients are returned in another order than the inputs are taken: {told}"]


def _mean_over_examples(
    fit: Fit, plan: Plan, reading: str, first: str, seen: Sequence[Seen]
) -> tuple[Fit, list[str]]:
    """1/m in the gradients of all parameters and not in that of the input (deeplearning.ai)."""
    wrong = [m for m in fit.matches if m.status == WRONG]
    if not wrong or reading != "product" or any(m.leaf is None for m in wrong):
        return fit, []
    parameters = [m for m in fit.matches if m.leaf is not None and m.leaf.path != first]
    if len(parameters) < 2 or any(m.status != WRONG for m in parameters):
        return fit, []
    for axis in (-1, 0):
        lengths = []
        for one in seen:
            shape = one.truth.outputs[plan.outputs[0]][0].shape
            lengths.append(float(shape[axis]) if shape else 1.0)
        scale = [1.0 / n for n in lengths]
        if max(lengths) > 1.0 and all(
            status(m.item, m.leaf, scale)[0] == RIGHT for m in parameters if m.leaf is not None
        ):
            matches = tuple(replace(m, status=RIGHT) if m in parameters else m for m in fit.matches)
            names = ", ".join(m.item.shown for m in parameters)
            note = f"{names} are means over the examples (1/m), dx is not: consistent, a convention"
            return replace(fit, matches=matches), [note]
    return fit, []


def _sum_over_examples(
    fit: Fit, pairing: Pairing, reading: str, seen: Sequence[Seen]
) -> tuple[Fit, list[str]]:
    """The same of a whole net: dA0 is not divided by m, as no dA is (deeplearning.ai)."""
    wrong = [m for m in fit.matches if m.status == WRONG]
    if reading == "product" or len(wrong) != 1 or fit.count(RIGHT) < 2:
        return fit, []
    item, leaf = wrong[0].item, wrong[0].leaf
    if leaf is None or not is_between(item.name, between(seen)):
        return fit, []
    for axis in (-1, 0):
        count = [float(w.shape[axis]) if w.ndim else 1.0 for w in leaf.wanted]
        if max(count) > 1.0 and status(item, leaf, count)[0] == RIGHT:
            matches = tuple(replace(m, status=RIGHT) if m in wrong else m for m in fit.matches)
            note = (
                f"{item.shown} is a sum over the examples, those of the parameters are means (1/m)"
            )
            return replace(fit, matches=matches), [f"{note}: consistent, a convention"]
    return fit, []


def _weight_decay(fit: Fit, pairing: Pairing, seen: Sequence[Seen]) -> tuple[Fit, list[str]]:
    """A multiple of the parameter added to its gradient: the decay of a penalty added elsewhere."""
    notes: list[str] = []
    matches: list[Match] = []
    for match in fit.matches:
        factor = _added(match, seen) if match.status == WRONG and match.leaf is not None else None
        if factor is None or match.leaf is None or _penalised(pairing, match.leaf.name):
            matches.append(match)
            continue
        matches.append(replace(match, status=RIGHT))
        notes.append(
            f"{match.item.shown} is larger than the derivative by {factor:g} times "
            f"{match.leaf.shown}: "
            f"weight decay, whose penalty is not in the forward"
        )
    return replace(fit, matches=tuple(matches)), notes


def _penalised(pairing: Pairing, name: str) -> bool:
    """Whether the forward itself squares a parameter, so that its penalty has a derivative."""
    for node in (n for f in (pairing.forward, *pairing.helpers) for n in f.walk()):
        if isinstance(node, ast.BinOp):
            left, right = ast.unparse(node.left), ast.unparse(node.right)
            twice = isinstance(node.op, ast.Mult) and left == right
            if name in left and (twice or (isinstance(node.op, ast.Pow) and right in ("2", "2.0"))):
                return True
        elif isinstance(node, ast.Call):
            last = ast.unparse(node.func).rpartition(".")[2]
            if last in ("square", "norm") and any(name in ast.unparse(a) for a in node.args):
                return True
    return False


def _added(match: Match, seen: Sequence[Seen]) -> float | None:
    leaf = match.leaf
    if leaf is None or not leaf.path.startswith(("self/", "init/")):
        return None
    factors = []
    for got, wanted, one in zip(match.item.values, leaf.wanted, seen, strict=True):
        value = np.asarray(one.example.leaves[leaf.path])
        if np.shape(got) != wanted.shape or not np.all(value):
            return None
        factors.append(((np.asarray(got) - wanted) / value).ravel())
    flat = np.concatenate(factors)
    if flat.size < 4 or not flat[0] > 1e-8 or not np.allclose(flat, flat[0], rtol=1e-6):
        return None
    return float(flat[0])


_FALLS = frozenset(["neg", "negative", "nll", "energy", "potential", "cost", "loss"])


def _minus(fit: Fit, pairing: Pairing) -> tuple[Fit, list[str]]:
    """The score of a negative log likelihood, the forces of an energy: minus the derivative."""
    told = set(names.words(pairing.judged.name)) & {"score", "force", "forces"}
    if not told or not set(names.words(pairing.forward.name)) & _FALLS:
        return fit, []
    matches: list[Match] = []
    notes: list[str] = []
    for match in fit.matches:
        leaf, minus = match.leaf, [-1.0] * len(match.item.values)
        if match.status == WRONG and leaf and status(match.item, leaf, minus)[0] == RIGHT:
            match = replace(match, status=RIGHT)
            notes.append(
                f"{match.item.shown} is minus the derivative of {pairing.forward.name}, "
                "as scores and forces are"
            )
        matches.append(match)
    return replace(fit, matches=tuple(matches)), notes


def _clipped(fit: Fit, pairing: Pairing) -> tuple[Fit, list[str]]:
    """Gradients that the code clips before it gives them, as recurrent nets do."""
    if not any("clip(" in ast.unparse(part) for part in pairing.judged.body):
        return fit, []
    matches: list[Match] = []
    notes: list[str] = []
    for match in fit.matches:
        limit = _limit(match) if match.status == WRONG and match.leaf is not None else None
        if limit is not None:
            match = replace(match, status=RIGHT)
            notes.append(f"{match.item.shown} is clipped to [-{limit:g}, {limit:g}]")
        matches.append(match)
    return replace(fit, matches=tuple(matches)), notes


def _limit(match: Match) -> float | None:
    """The number that all entries lie below, and that all wrong ones are, with the right sign.

    None where no entry lies within: nothing then tells what is clipped from zeros or signs.
    """
    assert match.leaf is not None
    limit = max(float(np.abs(value).max(initial=0.0)) for value in match.item.values)
    clipped, within = [], False
    for got, wanted in zip(match.item.values, match.leaf.wanted, strict=True):
        if np.shape(got) != wanted.shape:
            return None
        size = np.abs(wanted)
        within |= bool(np.any((size > 0.0) & (size < limit)))
        clipped.append(np.clip(wanted, -limit, limit))
    if not within:
        return None
    leaf = replace(match.leaf, wanted=tuple(clipped))
    return limit if status(match.item, leaf)[0] == RIGHT else None


_TOGETHER = "that is the gradient of softmax (or sigmoid) and cross-entropy together"


def _combined(
    fit: Fit, pairing: Pairing, plan: Plan, seen: Sequence[Seen]
) -> tuple[Fit, list[str]]:
    """Softmax that passes its upstream on, cross-entropy that gives p - y: one step for both."""
    notes: list[str] = []
    matches: list[Match] = []
    for match in fit.matches:
        told = ""
        if match.status == WRONG and match.leaf is not None and len(fit.matches) == 1:
            if plan.upstreams == 1 and _passes_on(match, plan, seen):
                told = f"{match.item.shown} is the upstream derivative as it came: {_TOGETHER}"
            elif _has_logarithm(pairing) and _is_difference(match, seen):
                told = f"{match.item.shown} is a multiple of prediction - label: {_TOGETHER}"
        matches.append(replace(match, status=RIGHT) if told else match)
        notes += [told] if told else []
    return replace(fit, matches=tuple(matches)), notes


def _has_logarithm(pairing: Pairing) -> bool:
    functions = (pairing.forward, *pairing.helpers)
    return any("log(" in ast.unparse(part) for f in functions for part in f.body)


def _passes_on(match: Match, plan: Plan, seen: Sequence[Seen]) -> bool:
    """Whether outputs that sum to one get their upstream derivative back unchanged."""
    for got, one in zip(match.item.values, seen, strict=True):
        value = one.truth.outputs[plan.outputs[0]][0]
        sums = [np.allclose(value.sum(axis=axis), 1.0) for axis in range(value.ndim)]
        upstream = np.asarray(one.upstream[0])
        if not any(sums) or upstream.shape != np.shape(got) or np.any(upstream != got):
            return False
    return True


def _is_difference(match: Match, seen: Sequence[Seen]) -> bool:
    """Whether a gradient is a multiple of the prediction, a probability, minus the label.

    The multiple may depend on how many examples there are, or entries, not on how many classes.
    """
    assert match.leaf is not None
    constant = {"1", "rows", "columns", "entries"}
    before: dict[str, float] = {}
    given: list[np.ndarray[Any, Any]] = []
    for got, one in zip(match.item.values, seen, strict=True):
        path = match.leaf.path
        prediction = np.asarray(one.example.leaves[path])
        if np.any(prediction < 0.0) or np.any(prediction > 1.0):
            return False  # the softmax is in the forward itself
        labels = [
            np.asarray(value, dtype=float)
            for name, value in one.example.values.items()
            if name != path and np.shape(value) == np.shape(one.example.leaves[path])
        ]
        both = [(label, _multiple(np.asarray(got), prediction - label)) for label in labels]
        found = [(label, ratio) for label, ratio in both if ratio is not None]
        if not found:
            return False
        label, ratio = found[0]
        if np.isnan(ratio):
            continue
        lengths = [float(n) for n in label.shape] or [1.0]
        now = {"1": ratio, "rows": ratio * lengths[0], "columns": ratio * lengths[-1]}
        now["entries"] = ratio * label.size
        constant &= {k for k, value in now.items() if np.isclose(before.get(k, value), value)}
        before = before or now
        given.append(label)
    return bool(constant - _classes(given))


def _classes(labels: Sequence[np.ndarray[Any, Any]]) -> set[str]:
    """The axis along which all labels are a one and zeros, where they are along one alone."""
    tables = labels if labels and all(one.ndim == 2 for one in labels) else ()
    along = {
        name
        for name, axis in (("rows", 0), ("columns", 1))
        if tables and all(np.all(one.sum(axis) == 1.0) for one in tables)
    }
    return along if len(along) == 1 else set()


def _multiple(got: np.ndarray[Any, Any], difference: np.ndarray[Any, Any]) -> float | None:
    """The positive factor between both; None where there is none, nan where any will do."""
    if got.shape != difference.shape:
        return None
    large = np.abs(difference) > 1e-6
    if not large.any():
        return None if got.any() else np.nan
    ratios = got[large] / difference[large]
    same = ratios[0] > 0.0 and np.allclose(ratios, ratios[0], rtol=1e-9)
    return float(ratios[0]) if same else None


def _epsilon(fit: Fit, pairing: Pairing) -> tuple[Fit, list[str]]:
    """A small number inside a logarithm or a clip that the gradient leaves out."""
    guards = [_largest_guard(f) for f in (pairing.forward, *pairing.helpers)]
    small = max(guards, default=0.0)
    if not small:
        return fit, []
    notes: list[str] = []
    matches: list[Match] = []
    for match in fit.matches:
        if match.status != WRONG or match.leaf is None:
            matches.append(match)
            continue
        off = 0.0
        for got, wanted in zip(match.item.values, match.leaf.wanted, strict=True):
            if np.size(got) != wanted.size:
                off = np.inf
                break
            scale = float(np.abs(wanted).max(initial=0.0)) + 1e-300
            off = max(off, float(np.abs(np.reshape(got, wanted.shape) - wanted).max()) / scale)
        if off <= 300.0 * small:
            matches.append(replace(match, status=RIGHT))
            notes.append(f"{match.item.shown} leaves out the {small:g} that guards a logarithm")
        else:
            matches.append(match)
    return replace(fit, matches=tuple(matches)), notes


def _largest_guard(function: Function) -> float:
    """The largest small number added inside a logarithm or used to clip; 0 without any."""
    found = []
    for node in function.walk():
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).rpartition(".")[2]
        if name not in ("log", "log2", "log10", "clip", "maximum"):
            continue
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, float):
                if 0.0 < part.value <= 1e-5:
                    found.append(part.value)
            elif isinstance(part, ast.Name) and part.id.lower() in ("eps", "epsilon"):
                found.append(1e-7)
    return max(found, default=0.0)

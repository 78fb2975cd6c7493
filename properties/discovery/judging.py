"""The verdict on a row of the open contract."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from . import names
from .conventions import conventions
from .discovering import understand
from .found import Found, Margin, NotJudged, Result, Wrong
from .gradients import between, items_of
from .hypotheses import first_input
from .kinks import at_kinks
from .ladder import Disagree, Unclear
from .locating import RIGHT, UNCLEAR, WRONG, Fit, Match, allowed, compare, locate, status
from .pairs import Pairing
from .reading import leaves_of
from .second import FOLLOWS, gradient_of
from .session import Session
from .trying import Failed, Seen, make_example, see

Array = Any
_CONFIRMED = 3
"""Examples in which a second rung has to agree with the first."""
_USUAL, _FAR = 1.4, 40.0
"""How large signed values are, and how large they are made at most."""
_FAR_OFF = 1e-9
"""Of the largest derivative: what rounding may do to formulas that saturate."""
_COMPARE = ("clip", "minimum", "maximum", "where", "fmin", "fmax", "min", "max")


def judge_found(found: Found, session: Session, *, examples: int = 8, seed: int = 0) -> Result:
    """Judge a row on drawn examples.

    Parameters
    ----------
    found
        From `discover`.
    session
        The child in which the target is loaded.
    examples
        How many cases are drawn.
    seed
        Of what is drawn.
    """
    seen, unclear = _drawn(found, session, examples, seed)
    if len(unclear) > len(seen):
        most = max(set(unclear), key=unclear.count)
        return Result(
            found, "not judged", reason=f"most examples decide nothing: {most}",
            examples=examples, inconclusive=len(unclear), unclear=tuple(dict.fromkeys(unclear)),
        )  # fmt: skip
    result, fit = _verdict(found, seen, len(unclear))
    result = replace(result, unclear=(*result.unclear, *dict.fromkeys(unclear)))
    if result.status == "right" and any(one.truth.bends for one in seen):
        result = _where_values_tie(result, fit, session, seed)
    if found.varied:
        count = max(2, examples // len(found.varied))
        result = _at_other_defaults(result, session, count=count, seed=seed)
    if result.status == "wrong":
        return _beside_its_gradient(result, session, examples=examples, seed=seed)
    return result


def _drawn(
    found: Found, session: Session, examples: int, seed: int
) -> tuple[list[Seen], list[str]]:
    """What was seen of drawn examples, and for each that decides nothing the reason."""
    specs = {**found.init, **found.args}
    seen: list[Seen] = []
    unclear: list[str] = []
    rng = np.random.default_rng([seed, 31])
    far = _farthest_constant(found.pairing)
    disputed = False
    for index in range(examples):
        confirm = rng if index < _CONFIRMED or disputed else None
        scales = [far, 1.0] if far > _USUAL and index >= _CONFIRMED and index % 2 else [1.0]
        for scale in scales:
            try:
                example = make_example(
                    session, found.pairing, specs, index, seed + 1, least=found.least, scale=scale
                )
                one = see(session, found.pairing, example, found.plan, confirm=confirm, seed=seed)
                one = one if scale == 1.0 else _coarse(one)
            except (Unclear, Failed) as error:
                told = f"it raises {error}" if isinstance(error, Failed) else str(error)
                unclear += [told] if scale == 1.0 else []
                disputed = disputed or isinstance(error, Disagree)
            else:
                seen.append(one)
                break
    return seen, unclear


def _where_values_tie(result: Result, fit: Fit, session: Session, seed: int) -> Result:
    """What is right elsewhere, judged on examples that lie on kinks too."""
    found = result.found
    # A convention is no derivative; nothing is said of it where values tie.
    right = [m for m in fit.matches if m.leaf and status(m.item, m.leaf)[0] == RIGHT]
    kinks = at_kinks(found, session, right, {**found.init, **found.args}, seed=seed)
    return replace(
        result,
        status="wrong" if kinks.wrong else result.status,
        wrong=kinks.wrong,
        notes=(*result.notes, *kinks.notes),
        examples=result.examples + kinks.examples,
    )


def _beside_its_gradient(result: Result, session: Session, *, examples: int, seed: int) -> Result:
    """Convict a Hessian only where the gradient that it is held against is right.

    It may be the derivative of the cost, and the gradient may not, or not for these inputs.
    """
    found, survey = result.found, session.survey()
    gradient = gradient_of(found.pairing, survey)
    if gradient is None:
        return result
    inputs = {n.partition("/")[2]: one for n, one in {**found.init, **found.args}.items()}
    told = understand(session, survey, gradient, declared=inputs, seed=seed)
    session.about = found.name
    if isinstance(told, NotJudged):
        reason = f"{gradient.name}, which it is held against, is not judged: {told.reason}"
        return Result(found, "not judged", reason=reason)
    beside = judge_found(told, session, examples=examples, seed=seed)
    if beside.status == "right":
        return result
    is_wrong = beside.status == "wrong"
    reason = f"{FOLLOWS}{gradient.name}, which is {'wrong' if is_wrong else 'not judged'}"
    return Result(found, "not judged", reason=reason)


def _at_other_defaults(result: Result, session: Session, *, count: int, seed: int) -> Result:
    """Judge what is right at the defaults with other values of them, one at a time.

    An example counts only where the code gives the same things of the same shapes as before: a
    value that it cannot do with is none of its mistakes.
    """
    found = result.found
    matches = [status(m.item, m.leaf)[0] for m in result.matches if m.leaf is not None]
    if result.status != "right" or len(matches) < len(result.matches) or set(matches) != {RIGHT}:
        return replace(result, found=replace(found, varied={}))  # by a convention, or not at all
    usual = _form(result.seen[0], found)
    judged: dict[str, tuple[Any, Any]] = {}
    for path, values in found.varied.items():
        other, seen = found.at(path), []
        for index in range(count):
            try:
                example = make_example(
                    session, found.pairing, {**other.init, **other.args}, index, seed + 3,
                    least=found.least,
                )  # fmt: skip
                one = see(session, found.pairing, example, other.plan, seed=seed)
            except (Unclear, Failed):
                continue
            if _form(one, other) == usual:
                seen.append(one)
        if not seen:
            continue
        told, _ = _verdict(other, seen, 0)
        result = replace(result, examples=result.examples + len(seen))
        if told.status == "right":
            judged[path] = values
        elif any(_is_value(wrong) for wrong in told.wrong):
            return replace(told, examples=result.examples)
    alone = [n.partition("/")[2] for n in found.varied if n not in judged]
    found = replace(found, varied=judged, alone=(*found.alone, *alone))
    return replace(result, found=found)


def _form(one: Seen, found: Found) -> tuple[Any, ...]:
    """What is given back, and what has a derivative other than zero: paths, how many axes."""
    reply, forward = one.reply, one.example.reply
    return (
        _is_finite(one),
        forward["kind"],
        [(str(path), np.ndim(value)) for path, value in forward["returned"]],
        [(str(path), np.ndim(value)) for path, value in reply.get("gradients", ())],
        [leaf.path for leaf in leaves_of([one], found.plan, found.reading) or ()],
    )


def _is_value(wrong: Wrong) -> bool:
    """Whether a gradient has the shape of its input and is finite, and its values are wrong."""
    return wrong.index is not None and bool(np.isfinite(wrong.got).all())


def _coarse(one: Seen) -> Seen:
    """A far example, in which right formulas saturate and cancel: only what is far off shows.

    Raises
    ------
    Unclear
        The backward gives no numbers there; that is no mistake in a derivative.
    """
    if not _is_finite(one):
        raise Unclear("the gradient is not finite far out")
    outputs = {
        path: (value, jacobian, error + _FAR_OFF * (1.0 + np.abs(jacobian).max(initial=0.0)))
        for path, (value, jacobian, error) in one.truth.outputs.items()
    }
    return replace(one, truth=replace(one.truth, outputs=outputs))


def _is_finite(one: Seen) -> bool:
    """Whether all gradients are numbers."""
    places = ("gradients", "changed", "written")
    values = [value for place in places for _, value in one.reply.get(place, ())]
    return all(np.isfinite(np.asarray(value, dtype=float)).all() for value in values)


def _farthest_constant(pairing: Pairing) -> float:
    """The largest number that the code compares its values with: a clip at 6, a threshold."""
    found = [0.0]
    for function in (pairing.forward, pairing.judged):
        for node in function.walk():
            near: list[ast.AST] = []
            if isinstance(node, ast.Compare):
                near = [node.left, *node.comparators]
            elif isinstance(node, ast.Call):
                name = ast.unparse(node.func).rpartition(".")[2]
                near = [*node.args] if name in _COMPARE else []
            for part in near:
                if isinstance(part, ast.UnaryOp):
                    part = part.operand
                if isinstance(part, ast.Constant) and isinstance(part.value, int | float):
                    found.append(abs(float(part.value)))
    return min(max(found), _FAR)


def _verdict(found: Found, seen: Sequence[Seen], inconclusive: int) -> tuple[Result, Fit]:
    leaves = leaves_of(seen, found.plan, found.reading)
    items = items_of(found.pairing, found.plan, seen)
    first = first_input(found.args, found.pairing)
    if not leaves or not items:
        return Result(found, "not judged", reason="no gradient was located"), Fit(())
    fit = locate(items, leaves, first=first, between=between(seen))
    fit, notes = conventions(fit, found.pairing, found.plan, found.reading, first, seen)
    notes = (*notes, *(note for note in (found.plan.note, found.note) if note))
    wrong = tuple(wrong_of(match, found, seen) for match in fit.matches if match.status == WRONG)
    right = tuple(m.item.shown for m in fit.matches if m.status == RIGHT)
    status = "wrong" if wrong else "right" if right else "not judged"
    unclear = [m.item.shown for m in fit.matches if m.status == UNCLEAR]
    result = Result(
        found,
        status,
        right,
        wrong,
        notes,
        tuple(m for m in fit.missing if m.rpartition(".")[2].lower() not in names.TARGETS),
        located=tuple(m.leaf.shown for m in fit.matches if m.leaf is not None),
        reason="" if right or wrong else f"nothing can be said of {', '.join(unclear)}",
        oracle=seen[0].truth.rung,
        examples=len(seen) + inconclusive,
        inconclusive=inconclusive,
        seen=tuple(seen),
        matches=fit.matches,
        margins=tuple(_margin(match) for match in fit.matches),
        unclear=tuple(unclear),
        own=frozenset(leaf.shown for leaf in leaves if leaf.path.startswith("self/")),
        extra=_chance(seen),
    )
    return result, fit


def _margin(match: Match) -> Margin:
    """How far off a gradient is where that is the largest share of what is allowed."""
    item, leaf = match.item, match.leaf
    entries = sum(int(np.size(value)) for value in item.values)
    worst, error, limit = -1.0, 0.0, 0.0
    for got, wanted, bound in (
        zip(item.values, leaf.wanted, leaf.bounds, strict=True) if leaf else ()
    ):
        if np.size(got) != wanted.size or not wanted.size:
            continue
        off = np.abs(np.reshape(np.asarray(got, dtype=float), wanted.shape) - wanted)
        room = allowed(wanted, bound)
        place = np.unravel_index(int(np.argmax(off / room)), wanted.shape)
        if off[place] / room[place] > worst:
            worst, error, limit = off[place] / room[place], float(off[place]), float(room[place])
    return Margin(item.shown, leaf.shown if leaf else "", match.status, entries, error, limit)


def _chance(seen: Sequence[Seen]) -> dict[str, Any]:
    """What the forward draws from or changes, which is the same in every run here."""
    told = sorted({str(name) for one in seen for name in one.example.reply.get("chance", ())})
    return {"chance": tuple(told)} if told else {}


def wrong_of(match: Match, found: Found, seen: Sequence[Seen]) -> Wrong:
    """What is wrong with a gradient, in the case that says so."""
    one = seen[match.case]
    values = {
        **one.example.values,
        **{p: v for p, v in one.example.leaves.items() if p[:4] == "self"},
    }
    got = np.asarray(match.item.values[match.case], dtype=float)
    name = match.item.shown
    if match.leaf is None:
        sentence = f"{name}, of shape {got.shape}, fits no input{found.away}"
        return Wrong(name, "", sentence, got, None, None, values, one.upstream)
    wanted, bound = match.leaf.wanted[match.case], match.leaf.bounds[match.case]
    leaf = match.leaf.shown
    if np.squeeze(got).shape != np.squeeze(wanted).shape:
        sentence = f"{name} has shape {got.shape}, {leaf} has {wanted.shape}{found.away}"
        return Wrong(name, leaf, sentence, got, wanted, bound, values, one.upstream)
    off = np.abs(got.reshape(wanted.shape) - wanted)
    index = np.unravel_index(int(np.argmax(np.nan_to_num(off, nan=np.inf))), wanted.shape)
    place = tuple(int(i) for i in index)
    at = f"[{', '.join(map(str, place))}]" if place else ""
    sentence = (
        f"{name}{at} is {float(got.reshape(wanted.shape)[index]):.6g}, "
        f"the derivative with respect to {leaf} is {float(wanted[index]):.6g}"
    )
    ratio = _ratio(match)
    if ratio is not None and abs(ratio - 1.0) > 1e-6:
        sentence += f"; every entry is {ratio:.6g} times it"
    sentence += found.away
    return Wrong(name, leaf, sentence, got, wanted, bound, values, one.upstream, place)


def _ratio(match: Match) -> float | None:
    """A constant factor between what came and what is true, in all examples."""
    assert match.leaf is not None
    ratios = []
    for got, wanted in zip(match.item.values, match.leaf.wanted, strict=True):
        if np.size(got) != wanted.size:
            return None
        large = np.abs(wanted) > 1e-6
        if large.any():
            ratios.append((np.reshape(got, wanted.shape)[large] / wanted[large]).ravel())
    flat = np.concatenate(ratios) if ratios else np.zeros(0)
    if flat.size < 2 or not np.allclose(flat, flat[0], rtol=1e-8):
        return None
    return float(flat[0])


__all__ = ["compare", "judge_found", "wrong_of"]

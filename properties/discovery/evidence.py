"""What says that a function is the derivative of another: its name, or the numbers alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from . import names
from .locating import RIGHT, WRONG, Fit, Match, shape_is_off
from .pairs import Pairing
from .source import Function

SOME, ENTRIES, ANOTHER, NOTHING = "some", "entries", "another", "nothing"
"""What a misfit needs to convict where no name says whose derivative it is: that some or most
entries are right, that another gradient is; nothing convicts where the forward has another
derivative."""

_OTHERWISE = names.vocabulary(
    """natural stochastic projected preconditioned conjugate smoothed smooth policy negative total
    integrated accumulated averaged average mean normalized normalised scaled sparse masked
    surrogate straight straightthrough langevin noisy image spatial temporal spectral color colour
    guided reduced riemannian boosted posterior regularized regularised penalized"""
)
"""What is made of a gradient, or is none of a value."""
_PLAIN = names.vocabulary(
    """vectorized vectorised vec naive loop loops looped numpy np analytic analytical exact fast
    slow manual hand true new old all full through time step one single multi net network nn model
    mlp param params parameters weight weights bias biases hidden output input inputs linear batch
    theta version alt impl bptt tbptt"""
)
"""Words of a name that say nothing of what is derived."""
_FACTORS = (-1.0, 2.0, -2.0, 0.5, -0.5)


def weighed(pairing: Pairing, others: Sequence[Function]) -> Pairing:
    """A pairing with what a misfit needs to convict where no name backs it.

    Parameters
    ----------
    others
        The functions beside both.
    """
    backward = pairing.backward
    if backward is None or backward is pairing.forward or pairing.unsure:
        return pairing
    if set(names.words(backward.name)) & names.SECOND and pairing.kind != "second":
        return replace(pairing, unsure=NOTHING)
    values = [one for one in (pairing.forward, pairing.then) if one is not None]
    if any(says(backward, one, others) for one in values):
        return pairing
    rest = [one for one in others if one is not backward and names.is_backward(one.name)]
    if any(says(one, pairing.forward, others) for one in rest):
        return replace(pairing, unsure=NOTHING)
    needs = ENTRIES if pairing.kind in ("local", "second") else ANOTHER
    return replace(pairing, unsure=ANOTHER if _words(backward) & _OTHERWISE else needs)


def says(backward: Function, forward: Function, others: Sequence[Function]) -> bool:
    """Whether a name says whose derivative a function is.

    ``gradient`` beside one ``mse_loss`` does, beside two losses it does not.
    """
    words, theirs = set(names.words(backward.name)), set(names.words(forward.name))
    score = "score" in words and theirs & names.LIKELIHOODS
    force = words & {"force", "forces"} and theirs & names.ENERGIES
    if score or force or forward.name in names.derived_from(backward.name):
        return True
    own, known = _words(backward), names.key(forward.name)
    if not own & known and _asks_more(backward, forward):
        return False
    own -= {name.lower() for name in (*forward.names, *backward.names)}
    if own & _OTHERWISE - known:
        return False
    if own:
        return bool(own & known)
    if not known:
        return True
    return not any(_is_rival(one, forward) for one in others if one is not backward)


def _asks_more(backward: Function, forward: Function) -> bool:
    """Whether a gradient depends on what the value does not: ``alpha``, of a prior beside it."""
    needs = {p.name for p in backward.parameters if p.required}
    if {name.lower() for name in needs} & (names.UPSTREAM | names.CACHES):
        return False
    if set(names.words(backward.name)) & names.SECOND:
        return False  # a product with a Hessian takes what it is multiplied with
    more = {name for name in needs - set(forward.names) if name.lower() not in names.TARGETS}
    return bool(more) and len(needs) > len(forward.names)


def _is_rival(other: Function, forward: Function) -> bool:
    """Whether a derivative without a name of its own may as well be that of another function."""
    if other is forward or other.is_skeleton or names.is_backward(other.name):
        return False
    if names.uses_gradients(other.name):
        return False
    words, mine = set(names.words(other.name)), set(names.words(forward.name))
    marks = next((m for m in (names.VALUE, names.FORWARD) if m & mine), None)
    return bool(marks & words) if marks is not None else other.names == forward.names


def _words(function: Function) -> set[str]:
    letters = {w for w in names.key(function.name) if len(w.rstrip("0123456789")) == 1}
    return set(names.key(function.name) - _PLAIN - (letters - {"l1", "l2"}))


def backed(fit: Fit, needs: str) -> bool:
    """Whether numbers say that gradients are those of a value, though one of them is wrong."""
    if not needs:
        return True
    wrong = [match for match in fit.matches if match.status == WRONG]
    if needs == NOTHING or any(map(shape_is_off, fit.matches)):
        return False
    if fit.count(RIGHT) or all(map(_is_multiple, wrong)):
        return True
    least = {SOME: 0.0, ENTRIES: 0.5}.get(needs)
    return least is not None and any(_partly_right(match, least) for match in wrong)


def _is_multiple(match: Match) -> bool:
    """Whether a gradient is the true one times a plain number in all cases."""
    if match.leaf is None:
        return False
    pairs = list(zip(match.item.values, match.leaf.wanted, strict=True))
    return any(
        all(np.allclose(np.reshape(a, b.shape), k * b, rtol=1e-9, atol=0) for a, b in pairs)
        for k in _FACTORS
    )


def _partly_right(match: Match, least: float) -> bool:
    """Whether entries, not constants alone, are those of the true gradient in every case."""
    if match.leaf is None:
        return False
    equal = [
        np.isclose(np.reshape(a, b.shape), b, rtol=1e-7, atol=0)
        for a, b in zip(match.item.values, match.leaf.wanted, strict=True)
    ]
    if any(np.count_nonzero(one) < least * one.size for one in equal):
        return False
    values = [
        frozenset(b[one & (b != 0)].tolist())
        for one, b in zip(equal, match.leaf.wanted, strict=True)
    ]
    return all(one - frozenset.intersection(*values) for one in values)

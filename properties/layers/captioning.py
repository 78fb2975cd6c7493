"""The recurrent net that writes captions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from reference import captions
from reference.bounded import Bounded

from ..judge.subjects.whole_net import WholeNetProbe
from ..spec.case import Case
from ..spec.row import ObjectSpec, Precision, Purpose
from ..spec.values import SEEDS, Values
from . import captioning_account

_VALUES = st.builds(Values, st.sampled_from(("dyadic", "normal")), SEEDS)


@dataclass(frozen=True, kw_only=True)
class WholeNetSpec(ObjectSpec):
    """A row for a class of nets that is judged by its loss alone.

    ``construct`` gives the keywords of the constructor, ``batch`` what ``loss`` takes, ``truth``
    the loss and ``dNAME`` of each parameter.
    ``smallest`` are small cases, one of each ``variant``; a class may lack some.
    """

    construct: Callable[[Case], dict[str, Any]]
    batch: Callable[[Case], tuple[Any, ...]]
    truth: Callable[[Case, Precision], dict[str, Bounded]]
    smallest: tuple[Case, ...] = field(hash=False)
    parameters: tuple[str, ...]
    variant: Callable[[Case], str] = lambda case: ""


_PARAMETERS = ("W_embed", "W_proj", "b_proj", "Wx", "Wh", "b", "W_vocab", "b_vocab")
_WORDS = ("<NULL>", "<START>", "<END>", "a", "cat", "sits", "on")


def _caption_case(
    v: Values, n: int, steps: int, sizes: tuple[int, int, int], words: int, lstm: bool
) -> Case:
    d, m, h = sizes
    wide = 4 * h if lstm else h
    args: dict[str, Any] = {
        "features": v.array((n, d)),
        "captions": v.rng.integers(0, words, (n, steps + 1)),
        "cell": "lstm" if lstm else "rnn",
        "W_embed": v.tame((words, m)),
        "W_proj": v.tame((d, h)) / 2.0,
        "b_proj": v.tame((h,)) / 2.0,
        "Wx": v.tame((m, wide)) / 2.0,
        "Wh": v.tame((h, wide)) / 2.0,
        "b": v.tame((wide,)) / 2.0,
        "W_vocab": v.tame((h, words)),
        "b_vocab": v.tame((words,)) / 2.0,
        "null": int(v.rng.integers(words)),
    }
    return Case(args=args, family=v.family)


def _caption_made(case: Case) -> dict[str, Any]:
    embed, proj, null = (case.args[name] for name in ("W_embed", "W_proj", "null"))
    words = _WORDS[: len(embed)]
    return {
        "word_to_idx": {word: (k + null) % len(embed) for k, word in enumerate(words)},
        "input_dim": proj.shape[0],
        "wordvec_dim": embed.shape[1],
        "hidden_dim": proj.shape[1],
        "cell_type": case.args["cell"],
        "dtype": "float64",
    }


def _caption_truth(case: Case, precision: Precision) -> dict[str, Bounded]:
    features, words = case.args["features"], case.args["captions"]
    cell, null = case.args["cell"], case.args["null"]
    return captions.loss(features, words, case.args, cell, null, precision=precision)


def _caption_telling() -> tuple[Case, ...]:
    """Cases that tell mistakes apart: words that repeat, nulls among them, both cells."""
    sizes = (3, 2, 4)
    return tuple(
        _caption_case(Values("normal", seed), 4, 4, sizes, 5, lstm)
        for seed, lstm in enumerate((False, True, False, True))
    )


CAPTIONS = _caption_telling()
_SIZES = st.sampled_from(((3, 2, 4), (2, 3, 1), (1, 4, 2), (4, 1, 3)))


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose is not Purpose.ORDINARY:
        return None
    return st.builds(
        *(_caption_case, _VALUES, st.sampled_from((2, 1, 3)), st.sampled_from((3, 2, 4))),
        *(_SIZES, st.sampled_from((5, 4, 7)), st.booleans()),
    )


CAPTIONING = WholeNetSpec(
    name="rnn.CaptioningRNN",
    layer="captioning",
    forward="rnn.CaptioningRNN",
    backward=None,
    cases=_cases,
    differentiable=(),
    value="loss",
    probe=WholeNetProbe,
    method="loss(features, captions)",
    construct=_caption_made,
    batch=lambda case: (case.args["features"], case.args["captions"]),
    truth=_caption_truth,
    smallest=tuple(
        _caption_case(Values("dyadic", 0), 2, 2, (3, 2, 4), 5, lstm) for lstm in (False, True)
    ),
    parameters=_PARAMETERS,
    account=captioning_account.account(CAPTIONS),
    variant=lambda case: f"cell_type={case.args['cell']!r}",
)

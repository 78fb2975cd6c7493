"""The convolutional net of three layers, and the recurrent net that writes captions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from hypothesis import strategies as st

from reference import losses, whole_nets
from reference.bounded import Bounded

from ..judge.subjects.whole_net import WholeNetProbe
from ..spec.case import Case
from ..spec.row import ObjectSpec, Precision, Purpose
from ..spec.values import SEEDS, Values
from . import captioning_account, conv_net_account
from .softmax import GUARDS

Truth = Callable[[Case, Precision], dict[str, Bounded]]
_VALUES = st.builds(Values, st.sampled_from(("dyadic", "normal")), SEEDS)


@dataclass(frozen=True, kw_only=True)
class WholeNetSpec(ObjectSpec):
    """A row for a class of nets that is judged by its loss alone.

    ``construct`` gives the keywords of the constructor, ``batch`` what ``loss`` takes, ``truth``
    the loss and ``dNAME`` of each parameter, ``scores`` those of ``loss(X)``, where it has them.
    ``conventions`` are further truths of the loss, by the sentence that says which.
    ``smallest`` are small cases, one of each ``variant``; a class may lack some.
    """

    construct: Callable[[Case], dict[str, Any]]
    batch: Callable[[Case], tuple[Any, ...]]
    truth: Truth
    scores: Truth | None = None
    conventions: Mapping[str, Truth] = field(default_factory=dict, hash=False)
    smallest: tuple[Case, ...] = field(hash=False)
    parameters: tuple[str, ...]
    variant: Callable[[Case], str] = lambda case: ""


_net = partial(WholeNetSpec, backward=None, differentiable=(), value="loss", probe=WholeNetProbe)


def _ordinary(strategy: st.SearchStrategy[Case]) -> Any:
    return lambda purpose: strategy if purpose is Purpose.ORDINARY else None


# -- convolution ---------------------------------------------------------------------------------

_CONV = ("W1", "b1", "W2", "b2", "W3", "b3")
_IMAGES = st.sampled_from(((2, 4, 6), (1, 2, 4), (3, 4, 2), (2, 6, 4)))


def _conv_case(
    v: Values, n: int, image: tuple[int, int, int], f: int, size: int, hidden: int, classes: int
) -> Case:
    c, h, w = image
    flat = f * (h // 2) * (w // 2)
    args: dict[str, Any] = {
        "X": v.array((n, c, h, w)),
        "y": v.labels(n, classes),
        "reg": v.choice(0.5, 0.0, 1.0, 3.0),
        "W1": v.tame((f, c, size, size)) / 2.0,
        "b1": v.tame((f,)) / 2.0,
        "W2": v.tame((flat, hidden)) / 2.0 ** np.ceil(np.log2(flat) / 2.0),
        "b2": v.tame((hidden,)) / 2.0,
        "W3": v.tame((hidden, classes)) / 2.0,
        "b3": v.tame((classes,)) / 2.0,
    }
    return Case(args=args, family=v.family)


def _conv_made(case: Case) -> dict[str, Any]:
    W1, W3 = case.args["W1"], case.args["W3"]
    return {
        "input_dim": case.args["X"].shape[1:],
        "num_filters": W1.shape[0],
        "filter_size": W1.shape[2],
        "hidden_dim": W3.shape[0],
        "num_classes": W3.shape[1],
        "reg": case.args["reg"],
        "dtype": "float64",
    }


def _conv_truth(
    case: Case, precision: Precision, guard: losses.Guard | None = None
) -> dict[str, Bounded]:
    X, y, reg = (case.args[name] for name in ("X", "y", "reg"))
    return whole_nets.conv_loss(X, y, case.args, reg, guard=guard, precision=precision)


def _conv_telling() -> tuple[Case, ...]:
    """Cases that tell mistakes apart: unequal sizes, values of order one, reg on."""
    sizes = ((4, (2, 4, 6), 3, 3, 5, 3), (3, (1, 6, 4), 2, 5, 4, 3), (5, (3, 4, 2), 2, 3, 3, 4))
    cases = (_conv_case(Values("normal", seed), *one) for seed, one in enumerate(sizes))
    return tuple(case.with_args(reg=0.7 + k) for k, case in enumerate(cases))


CONVOLUTION = _conv_telling()


def _conv_scores(case: Case, precision: Precision) -> dict[str, Bounded]:
    return {"scores": whole_nets.conv_scores(case.args["X"], case.args, precision=precision)}


THREE_LAYER = _net(
    name="cnn.ThreeLayerConvNet",
    forward="cnn.ThreeLayerConvNet",
    cases=_ordinary(
        st.builds(
            *(_conv_case, _VALUES, st.sampled_from((2, 1, 3)), _IMAGES, st.sampled_from((2, 1, 3))),
            *(st.sampled_from((3, 1, 5)), st.sampled_from((3, 2, 4)), st.sampled_from((3, 2, 4))),
        )
    ),
    method="loss(X, y)",
    construct=_conv_made,
    batch=lambda case: (case.args["X"], case.args["y"]),
    truth=_conv_truth,
    scores=_conv_scores,
    conventions={guard.sentence: partial(_conv_truth, guard=guard) for guard in GUARDS},
    smallest=(_conv_case(Values("dyadic", 0), 2, (1, 2, 4), 2, 3, 3, 2),),
    parameters=_CONV,
    account=conv_net_account.account(CONVOLUTION),
)

# -- captions ------------------------------------------------------------------------------------

_CAPTION_PARAMETERS = ("W_embed", "W_proj", "b_proj", "Wx", "Wh", "b", "W_vocab", "b_vocab")
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
    }
    return Case(args=args, family=v.family)


def _caption_made(case: Case) -> dict[str, Any]:
    embed, proj = case.args["W_embed"], case.args["W_proj"]
    return {
        "word_to_idx": {word: k for k, word in enumerate(_WORDS[: len(embed)])},
        "input_dim": proj.shape[0],
        "wordvec_dim": embed.shape[1],
        "hidden_dim": proj.shape[1],
        "cell_type": case.args["cell"],
        "dtype": "float64",
    }


def _caption_truth(case: Case, precision: Precision) -> dict[str, Bounded]:
    features, captions, cell = (case.args[name] for name in ("features", "captions", "cell"))
    return whole_nets.caption_loss(features, captions, case.args, cell, 0, precision=precision)


def _caption_telling() -> tuple[Case, ...]:
    """Cases that tell mistakes apart: words that repeat, nulls among them, both cells."""
    sizes = (3, 2, 4)
    return tuple(
        _caption_case(Values("normal", seed), 4, 4, sizes, 5, lstm)
        for seed, lstm in enumerate((False, True, False, True))
    )


CAPTIONS = _caption_telling()
_SIZES = st.sampled_from(((3, 2, 4), (2, 3, 1), (1, 4, 2), (4, 1, 3)))

CAPTIONING = _net(
    name="rnn.CaptioningRNN",
    layer="captioning",
    forward="rnn.CaptioningRNN",
    cases=_ordinary(
        st.builds(
            *(_caption_case, _VALUES, st.sampled_from((2, 1, 3)), st.sampled_from((3, 2, 4))),
            *(_SIZES, st.sampled_from((5, 4, 7)), st.booleans()),
        )
    ),
    method="loss(features, captions)",
    construct=_caption_made,
    batch=lambda case: (case.args["features"], case.args["captions"]),
    truth=_caption_truth,
    smallest=tuple(
        _caption_case(Values("dyadic", 0), 2, 2, (3, 2, 4), 5, lstm) for lstm in (False, True)
    ),
    parameters=_CAPTION_PARAMETERS,
    account=captioning_account.account(CAPTIONS),
    variant=lambda case: f"cell_type={case.args['cell']!r}",
)
WHOLE_NETS = (THREE_LAYER, CAPTIONING)

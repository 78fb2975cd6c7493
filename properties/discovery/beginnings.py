"""What an argument most likely is, before anything was tried."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from .hint import Hint
from .inputs import Wanted
from .names import LENGTHS, guess_rank

_MASKS = ("mask", "masks", "r_mask", "weights_mask")


class Beginnings:
    """Gives fresh letters, and first guesses from hints.

    Parameters
    ----------
    hints
        What is known of the arguments.
    """

    def __init__(self, hints: Mapping[str, Hint]) -> None:
        self._hints = hints
        self._fresh = itertools.count(1)

    def hint(self, name: str) -> Hint:
        """What is known of an argument."""
        return self._hints.get(name, Hint())

    def letter(self) -> str:
        """Give a letter that stands for no length yet."""
        return f"s{next(self._fresh)}"

    def start(self, name: str, hint: Hint | None) -> Wanted:
        """Give what an argument most likely is."""
        hint = hint or Hint()
        if hint.said is not None:
            return hint.said
        if hint.shape is not None:
            axes = tuple(int(p) if p.isdigit() else p.replace(" ", "") for p in hint.shape)
            if "labels" in hint.kinds:
                return Wanted("labels", (self.letter(), *axes))
            kind = "bits" if name.lower() in _MASKS else "normal"
            kind = "signs" if "signs" in hint.kinds else kind
            return Wanted("onehot" if "onehot" in hint.kinds else kind, axes)
        if hint.options and not hint.keys and "dict" not in hint.kinds:
            return Wanted("constant", constant=hint.options[0])
        if hint.keys or "dict" in hint.kinds:
            keys = hint.keys or ["W1", "b1", "W2", "b2"]
            return Wanted("dict", parts=tuple((k, self.start(k, None)) for k in keys))
        if name.lower() in _MASKS:
            return Wanted("bits", tuple(self.letter() for _ in range(max(hint.at_least, 2))))
        if name.lower() in ("rate", "keep_prob", "drop_prob", "dropout", "dropout_rate", "drop"):
            return Wanted("unit")
        if name.lower() in LENGTHS and not (hint.ranks or hint.at_least or hint.kinds):
            return Wanted("length", (self.letter(),))
        for kind in hint.kinds:
            if kind == "label":
                return Wanted("labels", (self.letter(),))
            if kind == "length":
                return Wanted("length", (self.letter(),))
            if kind == "sizes":
                return Wanted("sizes", (self.letter(), self.letter(), self.letter()))
            if kind == "labels" and not hint.ranks:
                return Wanted("labels", (self.letter(), self.letter()))
            if kind in ("spd", "regular", "symmetric"):
                letter = self.letter()
                return Wanted(kind, (letter, letter))
            if kind == "flag":
                return Wanted("constant", constant=True)
        if hint.column and hint.at_least == 2:
            return Wanted("normal", (self.letter(), 1))
        ranks = self.ranks(name, hint)
        rank = next((r for r in ranks if r >= hint.at_least), 2)
        if not hint.ranks and hint.at_least and guess_rank(name)[0] < hint.at_least:
            rank = hint.at_least
        kind = next((k for k in ("signs", "unit", "positive") if k in hint.kinds), "normal")
        return Wanted(kind, tuple(self.letter() for _ in range(rank)))

    def ranks(self, name: str, hint: Hint) -> list[int]:
        """Numbers of axes that are possible, likeliest first."""
        ranks = list(dict.fromkeys([*hint.ranks, *guess_rank(name), 1, 2, 3, 0]))
        return [rank for rank in ranks if rank >= hint.at_least]

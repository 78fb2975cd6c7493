"""The derivations of all layers and of both exercises, and the pages that are made of them.

``python -m properties.derivations.pages FOLDER`` writes one page per derivation. What a page shows
as a formula is printed from the expression that the tests check, so page and check cannot part.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from ..layers import ALL
from ..steps.values import StepsError
from .declared import declared
from .derivation import Claim, Derivation, Node
from .exercises import AUTOENCODER, GPLVM
from .layers import (
    AFFINE,
    AFFINE_BATCHNORM_RELU,
    AFFINE_RELU,
    BATCHNORM,
    DROPOUT,
    LAYERNORM,
    RELU,
    SPATIAL_BATCHNORM,
)
from .losses import SOFTMAX, SVM, TWO_LAYER_NET
from .recurrent import LSTM_STEP

__all__ = ["DERIVATIONS", "page", "write_pages"]

WRITTEN: tuple[Derivation, ...] = (
    AFFINE,
    RELU,
    BATCHNORM,
    SPATIAL_BATCHNORM,
    LAYERNORM,
    DROPOUT,
    LSTM_STEP,
    SOFTMAX,
    SVM,
    AFFINE_RELU,
    AFFINE_BATCHNORM_RELU,
    TWO_LAYER_NET,
    AUTOENCODER,
    GPLVM,
)
DERIVATIONS: tuple[Derivation, ...] = (
    *WRITTEN,
    *declared(ALL, [one.name for one in WRITTEN]),
)


def page(derivation: Derivation) -> str:
    """Return the page of a derivation in Markdown with formulas between dollar signs."""
    lines = [f"# {derivation.title}", ""]
    if derivation.text:
        lines += [derivation.text, ""]
    lines += ["## Forward", ""]
    for node in derivation.nodes:
        lines += _line(derivation, node, f"{node.name} = {node.expression}")
    lines += ["## Backward", ""]
    for claim in derivation.claims:
        if claim.text:
            lines += [claim.text, ""]
        lines += _line(derivation, claim, f"d{claim.of} = {claim.expression}")
    if derivation.closing:
        lines += [derivation.closing, ""]
    lines += [
        "A bar is the derivative of the loss with respect to what stands under it, "
        "$\\odot$ multiplies entry by entry, and a line that is marked with a value at its bar "
        "counts only the path through that value. Every line of Python is checked against the "
        "numerical derivative of the forward by `nndl`'s own tests, and the formula above it is "
        "printed from it.",
        "",
    ]
    return "\n".join(lines)


def _line(derivation: Derivation, line: Node | Claim, code: str) -> list[str]:
    """A line as a formula and as code; as code alone where there is no notation for it."""
    try:
        return [f"$$ {derivation.formula(line)} $$", "", f"    {code}", ""]
    except StepsError:
        return [f"    {code}", ""]


def index() -> str:
    """Return the page that lists the others."""
    lines = [
        "# Derivations",
        "",
        "Forward, backward, and every step between, one line at a time. `nndl steps` does the "
        "same with your code.",
        "",
    ]
    lines += [f"- [{one.title}]({one.name}.md)" for one in DERIVATIONS]
    return "\n".join([*lines, ""])


def write_pages(folder: Path) -> list[Path]:
    """Write all pages into a folder and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in [("index", index()), *((d.name, page(d)) for d in DERIVATIONS)]:
        path = folder / f"{name}.md"
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages into the folder that the command line names."""
    chosen = list(sys.argv[1:] if arguments is None else arguments) or ["docs/derivations"]
    for path in write_pages(Path(chosen[0])):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())

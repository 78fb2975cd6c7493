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
from .activations import ACTIVATIONS
from .attention import ATTENTION, SDPA
from .declared import declared
from .derivation import Claim, Derivation, Node
from .exercises import EXERCISES
from .images import IMAGES
from .layers import AFFINE, AFFINE_BATCHNORM_RELU, AFFINE_RELU, DROPOUT, RELU
from .losses import LINEAR_SOFTMAX, LINEAR_SVM, SOFTMAX, SVM
from .nets import NETS
from .normalising import NORMALISATIONS
from .recurrent import RECURRENT
from .sequences import SEQUENCES
from .targets import TARGETS

__all__ = ["DERIVATIONS", "GROUPS", "page", "write_pages"]

_WRITTEN: dict[str, tuple[Derivation, ...]] = {
    "Layers": (AFFINE, RELU, DROPOUT, AFFINE_RELU, AFFINE_BATCHNORM_RELU),
    "Activations": ACTIVATIONS,
    "Normalisation": NORMALISATIONS,
    "Images": IMAGES,
    "Sequences": (*RECURRENT, SDPA, ATTENTION, *SEQUENCES),
    "Losses": (SOFTMAX, SVM, LINEAR_SOFTMAX, LINEAR_SVM, *TARGETS),
    "Nets": NETS,
    "Exercises": EXERCISES,
}
WRITTEN = tuple(one for group in _WRITTEN.values() for one in group)
_ROWS = {name for one in WRITTEN for name in (one.name, *one.rows)}
_DECLARED = tuple(declared(ALL, _ROWS))
GROUPS = _WRITTEN | ({"Others": _DECLARED} if _DECLARED else {})
DERIVATIONS = tuple(one for group in GROUPS.values() for one in group)


def page(derivation: Derivation) -> str:
    """Return the page of a derivation in Markdown with formulas between dollar signs."""
    lines = [f"# {derivation.title}", ""]
    if derivation.text:
        lines += [derivation.text.strip(), ""]
    shapes = derivation.shapes()
    given = (f"`{name}` {shapes.get(name, '')}".rstrip() for name in derivation.arguments)
    lines += [f"Given: {', '.join(given)}.", ""]
    for node in derivation.constants:
        lines += _line(derivation, node, shapes.get(node.name, ""))
    lines += ["## Forward", ""]
    for node in derivation.nodes:
        lines += _line(derivation, node, shapes.get(node.name, ""))
    lines += ["## Backward", ""]
    for claim in derivation.claims:
        lines += _line(derivation, claim, shapes.get(claim.of, ""))
    if derivation.closing:
        lines += [derivation.closing, ""]
    if derivation.source:
        lines += ["## Source", "", derivation.source, ""]
    lines += [
        "---",
        "",
        "A bar is the derivative of the loss with respect to what stands under it, "
        "$\\odot$ multiplies entry by entry, $[\\cdot]$ is one where it holds and else zero, and a "
        "line that is marked with a value at its bar counts only the path through that value. "
        "Behind `#` stands the shape. Every line of Python in the backward part is checked against "
        "the numerical derivative of the forward by `nndl`'s own tests, and a formula above a line "
        "of Python is printed from it.",
        "",
    ]
    return "\n".join(lines)


def _line(derivation: Derivation, line: Node | Claim, shape: str) -> list[str]:
    """A line as a formula and as code; as code alone where there is no notation for it."""
    target = f"d{line.of}" if isinstance(line, Claim) else line.name
    code = f"    {target} = {line.expression}" + (f"  # {shape}" if shape else "")
    text = [line.text, ""] if line.text else []
    try:
        formula = derivation.formula(line)
    except StepsError:
        return [*text, code, ""]
    if line in derivation.constants and "=" not in formula:  # a length, by its letter
        return [*text, code, ""]
    return [*text, f"$$ {formula} $$", "", code, ""]


def index() -> str:
    """Return the page that lists the others."""
    lines = [
        "# Derivations",
        "",
        "Forward, backward, and every step between, one line at a time. `nndl steps` does the "
        "same with your code.",
        "",
    ]
    for group, derivations in GROUPS.items():
        lines += [f"## {group}", ""]
        lines += [f"- [{one.title}]({one.name}.md)" for one in derivations]
        lines += [""]
    return "\n".join(lines)


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

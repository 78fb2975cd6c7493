"""``nndl check --why NAME`` where nobody declared NAME: how it was called, what was seen."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from ..discovery.calling import Plan
from ..discovery.found import Found, NotJudged, Result

_READINGS = {
    "product": "the products of an upstream derivative with the Jacobian",
    "entries": "the derivative of every entry",
    "jacobian": "the whole Jacobian",
    "jacobians": "a Jacobian for each row",
    "sum": "the derivative of the sum over all outputs",
    "mean": "the derivative of the mean over all outputs",
    "rows": "the derivative of the mean over the rows",
}


def explain(one: NotJudged | Result, console: Console) -> None:
    """Say how a function was understood, and how far off each gradient is."""
    if isinstance(one, NotJudged):
        console.print(one.sentence, markup=False)
        return
    found = one.found
    console.print(f"{found.sentence}: {one.status}", markup=False, highlight=False)
    console.print(f"  called: {called(found)}", markup=False, highlight=False)
    console.print(f"  read as: {_READINGS.get(found.reading, found.reading)}", markup=False)
    told = f"  examples: {one.examples}, of which {one.inconclusive} decide nothing"
    console.print(f"{told}; oracle: {one.oracle or 'none'}", markup=False, highlight=False)
    for reason in one.unclear[:3]:
        console.print(f"    {reason}", markup=False, highlight=False)
    _table(one, console)
    for name in one.missing:
        console.print(f"  no gradient was found for {name}", markup=False)
    for note in one.notes:
        console.print(f"  convention: {note}", markup=False)
    if one.reason:
        console.print(f"  {one.reason}", markup=False)


def _table(one: Result, console: Console) -> None:
    table = Table(
        "gradient", "of", "entries", "largest error", "allowed there", "error / allowed", "",
        title="The derivative of its own forward",
        caption="the entry whose error is the largest share of what is allowed; right up to 1, "
        "wrong from 20",
    )  # fmt: skip
    for margin in one.margins:
        known = margin.allowed > 0.0
        table.add_row(
            margin.gradient,
            margin.leaf or "no input",
            str(margin.entries),
            f"{margin.error:.2e}" if known else "another shape",
            f"{margin.allowed:.2e}" if known else "",
            f"{margin.error / margin.allowed:.3g}" if known else "",
            margin.status,
        )
    console.print(table)


def called(found: Found) -> str:
    """How the backward is called, in words.

    Examples are ``backward(upstream 0, output 1)``, ``sigmoid_prime(z)``.
    """
    if found.pairing.backward is None:
        return f"{found.pairing.forward.name} gives value and gradients together"
    parts = ", ".join(_source(source, found.plan) for source in found.plan.sources)
    of = ", ".join(found.plan.outputs)
    return f"{found.pairing.backward.name}({parts}), outputs {of}"


def _source(source: tuple[object, ...], plan: Plan) -> str:
    kind, which = source[0], source[1]
    words = {
        "input": f"{which}",
        "upstream": "the upstream derivative" + (f" {which}" if plan.upstreams > 1 else ""),
        "output": f"output {which}",
        "returned": "what the forward returned",
        "rest": "the other outputs",
        "local": f"the forward's {which}",
        "attribute": f"its {which}",
        "length": "the number of examples",
        "shape": f"the shape of {which}",
    }
    return words.get(str(kind), f"{which!r}")

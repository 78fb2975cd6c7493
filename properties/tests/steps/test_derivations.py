"""Every line of every derivation is right, the pages are up to date, slips are found."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from properties.derivations.declared import derivation_of
from properties.derivations.derivation import Claim, Derivation, Node, _Paper
from properties.derivations.latex import Printer
from properties.derivations.pages import DERIVATIONS, GROUPS, index, page
from properties.layers import ALL
from properties.spec.row import LayerSpec
from properties.steps import StepsError
from properties.tests.slow import mostly_slow

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "docs" / "derivations"
BY_NAME = {one.name: one for one in DERIVATIONS}
LONG = ("spatial_batchnorm", "spatial_groupnorm", "conv_relu", "conv_relu_pool", "conv_bn_relu")
LONGER = (*LONG, "lstm_step", "lstm", "attention", "three_layer_conv_net")
LAYERS = {row.name: row for row in ALL if type(row) is LayerSpec}


@pytest.mark.parametrize(
    "derivation",
    mostly_slow(DERIVATIONS, fast=[one for one in DERIVATIONS if one.name not in LONGER]),
    ids=list(BY_NAME),
)
def test_every_line_is_right(derivation: Derivation) -> None:
    wrong = [
        (r.claim.of, r.claim.expression, r.status, r.cause)
        for r in derivation.check()
        if r.status != "right"
    ]
    assert wrong == []


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_has_a_derivation(name: str) -> None:
    [derivation] = [one for one in DERIVATIONS if name in (one.name, *one.rows)]
    # A gradient of every input that the layer has one for, by itself or once for each time step.
    claimed = {claim.of.rstrip("0123456789") for claim in derivation.claims if not claim.through}
    wanted = {wrt.rstrip("0123456789") for wrt in LAYERS[name].differentiable}
    assert wanted <= claimed | {"h"}


@pytest.mark.parametrize("derivation", DERIVATIONS, ids=list(BY_NAME))
def test_every_derivation_has_a_source_and_shapes(derivation: Derivation) -> None:
    assert derivation.source
    case = _Paper(derivation, 0)
    arrays = {name: value for name, value in case.values.items() if np.ndim(value) > 0}
    shapes = derivation.shapes()
    assert set(arrays) <= set(shapes)
    lengths: dict[str, int] = {}
    for name, value in arrays.items():
        sides = [side for side in shapes[name].strip("()").split(", ") if side]
        sides = [side.rstrip(",") for side in sides]
        assert len(sides) == np.ndim(value), name
        for side, length in zip(sides, np.shape(value), strict=True):
            assert lengths.setdefault(side, length) == length, (name, side)


@pytest.mark.skipif(not PAGES.is_dir(), reason="the pages are in the checkout only")
def test_the_site_leads_to_every_page() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    nav = text[text.index("- Derivations:") : text.index("- Notebooks:")]
    entries = re.findall(r"- (?:derivations/(\w+)\.md|(\w+):)$", nav, re.M)
    told = [page or group for page, group in entries]
    wanted = [word for group, ones in GROUPS.items() for word in (group, *(d.name for d in ones))]
    assert told == ["Derivations", "index", *wanted]
    assert {path.stem for path in PAGES.glob("*.md")} == {"index", *BY_NAME}


def test_a_derivation_is_made_of_a_declaration() -> None:
    made = derivation_of(LAYERS["rnn_step"])
    assert [claim.of for claim in made.claims] == ["x", "prev_h", "Wx", "Wh", "b"]
    assert made.right
    assert made.formula(made.claims[-1]).endswith(
        r"= \sum_{n} {\left(\overline{\mathit{out}} \odot \left(1 - \mathit{next_h}^{2}\right)"
        r"\right)}_{n}"
    )


@pytest.mark.parametrize("name", ["huber", "svm_loss_naive", "softmax_loss_naive"])
def test_a_name_with_a_d_is_no_adjoint(name: str) -> None:
    for derivation in (BY_NAME[name], derivation_of(LAYERS[name])):
        formulas = []
        lines: list[Node | Claim] = [*derivation.nodes, *derivation.claims]
        for line in lines:
            try:
                formulas.append(derivation.formula(line))
            except StepsError:  # of a declaration not all lines have a notation
                assert derivation is not BY_NAME[name]
        text = "\n".join(formulas)
        assert "elta" not in text.replace(r"\delta", "")
        assert "{ata}" not in text


@pytest.mark.skipif(not PAGES.is_dir(), reason="the pages are in the checkout only")
@pytest.mark.parametrize("derivation", DERIVATIONS, ids=list(BY_NAME))
def test_pages_are_written_from_the_derivations(derivation: Derivation) -> None:
    path = PAGES / f"{derivation.name}.md"
    assert path.read_text(encoding="utf-8") == page(derivation), (
        "write the pages again: python -m properties.derivations.pages"
    )
    assert (PAGES / "index.md").read_text(encoding="utf-8") == index()


@pytest.mark.parametrize("derivation", DERIVATIONS, ids=list(BY_NAME))
def test_every_formula_is_well_formed(derivation: Derivation) -> None:
    lines: list[Node | Claim] = [*derivation.nodes, *derivation.claims]
    for line in lines:
        formula = derivation.formula(line)
        assert formula.count("{") == formula.count("}"), formula
        assert formula.count(r"\left") == formula.count(r"\right"), formula
        assert "^c^" not in formula
        assert r"\,  " not in formula


def test_the_formula_goes_with_the_expression() -> None:
    batchnorm = BY_NAME["batchnorm"]
    [var] = [c for c in batchnorm.claims if c.of == "var"]
    assert batchnorm.formula(var) == (
        r"\frac{\partial L}{\partial v} = \tfrac{1}{2}\, \frac{\bar{s}}{s}"
    )
    slip = replace(var, expression="dstd / std")
    assert batchnorm.formula(slip) == r"\frac{\partial L}{\partial v} = \frac{\bar{s}}{s}"


SHAPES = {"x": (4, 3), "w": (3, 2), "b": (3,), "k": (), "dx": (4, 3), "K": (4, 4)}


@pytest.mark.parametrize(
    ("expression", "formula"),
    [
        ("x @ w", r"x\, w"),
        ("x * b", r"x \odot b"),
        ("k * x", r"k\, x"),
        ("-(x + b)", r"-\left(x + b\right)"),
        ("k - (x - b)", r"k - \left(x - b\right)"),
        ("(x * b) @ w", r"\left(x \odot b\right)\, w"),
        ("(x + b) @ w", r"\left(x + b\right)\, w"),
        ("x / k / 2", r"\frac{x}{k\, 2}"),
        ("2 * x / k", r"2\, \frac{x}{k}"),
        ("-x / k", r"-\frac{x}{k}"),
        ("(k * x).sum(0)", r"\sum_{n} {\left(k\, x\right)}_{n}"),
        ("x.sum(1) + k", r"\sum_{d} {x}_{d} + k"),
        ("x.sum() * k", r"\left(\sum x\right)\, k"),
        ("(x + b) ** 2", r"\left(x + b\right)^{2}"),
        ("(k * x) ** 2", r"\left(k\, x\right)^{2}"),
        ("(x * b) / k", r"\frac{x \odot b}{k}"),
        ("inv(K).T @ dx", r"K^{-T}\, \bar{x}"),
        ("-0.5 * K", r"-\tfrac{1}{2}\, K"),
        ("k * -x", r"-k\, x"),
        ("x - -b", "x + b"),
        ("x * (b > 0)", r"x \odot [b > 0]"),
        ("x @ (w * w)", r"x\, \left(w \odot w\right)"),
        ("k * x @ (w * w)", r"k\, x\, \left(w \odot w\right)"),
        ("x @ (w * w) @ K", r"x\, \left(w \odot w\right)\, K"),
        ("k * (x * b)", r"k\, x \odot b"),
        ("(x @ w) * b", r"x\, w \odot b"),
        ("(x / b) ** 2", r"\left(\frac{x}{b}\right)^{2}"),
        ("(x / b).T", r"\left(\frac{x}{b}\right)^T"),
        ("(x * b).sum(axis=1)", r"\sum_{d} {\left(x \odot b\right)}_{d}"),
        ("np.sum(x * b, axis=0)", r"\sum_{n} {\left(x \odot b\right)}_{n}"),
        ("np.sum(x * b)", r"\sum \left(x \odot b\right)"),
        ("x.sum((0, 1))", r"\sum_{nd} {x}_{nd}"),
        ("x.max(1)", r"\max_{d} {x}_{d}"),
        ("x.mean((0, 1))", r"\tfrac{1}{ND} \sum_{nd} {x}_{nd}"),
        ("np.einsum('nd,dm->nm', x, w)", r"\sum_{d} {x}_{nd}\, {w}_{dm}"),
        ("np.einsum('nd,nd->nd', x, dx)", r"{x}_{nd}\, {\bar{x}}_{nd}"),
        ("np.einsum('nd,dm->nm', x, w) / k", r"\frac{\sum_{d} {x}_{nd}\, {w}_{dm}}{k}"),
        ("np.where(x > 0, x, 0)", r"\begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}"),
        (
            "np.where(x > 0, 1, 2) * b",
            r"\left(\begin{cases} 1 & x > 0 \\ 2 & \text{otherwise} "
            r"\end{cases}\right) \odot b",
        ),
        ("abs(x) <= k", r"[\left|x\right| \le k]"),
        ("np.concatenate([x, x + b], 1)", r"\left[x,\; x + b\right]"),
    ],
)
def test_printing(expression: str, formula: str) -> None:
    values: dict[str, Any] = {name: np.ones(shape) for name, shape in SHAPES.items()}
    values["inv"] = np.linalg.inv

    def shape(node: ast.expr) -> tuple[int, ...] | None:
        try:
            return tuple(np.shape(eval(ast.unparse(node), {}, dict(values))))
        except Exception:
            return None

    assert Printer({}, shape, names=("x", "w", "b", "K")).formula(expression) == formula


def test_no_notation() -> None:
    with pytest.raises(StepsError, match="no notation for 'x % 2'"):
        Printer({}, lambda node: None).formula("x % 2")


def changed(name: str, number: int, **new: str) -> Derivation:
    claims = list(BY_NAME[name].claims)
    claims[number] = replace(claims[number], **new)
    return replace(BY_NAME[name], claims=tuple(claims))


def test_the_slip_in_print_is_found_and_named() -> None:
    gplvm = BY_NAME["gplvm"]
    number = next(k for k, c in enumerate(gplvm.claims) if c.through == "Kinv")
    results = changed("gplvm", number, expression="-0.5 * Y @ Y.T").check()
    assert [k for k, r in enumerate(results) if r.status == "wrong"] == [number]
    assert results[number].cause == "it holds the adjoint of Kinv"


def test_one_of_two_paths() -> None:
    results = changed("autoencoder", 5, expression="outer(W @ a, x)").check()
    assert results[5].status == "wrong"
    assert results[5].cause is not None
    assert "path through WT is missing" in results[5].cause


def test_lost_half() -> None:
    number = next(k for k, c in enumerate(BY_NAME["batchnorm"].claims) if c.of == "var")
    result = changed("batchnorm", number, expression="dstd / std").check()[number]
    assert result.cause is not None
    assert result.cause.startswith("2.000 × the right value")


def test_a_claim_about_nothing() -> None:
    odd = replace(BY_NAME["relu"], claims=(Claim("z", "dout"),))
    with pytest.raises(StepsError, match="'z'"):
        odd.check()

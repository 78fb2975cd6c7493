"""Mutation by operator: small changes of the bundled layers' syntax trees, and what survives.

    python -m properties.benchmarks.mutation --page docs/mutation.md

Each mutant is a copy of the package with one change in one function of the contract (or a
function that these call); it is judged as any implementation is, shrinking off, and stops at the
first property that kills it. Changes that cannot matter (docstrings, messages, type checks) are
not made.
"""

from __future__ import annotations

import argparse
import ast
import copy
import json
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..specs import ALL as SPECS
from ..suite import Suite, counts
from .power import make_suite, properties_of, run

MODULES = (
    "layers.py",
    "_batchnorm.py",
    "_losses.py",
    "layer_utils.py",
    "autoencoder.py",
    "gplvm.py",
)
_CHECKS = ("check_", "real_arrays", "number", "mode_of", "labels", "validate", "_check")


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change: where, which operator, and the line before and after."""

    module: str
    function: str
    line: int
    operator: str
    before: str
    after: str
    source: str


# -- operators ---------------------------------------------------------------------------------

_SWAPS: dict[type[ast.operator], tuple[tuple[str, type[ast.operator]], ...]] = {
    ast.Add: (("+ to -", ast.Sub),),
    ast.Sub: (("- to +", ast.Add),),
    ast.Mult: (("* to @", ast.MatMult), ("* to /", ast.Div)),
    ast.Div: (("/ to *", ast.Mult),),
    ast.MatMult: (("@ to *", ast.Mult),),
}
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
_NAMES = {"sum": "mean", "mean": "sum", "max": "min", "maximum": "minimum", "var": "std"}


def changes(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Every change of one expression, by the name of its operator."""
    if isinstance(node, ast.BinOp):
        yield from _of_operation(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "drop sign", node.operand
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
        other = copy.deepcopy(node)
        other.ops[0] = _COMPARISONS[type(node.ops[0])]()
        yield "< to <=", other
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        if not isinstance(node.value, bool):
            yield "constant + 1", ast.Constant(node.value + 1)
            yield "constant - 1", ast.Constant(node.value - 1)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield "drop transpose", node.value
    elif isinstance(node, ast.Call):
        yield from _of_call(node)


def _of_operation(node: ast.BinOp) -> Iterator[tuple[str, ast.expr]]:
    for name, operator in _SWAPS.get(type(node.op), ()):
        yield name, ast.BinOp(node.left, operator(), node.right)
    if isinstance(node.op, (ast.Add, ast.Sub)):
        yield "drop term", node.left
        yield "drop term", node.right
    if isinstance(node.op, (ast.Mult, ast.Div)):
        yield "drop factor", node.left
        if isinstance(node.op, ast.Mult):
            yield "drop factor", node.right
        yield "times two", ast.BinOp(ast.Constant(2), ast.Mult(), node)
        yield "sign", ast.UnaryOp(ast.USub(), node)
    if isinstance(node.op, ast.MatMult):
        yield "swap operands of @", ast.BinOp(node.right, ast.MatMult(), node.left)
        yield "transpose", ast.Attribute(node, "T", ast.Load())
        yield "times two", ast.BinOp(ast.Constant(2), ast.Mult(), node)


def _of_call(node: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node.func, ast.Attribute) and node.func.attr in _NAMES:
        other = copy.deepcopy(node)
        assert isinstance(other.func, ast.Attribute)
        other.func.attr = _NAMES[node.func.attr]
        yield f"{node.func.attr} to {other.func.attr}", other
    for place, keyword in enumerate(node.keywords):
        if keyword.arg in ("axis", "keepdims") and isinstance(keyword.value, ast.Constant):
            other = copy.deepcopy(node)
            del other.keywords[place]
            yield f"{keyword.arg} dropped", other
            if keyword.arg == "axis" and keyword.value.value in (0, 1):
                other = copy.deepcopy(node)
                other.keywords[place].value = ast.Constant(1 - keyword.value.value)
                yield "axis flipped", other


# -- mutants of a module -----------------------------------------------------------------------


class _Places(ast.NodeVisitor):
    """The expressions of a function that may be changed, in order."""

    def __init__(self) -> None:
        self.found: list[ast.expr] = []

    def visit_Raise(self, node: ast.Raise) -> None:
        return

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        return

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_arguments(self, node: ast.arguments) -> None:
        return

    def visit_If(self, node: ast.If) -> None:
        if not any(isinstance(inner, ast.Raise) for inner in node.body):
            self.visit(node.test)
        for inner in (*node.body, *node.orelse):
            self.visit(inner)

    def visit_Call(self, node: ast.Call) -> None:
        name = ast.unparse(node.func)
        if name.split(".")[-1].startswith(_CHECKS) or name in ("isinstance", "len"):
            return
        self.found.append(node)
        self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.expr) and not isinstance(node, ast.Call):
            self.found.append(node)
        super().generic_visit(node)


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.expr, new: ast.expr) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return self.new if node is self.old else super().visit(node)


def mutants(folder: Path) -> Iterator[Mutant]:
    """Every mutant of the package in a folder."""
    for module in MODULES:
        if not (folder / module).exists():
            continue
        text = (folder / module).read_text(encoding="utf-8")
        count = sum(1 for _ in _function_places(ast.parse(text)))
        for number in range(count):
            yield from _mutants_of(module, text, number)


def _function_places(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, ast.expr]]:
    for function in tree.body:
        if not isinstance(function, ast.FunctionDef) or function.name.startswith(
            (*_CHECKS, "gplvm_hyperparameter")
        ):
            continue
        places = _Places()
        for statement in function.body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue
            places.visit(statement)
        yield from ((function, place) for place in places.found)


def _mutants_of(module: str, text: str, number: int) -> Iterator[Mutant]:
    tree = ast.parse(text)
    function, place = list(_function_places(tree))[number]
    for operator, new in list(changes(place)):
        fresh = ast.parse(text)
        _, old = list(_function_places(fresh))[number]
        again = [one for name, one in changes(old) if ast.dump(one) == ast.dump(new)]
        changed = _Replace(old, again[0] if again else new).visit(fresh)
        source = ast.unparse(ast.fix_missing_locations(changed))
        yield Mutant(
            module=module,
            function=function.name,
            line=place.lineno,
            operator=operator,
            before=ast.unparse(place)[:90],
            after=ast.unparse(new)[:90],
            source=source,
        )


# -- judging -----------------------------------------------------------------------------------


def judge_mutant(job: tuple[Mutant, str, str]) -> dict[str, Any]:
    """Judge one mutant: the first property that kills it, or none."""
    mutant, package, profile = job
    found = {key: value for key, value in asdict(mutant).items() if key != "source"}
    found |= {"killer": "", "examples": 0, "row": ""}
    with tempfile.TemporaryDirectory() as folder:
        copy_of = Path(folder) / "nndl"
        shutil.copytree(package, copy_of, ignore=shutil.ignore_patterns("tests", "__pycache__"))
        (copy_of / mutant.module).write_text(mutant.source, encoding="utf-8")
        for spec in _rows(mutant):
            suite = make_suite(copy_of, spec, 0, profile)
            try:
                killer = _first_kill(suite, spec)
            finally:
                suite.close()
            if killer:
                return found | {"killer": killer[0], "examples": killer[1], "row": spec.name}
    return found


def _rows(mutant: Mutant) -> list[Any]:
    """The rows that a module's functions show in, the likely ones first."""
    own = {
        "_batchnorm.py": ("batchnorm",),
        "_losses.py": ("svm", "softmax"),
        "autoencoder.py": ("autoencoder",),
        "gplvm.py": ("gplvm", "log_determinant_term", "trace_term"),
        "layer_utils.py": ("affine_relu", "affine_batchnorm_relu"),
        "layers.py": ("affine", "relu", "dropout", "svm", "softmax", "batchnorm"),
    }[mutant.module]
    rows = [spec for spec in SPECS if spec.name in own]
    return sorted(rows, key=lambda spec: not mutant.function.startswith(spec.name))


def _first_kill(suite: Suite, spec: Any) -> tuple[str, int] | None:
    # The bundled package is held to strict: robustness counts.
    for declared in properties_of(spec):
        verdict = suite.judge(declared, spec)
        if verdict is None:
            return "cannot be loaded", 0
        if counts(verdict, strict=True):
            return declared.name, verdict.examples
    return None


def page(record: dict[str, Any]) -> str:
    """The page, as Markdown."""
    results = record["results"]
    killed = [r for r in results if r["killer"]]
    lines = [
        "# Mutation by operator\n",
        "Made by `python -m properties.benchmarks.mutation`; do not edit.\n",
        f"{len(killed)} of {len(results)} mutants killed ({len(killed) / max(len(results), 1):.1%})"
        f", profile {record['profile']}, shrinking off, drawn from {record['all']} mutants with "
        f"seed {record['seed']}; {record['elapsed'] / 60:.1f} minutes. Equivalent mutants are "
        "among the survivors.\n",
        "| operator | mutants | killed |",
        "|---|---|---|",
    ]
    total = Counter(r["operator"] for r in results)
    dead = Counter(r["operator"] for r in killed)
    lines += [f"| {name} | {count} | {dead[name]} |" for name, count in total.most_common()]
    lines += ["", "## Killers\n", "| property | mutants |", "|---|---|"]
    lines += [f"| {n} | {c} |" for n, c in Counter(r["killer"] for r in killed).most_common()]
    lines += ["", "## Survivors\n"]
    for r in results:
        if not r["killer"]:
            lines.append(
                f"- {r['module']}:{r['line']} `{r['function']}`, {r['operator']}: "
                f"`{r['before']}` became `{r['after']}`"
            )
    return "\n".join([*lines, ""])


def main() -> None:
    """Run the mutants and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", type=Path, default=Path(__file__).parents[2] / "nndl")
    parser.add_argument("--profile", default="standard")
    parser.add_argument("--sample", type=int, help="judge this many, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=1e6)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--page", type=Path)
    options = parser.parse_args()
    started = time.perf_counter()
    everything = list(mutants(options.package))
    chosen: Sequence[Mutant] = everything
    if options.sample:
        chosen = random.Random(options.seed).sample(
            everything, min(options.sample, len(everything))
        )
    jobs = [(mutant, str(options.package), options.profile) for mutant in chosen]
    results = run(jobs, judge_mutant, options.workers, options.minutes)
    record = {
        "all": len(everything),
        "seed": options.seed,
        "profile": options.profile,
        "elapsed": round(time.perf_counter() - started, 1),
        "results": results,
    }
    if options.json:
        options.json.write_text(json.dumps(record, indent=1), encoding="utf-8")
    text = page(record)
    if options.page:
        options.page.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

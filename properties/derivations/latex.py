r"""From the Python expressions of a derivation to LaTeX, so that what is shown is what is checked.

>>> Printer({"std": "s"}, lambda node: (3,), names=("std",)).formula("0.5 * dstd / std")
'\\tfrac{1}{2}\\, \\frac{\\bar{s}}{s}'

A bar stands for the adjoint, ``dstd``. Between arrays ``*`` is ⊙, entry by entry, and ``@`` is a
product without a sign. A sum over an axis has that axis's letter, as its summand does; a product
that ``einsum`` writes has the letters that are written there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from ..steps.values import StepsError

__all__ = ["Printer", "symbol"]

_GREEK = {
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "lambda",
    "mu",
    "sigma",
    "tau",
    "theta",
}
# How tightly a text holds together: what is looser than its surroundings needs parentheses.
_SUM, _TERM, _FACTOR, _ATOM = 1, 2, 3, 4
_PLAIN = {
    "tanh": r"\tanh",
    "cosh": r"\cosh",
    "exp": r"\exp",
    "log": r"\log",
    "trace": r"\mathrm{tr}",
    "maximum": r"\max",
    "sign": r"\operatorname{sign}",
    "sigmoid": r"\sigma",
}
_SIGNS = {ast.Gt: ">", ast.Lt: "<", ast.GtE: r"\ge", ast.LtE: r"\le", ast.Eq: "="}


def symbol(name: str) -> str:
    r"""Return the letter for a name that was given none.

    >>> symbol("mu"), symbol("W1"), symbol("xhat"), symbol("out")
    ('\\mu', 'W_{1}', '\\hat{x}', '\\mathit{out}')
    """
    if name.endswith("hat") and len(name) > 3:
        return rf"\hat{{{symbol(name[:-3])}}}"
    match = re.fullmatch(r"([A-Za-z]+?)_?(\d+)", name)
    if match:
        return f"{symbol(match.group(1))}_{{{match.group(2)}}}"
    if name in _GREEK:
        return f"\\{name}"
    return name if len(name) == 1 else rf"\mathit{{{name}}}"


@dataclass(frozen=True, slots=True)
class _Text:
    """Printed mathematics, its sign apart."""

    text: str
    level: int
    negative: bool = False

    def at(self, level: int) -> str:
        """Return it for a place that takes only what holds together as tightly as `level`."""
        inside = f"-{self.text}" if self.negative else self.text
        loose = self.level < level or (self.negative and level > _SUM)
        return rf"\left({inside}\right)" if loose else inside


class Printer:
    """Prints the expressions of one derivation.

    Parameters
    ----------
    symbols : LaTeX of names, and of whole expressions such as ``len(x)``.
    shape : gives the shape of a subexpression's value, None when it is not known.
    axes : letters of the axes over which sums go.
    names : the values that there are: ``dNAME`` is an adjoint for these alone, and for ``dout``.
    """

    def __init__(
        self,
        symbols: Mapping[str, str],
        shape: Callable[[ast.expr], Sequence[int] | None],
        axes: Sequence[str] = ("n", "d"),
        names: Collection[str] = (),
    ) -> None:
        self._symbols, self._shape, self._axes, self._names = symbols, shape, axes, names

    def formula(self, expression: str) -> str:
        """Print one expression.

        Raises
        ------
        StepsError
            It has something in it for which there is no notation here.
        """
        return self._print(ast.parse(expression, mode="eval").body).at(_SUM)

    def indices(self, expression: str) -> str:
        """Return the letters that einsum gives to the axes of the value, "" where it is not used.

        Raises
        ------
        StepsError
            Two terms have other letters.
        """
        calls = [n for n in ast.walk(ast.parse(expression)) if isinstance(n, ast.Call)]
        found = {_subscripts(n)[1] for n in calls if _called(n) == "einsum"}
        if len(found) > 1:
            raise StepsError(f"the terms of {expression!r} have other indices: {sorted(found)}")
        return found.pop() if found else ""

    def name(self, name: str) -> str:
        """Print a name; ``dNAME`` is NAME with a bar."""
        if name in self._symbols:
            return self._symbols[name]
        if name == "dout" or (
            name[:1] == "d" and name[1:] in self._names and name not in self._names
        ):
            inner = self.name(name[1:])
            wide = len(re.sub(r"\\[a-z]+|[{}]", "", inner)) > 1
            return rf"\overline{{{inner}}}" if wide else rf"\bar{{{inner}}}"
        return symbol(name)

    # expressions ----------------------------------------------------------------------------
    def _print(self, node: ast.expr) -> _Text:
        known = self._symbols.get(ast.unparse(node))
        if known is not None:
            return _Text(known, _ATOM)
        if isinstance(node, ast.Name):
            return _Text(self.name(node.id), _ATOM)
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return _number(node.value)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner = self._print(node.operand)
            if inner.negative or inner.level < _TERM:
                return _Text(inner.at(_ATOM), _ATOM, True)
            return replace(inner, negative=True)
        if isinstance(node, ast.BinOp):
            return self._binary(node)
        if isinstance(node, ast.Compare) and [type(op) in _SIGNS for op in node.ops] == [True]:
            return _Text(f"[{self._condition(node)}]", _ATOM)
        if isinstance(node, ast.Attribute) and node.attr == "T":
            return self._transposed(node.value)
        if isinstance(node, ast.Call):
            return self._call(node)
        raise StepsError(f"there is no notation for {ast.unparse(node)!r}")

    def _condition(self, node: ast.expr) -> str:
        if not (isinstance(node, ast.Compare) and type(node.ops[0]) in _SIGNS):
            return self._print(node).at(_SUM)
        left, right = self._print(node.left), self._print(node.comparators[0])
        return f"{left.at(_SUM)} {_SIGNS[type(node.ops[0])]} {right.at(_SUM)}"

    def _binary(self, node: ast.BinOp) -> _Text:
        if isinstance(node.op, (ast.Add, ast.Sub)):
            left, right = self._print(node.left), self._print(node.right)
            minus = isinstance(node.op, ast.Sub) != right.negative
            rest = _Text(right.text, right.level).at(_TERM if minus else _SUM)
            return _Text(f"{left.at(_SUM)} {'-' if minus else '+'} {rest}", _SUM)
        if isinstance(node.op, ast.Pow):
            base = _below_exponent(self._print(node.left))
            base = rf"\left({base}\right)" if "^" in base and base[0] != "\\" else base
            return _Text(f"{base}^{{{self._print(node.right).at(_SUM)}}}", _FACTOR)
        if isinstance(node.op, ast.Div):
            return self._fraction(node)
        if isinstance(node.op, (ast.Mult, ast.MatMult)):
            return self._product(node)
        raise StepsError(f"there is no notation for {ast.unparse(node)!r}")

    def _fraction(self, node: ast.BinOp) -> _Text:
        """Put a number in front of a fraction, and what divides twice below one line."""
        top: ast.expr = node
        divisors: list[ast.expr] = []
        while isinstance(top, ast.BinOp) and isinstance(top.op, ast.Div):
            divisors.insert(0, top.right)
            top = top.left
        several = len(divisors) > 1
        printed = [self._print(one).at(_FACTOR if several else _SUM) for one in divisors]
        below = r"\, ".join(printed)
        factors = self._factors(top)
        lead = factors[0][1]
        if len(factors) > 1 and isinstance(lead, (ast.Constant, ast.UnaryOp)):
            number, rest = self._print(lead), self._joined(factors[1:])
            text = rf"{number.text}\, \frac{{{rest.at(_SUM)}}}{{{below}}}"
            return _Text(text, _FACTOR, number.negative)
        whole = self._joined(factors)
        return _Text(rf"\frac{{{whole.text}}}{{{below}}}", _ATOM, whole.negative)

    # products -------------------------------------------------------------------------------
    def _factors(self, node: ast.expr) -> list[tuple[str, ast.expr]]:
        """Flatten a product: each factor with the sign that stands before it."""
        known = ast.unparse(node) in self._symbols
        if known or not (
            isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.MatMult))
        ):
            return [("", node)]
        both = isinstance(node.op, ast.Mult) and self._is_array(node.left, node.right)
        if isinstance(node.op, ast.MatMult) and self._has_sign(node.left):
            return [("", node.left), (r"\,", node.right)]
        return [*self._factors(node.left), (r"\odot" if both else r"\,", node.right)]

    def _has_sign(self, node: ast.expr) -> bool:
        return any(sign == r"\odot" for sign, _ in self._factors(node))

    def _is_array(self, *nodes: ast.expr) -> bool:
        shapes = [self._shape(node) for node in nodes]
        return all(shape is None or len(shape) > 0 for shape in shapes)

    def _product(self, node: ast.BinOp) -> _Text:
        return self._joined(self._factors(node))

    def _joined(self, factors: Sequence[tuple[str, ast.expr]]) -> _Text:
        negative, text, level = False, "", _FACTOR
        for number, (sign, node) in enumerate(factors):
            part = self._print(node)
            negative ^= part.negative
            if len(factors) == 1:
                return part
            last = number == len(factors) - 1
            # A B ⊙ C is (A B) ⊙ C: what a matrix is multiplied by takes its brackets along.
            matrix = sign == r"\," and self._is_array(node) and self._has_sign(node)
            matrix = matrix and any(self._is_array(before) for _, before in factors[:number])
            loose = last and number and not matrix
            bare = _Text(part.text, part.level).at(_TERM if loose else _FACTOR)
            if bare == "1":
                continue
            text += (
                f" {sign} {bare}"
                if text and sign == r"\odot"
                else f"{sign} {bare}"
                if text
                else bare
            )
            level = _TERM if sign == r"\odot" or part.level == _TERM else level
        return _Text(text, level, negative)

    # calls ----------------------------------------------------------------------------------
    def _transposed(self, node: ast.expr) -> _Text:
        if isinstance(node, ast.Call) and _called(node) == "inv":
            return _Text(f"{self._print(node.args[0]).at(_ATOM)}^{{-T}}", _FACTOR)
        inner = self._print(node)
        inverse = re.fullmatch(r"(.+)\^\{-1\}", inner.text)
        if inverse:
            return _Text(f"{inverse.group(1)}^{{-T}}", _FACTOR)
        return _Text(f"{_below_exponent(inner)}^T", _FACTOR)

    def _call(self, node: ast.Call) -> _Text:
        name = _called(node)
        if isinstance(node.func, ast.Attribute) and name in ("sum", "mean", "max"):
            if ast.unparse(node.func.value) in ("np", "numpy"):
                return self._over(name, node.args[0], node.args[1:], node.keywords)
            return self._over(name, node.func.value, node.args, node.keywords)
        if name == "einsum":
            return self._indexed(node)
        if name == "where":
            return self._either(node)
        if name == "concatenate" and isinstance(node.args[0], ast.List):
            blocks = r",\; ".join(self._print(one).at(_SUM) for one in node.args[0].elts)
            return _Text(rf"\left[{blocks}\right]", _ATOM)
        if name in ("zeros", "ones"):
            return _Text("0" if name == "zeros" else "1", _ATOM)
        arguments = [self._print(argument) for argument in node.args]
        inner = ", ".join(argument.at(_SUM) for argument in arguments)
        if name == "inv":
            return _Text(f"{arguments[0].at(_ATOM)}^{{-1}}", _FACTOR)
        if name == "outer":
            right = arguments[1].at(_ATOM)
            return _Text(rf"{arguments[0].at(_FACTOR)}\, {right}^T", _FACTOR)
        if name == "sqrt":
            return _Text(rf"\sqrt{{{inner}}}", _ATOM)
        if name == "logdet":
            return _Text(rf"\log \left| {inner} \right|", _TERM)
        if name == "abs":
            return _Text(rf"\left|{inner}\right|", _ATOM)
        if name in _PLAIN:
            return _Text(rf"{_PLAIN[name]}\left({inner}\right)", _ATOM)
        raise StepsError(f"there is no notation for {ast.unparse(node)!r}")

    def _indexed(self, node: ast.Call) -> _Text:
        """Print einsum with its indices; those that the result lacks are summed over."""
        inputs, result = _subscripts(node)
        factors = [
            f"{{{self._print(factor).at(_ATOM)}}}_{{{letters}}}"
            for letters, factor in zip(inputs, node.args[1:], strict=True)
        ]
        over = "".join(dict.fromkeys(k for letters in inputs for k in letters if k not in result))
        text = r"\, ".join(factors)
        return _Text(rf"\sum_{{{over}}} {text}", _TERM) if over else _Text(text, _FACTOR)

    def _either(self, node: ast.Call) -> _Text:
        """Print where, and those inside of it, as cases."""
        rows, rest = [], node
        while isinstance(rest, ast.Call) and _called(rest) == "where":
            condition, value, rest = rest.args  # type: ignore[assignment]
            rows.append(f"{self._print(value).at(_SUM)} & {self._condition(condition)}")
        rows.append(rf"{self._print(rest).at(_SUM)} & \text{{otherwise}}")
        return _Text(r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}", _TERM)

    def _over(
        self,
        operation: str,
        operand: ast.expr,
        arguments: Sequence[ast.expr],
        keywords: Sequence[ast.keyword],
    ) -> _Text:
        """Print a sum, mean or maximum over axes, with their letters."""
        sign = r"\max" if operation == "max" else r"\sum"
        axes = self._axes_of(operand, [*arguments, *(k.value for k in keywords if k.arg == "axis")])
        shape = self._shape(operand)
        printed = self._print(operand)
        front = self._share(shape, axes) if operation == "mean" else ""
        if not axes:
            return _Text(rf"{front}{sign} {printed.at(_FACTOR)}", _TERM)
        letters = "".join(self._axes[axis] for axis in axes)
        power = isinstance(operand, ast.BinOp) and isinstance(operand.op, ast.Pow)
        bare = printed.at(_FACTOR if power else _ATOM)
        return _Text(rf"{front}{sign}_{{{letters}}} {{{bare}}}_{{{letters}}}", _TERM)

    def _axes_of(self, operand: ast.expr, given: Sequence[ast.expr]) -> tuple[int, ...]:
        """Return the axes that are given, none for all of them."""
        if not given:
            return ()
        try:
            axis = ast.literal_eval(given[0])
            axes = axis if isinstance(axis, tuple) else (axis,)
            if all(-len(self._axes) <= k < len(self._axes) for k in axes):
                return axes
        except (ValueError, TypeError):
            pass
        raise StepsError(
            f"there is no notation for {ast.unparse(operand)!r} over {ast.unparse(given[0])}"
        )

    def _share(self, shape: Sequence[int] | None, axes: Sequence[int]) -> str:
        """Return 1/N for a mean, with the letters that the lengths of the axes have."""
        if shape is None:
            raise StepsError("the mean of a value of unknown shape cannot be printed")
        if len(shape) > len(self._axes):
            raise StepsError("there is no letter for each axis of a mean")
        letters = [self._axes[k].upper() for k in range(len(shape))]
        return rf"\tfrac{{1}}{{{''.join(letters[k] for k in axes or range(len(shape)))}}} "


def _below_exponent(base: _Text) -> str:
    """What an exponent stands on: behind a fraction it would be that of what is below the line."""
    text = base.at(_ATOM)
    return rf"\left({text}\right)" if text.startswith((r"\frac", r"\tfrac")) else text


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)


def _subscripts(node: ast.Call) -> tuple[list[str], str]:
    """Return the letters of each factor of einsum, and those of the result."""
    inputs, arrow, result = str(ast.literal_eval(node.args[0])).replace(" ", "").partition("->")
    if not arrow:
        raise StepsError(f"there is no notation for {ast.unparse(node)!r}: say the result's axes")
    return inputs.split(","), result


def _number(value: float) -> _Text:
    fraction = Fraction(value).limit_denominator(64)
    if float(fraction) != float(value):
        return _Text(f"{abs(value):g}", _ATOM, value < 0)
    above, below = abs(fraction.numerator), fraction.denominator
    text = str(above) if below == 1 else rf"\tfrac{{{above}}}{{{below}}}"
    return _Text(text, _ATOM, value < 0)

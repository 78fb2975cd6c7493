"""Plant a misconception into right code.

The planted module is a right one, followed by the quantities and by a wrapper of one function: it
calls the right function, and puts the misconception's formula in the place of one result. The
cache carries the arguments of the forward beside the style's own cache.
"""

from __future__ import annotations

from pathlib import Path

from .misconception import Misconception

_HERE = Path(__file__).parent
STYLES: tuple[str, ...] = ("textbook", "einsums", "loops")

# Row: arguments of the forward, the gradients of the backward (or of the loss) in order, value.
_SIGNATURES: dict[str, tuple[str, tuple[str, ...], str]] = {
    "affine": ("x, w, b", ("dx", "dw", "db"), "out"),
    "relu": ("x", ("dx",), "out"),
    "batchnorm": ("x, gamma, beta, bn_param", ("dx", "dgamma", "dbeta"), "out"),
    "dropout": ("x, dropout_param", ("dx",), "out"),
    "svm": ("x, y", ("dx",), "loss"),
    "softmax": ("x, y", ("dx",), "loss"),
    "affine_relu": ("x, w, b", ("dx", "dw", "db"), "out"),
    "affine_batchnorm_relu": (
        "x, w, b, gamma, beta, bn_param",
        ("dx", "dw", "db", "dgamma", "dbeta"),
        "out",
    ),
    "autoencoder": ("W, x", ("dW",), "loss"),
    "gplvm": ("X, Y, alpha, beta", ("dX",), "value"),
    "log_determinant_term": ("X, D, alpha, beta", ("dX",), "value"),
    "trace_term": ("X, Y, alpha, beta", ("dX",), "value"),
}


def style_source(style: str) -> str:
    """The right module of a style."""
    return (_HERE / "styles" / f"{style}.py").read_text(encoding="utf-8")


def plant(source: str, misconception: Misconception) -> str:
    """Return the text of a module like ``source`` in which one function is wrong."""
    known = (_HERE / "quantities.py").read_text(encoding="utf-8")
    known = known.replace("from __future__ import annotations\n", "")
    names = ("affine", "relu", "batchnorm", "dropout", "svm", "softmax", "autoencoder", "gplvm")
    for name in (*names, "affine_relu", "affine_batchnorm_relu"):
        known = known.replace(f"def {name}(", f"def _q_{name}(")
    known = known.replace("= affine_relu(x", "= _q_affine_relu(x").replace(
        "= affine(x", "= _q_affine(x"
    )
    body = _loss(misconception) if _is_loss(misconception) else _pair(misconception)
    return f"{source}\n\n{known}\n\n{body}"


def _is_loss(misconception: Misconception) -> bool:
    return _SIGNATURES[misconception.layer][2] != "out"


def _quantities(row: str, *, dout: bool) -> str:
    args = _SIGNATURES[row][0]
    if row == "dropout":
        extra = ", dout" if dout else ""
        return f"_q_dropout(x, dropout_param['p'], kept{extra})"
    if row in ("gplvm", "log_determinant_term", "trace_term"):
        named = ", ".join(f"{name}={name}" for name in args.split(", "))
        return f"_q_gplvm({named})"
    return f"_q_{row}({args}{', dout' if dout else ''})"


def _loss(m: Misconception) -> str:
    args, gradients, value = _SIGNATURES[m.layer]
    names = ", ".join((value, *gradients))
    lines = [
        f"_right_{m.function} = {m.function}",
        "",
        "",
        f"def {m.function}({args}):",
        f"    {names} = _right_{m.function}({args})",
    ]
    if m.layer == "autoencoder" and m.when == "one example":
        # The total of the wrong values of the single examples.
        lines += [
            "    found = []",
            "    for row in x.reshape(-1, x.shape[-1]):",
            "        q = _q_autoencoder(W, row)",
            f"        found.append({_expression(m)})",
            f"    {m.argument} = sum(found) if found else {m.argument}",
        ]
    elif m.layer == "autoencoder":
        lines += [
            "    if x.ndim == 2:",
            f"        q = {_quantities(m.layer, dout=False)}",
            f"        {m.argument} = {_expression(m)}",
        ]
    else:
        lines += [
            f"    q = {_quantities(m.layer, dout=False)}",
            f"    {m.argument} = {_expression(m)}",
        ]
    return "\n".join([*lines, f"    return {names}", ""])


def _expression(m: Misconception) -> str:
    return f"eval({m.formula!r}, {{'np': np}}, q)"


def _pair(m: Misconception) -> str:
    args, gradients, _ = _SIGNATURES[m.layer]
    forward = f"{m.layer}_forward"
    backward = f"{m.layer}_backward"
    in_forward = m.function == forward
    lines = [
        f"_right_{forward}, _right_{backward} = {forward}, {backward}",
        "",
        "",
        f"def {forward}({args}):",
        *_indent(_before_forward(m) if in_forward else []),
        *([] if "param" not in args else [f"    before = dict({args.split(', ')[-1]})"]),
        f"    out, cache = _right_{forward}({args})",
        *_indent(_mask(m)),
        *_indent(_after_forward(m) if in_forward else []),
        f"    return out, (cache, {_stashed(m, args)})",
        "",
        "",
        f"def {backward}(dout, cache):",
        f"    cache, {_stashed(m, args)} = cache",
        f"    result = _right_{backward}(dout, cache)",
    ]
    if not in_forward:
        lines += _indent(_after_backward(m, gradients))
    return "\n".join([*lines, "    return result", ""])


def _stashed(m: Misconception, args: str) -> str:
    if "bn_param" in args:
        args = args.replace("bn_param", "before")
    return f"({args}, kept)" if m.layer == "dropout" else f"({args},)"


def _indent(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _mask(m: Misconception) -> list[str]:
    if m.layer != "dropout":
        return []
    return [
        "kept = np.random.default_rng(1).random(x.shape) >= dropout_param['p']",
        "if dropout_param['mode'] == 'train':",
        "    kept = np.asarray(_right_dropout_backward(np.ones_like(x), cache) != 0)",
    ]


def _before_forward(m: Misconception) -> list[str]:
    if m.argument == "x":
        return ["q = _q_relu(x)", f"x[...] = {_expression(m)}"]
    if m.argument == "p":
        return ["dropout_param = {**dropout_param, 'p': 1 - dropout_param['p']}"]
    if m.argument == "seed":
        return ["dropout_param = {**dropout_param, 'seed': None}"]
    if m.argument == "rng":
        return ["np.random.seed(dropout_param.get('seed'))"]
    return []


def _after_forward(m: Misconception) -> list[str]:
    if m.argument in ("x", "p", "seed", "rng"):
        return []
    made = _quantities(m.layer, dout=False).replace("bn_param", "before")
    lines: list[str] = []
    if m.layer == "dropout":
        lines = ["mode = dropout_param['mode']"]
    lines += [f"q = {made}"]
    target = "out" if m.argument == "out" else f"bn_param['{m.argument}']"
    if not m.when and m.layer != "affine_batchnorm_relu":
        return [*lines, f"{target} = {_expression(m)}"]
    mode = "dropout_param['mode']" if m.layer == "dropout" else "before['mode']"
    return [*lines, f"if {mode} == {m.when or 'train'!r}:", f"    {target} = {_expression(m)}"]


def _after_backward(m: Misconception, gradients: tuple[str, ...]) -> list[str]:
    lines = ["mode = dropout_param['mode']"] if m.layer == "dropout" else []
    made = _quantities(m.layer, dout=True).replace("bn_param", "before")
    lines += [f"q = {made}"]
    if m.argument == "dout":
        return [*lines, f"dout[...] = {_expression(m)}"]
    if len(gradients) == 1:
        put = f"result = {_expression(m)}"
    else:
        place = gradients.index(m.argument)
        lines += ["result = list(result)"]
        put = f"result[{place}] = {_expression(m)}"
    if m.layer == "dropout":
        return [*lines, f"if mode == {m.when!r}:", f"    {put}"]
    return [*lines, put]

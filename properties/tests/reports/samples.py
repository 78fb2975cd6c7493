"""Sample records: none, one and many failures, hostile text, odd numbers, large arrays."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

Record = dict[str, Any]

HOSTILE = (
    "</script><script>document.title='owned'</script>\x1b[2J\x1b[31mred\x1b[0m\r\n"
    "::error file=x.py,line=1::forged\n::set-output name=a::b\n]]> & <b>\"'`\x00\x07 {{ 7*7 }} "
    "\u202egnp.exe\u202c <img src=x onerror=alert(1)> | pipe | `tick` ${HOME}"
)

FUNCTIONS = [
    ("affine_forward", "affine"),
    ("affine_backward", "affine"),
    ("relu_forward", "relu"),
    ("relu_backward", "relu"),
    ("batchnorm_forward", "batchnorm"),
    ("batchnorm_backward", "batchnorm"),
    ("dropout_forward", "dropout"),
    ("dropout_backward", "dropout"),
    ("svm_loss", "svm"),
    ("softmax_loss", "softmax"),
    ("affine_relu_forward", "affine_relu"),
    ("affine_relu_backward", "affine_relu"),
    ("affine_batchnorm_relu_forward", "affine_batchnorm_relu"),
    ("affine_batchnorm_relu_backward", "affine_batchnorm_relu"),
    ("autoencoder_loss", "autoencoder"),
    ("gplvm_log_likelihood", "gplvm"),
]

PROPERTIES = [
    ("forward_matches_reference", "correctness"),
    ("backward_matches_reference", "correctness"),
    ("exact_on_integers", "correctness"),
    ("numerical_derivative", "correctness"),
    ("between_one_sided_derivatives", "correctness"),
    ("linear_in_upstream", "correctness"),
    ("gradient_shapes", "correctness"),
    ("deterministic", "correctness"),
    ("batch_independence", "correctness"),
    ("running_statistics", "correctness"),
    ("bias_gradient_shape", "convention"),
    ("dropout_p_reading", "convention"),
    ("keeps_dtype", "robustness"),
    ("changes_no_argument", "robustness"),
    ("memory_layout", "robustness"),
    ("finite_without_warnings", "robustness"),
    ("empty_batch", "robustness"),
    ("errors_for_bad_input", "robustness"),
]


def encode(array: Any) -> Record:
    """Write an array as the record does."""
    array = np.asarray(array)

    def item(value: Any) -> Any:
        if isinstance(value, list):
            return [item(v) for v in value]
        if isinstance(value, float) and not np.isfinite(value):
            return "nan" if value != value else "inf" if value > 0 else "-inf"
        return value

    return {"dtype": str(array.dtype), "shape": list(array.shape), "data": item(array.tolist())}


def applies(function: str, name: str) -> bool:
    """Whether a property applies to a function, roughly as in the real matrix."""
    backward = function.endswith(("backward", "loss", "likelihood"))
    if name in ("backward_matches_reference", "numerical_derivative", "linear_in_upstream"):
        return backward
    if name == "between_one_sided_derivatives":
        return "relu" in function or function == "svm_loss"
    if name == "running_statistics":
        return "batchnorm" in function
    if name == "dropout_p_reading":
        return "dropout" in function
    if name == "bias_gradient_shape":
        return "affine" in function and backward
    if name == "exact_on_integers":
        return function.startswith(("affine_forward", "affine_backward", "relu", "dropout", "auto"))
    return True


def passing_property(name: str, cls: str) -> Record:
    """A property that holds."""
    return {
        "name": name, "class": cls, "status": "pass", "examples": 100, "argument": None,
        "index": None, "got": None, "wanted": None, "tolerance": None, "oracle": "", "script": "",
    }  # fmt: skip


def passing_record() -> Record:
    """Every function right."""
    functions = [
        {
            "name": name, "layer": layer, "status": "pass", "findings": [], "detail": "",
            "file": f"nndl/{layer}.py", "line": 10,
            "properties": [passing_property(p, c) for p, c in PROPERTIES if applies(name, p)],
        }
        for name, layer in FUNCTIONS
    ]  # fmt: skip
    return {
        "schema": 1,
        "target": {"kind": "folder", "path": "homework"},
        "profile": "quick", "seed": 1, "verdict": "pass", "complete": True, "strict": False,
        "elapsed": 7.8, "functions": functions, "notes": [],
        "versions": {"nndl": "0.1.0", "numpy": "2.4.6", "python": "3.11.2"},
    }  # fmt: skip


SCRIPT = """\
import numpy as np
from nndl.layers import batchnorm_forward, batchnorm_backward

x = np.array([[0.125, -1.0], [2.5, 0.25], [-0.75, 1.5]])
gamma = np.array([1.5, -0.5])
beta = np.array([0.25, 1.0])
dout = np.array([[1.0, -2.0], [0.5, 0.125], [-1.25, 3.0]])
out, cache = batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 1e-05, "momentum": 0.7})
dx, dgamma, dbeta = batchnorm_backward(dout, cache)
print("got   ", dgamma)
print("wanted", np.array([0.8613497188209475, 6.1967733539318672]))
"""


def failing_property(*, size: tuple[int, ...] = (3, 2), seed: int = 0, full: bool = True) -> Record:
    """A wrong gradient; with ``full`` every optional key is present."""
    rng = np.random.default_rng(seed)
    wanted = np.round(rng.normal(size=size) * 4, 3)
    got = wanted.copy()
    got[..., -1] *= 1.5
    place = (*([0] * (len(size) - 1)), size[-1] - 1)
    prop: Record = {
        "name": "backward_matches_reference", "class": "correctness", "status": "fail",
        "examples": 14, "argument": "dx", "index": list(place),
        "got": float(got[place]), "wanted": float(wanted[place]), "tolerance": 3.1e-15,
        "oracle": "reference with running error bound", "script": SCRIPT,
        "sentence": "dx is wrong in its last column: the path through the variance is missing.",
        "repeat": "nndl check homework --only batchnorm --seed 1",
        "arrays": {
            "inputs": {
                "x": encode(np.round(rng.normal(size=size), 3)),
                "gamma": encode(np.array([1.5, -0.5])),
            },
            "got": encode(got), "wanted": encode(wanted),
            "tolerance": encode(np.full(size, 3.1e-15)),
        },
    }  # fmt: skip
    if full:
        prop |= extras()
    return prop


def extras() -> Record:
    """The optional keys of a property."""
    steps = np.logspace(-1, -14, 14)
    errors = steps**2 + 1e-16 / steps
    return {
        "diagnosis": {
            "misconception": "dvar lost its ½",
            "sentence": "the derivative of the square root lost its factor ½.",
            "evidence": "got equals the misconception's value in 6 of 6 entries",
            "confidence": 0.97,
        },
        "steps_curve": {
            "steps": steps.tolist(), "errors": errors.tolist(),
            "chosen": int(errors.argmin()), "estimate": 0.5, "uncertainty": 2.3e-9,
        },
        "one_sided": {"left": -1.0, "right": 0.5, "got": 0.75},
        "series": [
            {"name": "running_mean[0]", "over": "call", "lines": {
                "got": [0.0, 0.1, 0.19, 0.271, 0.9], "wanted": [0.0, 0.1, 0.19, 0.271, 0.3439]}},
        ],
        "table": [
            {"argument": "dx[0, 1]", "ratio": 1.5, "difference": 0.25, "analytical": 0.75,
             "numerical": 0.5},
            {"argument": "dgamma[0]", "ratio": 1.0, "difference": 1e-12, "analytical": 2.25,
             "numerical": 2.25},
        ],
    }  # fmt: skip


def fail(record: Record, function: str, *properties: Record, detail: str = "") -> Record:
    """Plant failing properties into a record (in place) and return it."""
    item = next(f for f in record["functions"] if f["name"] == function)
    item["status"] = "fail"
    item["detail"] = detail or "dx is wrong: backward does not match the reference"
    names = {p["name"] for p in properties}
    item["properties"] = [
        *properties, *(p for p in item["properties"] if p["name"] not in names)
    ]  # fmt: skip
    record["verdict"] = "fail"
    return record


def one_failure() -> Record:
    """A broken batchnorm, a convention and a robustness finding, a missing function, a note."""
    record = passing_record()
    other = failing_property(full=False) | {"name": "numerical_derivative", "script": ""}
    fail(record, "batchnorm_backward", failing_property(), other)
    by_name = {f["name"]: f for f in record["functions"]}
    dropout = by_name["dropout_forward"]
    dropout["findings"] = ["convention: reads p as the probability that a unit is kept"]
    for prop in dropout["properties"]:
        if prop["name"] == "dropout_p_reading":
            prop |= {"status": "fail", "sentence": "p is read as the probability of keeping"}
    by_name["gplvm_log_likelihood"] |= {
        "status": "missing",
        "properties": [],
        "detail": "not defined in nndl/gplvm.py",
    }
    by_name["relu_backward"]["properties"][1]["status"] = "inconclusive"
    record["notes"] = ["this system has no memory limit; only time was limited"]
    return record


@cache
def _cached(size: tuple[int, ...], seed: int) -> Record:
    return failing_property(size=size, seed=seed)


def many_failures(count: int = 200, size: tuple[int, ...] = (100, 100)) -> Record:
    """``count`` failing properties with arrays of the given size, spread over all functions."""
    record = passing_record()
    each = -(-count // len(FUNCTIONS))
    left = count
    for name, _ in FUNCTIONS:
        take = min(each, left)
        left -= take
        properties = []
        for k in range(take):
            prop = dict(_cached(size, k % 4))
            prop["name"] = f"{PROPERTIES[k % 10][0]}" + (f"_{k // 10}" if k >= 10 else "")
            properties.append(prop)
        if properties:
            fail(record, name, *properties)
    return record


def hostile_record() -> Record:
    """Every text of the record is an attack, names included; numbers are nan and infinite."""
    record = passing_record()
    odd = np.array([[np.nan, np.inf, -np.inf], [0.0, -0.0, 1e300], [1e-300, 5e-324, -1.0]])
    prop = failing_property() | {
        "name": f"property {HOSTILE}", "sentence": HOSTILE, "script": HOSTILE,
        "repeat": HOSTILE, "argument": HOSTILE, "oracle": HOSTILE,
        "got": "nan", "wanted": "-inf", "tolerance": "inf",
        "diagnosis": dict.fromkeys(
            ("misconception", "sentence", "evidence", "confidence"), HOSTILE
        ),
        "arrays": {"inputs": {HOSTILE: encode(odd)}, "got": encode(odd), "wanted": encode(odd.T)},
        "series": [{"name": HOSTILE, "over": HOSTILE, "lines": {HOSTILE: [1.0, "nan", 2.0]}}],
        "table": [{"argument": HOSTILE, "ratio": "nan", "difference": "inf",
                   "analytical": HOSTILE}],
    }  # fmt: skip
    fail(record, "batchnorm_backward", prop, detail=HOSTILE)
    record["functions"].append({
        "name": "función_ß_层_🙂_" + "x" * 90, "layer": HOSTILE, "status": "error",
        "findings": [HOSTILE], "detail": HOSTILE, "file": HOSTILE, "line": 3, "printed": HOSTILE,
        "properties": [],
    })  # fmt: skip
    record["notes"] = [HOSTILE]
    record["target"] = {"kind": HOSTILE, "path": HOSTILE}
    record["versions"] = {HOSTILE: HOSTILE}
    return record


def empty_record() -> Record:
    """A run in which nothing was judged."""
    return passing_record() | {"functions": [], "verdict": "error", "complete": False}


def large_cut() -> Record:
    """A failure whose arrays arrived cut."""
    prop = failing_property(full=False)
    cut = {
        "dtype": "float64", "shape": [1000, 1000], "data": None,
        "summary": {"min": -4.2, "max": 3.9}, "corner": [[1.0, 2.0], [3.0, "nan"]],
    }  # fmt: skip
    prop["arrays"] = {"got": cut, "wanted": cut, "tolerance": None}
    prop["inputs"] = {"x": cut, "bn_param": {"mode": "test", "eps": 1e-5, "m": encode([1.0])}}
    return fail(passing_record(), "affine_backward", prop)


ALL = {
    "passing": passing_record,
    "one": one_failure,
    "many": many_failures,
    "hostile": hostile_record,
    "empty": empty_record,
    "cut": large_cut,
}

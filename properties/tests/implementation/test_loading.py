"""Homework as people write it: each file has something that stops a plain import."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from properties.implementation import Call, Implementation, open_implementation, resolve_target
from properties.implementation.child.cells import Cells
from properties.implementation.child.python2 import uses_old_names
from properties.implementation.child.source import read_source
from properties.implementation.limits import Limits

from .homework import Writer

RELU = "def relu_forward(x):\n    return x * (x > 0), x\n"
X = np.array([[-1.0, 2.0, -3.0], [4.0, -5.0, 6.0]])


@pytest.fixture(name="write")
def _write(tmp_path: Path) -> Writer:
    return Writer(tmp_path)


def relu_of(implementation: Implementation) -> None:
    [outcome] = implementation.run([Call("relu_forward", (X,))])
    assert outcome.ok, outcome
    np.testing.assert_array_equal(outcome.outputs[0], np.maximum(X, 0))


PRELUDES = {
    "missing module": "import matplotlib_that_is_missing.pyplot as plt\nplt.rcParams['a'] = 1\n",
    "missing names": "from cython_thing import a, b\nfrom .im2col_cython import col2im_cython\n",
    "missing sibling": "from .fast_layers import *\nfrom nndl.nothing import c\n",
    "future": "from past.builtins import xrange\nfrom builtins import range\nxrange(2)\n",
    "six": "from six.moves import cPickle as pickle, xrange\npickle.dumps(1)\n",
    "notebook": "from IPython import embed\nimport pdb; pdb.set_trace()\n",
    "numpy alias": "import numpy as np\nA = np.zeros(3, dtype=np.int) + np.float(1)\nB = np.Inf\n",
    "exit": "import sys\nsys.exit(1)\n",
    "input": "n = int(input('how many? '))\n",
    "missing file": "import numpy as np\ndata = np.load('cifar.npy')\n",
    "prints": "print('hello ' * 10000)\n",
    "xrange": "total = sum(i for i in xrange(3))\n",
    "print statement": 'print "loss %f" % 1.0\nprint\nprint >>None, 1\n',
    "except comma": "try:\n    1/0\nexcept ZeroDivisionError, e:\n    print e\n",
    "raise comma": "def f():\n    raise ValueError, 'no'\n",
    "tabs": "if True:\n        a = 1\n\tb = 2\n",
    "old import": "from scipy.misc import imread_gone\n",
    "decorator": "from numba_missing import jit\n@jit\ndef g(x): pass\n@jit(a=1)\ndef h(x): pass\n",
    "class": "import torch_missing.nn as nn\nclass Net(nn.Module):\n    pass\n",
    "late": "def show():\n    import matplotlib_missing.pyplot as plt\n    plt.show()\n",
    "writes": "import os\nopen('out.txt', 'w').write('x')\nos.remove('out.txt')\n",
    "plot": "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1])\nplt.show()\n",
    "main": "if __name__ == '__main__':\n    while True: pass\n",
}


@pytest.mark.parametrize("name", PRELUDES)
def test_a_prelude_stops_nothing(write: Writer, name: str) -> None:
    folder = write({"nndl/layers.py": PRELUDES[name] + RELU})
    with open_implementation(resolve_target(str(folder)), names=["relu_forward"]) as implementation:
        relu_of(implementation)


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + RELU.encode(),
        RELU.replace("\n", "\r\n").encode(),
        RELU.replace("\n", "\r").encode(),
        b"# Andr\xe9\n" + RELU.encode(),
        b"# -*- coding: latin-1 -*-\n# Andr\xe9\n" + RELU.encode(),
        RELU.encode("utf-16"),
    ],
    ids=["bom", "crlf", "cr", "undeclared", "latin-1", "utf-16"],
)
def test_encodings(write: Writer, data: bytes) -> None:
    folder = write({"nndl/layers.py": data})
    with open_implementation(resolve_target(str(folder)), names=["relu_forward"]) as implementation:
        relu_of(implementation)


def test_try_except_import_error_keeps_its_meaning(write: Writer) -> None:
    folder = write(
        {
            "nndl/layers.py": """
            import really_missing
            try:
                import not_there
                HAVE = True
            except ImportError:
                HAVE = False
            def relu_forward(x):
                return HAVE, None
            """
        }
    )
    with open_implementation(resolve_target(str(folder)), names=["relu_forward"]) as implementation:
        [outcome] = implementation.run([Call("relu_forward", (X,))])
    assert outcome.outputs[0] is False
    assert any("really_missing" in note for note in implementation.functions["relu_forward"].notes)


@pytest.mark.parametrize("in_process", [False, True])
@pytest.mark.parametrize("folder_name", ["nndl", "my_layers", "cs231n", "hw 3"])
@pytest.mark.parametrize(
    "line",
    [
        "from nndl.layers import *",
        "from .layers import *",
        "from layers import *",
        "from cs231n.layers import *",
        "import nndl.layers as l; relu_forward = l.relu_forward",
    ],
)
def test_imports_reach_the_target(
    write: Writer, folder_name: str, line: str, in_process: bool
) -> None:
    folder = write(
        {
            f"{folder_name}/layers.py": RELU,
            f"{folder_name}/layer_utils.py": line + "\ndef both(x):\n    return relu_forward(x)\n",
        }
    )
    names = ["relu_forward", "both"]
    for path in (folder / folder_name, folder / folder_name / "layer_utils.py"):
        with open_implementation(
            resolve_target(str(path)), names=names, in_process=in_process
        ) as implementation:
            [outcome] = implementation.run([Call("both", (X,))])
            assert outcome.ok, (path, outcome)


def test_the_bundled_package_cannot_be_reached(write: Writer) -> None:
    folder = write(
        {
            "answer.py": """
            import sys
            try:
                import nndl.layers
                found = "nndl"
            except ImportError:
                found = ""
            for name in ("reference", "properties", "nndl_suite"):
                try:
                    __import__(name)
                    found += name
                except ImportError:
                    pass
            def relu_forward(x):
                return found, None
            """
        }
    )
    target = resolve_target(str(folder / "answer.py"))
    with open_implementation(target, names=["relu_forward"]) as implementation:
        [outcome] = implementation.run([Call("relu_forward", (X,))])
    assert outcome.outputs[0] == ""


def test_one_broken_module_leaves_the_others(write: Writer) -> None:
    folder = write(
        {
            "nndl/layers.py": RELU,
            "nndl/optim.py": "def sgd(w, dw)\n    return w\n",
            "nndl/gplvm.py": "def gplvm(X):\n    return undefined_name\n",
        }
    )
    names = ["relu_forward", "sgd", "gplvm", "absent"]
    with open_implementation(resolve_target(str(folder)), names=names) as implementation:
        status = {name: info.status for name, info in implementation.functions.items()}
        assert status == {
            "relu_forward": "present",
            "sgd": "error",
            "gplvm": "present",
            "absent": "missing",
        }
        assert "line 1" in implementation.functions["sgd"].detail
        outcomes = implementation.run([Call(name, (X,)) for name in names])
        assert [o.status for o in outcomes] == ["ok", "raised", "raised", "missing"]
        assert outcomes[2].exception_type == "NameError"


@pytest.mark.parametrize(
    "line", ["while True: pass", "import os; os._exit(1)", "import ctypes; ctypes.string_at(0)"]
)
def test_a_module_that_ends_or_hangs_on_import(write: Writer, line: str) -> None:
    folder = write(
        {"nndl/layers.py": RELU + line + "\n", "nndl/fc_net.py": "from .layers import *\n"}
    )
    limits = Limits(import_seconds=3.0)
    with open_implementation(
        resolve_target(str(folder)), names=["relu_forward"], limits=limits
    ) as implementation:
        relu_of(implementation)
        notes = " ".join(implementation.functions["relu_forward"].notes)
    assert "only its definitions were used" in notes


def test_python_2_division(write: Writer) -> None:
    folder = write(
        {"nndl/layers.py": "print 'x'\ndef half(n):\n    return range(n / 2)[-1], n / 2.0\n"}
    )
    with open_implementation(resolve_target(str(folder)), names=["half"]) as implementation:
        [outcome] = implementation.run([Call("half", (7,))])
    assert outcome.outputs == (2, 3.5)
    assert any("Python 2" in note for note in implementation.functions["half"].notes)


def test_iteritems(write: Writer) -> None:
    folder = write({"nndl/layers.py": "def f(d):\n    return sum(v for k, v in d.iteritems())\n"})
    with open_implementation(resolve_target(str(folder)), names=["f"]) as implementation:
        [outcome] = implementation.run([Call("f", ({"a": 1, "b": 2},))])
    assert outcome.outputs == (3,)


def test_source_line_and_docstring(write: Writer) -> None:
    code = '\n\ndef relu_forward(x):\n    """ReLU."""\n    return x, x\n'
    folder = write({"nndl/layers.py": code})
    with open_implementation(resolve_target(str(folder)), names=["relu_forward"]) as implementation:
        info = implementation.functions["relu_forward"]
    assert (info.line, info.docstring) == (3, "ReLU.")
    assert info.source == 'def relu_forward(x):\n    """ReLU."""\n    return x, x'


def test_classes_are_found_in_their_module(write: Writer) -> None:
    folder = write(
        {
            "nndl/fc_net.py": "class TwoLayerNet:\n    which = 'fc'\n",
            "nndl/neural_net.py": "class TwoLayerNet:\n    which = 'mono'\n",
            "utils/solver.py": "class Solver: pass\n",
        }
    )
    names = ["fc_net.TwoLayerNet", "neural_net.TwoLayerNet", "solver.Solver"]
    with open_implementation(resolve_target(str(folder)), names=names) as implementation:
        modules = [implementation.functions[name].module for name in names]
    assert modules == ["nndl.fc_net", "nndl.neural_net", "utils.solver"]


def test_other_homework_next_to_a_package_is_not_judged(write: Writer) -> None:
    folder = write({"mine/layers.py": RELU, "other/optim.py": "def sgd(w, dw): return w\n"})
    target = resolve_target(str(folder / "mine"))
    with open_implementation(target, names=["relu_forward", "sgd"]) as implementation:
        assert implementation.functions["sgd"].status == "missing"


def test_code_that_calls_xrange_divides_as_python_2_does(tmp_path: Path) -> None:
    source = "def half(n):\n    return [n / 2 for _ in xrange(2)]\n"
    (tmp_path / "old.py").write_text(source, encoding="utf-8")
    (tmp_path / "new.py").write_text("from six.moves import xrange\n" + source, encoding="utf-8")
    assert uses_old_names(ast.parse(source), source)
    assert not uses_old_names(ast.parse("xrange = range\n" + source), source)
    old, new = (read_source(str(tmp_path / name)) for name in ("old.py", "new.py"))
    assert "written for Python 2; converted" in old.notes
    assert "written for Python 2; converted" not in new.notes


@pytest.mark.parametrize("mark", ["²", "٣", "9" * 5_000])
def test_a_comment_like_the_mark_of_a_cell_is_none(mark: str) -> None:
    assert Cells.of(["x = 1", f"# notebook cell {mark}", "y = 2"]).place(3) == (None, 3)


@pytest.mark.parametrize("body", ["pass", '"""Later."""'])
def test_an_empty_class_is_not_there_yet(write: Writer, body: str) -> None:
    text = f"class TwoLayerNet(object):\n    {body}\n"
    folder = write({"layers.py": RELU, "fc_net.py": text})
    name = "fc_net.TwoLayerNet"
    names = ["relu_forward", name]
    with open_implementation(resolve_target(str(folder)), names=names) as implementation:
        info = implementation.functions[name]
    assert (info.status, info.detail) == ("missing", "a skeleton: its class is empty")

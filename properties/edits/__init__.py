"""The one generator of small changes to a computation, right or wrong.

``edits(tree, scope)`` gives every changed copy of an expression or a statement; ``here`` those of
one node alone. The diagnosis tries them on right lines, to see which gives a wrong value; the steps
on a stranger's lines, to see which gives the right one; the mutation bench plants them.

>>> import ast
>>> line = ast.parse("dw = X.T @ dout").body[0]
>>> for edit in edits(line, Scope(("dx",)), among=("drop transpose", "wrong variable")):
...     print(f"{ast.unparse(edit.tree)}: {edit.words}")
dw = X @ dout: with X in place of X.T
dw = dx.T @ dout: with dx in place of X
dw = X.T @ dx: with dx in place of dout
"""

from __future__ import annotations

from .edit import Edit, Scope
from .generate import edits, here
from .likelihood import likeliest

__all__ = ["Edit", "Scope", "edits", "here", "likeliest"]

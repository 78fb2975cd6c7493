"""The public API: ``from nndl_suite import check_derivative``.

The wheel installs this package as ``nndl_suite``, a name that no other distribution has. What is
listed here keeps its meaning within a major version; everything else may change with any release.

Testing
    ``check_derivative``, ``WrongDerivative``, ``NoVerdict``
A notebook
    ``check``, ``steps``, ``%load_ext nndl_suite``
A target and its record
    ``run``, ``read``, ``Record``
A row: the declaration of a layer
    ``LayerSpec``, ``Case``, ``Purpose``, ``Kinks``, ``Reading``, ``Reference``, ``Ways``,
    ``Misconceptions``
Strategies
    ``Values``, ``SEEDS``, ``values``, ``batch_sizes``
A derivation on paper
    ``Derivation``, ``Node``, ``Claim``
Oracles
    ``Bounded``, ``directional_derivative``, ``one_sided``, ``complex_step``, ``jacobian``
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nndl_suite.properties.commands.check import run as run
    from nndl_suite.properties.commands.derivative import NoVerdict as NoVerdict
    from nndl_suite.properties.commands.derivative import WrongDerivative as WrongDerivative
    from nndl_suite.properties.commands.derivative import check_derivative as check_derivative
    from nndl_suite.properties.commands.notebook import check as check
    from nndl_suite.properties.commands.steps_notebook import (
        load_ipython_extension as load_ipython_extension,
    )
    from nndl_suite.properties.commands.steps_notebook import steps as steps
    from nndl_suite.properties.derivations.derivation import Claim as Claim
    from nndl_suite.properties.derivations.derivation import Derivation as Derivation
    from nndl_suite.properties.derivations.derivation import Node as Node
    from nndl_suite.properties.record.schema import Record as Record
    from nndl_suite.properties.record.schema import read as read
    from nndl_suite.properties.spec.case import Case as Case
    from nndl_suite.properties.spec.misconception import Misconceptions as Misconceptions
    from nndl_suite.properties.spec.row import Kinks as Kinks
    from nndl_suite.properties.spec.row import LayerSpec as LayerSpec
    from nndl_suite.properties.spec.row import Purpose as Purpose
    from nndl_suite.properties.spec.row import Reading as Reading
    from nndl_suite.properties.spec.row import Reference as Reference
    from nndl_suite.properties.spec.values import SEEDS as SEEDS
    from nndl_suite.properties.spec.values import Values as Values
    from nndl_suite.properties.spec.values import batch_sizes as batch_sizes
    from nndl_suite.properties.spec.values import values as values
    from nndl_suite.properties.spec.ways import Ways as Ways
    from nndl_suite.reference.bounded import Bounded as Bounded
    from nndl_suite.reference.finite_differences import complex_step as complex_step
    from nndl_suite.reference.finite_differences import (
        directional_derivative as directional_derivative,
    )
    from nndl_suite.reference.finite_differences import jacobian as jacobian
    from nndl_suite.reference.finite_differences import one_sided as one_sided

_HOMES = {
    "Bounded": "reference.bounded",
    "Case": "properties.spec.case",
    "Claim": "properties.derivations.derivation",
    "Derivation": "properties.derivations.derivation",
    "Kinks": "properties.spec.row",
    "LayerSpec": "properties.spec.row",
    "Misconceptions": "properties.spec.misconception",
    "Node": "properties.derivations.derivation",
    "NoVerdict": "properties.commands.derivative",
    "Purpose": "properties.spec.row",
    "Reading": "properties.spec.row",
    "Record": "properties.record.schema",
    "Reference": "properties.spec.row",
    "SEEDS": "properties.spec.values",
    "Values": "properties.spec.values",
    "Ways": "properties.spec.ways",
    "WrongDerivative": "properties.commands.derivative",
    "batch_sizes": "properties.spec.values",
    "check": "properties.commands.notebook",
    "check_derivative": "properties.commands.derivative",
    "complex_step": "reference.finite_differences",
    "directional_derivative": "reference.finite_differences",
    "jacobian": "reference.finite_differences",
    "load_ipython_extension": "properties.commands.steps_notebook",
    "one_sided": "reference.finite_differences",
    "read": "properties.record.schema",
    "run": "properties.commands.check",
    "steps": "properties.commands.steps_notebook",
    "values": "properties.spec.values",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Load what is asked for, and no more: each brings libraries that others do not need."""
    if name not in _HOMES:
        raise AttributeError(f"module 'nndl_suite' has no attribute {name!r}; it has {__all__}")
    here = Path(__file__).resolve().parent
    rooms = str(here if (here / "properties").is_dir() else here.parents[1])
    if rooms not in sys.path:
        sys.path.insert(0, rooms)
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__

"""In what precision, and by how careful an algorithm, a result is expected."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

UNIT_FLOAT64 = 2.0**-53
UNIT_FLOAT32 = 2.0**-24
_LARGEST_FLOAT32 = (2.0 - 2.0**-23) * 2.0**127


@dataclass(frozen=True, kw_only=True)
class Precision:
    """The arithmetic that is judged.

    Parameters
    ----------
    unit : float
        Rounding unit: 2**-53 for float64, 2**-24 for float32.
    stable : bool
        True: a bound covers numerically stable algorithms only. False: every formula that
        textbooks print.

    Examples
    --------
    >>> FLOAT64.tiny, FLOAT32.tiny == 2.0**-149
    (5e-324, True)
    """

    unit: float = UNIT_FLOAT64
    stable: bool = False

    @cached_property
    def short(self) -> bool:
        """Whether this is float32."""
        return self.unit > UNIT_FLOAT64

    @property
    def smallest(self) -> float:
        """Smallest normal number: below it, a result may be flushed to zero."""
        return 2.0**-126 if self.unit > 2.0**-53 else 2.0**-1022

    @cached_property
    def tiny(self) -> float:
        """Absolute error of one operation whose result is subnormal: the smallest subnormal."""
        return 2.0**-149 if self.unit > UNIT_FLOAT64 else 5e-324

    @cached_property
    def largest(self) -> float:
        """Largest finite number."""
        return _LARGEST_FLOAT32 if self.unit > UNIT_FLOAT64 else 1.7976931348623157e308


FLOAT64 = Precision()
FLOAT32 = Precision(unit=UNIT_FLOAT32)

"""The turn of the code: what it has used of its time while the judge waits for a reply."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

OVER = "the time for the whole run is over (--timeout)"
_LENT = 2 / 3  # of a moment, at most, is what others took: threads of its own do as well
_MOMENT = 1.0  # seconds that may pass between two looks: more is the machine's, which stood still


@dataclass(slots=True, kw_only=True)
class Turn:
    """How long the code may take, and how long it took so far.

    What it waited for a processor does not count, so that code is not called slow for who else
    runs; what it slept does.

    Parameters
    ----------
    seconds : float
        Time for each step (a call, a module).
    total : float
        Time for everything.
    until : float
        Reading of `time.monotonic` at which the whole run is over, whatever took the time.
    """

    seconds: float
    total: float
    until: float
    _seen: float = field(default_factory=time.monotonic)
    _step: float = 0.0
    _whole: float = 0.0

    def look(self, now: float, waited: float, *, moved: bool) -> str:
        """Count the moment since the last look; says why the turn is over, if it is.

        Parameters
        ----------
        waited : float
            Seconds of it in which the code was ready and had no processor.
        moved : bool
            Whether a new step began.
        """
        passed = min(now - self._seen, _MOMENT)
        self._seen = now
        used = passed - min(waited, _LENT * passed)
        self._whole += used
        self._step = 0.0 if moved else self._step + used
        if now > self.until:
            return OVER
        late = self._step > self.seconds or self._whole > self.total
        return f"still running after {self.seconds:g} s" if late else ""

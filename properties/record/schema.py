"""The record of a run, described once: what `nndl check --json` writes and every report reads.

Its JSON Schema, ``record.schema.json``, is generated from these classes and shipped beside them.
All text is made safe to show when a value is made, whether by a run or from a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from .listing import Listing
from .value import Array as Array
from .value import Number as Number
from .value import RecordError as RecordError
from .value import Value

SCHEMA: Final = 2
CLASSES = ("correctness", "convention", "robustness")
LACKS_PARTNER = "cannot be judged: no "
"""What is said of a function that stands in the code without the one that it is judged by."""
SKIPPED = "skipped, as the project says"
"""What is said of what the project's settings leave out."""
AS_A_PART = "judged as a part of "
"""What is said of a helper of functions that are judged, which is not judged by itself."""
SCHEMA_FILE = Path(__file__).with_name("record.schema.json")

Status = Literal["pass", "fail", "error", "missing", "inconclusive", "skipped"]
# A status as it is shown: ``noted`` is reported and does not count, ``none`` does not apply.
Shown = Literal["pass", "fail", "error", "missing", "inconclusive", "skipped", "noted", "none"]


class Arrays(Value, frozen=True, kw_only=True):
    """The arrays of a failing example; ``tolerance`` has the shape of ``wanted``."""

    got: Array | None = None
    wanted: Array | None = None
    tolerance: Array | None = None


class Diagnosis(Value, frozen=True, kw_only=True):
    """The likely cause; without a misconception when nothing known explains the failure.

    ``seen_in_public`` is the address of somebody else's mistake of this kind, of the very same or,
    where ``neighbouring``, of one in a neighbouring form.
    """

    sentence: str
    evidence: str
    confidence: float
    misconception: str | None = None
    seen_in_public: str = ""
    neighbouring: bool = False


class Curve(Value, frozen=True, kw_only=True):
    """Error of a finite difference against its step.

    ``chosen`` is the index of the step with the smallest error, ``estimate`` the derivative and
    ``uncertainty`` the estimate of its error.
    """

    steps: tuple[Number, ...]
    errors: tuple[Number, ...]
    chosen: int | None = None
    estimate: Number | None = None
    uncertainty: Number | None = None


class OneSided(Value, frozen=True, kw_only=True):
    """The slopes on both sides of a kink, and the slope that was returned."""

    left: Number
    right: Number
    got: Number | None = None


class Series(Value, frozen=True, kw_only=True):
    """A quantity over the calls of an example, or over its slices: what was got and wanted."""

    name: str
    over: str
    lines: dict[str, tuple[Number, ...]]


class Derivative(Value, frozen=True, kw_only=True):
    """An analytical gradient beside the numerical one, along one direction."""

    argument: str
    ratio: Number
    difference: Number
    analytical: Number
    numerical: Number


class Property(Value, frozen=True, kw_only=True, rename={"cls": "class"}):
    """What one property says of one function.

    ``about`` is what it demands. ``counts`` is false for what is reported without failing the
    function. ``got``, ``wanted`` and ``tolerance`` are those of the entry ``index`` of
    ``argument``; ``arrays`` has all entries. ``inputs`` are the smallest failing example,
    ``script`` repeats it, ``repeat`` is the command that judges just this again.
    """

    name: str
    cls: Literal["correctness", "convention", "robustness"]
    status: Status
    examples: int
    about: str = ""
    counts: bool = True
    inconclusive: int = 0
    argument: str = ""
    index: tuple[int, ...] | None = None
    got: float | str | None = None
    wanted: float | str | None = None
    tolerance: float | str | None = None
    oracle: str = ""
    sentence: str = ""
    traceback: str = ""
    diagnosis: Diagnosis | None = None
    arrays: Arrays | None = None
    inputs: dict[str, Any] = msgspec.field(default_factory=dict)
    steps_curve: Curve | None = None
    one_sided: OneSided | None = None
    series: tuple[Series, ...] = ()
    table: tuple[Derivative, ...] = ()
    script: str = ""
    repeat: str = ""

    @property
    def title(self) -> str:
        """The name with blanks."""
        return self.name.replace("_", " ")

    @property
    def shown(self) -> Shown:
        """The status as it is shown."""
        return "noted" if self.status in ("fail", "error") and not self.counts else self.status

    @property
    def cause(self) -> Diagnosis | None:
        """The diagnosis, when there is one."""
        known = self.diagnosis is not None and self.diagnosis.misconception is not None
        return self.diagnosis if known else None


class Function(Value, frozen=True, kw_only=True, omit_defaults=False):
    """What a run says of one function; ``row`` is what declares it, ``layer`` what it belongs to.

    ``findings`` are reported and count only in a strict run. ``inputs`` are those that were
    inferred for a function that nobody declared, and ``found`` says what it was taken for;
    ``namesake`` is true where it has a name of the contract and was judged against its own forward
    alone, which says nothing of what the contract means by that name. ``because`` are wrong
    functions of the same run that it puts together rightly: repaired, they make it right, too. In
    a notebook ``line`` counts in the code cell ``cell``.
    """

    name: str
    layer: str
    row: str
    status: Status
    detail: str = ""
    findings: tuple[str, ...] = ()
    properties: tuple[Property, ...] = ()
    printed: str = ""
    file: str = ""
    line: int | None = None
    cell: int | None = None
    inputs: str = ""
    found: str = ""
    namesake: bool = False
    because: tuple[str, ...] = ()

    @property
    def failures(self) -> tuple[Property, ...]:
        """Properties that failed or broke and count, those with most to show first."""
        bad = (p for p in self.properties if p.shown in ("fail", "error"))
        return tuple(sorted(bad, key=_tells_least))

    @property
    def blame(self) -> str:
        """Which parts make it wrong, in one sentence; empty where it is wrong by itself."""
        if not self.because:
            return ""
        told = "part {} is" if len(self.because) == 1 else "parts {} are"
        return f"wrong because its {told.format(' and '.join(self.because))}"

    @property
    def noted(self) -> tuple[Property, ...]:
        """Properties that failed and do not count."""
        return tuple(p for p in self.properties if p.shown == "noted")

    @property
    def lead(self) -> Property | None:
        """The failing property that says most."""
        return next(iter(self.failures), None)

    @property
    def sentence(self) -> str:
        """What is wrong with it, in one sentence; of what is wrong with a part, that it is."""
        lead = None if self.because else self.lead
        return (lead.sentence if lead is not None else "") or self.detail


def _tells_least(p: Property) -> tuple[int, int, int]:
    """Sort key: what counts most and shows most comes first; otherwise the record's order."""
    return CLASSES.index(p.cls), p.cause is None, p.arrays is None and not p.script


class NotJudged(Value, frozen=True, kw_only=True):
    """What looks like a derivative and was not judged; ``write`` would make it judgeable."""

    name: str
    reason: str
    write: str = ""
    line: int | None = None
    cell: int | None = None

    @property
    def left_out(self) -> bool:
        """Whether nothing is open: the settings leave it out, or what calls it is judged."""
        return self.reason.startswith((SKIPPED, AS_A_PART))

    @property
    def advice(self) -> str:
        """What to do, to go on its reason; empty where nothing can be done."""
        return f"; to have it judged, say what it takes, as in {self.write}" if self.write else ""


class Target(Value, frozen=True, kw_only=True):
    """What was judged."""

    kind: str
    path: str


class Record(Value, frozen=True, kw_only=True):
    """A whole run.

    ``complete`` is true when everything that was planned was judged. ``listings`` are what
    `nndl steps` says of the lines of wrong functions. ``seconds`` is how long
    each row took. ``not_judged`` is what looks like a derivative and could not be judged.
    ``isolation`` is the tier that held the code under test; empty where it is not known.
    ``memory`` is the address space that the code could have, in MiB; 0 where it is not known.
    """

    schema: Literal[2]
    target: Target
    profile: str
    seed: int
    strict: bool
    verdict: Literal["pass", "fail", "error"]
    complete: bool
    functions: tuple[Function, ...]
    notes: tuple[str, ...]
    versions: dict[str, str]
    elapsed: float
    listings: tuple[Listing, ...] = ()
    seconds: dict[str, float] = msgspec.field(default_factory=dict)
    not_judged: tuple[NotJudged, ...] = ()
    isolation: Literal["", "bubblewrap", "landlock", "limits", "none"] = ""
    memory: int = 0

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers in the record's order."""
        return tuple(dict.fromkeys(f.layer for f in self.functions))

    def listing_of(self, function: Function) -> Listing | None:
        """The listing of a function's lines, when there is one."""
        named = (one for one in self.listings if function.name in (one.function, one.backward))
        return next(named, None)

    def with_status(self, *statuses: Status) -> tuple[Function, ...]:
        """Functions whose status is one of these."""
        return tuple(f for f in self.functions if f.status in statuses)


def required_and_missing(functions: Iterable[Function], required: frozenset[str]) -> list[Function]:
    """The missing functions that are named, or whose row or layer is."""
    return [f for f in functions if f.status == "missing" and required & {f.layer, f.row, f.name}]


def there_and_not_judged(
    functions: Iterable[Function], not_judged: Iterable[NotJudged]
) -> list[str]:
    """What stands in the code and was not judged, but what the project says to skip."""
    missing = (f for f in functions if f.status == "missing")
    lacking = [f.name for f in missing if f.detail.startswith(LACKS_PARTNER)]
    told = [one.name for one in not_judged if not one.left_out]
    return list(dict.fromkeys([*lacking, *told]))


def verdict_of(
    functions: Iterable[Function],
    *,
    complete: bool,
    required: frozenset[str],
    strict: bool,
    not_judged: Iterable[NotJudged],
) -> Literal["pass", "fail", "error"]:
    """The verdict over some functions; those that ``required`` names must not be missing.

    A strict run passes only when all that was found was judged.
    """
    found = list(functions)
    statuses = {f.status for f in found}
    if "fail" in statuses or required_and_missing(found, required):
        return "fail"
    unsure = not complete or (strict and there_and_not_judged(found, not_judged))
    return "error" if "error" in statuses or unsure else "pass"


def parse(data: bytes | str) -> Any:
    """What some JSON holds.

    Raises
    ------
    RecordError
        It is not JSON.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise RecordError(f"this is not JSON ({error}); {_WANTED}") from error


def read(data: bytes | str | Mapping[str, Any] | Record) -> Record:
    """Read a record: its JSON, or the same as a dict.

    Raises
    ------
    RecordError
        It is no record, or one of another version; the message says what does not fit.
    """
    if isinstance(data, Record):
        return data
    if isinstance(data, bytes | str):
        data = parse(data)
    if not isinstance(data, Mapping) or "functions" not in data:
        raise RecordError(f"got {type(data).__name__} without 'functions'; {_WANTED}")
    if data.get("schema") != SCHEMA:
        raise RecordError(
            f"got a record of schema {data.get('schema')!r}; this version reads schema {SCHEMA}: "
            "write the record again with this version, or read it with that which wrote it"
        )
    try:
        return msgspec.convert(data, Record, strict=True)
    except msgspec.ValidationError as error:
        raise RecordError(f"a part of it does not fit: {error}; {_WANTED}") from error


_WANTED = "wanted the JSON record that 'nndl check --json FILE' writes"


def plain(record: Value) -> dict[str, Any]:
    """The record as dicts, lists, texts and numbers."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(record))
    return found


def dump(record: Value) -> str:
    """The record as JSON in ASCII, which every tool can read."""
    return json.dumps(plain(record), indent=1, allow_nan=False) + "\n"


def json_schema() -> str:
    """The JSON Schema of a record."""
    return json.dumps(msgspec.json.schema(Record), indent=1) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(json_schema(), encoding="utf-8")

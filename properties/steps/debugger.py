"""The way through: find the functions, gather, judge, find the mistakes, take the smallest case."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..discovery.found import NotJudged
from ..discovery.targets import look
from ..implementation import Limits, resolve_target
from ..layers import EVERY
from ..spec.row import LayerSpec, ObjectSpec
from .evidence.gather import examine, gather
from .evidence.judge import Judge
from .inferring import Inferred, infer
from .report import make_report
from .rewrite.child import LIMITS, Child
from .rewrite.session import Budget, Runner, Session
from .rewrite.source import Project, open_project
from .search.mistakes import Search
from .search.smallest import smallest_case, unseen
from .subjects import Subject, of_inputs, of_row, rows_named, variants_of
from .trouble import check_parses, in_trouble, origin_notes
from .values import CodeError, NoSource, Report, Step, StepsError
from .ways import Way

__all__ = ["SECONDS", "debug", "debug_all", "debug_subject"]

_TRAINS = "it hangs when all of its file is run: only the definitions in it were run"
MakeRunner = Callable[[], Runner]
SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the user asked for."""

    layer: str | None
    forward: str | None
    backward: str | None
    inputs: str | None
    rows: Sequence[LayerSpec]
    way: Way | None = None
    targets: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_undeclared(self) -> bool:
        """Whether no row says what the functions are."""
        named = self.forward is not None and self.layer is None
        return named and bool(self.inputs or not rows_named(self.rows, str(self.forward)))

    def fits_no_row(self, project: Project) -> bool:
        """Whether the functions have a declared layer's names, and another signature."""
        try:
            return bool(self.forward and not self.layer and not self.subject(project).declared)
        except StepsError:
            return self.forward is not None and self.layer is None

    def subject(self, project: Project, *, sourceless: bool = False) -> Subject:
        """Find the functions and how they are called."""
        if self.forward is None and (self.backward or self.inputs):
            option = "--backward" if self.backward else "--inputs"
            raise StepsError(f"{option} needs --forward: declared layers have their inputs")
        if self.layer is not None and self.inputs is not None:
            raise StepsError("give LAYER or --inputs, not both: LAYER has inputs of its own")
        word = self.layer or self.forward
        if word is None:
            raise StepsError("give a LAYER, or --forward")
        rows = rows_named(self.rows, word) if self.inputs is None else []
        if self.layer is not None and not rows:
            known = dict.fromkeys(v for row in self.rows for v in variants_of(row))
            raise StepsError(
                f"{self.layer!r} is no declared layer: give one of {', '.join(known)}, or "
                "--forward and --backward"
            )
        if rows and self.layer is not None and self.forward is not None:
            if isinstance(rows[0][0], ObjectSpec):
                plain = [r.name for r in self.rows if not isinstance(r, ObjectSpec)]
                raise StepsError(
                    f"{word!r} is no layer made of functions; such are {', '.join(plain)}"
                )
            names = (self.forward, self.backward)
            return of_row(project, *rows[0], names=names, sourceless=sourceless)
        for row, variant in rows:
            try:
                return of_row(project, row, variant, sourceless=sourceless)
            except NoSource:
                if (row, variant) == rows[-1] and self.layer is not None:
                    raise
        return of_inputs(
            project,
            str(self.forward),
            self.backward,
            self.inputs,
            targets=self.targets,
            accepted=self.accepted,
            way=self.way,
            options=self.options,
            sourceless=sourceless,
        )


def _find(target: str | None, asked: _Asked, limits: Limits) -> Inferred | None:
    """Let the code say what the inputs of undeclared functions are, and how they are read."""
    names = (asked.forward, asked.backward)
    found = infer(target, only=names, inputs=asked.inputs, limits=limits)
    fitting = [one for one in found if isinstance(one, Inferred) and one.forward == names[0]]
    return next((one for one in fitting if names[1] in (None, one.backward)), None)


def _agreed(report: Report, found: Inferred | None) -> Report:
    """Hold a report against the open contract, which knows more ways of calling and reading.

    What that calls right is never called wrong: then the lines cannot be followed as they are
    called here. What it calls wrong is never called right.
    """
    if found is None:
        return report
    line = report.gradients[0].line if report.gradients else 0
    said = "; ".join(found.said)
    if found.status == "right" and report.outcome in ("wrong", "error", "nothing"):
        why = said or "every returned gradient is right"
        steps = tuple(
            replace(s, status="not judged", cause=None, reason=why) if s.status == "wrong" else s
            for s in report.steps
        )
        reading = f" ({said})" if said else ""
        verdict = f"right: every returned gradient{reading}; its lines cannot be followed"
        right = Step(line, "returned", "all inputs", "right", said)
        return replace(
            report, steps=steps, mistakes=(), gradients=(right,), trouble=None, verdict=verdict
        )
    if found.status == "wrong" and report.outcome in ("right", "nothing"):
        wrong = Step(line, "returned", "an input", "wrong", said, cause=said)
        verdict = f"{said}; no single line can be named"
        return replace(report, gradients=(*report.gradients, wrong), verdict=verdict)
    return report


def debug(
    target: str | None,
    layer: str | None = None,
    *,
    forward: str | None = None,
    backward: str | None = None,
    inputs: str | None = None,
    rows: Sequence[LayerSpec] = (),
    seed: int = 0,
    seconds: float | None = None,
    make_runner: MakeRunner | None = None,
    limits: Limits = LIMITS,
    shrink: bool = True,
    repair: bool = True,
) -> Report:
    """Judge one backward line by line.

    Parameters
    ----------
    target : folder, file or import name; None is ``./nndl`` or ``./layers.py``, else the
        bundled `nndl`.
    layer : a declared layer; or `forward` and, unless value and gradient live in one function,
        `backward`, with `inputs`, which are inferred from the code when left out. With all three
        names the functions are taken as that layer.
    rows : declared layers of the user's own, beside ours.
    seconds : how long causes and a smaller case may be looked for, `SECONDS` when left out; the
        verdict is given anyway.
    make_runner : what runs the code; a child process when left out.
    limits : what that process may use, and how it is kept apart.
    shrink : look for the smallest case that shows the first wrong step.

    Returns
    -------
    Report
        Its `trouble` says why nothing was judged when a function raises, hangs or is a skeleton.

    Raises
    ------
    StepsError
        The target or the options cannot be used.
    """
    project = open_project(target)
    asked = _Asked(layer, forward, backward, inputs, (*rows, *EVERY))
    found: Inferred | None = None
    if asked.inputs is None and (asked.is_undeclared or asked.fits_no_row(project)):
        found = _find(target, asked, limits)
        if found is not None:
            asked = replace(
                asked,
                backward=found.backward,
                inputs=found.inputs,
                way=found.way,
                targets=found.located,
                accepted=found.accepted,
                options=found.case,
            )
    try:
        subject = asked.subject(project)
    except NoSource:
        check_parses(project)
        subject = asked.subject(project, sourceless=True)
    report = debug_subject(
        project,
        subject,
        notes=() if found is None else (found.note,),
        seed=seed,
        seconds=seconds,
        make_runner=make_runner,
        limits=limits,
        shrink=shrink,
        repair=repair,
    )
    if found is None and asked.is_undeclared and report.outcome in ("right", "wrong"):
        found = _find(target, asked, limits)
    return _agreed(report, found)


def debug_all(
    target: str | None,
    *,
    rows: Sequence[LayerSpec] = (),
    word: str = "",
    seed: int = 0,
    seconds: float | None = None,
    make_runner: MakeRunner | None = None,
    limits: Limits = LIMITS,
) -> Iterator[Report | StepsError | NotJudged]:
    """Judge every backward that a target has, those that nobody declared too.

    With a ``word``, those alone that nobody declared and that a user calls so.
    """
    project = open_project(target)
    found: list[tuple[str, Subject | StepsError, Inferred | None]] = []
    known: set[str] = set()
    for row in () if word else (*EVERY, *rows):
        for variant in variants_of(row):
            try:
                found.append((variant, of_row(project, row, variant), None))
            except NoSource:
                continue
            except StepsError as error:
                found.append((variant, error, None))
            known |= {name.rpartition(".")[2] for name in row.functions}
    unjudged = 0
    for one in infer(target, known=known, word=word, limits=limits):
        if isinstance(one, NotJudged):
            unjudged += 1
            yield one
            continue
        try:
            names = (one.forward, one.backward, one.inputs)
            subject = of_inputs(
                project,
                *names,
                targets=one.located,
                accepted=one.accepted,
                way=one.way,
                options=one.case,
            )
        except StepsError as error:
            yield NotJudged(one.backward or one.forward, str(error))
            continue
        found.append((one.backward or one.forward, subject, one))
    if not found and word and not unjudged:
        raise StepsError(_no_such(target, project, word, (*EVERY, *rows)))
    if not found and not word:
        raise StepsError(
            f"{project.label} has no backward that could be found, declared or not: give a LAYER, "
            f"or --forward, --backward and --inputs"
        )
    for name, subject_or_error, inferred in found:
        try:
            if isinstance(subject_or_error, StepsError):
                raise subject_or_error
            report = debug_subject(
                project,
                subject_or_error,
                seed=seed,
                seconds=seconds,
                make_runner=make_runner,
                limits=limits,
                notes=() if inferred is None else (inferred.note,),
            )
            yield _agreed(report, inferred)
        except StepsError as error:
            yield StepsError(f"{name}: {error}")


def _no_such(target: str | None, project: Project, word: str, rows: Sequence[LayerSpec]) -> str:
    """What there is in the place of a word that means no layer, and nothing that was judged."""
    own = dict.fromkeys(one.name for one in look(resolve_target(target)).candidates)
    declared = dict.fromkeys(v for row in rows for v in variants_of(row))
    near = difflib.get_close_matches(word, [*own, *declared], n=3)
    meant = f"; did you mean {', '.join(near)}?" if near else ""
    derives = ", ".join(own) or "nothing that could be found"
    return (
        f"{word!r} is no declared layer, and nothing in {project.label} that could be judged{meant}"
        f"; the target derives {derives}; or name the two functions: --forward NAME --backward NAME"
    )


def debug_subject(
    project: Project,
    subject: Subject,
    *,
    seed: int = 0,
    seconds: float | None = None,
    make_runner: MakeRunner | None = None,
    limits: Limits = LIMITS,
    shrink: bool = True,
    repair: bool = True,
    notes: Sequence[str] = (),
    suspect: Mapping[str, Any] | None = None,
    definitions: bool = False,
) -> Report:
    """Judge one pair; see `debug`.

    suspect : arguments, by the names of a row, with which something else found it wrong. They are
        looked at where all is right for the cases that are drawn.
    definitions : run nothing of its file but definitions; else only where the file hangs.
    """
    runner = make_runner() if make_runner is not None else Child(limits)
    budget = Budget(SECONDS if seconds is None else seconds)
    with Session(project, subject.pair, runner, budget=budget, definitions=definitions) as session:
        try:
            evidence = gather(session, subject, subject.sizes, seed=seed)
            if not any(trace.gradients for trace in evidence.traces):
                raise CodeError(f"{subject.pair.judged.name} returns no gradient")
        except CodeError as error:
            if session.hung and not definitions:
                return debug_subject(
                    project,
                    subject,
                    seed=seed,
                    seconds=seconds,
                    make_runner=make_runner,
                    limits=limits,
                    shrink=shrink,
                    repair=repair,
                    notes=(*notes, _TRAINS),
                    suspect=suspect,
                    definitions=True,
                )
            return in_trouble(session, subject, error, seed)
        judge = Judge(evidence)
        search = Search(judge, repair=repair)
        origins = search.run()
        if (subject.declared or suspect) and not origins and _all_right(judge):
            found = unseen(session, subject, judge, suspect or {})
            if found:
                judge = Judge(examine(session, subject, found))
                search = Search(judge, repair=repair)
                origins = search.run()
        shown: Judge | None = None
        if shrink and origins:
            shown = smallest_case(session, subject, judge, origins[0].finding)
        told = [*notes, *origin_notes(session, subject)]
        if budget.missed:
            told.append(
                f"{budget.seconds:g} s were over before everything was looked at: --seconds gives "
                f"more"
            )
        return make_report(search, origins, shown or judge, told)


def _all_right(judge: Judge) -> bool:
    judged = [right for _, _, right in judge.returned(judge.evidence.traces)]
    return any(judged) and False not in judged

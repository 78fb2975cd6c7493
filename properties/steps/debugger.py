"""The way through: find the functions, gather, judge, find the mistakes, take the smallest case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .evidence.gather import Evidence, examine, gather
from .evidence.judge import Judge
from .gradients import judge_gradients
from .pairing import (
    Subject,
    contract_pair,
    contract_subject,
    custom_subject,
    labels_present,
)
from .plain import Plain
from .reporting import make_report
from .rewrite.session import Runner, Session
from .search.mistakes import Search
from .search.smallest import smallest_case, unseen
from .source import Project, open_project
from .values import CodeError, NoSource, Report, StepsError, Trouble

if TYPE_CHECKING:
    from properties.spec.row import LayerSpec

__all__ = ["debug", "debug_all", "debug_subject"]

MakeRunner = Callable[[], Runner]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the user asked for."""

    layer: str | None
    forward: str | None
    backward: str | None
    inputs: str | None
    specs: tuple[LayerSpec, ...] = ()

    def subject(self, project: Project, *, sourceless: bool = False) -> Subject:
        """Find the functions and how they are called."""
        own = self._spec(self.layer or self.forward or "")
        if own is not None and self.inputs is None:
            from .own_specs import spec_subject

            if self.layer is not None and self.forward is not None:
                own = replace(own, forward=self.forward, backward=self.backward)
            return spec_subject(project, own, sourceless=sourceless)
        if self.layer is not None and self.forward is not None:
            if self.inputs is not None:
                raise StepsError("give LAYER or --inputs, not both: LAYER has inputs of its own")
            return contract_pair(
                project, self.layer, self.forward, self.backward, sourceless=sourceless
            )
        if self.forward is not None:
            if self.inputs is None:
                try:
                    return contract_subject(project, self.forward, sourceless=sourceless)
                except StepsError:
                    pass
            return custom_subject(
                project, self.forward, self.backward, self.inputs, sourceless=sourceless
            )
        if self.backward is not None:
            raise StepsError("--backward needs --forward")
        if self.inputs is not None:
            raise StepsError("--inputs needs --forward: layers of the contract have their inputs")
        if self.layer is None:
            raise StepsError("give a LAYER of the contract, or --forward")
        return contract_subject(project, self.layer, sourceless=sourceless)

    def _spec(self, name: str) -> LayerSpec | None:
        if not self.specs:
            return None
        from .own_specs import specs_for

        return specs_for(self.specs, name)


def _load(specs_file: str | None) -> tuple[LayerSpec, ...]:
    """Read a file of specs; what specs need is imported only when there is one."""
    if specs_file is None:
        return ()
    from .own_specs import load_specs

    return load_specs(specs_file)


def debug(
    target: str | None,
    layer: str | None = None,
    *,
    forward: str | None = None,
    backward: str | None = None,
    inputs: str | None = None,
    specs_file: str | None = None,
    seed: int = 0,
    make_runner: MakeRunner | None = None,
    shrink: bool = True,
    repair: bool = True,
) -> Report:
    """Judge one backward line by line.

    Parameters
    ----------
    target : folder, file or import name; None is ``./nndl`` or ``./layers.py``, else the
        bundled `nndl`.
    layer : a contract name; or `forward` and, unless value and gradient live in one function,
        `backward`, with `inputs`. With all three names the functions are taken as that layer.
    specs_file : a Python file with `LayerSpec` values; a layer or function of theirs gets its
        inputs from them.
    make_runner : what runs the code; a child process when left out.
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
    asked = _Asked(layer, forward, backward, inputs, _load(specs_file))
    try:
        subject = asked.subject(project)
    except NoSource:
        return _without_source(target, project, asked, seed)
    return debug_subject(
        project,
        subject,
        target=target,
        seed=seed,
        make_runner=make_runner,
        shrink=shrink,
        repair=repair,
    )


def debug_all(
    target: str | None,
    *,
    specs_file: str | None = None,
    seed: int = 0,
    make_runner: MakeRunner | None = None,
) -> Iterator[Report | StepsError]:
    """Judge every backward of the contract, and of the specs, that a target has."""
    project = open_project(target)
    specs = _load(specs_file)
    labels = [
        *labels_present(project),
        *(s.name for s in specs if all(project.find(f.rpartition(".")[2]) for f in s.functions)),
    ]
    if not labels:
        raise StepsError(
            f"{project.label} has no function of the contract"
            f"{' or of the specs' if specs else ''} whose source can be read: give a LAYER, or "
            f"--forward, --backward and --inputs"
        )
    for label in labels:
        try:
            yield debug_subject(
                project,
                _Asked(label, None, None, None, specs).subject(project),
                target=target,
                seed=seed,
                make_runner=make_runner,
            )
        except StepsError as error:
            yield StepsError(f"{label}: {error}")


def child_runner() -> Runner:
    """Return the runner for code that is not trusted: a process of its own."""
    from .rewrite.child import Child

    return Child()


def debug_subject(
    project: Project,
    subject: Subject,
    *,
    target: str | None = None,
    seed: int = 0,
    make_runner: MakeRunner | None = None,
    shrink: bool = True,
    repair: bool = True,
) -> Report:
    """Judge one pair; see `debug`."""
    runner = (make_runner or child_runner)()
    try:
        with Session(project, subject.pair, runner) as session:
            evidence = gather(session, subject, subject.sizes, seed=seed)
            if not any(trace.gradients for trace in evidence.traces):
                raise CodeError(f"{subject.pair.judged.name} returns no gradient")
            judge = Judge(evidence)
            search = Search(judge, repair=repair)
            origins = search.run()
            if subject.by_contract and not origins and _all_right(judge):
                found = unseen(session, subject, judge)
                if found:
                    evidence = examine(session, subject, found)
                    judge = Judge(evidence)
                    search = Search(judge, repair=repair)
                    origins = search.run()
            shown: tuple[Evidence, Judge] | None = None
            if shrink and origins:
                shown = smallest_case(session, subject, judge, origins[0].finding)
            return make_report(project, subject, search, origins, *(shown or (evidence, judge)))
    except CodeError as error:
        return _in_trouble(target, project, subject, error, seed)


def _all_right(judge: Judge) -> bool:
    judged = [right for _, _, right in judge.returned(judge.evidence.traces)]
    return any(judged) and False not in judged


# when nothing can be judged -----------------------------------------------------------------
def _in_trouble(
    target: str | None, project: Project, subject: Subject, error: CodeError, seed: int
) -> Report:
    """Report what a function does instead of returning gradients, with the line in its file."""
    case = subject.draw(subject.sizes[0], seed)
    pair = subject.pair
    trouble: Trouble | None = None
    if pair.style in ("pair", "joint"):
        names = [pair.forward.name, *([pair.backward.name] if pair.backward else [])]
        try:
            with Plain(target, project, names) as plain:
                trouble = plain.trouble(subject, case)
        except StepsError:
            pass
    trouble = trouble or Trouble(pair.judged.name, _status(str(error)), str(error))
    return Report(
        target=project.label,
        label=pair.label,
        forward=pair.forward.name,
        backward=pair.judged.name,
        file=str(pair.judged.file),
        source=(),
        steps=(),
        mistakes=(),
        verdict=trouble.sentence,
        case=case,
        trouble=trouble,
    )


def _status(message: str) -> str:
    skeleton = "NotImplementedError" in message or message.endswith("returns no gradient")
    return "missing" if skeleton else "raised"


def _without_source(target: str | None, project: Project, asked: _Asked, seed: int) -> Report:
    """Judge returned gradients alone, if the functions are there although their source is not.

    Raises
    ------
    StepsError
        They are not there.
    """
    subject = asked.subject(project, sourceless=True)
    pair = subject.pair
    names = [pair.forward.name, *([pair.backward.name] if pair.backward else [])]
    with Plain(target, project, names) as plain:
        return judge_gradients(plain, subject, label=project.label, seed=seed)

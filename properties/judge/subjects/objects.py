"""Probes of what is no pair of functions: objects that live in the child and are called there."""

from __future__ import annotations

from typing import Any, NoReturn

from ...implementation import Outcome
from ...spec.case import Case
from ...spec.literals import literal
from ..mismatch import Disagreement, Mismatch
from .functions import Probe

CONTRACT = "the contract"


class ObjectProbe(Probe):
    """A probe that knows how an object is made and used; see the modules of ``specs``."""

    @property
    def name(self) -> str:
        """Contract name of what is judged."""
        return self.spec.forward

    @property
    def short(self) -> str:
        """Its name in code: ``TwoLayerNet``."""
        return self.name.rpartition(".")[2]

    def get(self, outcome: Outcome) -> tuple[Any, ...]:
        """The outputs of a call on the object; raises Fault where it failed."""
        return self.ok(self.name, outcome)

    def contradict(self, argument: str, sentence: str, case: Case, **found: Any) -> NoReturn:
        """Raise the mismatch of something that the contract says otherwise."""
        raise Mismatch(
            Disagreement(
                function=self.name,
                sentence=sentence,
                oracle=CONTRACT,
                argument=argument,
                case=case,
                **found,
            )
        )

    def script_lines(self, case: Case) -> list[str]:
        """The part of a script that makes and calls the object; by default its inputs alone."""
        return [f"{name} = {literal(value)}" for name, value in case.args.items()]

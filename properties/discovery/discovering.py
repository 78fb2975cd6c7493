"""From something that looks like a derivative to a row that can be judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from properties.implementation.child.cells import Cells

from .callees import callees
from .calling import OUTPUT_TAKEN, Plan, on_output, outputs_of, plans
from .candidates import candidates
from .choices import with_choices
from .classes import NO_COST, lacks_a_cost
from .conventions import conventions
from .found import Found, NotJudged, broke
from .gradients import between, items_of
from .hypotheses import (
    NO_NAME,
    SURE,
    Hypothesis,
    any_numbers,
    apart,
    as_summed,
    first_input,
    other_axes,
    unsummed,
    unsure,
)
from .inputs import Wanted, shown
from .ladder import Truth, Unclear
from .letters import ones, pretty
from .locating import locate, shape_is_off
from .losses import is_loss, only_multiplied, symmetric_forms, variants
from .notes import hides_a_gradient, hides_lengths, hides_rows, note_of
from .pairs import Candidate, Pairing
from .reading import leaves_of, readings
from .second import gradient_of
from .session import Session
from .source import Function, Survey
from .starting import Start, Starting
from .supplied import supplied_to
from .trying import Example, Failed, Seen, make_example, repeats, see
from .varying import varied

CALLS = "calls that it makes itself"
_EXAMPLES = 3
_MOST_INPUTS = 8
_LEAST = (1, 3)


def discover(
    session: Session,
    *,
    known: Iterable[str] = (),
    declared: Mapping[str, Wanted] | None = None,
    seed: int = 0,
) -> list[Found | NotJudged]:
    """Find every value with a hand-written derivative, and how it is called.

    Parameters
    ----------
    session
        The child in which the target is loaded.
    known
        Names of functions that are judged otherwise.
    declared
        What the user said of the inputs, by name.
    """
    survey = session.survey()
    listed = candidates(survey, known=known)
    return [understand(session, survey, one, declared=declared, seed=seed) for one in listed]


def understand(
    session: Session,
    survey: Survey,
    candidate: Candidate,
    *,
    declared: Mapping[str, Wanted] | None = None,
    source: str = "--inputs",
    seed: int = 0,
) -> Found | NotJudged:
    """Find out how a candidate is called, with what, and what it is the derivative of.

    Parameters
    ----------
    declared, source
        What is said of inputs, by name, and where.
    """
    session.about = candidate.name
    try:
        return _Search(session, survey, candidate, declared or {}, source, seed).run()
    except Exception as error:  # one that is too strange must not hide the others
        return broke(candidate.name, error)


class _Search:
    def __init__(
        self,
        session: Session,
        survey: Survey,
        candidate: Candidate,
        declared: Mapping[str, Wanted],
        told_by: str,
        seed: int,
    ) -> None:
        self._session, self._survey, self._candidate = session, survey, candidate
        self._declared, self._seed = declared, seed
        self._starting = Starting(session, survey, declared, told_by, seed)
        self._best: Hypothesis | None = None
        self._refusals: list[str] = []
        self._raised: list[tuple[float, str]] = []
        self._inputs: Mapping[str, Wanted] = {}
        self._shapes_off = False
        self._ran = False
        self._single: list[str] = []
        self._apart: list[tuple[str, str]] = []
        self._summed: list[dict[str, Wanted]] = []
        self._note = ""
        self._wrong: list[Hypothesis] = []
        self._backward_error: tuple[Mapping[str, Any], Mapping[str, int]] | None = None

    def run(self) -> Found | NotJudged:
        """Try the pairings in order until one fits."""
        if not self._candidate.pairings:
            return self._not_judged(self._candidate.reason)
        for place, pairing in enumerate(self._pairings()):
            self._pairing(pairing, 0.3 * place)
            if self._best is not None and self._best.without_leaf and pairing.then is None:
                self._pairing(replace(pairing, warm=True), 0.3 * place + 0.05)
            if self._best is not None and self._best.fit.clean:
                break
        if self._best is not None and not self._best.fit.clean:
            self._of_any_number(self._best)
        if self._best is not None and not self._best.fit.clean and not self._declared:
            self._as_its_gradient(self._best)
        if self._best is not None and not self._best.fit.clean and not self._declared:
            self._of_other_axes(self._best)
        best = self._best
        if best is None:
            return self._not_judged(self._why())
        if not best.fit.clean:
            reason = unsure(best, declared=bool(self._declared))
            if reason or all(map(lacks_a_cost, self._candidate.pairings)):
                return self._not_judged(self._why(reason))
        return self._found(best)

    # one pairing

    def _pairings(self) -> Iterator[Pairing]:
        """The pairings, with what is supplied to their functions."""
        for pairing in self._candidate.pairings:
            helpers = callees(pairing.forward, self._survey, pairing.owner)
            for given in supplied_to(pairing, self._survey):
                yield replace(pairing, helpers=helpers, supplied=given)

    def _pairing(self, pairing: Pairing, cost: float) -> None:
        start = self._starting.of(pairing)
        if isinstance(start, str):
            self._refusals.append(start)
            return
        learner = start.learner
        first: float | None = None
        told = 0
        for count, (specs, price) in enumerate(learner.search(start.inputs)):
            first = price if first is None else first
            learner.dearest = first + 0.36
            if told >= _MOST_INPUTS or count >= 3 * _MOST_INPUTS:
                break
            self._inputs = self._inputs or specs
            self._shapes_off, self._backward_error, self._single = True, None, []
            self._apart, self._summed = [], []
            self._ran = False
            masks = only_multiplied(pairing.forward)
            likely = variants(specs, self._declared, masks) if is_loss(pairing) else [(0.0, specs)]
            beside = self._survey.functions
            forms = symmetric_forms(pairing, specs, self._declared, beside)
            for more, variant in (*likely, *forms):
                self._with_inputs(start, variant, cost + price - first + more)
                if self._best is not None and self._best.fit.clean:
                    return
            if self._backward_error is not None and not self._ran:
                learner.learn(specs, price, *self._backward_error)
            told += self._ran
            if self._ran:
                learner.most_ones = ones(specs)
                if self._shapes_off:
                    learner.merge(specs, price, self._apart)
                    learner.consider(specs, price, self._summed)
            scalars = pairing.kind in ("local", "flag", "joint")
            learner.widen(specs, price, self._single, scalars=scalars, lower=self._shapes_off)
        if first is None and learner.refused is not None:
            self._refusals.append(learner.refused.said_of(pairing.forward))
            self._inputs = self._inputs or learner.refused.specs

    def _of_any_number(self, best: Hypothesis) -> None:
        """Before a gradient is called wrong: numbers that the only call gives may have one."""
        for changed in any_numbers(best):
            start = replace(best.start, called={**best.start.called, **changed})
            self._with_inputs(start, {**best.specs, **changed}, best.cost + 0.05)
            if self._best is not None and self._best.fit.clean:
                return

    def _as_its_gradient(self, best: Hypothesis) -> None:
        """Before a Hessian is called wrong: its gradient has the inputs that a cost takes."""
        gradient = gradient_of(best.pairing, self._survey)
        if gradient is None:
            return
        found = understand(self._session, self._survey, gradient, seed=self._seed)
        self._session.about = self._candidate.name
        told = {**found.init, **found.args} if isinstance(found, Found) else {}
        if told and told.keys() <= best.specs.keys() and told != best.specs:
            self._best = None
            self._with_inputs(best.start, {**best.specs, **told}, best.cost)
            self._best = self._best or best

    def _of_other_axes(self, best: Hypothesis) -> None:
        """Before a gradient is called wrong: its input may have the gradient's axes, or fewer."""
        start, specs = best.start, best.specs
        try:
            sizes = [
                make_example(
                    self._session, best.pairing, specs, index, self._seed, least=best.least
                ).sizes
                for index in range(_EXAMPLES)
            ]
        except Failed:
            return
        for other in other_axes(best, start.learner.ranks.untold(specs), sizes):
            summed = start.learner.ranks.with_summed_biases(other)
            self._with_inputs(start, summed, best.cost + 0.05)
            if self._best is not None and self._best.fit.clean:
                return

    # inputs that work

    def _with_inputs(self, start: Start, specs: Mapping[str, Wanted], cost: float) -> None:
        for least in _LEAST:
            if self._with_lengths(start, specs, cost + 0.01 * least, least):
                return

    def _with_lengths(
        self, start: Start, specs: Mapping[str, Wanted], cost: float, least: int
    ) -> bool:
        """Try inputs whose lengths are no smaller; false when longer ones may help."""
        pairing = start.pairing
        try:
            examples = [
                make_example(self._session, pairing, specs, index, self._seed, least=least)
                for index in range(_EXAMPLES)
            ]
        except Failed as failed:
            self._refusals.append(f"{pairing.forward.name} raises {failed}")
            self._backward_error = self._backward_error or (failed.error, failed.sizes)
            return False
        if not repeats(self._session, examples[0]):
            state = ", ".join(examples[0].reply.get("chance", ()))
            kept = f" ({state} changes between them)" if state else ""
            self._refusals.append(f"two runs on the same inputs give different values{kept}")
            return True
        outputs = outputs_of(examples[0].reply, pairing.forward, then=pairing.then is not None)
        if not outputs.paths:
            self._refusals.append(f"{pairing.forward.name} returns nothing and sets no output")
            return True
        ran = False
        inputs = [n.partition("/")[2] for n in specs if n.startswith("arg/")]
        known: list[dict[tuple[str, ...], Truth]] = [{} for _ in examples]
        for plan in plans(pairing, outputs, inputs):
            if plan.note == OUTPUT_TAKEN and not on_output(pairing, self._survey.trees.values()):
                continue
            seen = self._seen(pairing, examples, plan, known)
            if len(seen) < 2:
                continue
            ran = True
            for place, reading in enumerate(readings(pairing, plan, seen[0])):
                price = cost + plan.cost + 0.1 * place
                self._read(start, specs, plan, reading, seen, price, least)
                if self._best is not None and self._best.fit.clean:
                    return True
        return ran

    def _seen(
        self,
        pairing: Pairing,
        examples: Sequence[Example],
        plan: Plan,
        known: Sequence[dict[tuple[str, ...], Truth]],
    ) -> list[Seen]:
        seen: list[Seen] = []
        for example, truths in zip(examples, known, strict=True):
            try:
                seen.append(
                    see(self._session, pairing, example, plan, known=truths, seed=self._seed)
                )
            except Failed as failed:
                name = pairing.judged.name
                self._raised.append((plan.cost, f"{name} raises {failed}"))
                if self._backward_error is None and plan.cost < SURE:
                    self._backward_error = failed.error, example.sizes
                return []
            except Unclear as unclear:
                self._raised.append((plan.cost + 5.0, str(unclear)))
        return seen

    def _read(
        self,
        start: Start,
        specs: Mapping[str, Wanted],
        plan: Plan,
        reading: str,
        seen: Sequence[Seen],
        cost: float,
        least: int,
    ) -> None:
        pairing = start.pairing
        leaves = leaves_of(seen, plan, reading)
        items = items_of(pairing, plan, seen)
        if not items:
            self._raised.append((plan.cost, f"{pairing.judged.name} gives no gradient"))
        if not leaves or not items:
            return
        first = first_input(specs, pairing)
        fit = locate(items, leaves, first=first, between=between(seen))
        fit, _ = conventions(fit, pairing, plan, reading, first, seen)
        self._ran = self._ran or bool(fit.matches)
        if not fit.matches:
            self._raised.append((plan.cost, f"no gradient of {pairing.judged.name} was located"))
            return
        off = [match for match in fit.matches if shape_is_off(match)]
        if not off:
            self._shapes_off = False
        if len(off) > 1 and not self._single:
            self._single = unsummed(off, seen)
        self._apart = self._apart or apart(fit.matches, leaves, seen)
        self._summed = self._summed or as_summed(off, seen, specs)
        hypothesis = Hypothesis(start, specs, plan, reading, fit, cost, least)
        if not fit.clean and not off:
            self._wrong.append(hypothesis)
        elif fit.clean and any(hides_lengths(hypothesis, one) for one in self._wrong):
            return
        if self._best is None or hypothesis.rank < self._best.rank:
            note = self._note
            if self._best is not None:
                note = note_of(specs, self._best.specs) if fit.clean else note
                if hides_a_gradient(specs, self._best) or hides_rows(pairing, note):
                    return
            self._best, self._note = hypothesis, note

    # endings

    def _why(self, reason: str = "") -> str:
        if all(map(lacks_a_cost, self._candidate.pairings)):
            return NO_COST
        if reason:
            return reason
        if self._raised:
            return min(self._raised, key=lambda r: r[0])[1]
        return self._refusals[0] if self._refusals else "no way to call it was found"

    def _not_judged(self, reason: str) -> NotJudged:
        function = self._candidate.function
        write = ""
        if self._inputs and not reason.startswith(NO_NAME):  # other inputs would not help
            plain = {n.partition("/")[2]: one for n, one in pretty(self._inputs).items()}
            write = f"--inputs '{shown(plain)}'" if plain else ""
        return NotJudged(self._candidate.name, reason, write, function.file, function.line)

    def _found(self, best: Hypothesis) -> Found:
        chosen, plan = with_choices(
            self._session, best.pairing, best.plan, best.reading, best.specs, least=best.least
        )
        specs = pretty(chosen)
        if best.pairing.slope is not None and not self._note:
            self._note = f"with {best.pairing.slope.name} taken for what it is: no cost is written"
        defaults, alone = varied(best.pairing, plan, chosen, self._declared)
        return Found(
            self._candidate,
            best.pairing,
            {n: s for n, s in specs.items() if n.startswith("init/")},
            {n: s for n, s in specs.items() if n.startswith("arg/")},
            plan,
            best.reading,
            CALLS if best.as_called else best.start.source,
            best.least,
            self._place(best.pairing.judged),
            self._note,
            defaults,
            alone,
        )

    def _place(self, function: Function) -> str:
        if not function.file.endswith(".ipynb"):
            return ""
        return Cells.of(self._survey.sources[function.module]).say(function.line)

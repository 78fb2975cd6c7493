"""From something that looks like a derivative to a row that can be judged."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from properties.implementation.child.cells import place as place_in_notebook
from properties.implementation.child.tracing.recording import calls_its_own

from . import names
from .calling import OUTPUT_TAKEN, Plan, outputs_of, plans
from .candidates import candidates
from .choices import with_choices
from .columns import in_columns
from .conventions import conventions
from .found import Found, NotJudged
from .gradients import between, items_of
from .hint import Hint
from .hints import hints
from .inputs import Wanted
from .ladder import Truth, Unclear
from .learning import Learner, Refused
from .letters import ones, pretty
from .locating import RIGHT, WRONG, Fit, Match, locate, shape_is_off
from .pairs import Candidate, Pairing
from .reading import leaves_of, readings
from .recorded import inputs_of
from .session import Session
from .source import KEYWORD_ONLY, PLAIN, POSITIONAL_ONLY, Function, Parameter, Survey
from .trying import Example, Failed, Seen, make_example, request_for, see

CALLS = "calls that it makes itself"
_EXAMPLES = 3
_MOST_INPUTS = 8
_LEAST = (1, 3)
_SCALAR = names.VALUE - {"residual", "residuals", "fun", "criterion", "error"}
_SURE = 1.0
"""Cost below which nothing essential was guessed."""
_STRANGE = 2.0
"""Cost from which on inputs are too odd to convict anybody."""


@dataclass(frozen=True, slots=True, eq=False)
class Hypothesis:
    """One way to understand a candidate, and how well it fits."""

    pairing: Pairing
    specs: Mapping[str, Wanted]
    plan: Plan
    reading: str
    fit: Fit
    cost: float
    least: int

    @property
    def rank(self) -> tuple[float, ...]:
        """Sort key: the best first."""
        right, wrong = self.fit.count(RIGHT), self.fit.count(WRONG)
        off = sum(shape_is_off(match) for match in self.fit.matches)
        return (0.0 if self.fit.clean else 1.0, -right + 0.25 * wrong + 0.5 * off, self.cost)


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


def broke(name: str, error: Exception) -> NotJudged:
    """Say that the search itself failed; it is no verdict on the code."""
    told = f"{type(error).__name__}: {error}".replace("\n", " ")[:200]
    return NotJudged(name, f"the tool itself broke on it, please report this ({told})")


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
        self._declared, self._told_by, self._seed = declared, told_by, seed
        self._best: Hypothesis | None = None
        self._refusals: list[str] = []
        self._raised: list[tuple[float, str, str]] = []
        self._inputs: Mapping[str, Wanted] = {}
        self._source = "the code"
        self._told_ones = 0
        self._shapes_off = False
        self._ran = False
        self._single: list[str] = []
        self._note = ""
        self._called: Mapping[str, Wanted] = {}
        self._backward_error: tuple[Mapping[str, Any], Mapping[str, int]] | None = None

    def run(self) -> Found | NotJudged:
        """Try the pairings in order until one fits."""
        if not self._candidate.pairings:
            return self._not_judged(self._candidate.reason)
        for place, pairing in enumerate(self._candidate.pairings):
            self._pairing(pairing, 0.3 * place)
            if self._best is not None and self._best.fit.clean:
                break
        best = self._best
        if best is None:
            return self._not_judged(self._why())
        if not best.fit.clean:
            reason = self._unsure(best)
            if reason:
                return self._not_judged(reason)
        return self._found(best)

    # one pairing

    def _pairing(self, pairing: Pairing, cost: float) -> None:
        learner, starts = self._begin(pairing)
        if learner is None:
            return
        first: float | None = None
        for count, (specs, price) in enumerate(learner.search(starts)):
            first = price if first is None else first
            learner.dearest = first + 0.36
            if count >= _MOST_INPUTS:
                break
            self._inputs = self._inputs or specs
            self._shapes_off, self._backward_error, self._single = True, None, []
            self._ran = False
            for more, variant in self._variants(specs) if _is_loss(pairing) else [(0.0, specs)]:
                self._with_inputs(pairing, variant, cost + price - first + more)
                if self._best is not None and self._best.fit.clean:
                    return
            if self._backward_error is not None and not self._ran:
                learner.learn(specs, price, *self._backward_error)
            if self._ran:
                learner.most_ones = ones(specs)
            scalars = pairing.kind in ("local", "flag", "joint")
            learner.widen(specs, price, self._single, scalars=scalars, lower=self._shapes_off)
        if first is None and learner.refused is not None:
            self._refusals.append(_refusal(pairing, learner.refused))
            self._inputs = self._inputs or learner.refused.specs

    def _begin(self, pairing: Pairing) -> tuple[Learner | None, list[tuple[float, Any]]]:
        forward, owner = pairing.forward, pairing.owner
        functions = [forward, *([pairing.backward] if pairing.backward else [])]
        constructor = owner.methods.get("__init__") if owner is not None else None
        made = owner is not None and not (forward.static and pairing.judged.static)
        init = list(constructor.parameters) if made and constructor is not None else []
        if owner is not None:
            functions += [m for m in owner.methods.values() if m not in functions]
        elif pairing.kind == "second":  # what the value says of their arguments
            key, near = names.key(forward.name), self._survey.functions
            functions += [f for f in near if f not in functions and names.key(f.name) == key]
        args = [p for p in forward.parameters if p.name != pairing.flag]
        if pairing.then is not None:
            functions.append(pairing.then)
            args += [p for p in pairing.then.parameters if p.name.lower() in names.TARGETS]
        if any(p.kind in (2, 4) and p.kind == 2 for p in args) and not any(
            p.kind == PLAIN for p in args
        ):
            self._refusals.append(f"{forward.name} takes any number of arguments (*{args[0].name})")
            return None, []
        of_init = _given(init, self._declared)
        of_args = _given(args, self._declared)
        found = hints(functions, [p.name for p in (*of_init, *of_args)], owner.doc if owner else "")
        for parameter in (*of_init, *of_args):
            if found[parameter.name].called:
                children = [k.name for k in self._survey.classes if owner and owner.name in k.bases]
                if children:
                    self._refusals.append(
                        f"{parameter.name} is a function; {', '.join(children)} stand for it"
                    )
                else:
                    self._refusals.append(f"its argument {parameter.name} is a function")
                return None, []
        keyed = {f"init/{p.name}": found[p.name] for p in of_init}
        keyed |= {f"arg/{p.name}": found[p.name] for p in of_args}
        learner = Learner(
            lambda values: self._attempt(pairing, values),
            functions,
            keyed,
            columns=in_columns([*functions, *self._helpers(functions)]),
            scalar=_is_number(pairing),
            gradient=pairing.kind == "second",
            seed=self._seed,
            clock=lambda: self._session.spent,
        )
        return learner, self._starts(learner, keyed, self._called_with(pairing, list(keyed)))

    def _called_with(self, pairing: Pairing, wanted: list[str]) -> dict[str, Wanted]:
        """Inputs as the target's own calls give them; none where it makes no such calls."""
        text = "".join("\n".join(lines) for lines in self._survey.sources.values())
        if "__main__" not in text and not text.startswith("# cell") and not self._calls_itself():
            return {}
        owner = pairing.owner.name if pairing.owner is not None else ""
        names_ = [f.name for f in self._survey.functions] + [k.name for k in self._survey.classes]
        calls = self._session.recorded(names_)
        parts = [("arg", calls.of(pairing.forward, owner))]
        if pairing.owner is not None and "__init__" in pairing.owner.methods:
            parts.append(("init", calls.of(pairing.owner.methods["__init__"], owner)))
        if pairing.then is not None:
            parts.append(("arg", calls.of(pairing.then)))
        return inputs_of(parts, wanted)

    def _calls_itself(self) -> bool:
        return any(calls_its_own(tree) for tree in self._survey.trees.values())

    def _helpers(self, functions: Sequence[Function]) -> list[Function]:
        """Functions of the target that these call."""
        called = {
            node.func.id
            for function in functions
            for node in function.walk()
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        return [f for f in self._survey.functions if f.name in called]

    def _starts(
        self, learner: Learner, keyed: Mapping[str, Hint], called: Mapping[str, Wanted]
    ) -> list[tuple[float, Mapping[str, Wanted]]]:
        start: dict[str, Wanted] = {}
        for name, hint in keyed.items():
            plain = name.partition("/")[2]
            if plain in self._declared:
                start[name] = self._declared[plain]
                self._source = self._told_by
                continue
            if hint.shape is not None and self._source == "the code":
                self._source = hint.source
            start[name] = learner.start(plain, hint)
            if start[name].kind in ("dict", "list") and hint.said is not None:
                self._source = "the docstring"
        self._told_ones = ones(start)
        told = {letter for one in start.values() for letter in one.letters()}
        for name, one in start.items():  # a shape that is told in terms of another argument
            plain = name.partition("/")[2]
            if plain in told and one.kind == "length":
                start[name] = replace(one, axes=(plain,))
        starts: list[tuple[float, Mapping[str, Wanted]]] = [(0.0, start)]
        fresh = {n: one for n, one in called.items() if n.partition("/")[2] not in self._declared}
        if fresh and any(n.startswith("arg/") for n in fresh):
            self._called = {**start, **fresh}
            first, second = (0.2, 0.0) if self._source != "the code" else (0.0, 0.3)
            starts = [(first, self._called), (second, start)]
        for name, one in start.items():
            others = keyed[name].options[1:4] if one.kind == "constant" else []
            starts += [(0.5, {**start, name: replace(one, constant=text)}) for text in others]
        return starts

    def _attempt(self, pairing: Pairing, values: Mapping[str, Any]) -> Mapping[str, Any]:
        request = request_for(pairing, values)
        reply = self._session.trial({**request, "mode": "run", "brief": True})
        if "error" in reply:
            return reply
        if not reply["finite"]:
            return {"trouble": "it gives values that are not finite"}
        return reply if reply["numbers"] else {"trouble": "it gives no number"}

    # inputs that work

    def _variants(
        self, specs: Mapping[str, Wanted]
    ) -> Iterator[tuple[float, Mapping[str, Wanted]]]:
        """The labels of examples: numbers or probabilities, one-hot rows or columns, bits."""
        yield 0.0, specs
        plains = {name.partition("/")[2].lower() for name in specs}
        for name, one in specs.items():
            plain = name.partition("/")[2]
            if plain.lower() == "y" and plains & (names.TARGETS - {"y"}):
                continue  # it is then the prediction
            if plain.lower() not in names.TARGETS or plain in self._declared or len(one.axes) > 2:
                continue
            if one.kind in ("normal", "positive", "unit") and one.axes:
                if len(one.axes) == 2:
                    yield 0.1, {**specs, name: replace(one, kind="onehot")}
                    yield 0.2, {**specs, name: replace(one, kind="onehot_columns")}
                yield 0.3, {**specs, name: replace(one, kind="bits")}

    def _with_inputs(self, pairing: Pairing, specs: Mapping[str, Wanted], cost: float) -> None:
        for least in _LEAST:
            if self._with_lengths(pairing, specs, cost + 0.01 * least, least):
                return

    def _with_lengths(
        self, pairing: Pairing, specs: Mapping[str, Wanted], cost: float, least: int
    ) -> bool:
        """Try inputs whose lengths are no smaller; false when longer ones may help."""
        try:
            examples = [
                make_example(self._session, pairing, specs, index, self._seed, least=least)
                for index in range(_EXAMPLES)
            ]
        except Failed as failed:
            self._refusals.append(f"{pairing.forward.name} raises {failed}")
            self._backward_error = self._backward_error or (failed.error, failed.sizes)
            return False
        if not _repeats(self._session, pairing, examples[0]):
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
            if plan.note == OUTPUT_TAKEN and not self._on_output(pairing):
                continue
            seen = self._seen(pairing, examples, plan, known)
            if len(seen) < 2:
                continue
            ran = True
            for place, reading in enumerate(readings(pairing, plan, seen[0])):
                price = cost + plan.cost + 0.1 * place
                self._read(pairing, specs, plan, reading, seen, price, least)
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
                self._raised.append((plan.cost, f"{name} raises {failed}", failed.error["type"]))
                if self._backward_error is None and plan.cost < _SURE:
                    self._backward_error = failed.error, example.sizes
                return []
            except Unclear as unclear:
                self._raised.append((plan.cost + 5.0, str(unclear), ""))
        return seen

    def _read(
        self,
        pairing: Pairing,
        specs: Mapping[str, Wanted],
        plan: Plan,
        reading: str,
        seen: Sequence[Seen],
        cost: float,
        least: int,
    ) -> None:
        leaves = leaves_of(seen, plan, reading)
        items = items_of(pairing, plan, seen)
        if not leaves or not items:
            if not items:
                self._raised.append((plan.cost, f"{pairing.judged.name} gives no gradient", ""))
            return
        fit = locate(
            items, leaves, first=first_input(specs, pairing), between=between(pairing, seen)
        )
        fit, _ = conventions(fit, pairing, plan, reading, first_input(specs, pairing), seen)
        self._ran = self._ran or bool(fit.matches)
        if not fit.matches:
            self._raised.append(
                (plan.cost, f"no gradient of {pairing.judged.name} was located", "")
            )
            return
        off = [match for match in fit.matches if shape_is_off(match)]
        if not off:
            self._shapes_off = False
        if len(off) > 1 and not self._single:
            self._single = _unsummed(off, seen)
        hypothesis = Hypothesis(pairing, specs, plan, reading, fit, cost, least)
        if self._best is None or hypothesis.rank < self._best.rank:
            before, self._best = self._best, hypothesis
            if before is not None and fit.clean and _are_rows_of(specs, before.specs):
                self._note = _VECTORS_ALONE

    def _on_output(self, pairing: Pairing) -> bool:
        """Whether a derivative is meant to be called with the function's output: a(1 - a)."""
        forward, backward = pairing.forward, pairing.judged
        own = backward.parameters[0].name if backward.parameters else ""
        theirs = forward.parameters[0].name if forward.parameters else ""
        if own != theirs and own.lower() not in ("x", "z", "v", "t"):
            return True
        return any(
            _called_on_output(t, forward.name, backward.name) for t in self._survey.trees.values()
        )

    # endings

    def _unsure(self, best: Hypothesis) -> str:
        """Why a misfit is not enough to call the code wrong; "" when it is."""
        if ones(best.specs) > self._told_ones and any(map(_over_one, best.fit.matches)):
            return "the shapes of what it returns fit no inputs that were found"
        if any(_spread(match) for match in best.fit.matches):
            return "the shapes of what it returns fit no inputs that were found"
        if best.cost >= _STRANGE and not self._declared:
            return "the inputs that were found for it are not what it is likely made for"
        if best.fit.count(RIGHT) and best.fit.count(WRONG):
            return ""
        strange = [m for m in best.fit.matches if m.leaf is not None and not m.named]
        inputs = [n for n in _arguments(best.specs) if not _is_target(n)]
        usual = {first_input(best.specs, best.pairing), *(inputs if len(inputs) == 1 else ())}
        odd = any(m.leaf is not None and m.leaf.path not in usual for m in strange)
        if odd and len(inputs) > 1 and len(best.fit.matches) == 1:
            return "it is not known which input its gradient belongs to"
        if any(shape_is_off(match) for match in best.fit.matches):
            return "the shapes of what it returns fit no inputs that were found"
        if best.fit.count(WRONG) == 0:
            return "the examples decide nothing"
        if best.cost < _SURE:
            return ""
        forward = best.pairing.forward.name
        return f"what it returns fits no reading of it as the derivative of {forward}"

    def _why(self) -> str:
        if self._raised:
            return min(self._raised, key=lambda r: r[0])[1]
        return self._refusals[0] if self._refusals else "no way to call it was found"

    def _not_judged(self, reason: str) -> NotJudged:
        function = self._candidate.function
        write = ""
        if self._inputs:
            plain = {n.partition("/")[2]: one for n, one in pretty(self._inputs).items()}
            from .inputs import shown

            write = f"--inputs '{shown(plain)}'" if plain else ""
        return NotJudged(self._candidate.name, reason, write, function.module, function.line)

    def _found(self, best: Hypothesis) -> Found:
        chosen = with_choices(
            self._session, best.pairing, best.plan, best.reading, best.specs, least=best.least
        )
        specs = pretty(chosen)
        return Found(
            self._candidate,
            best.pairing,
            {n: s for n, s in specs.items() if n.startswith("init/")},
            {n: s for n, s in specs.items() if n.startswith("arg/")},
            best.plan,
            best.reading,
            CALLS if self._is_as_called(best) else self._source,
            best.cost,
            best.least,
            self._place(best.pairing.judged),
            self._note,
        )

    def _is_as_called(self, best: Hypothesis) -> bool:
        """Whether inputs are those of the target's own calls."""
        called = self._called
        return bool(called) and all(
            n in called and one.kind == called[n].kind and len(one.axes) == len(called[n].axes)
            for n, one in best.specs.items()
        )

    def _place(self, function: Function) -> str:
        if not function.file.endswith(".ipynb"):
            return ""
        return place_in_notebook(self._survey.sources[function.module], function.line)


def _over_one(match: Match) -> bool:
    """Whether a gradient is longer than an input, no bias, where that has the length one."""
    if match.leaf is None or names.is_bias(match.leaf.name):
        return False
    got, wanted = np.shape(match.item.values[0]), match.leaf.wanted[0].shape
    return len(got) == len(wanted) and any(a > b == 1 for a, b in zip(got, wanted, strict=True))


_VECTORS_ALONE = "right for vectors (N,) alone: for tables (N, D) it is not the derivative"


def _are_rows_of(specs: Mapping[str, Wanted], before: Mapping[str, Wanted]) -> bool:
    """Whether inputs are vectors where others were tables."""
    fewer = [n for n, one in specs.items() if n in before and one.axes != before[n].axes]
    return bool(fewer) and all(len(specs[n].axes) < len(before[n].axes) == 2 for n in fewer)


def _spread(match: Match) -> bool:
    """Whether a gradient has more axes than an input, no bias, which the code broadcasts.

    It may be right for an input of those axes.
    """
    if match.leaf is None or names.is_bias(match.leaf.name):
        return False
    got = np.squeeze(match.item.values[0]).shape
    wanted = np.squeeze(match.leaf.wanted[0]).shape
    return 0 < len(wanted) < len(got) and bool(got[-len(wanted) :] == wanted)


def _unsummed(off: Sequence[Match], seen: Sequence[Seen]) -> list[str]:
    """Letters along which several gradients are longer than their inputs, which are one there."""
    letters: set[str] | None = None
    for match in off:
        if match.leaf is None:
            return []
        found = set(seen[0].example.sizes)
        for got, wanted, one in zip(match.item.values, match.leaf.wanted, seen, strict=True):
            mine, theirs = np.shape(got), np.shape(wanted)
            if len(mine) != len(theirs):
                return []
            longer = {a for a, b in zip(mine, theirs, strict=True) if a != b and b == 1}
            found &= {n for n, length in one.example.sizes.items() if length in longer}
        letters = found if letters is None else letters & found
    return sorted(letters or ())


def _given(parameters: Sequence[Parameter], declared: Container[str]) -> list[Parameter]:
    """Parameters that get a value: required or declared ones, and labels that may be left out."""
    found = []
    for parameter in parameters:
        if parameter.kind not in (POSITIONAL_ONLY, PLAIN, KEYWORD_ONLY):
            continue
        label = parameter.name.lower() in names.TARGETS
        wanted = parameter.required or parameter.name in declared
        if wanted or (parameter.default is None and label):
            found.append(parameter)
    return found


def _is_target(name: str) -> bool:
    return name.rpartition("/")[2].lower() in names.TARGETS


def _is_loss(pairing: Pairing) -> bool:
    """Whether a forward compares with labels: by its name, its class's, or a logarithm in it."""
    told = set(names.words(pairing.forward.name)) | set(names.words(pairing.judged.name))
    if pairing.owner is not None:
        told |= set(names.words(pairing.owner.name))
    if told & (names.VALUE | {"entropy", "crossentropy", "mse", "bce", "softmax", "logistic"}):
        return True
    code = [ast.unparse(part) for part in pairing.forward.body]
    return pairing.then is not None or any("log(" in text for text in code)


def _is_number(pairing: Pairing) -> bool:
    """Whether names say that the forward gives one number: a cost, or what has a gradient."""
    if pairing.kind == "second":
        return False
    if set(names.words(pairing.forward.name)) & _SCALAR:
        return True
    plain = pairing.forward.name in ("f", "fun", "func", "objective", "__call__")
    return plain and bool(set(names.words(pairing.judged.name)) & {"grad", "gradient"})


def first_input(specs: Mapping[str, Wanted], pairing: Pairing) -> str:
    """The input that a single gradient most likely belongs to.

    The name of the backward may say so, as in ``rbf_grad_lengthscale``; else it is the first.
    """
    inputs = [name for name in specs if name.startswith("arg/")]
    ending = pairing.judged.name.rpartition("_")[2]
    for name in inputs:
        plain = name.partition("/")[2]
        if ending in (plain, f"d{plain}", f"wrt{plain}"):
            return name
    likely = [name for name in inputs if not _is_target(name)] or inputs
    return likely[0] if likely else ""


def _repeats(session: Session, pairing: Pairing, example: Example) -> bool:
    again = session.trial({**example.request, "mode": "run", "backward": None})
    if "error" in again:
        return False
    before, after = example.reply["returned"], again["returned"]
    return len(before) == len(after) and all(
        p == q and np.array_equal(v, w, equal_nan=True)
        for (p, v), (q, w) in zip(before, after, strict=True)
    )


def _arguments(specs: Mapping[str, Wanted]) -> list[str]:
    """Names of the inputs that could have a gradient."""
    kinds = ("normal", "positive", "unit", "rows", "columns", "spd", "regular", "symmetric")
    return [n for n, one in specs.items() if one.kind in kinds]


def _refusal(pairing: Pairing, refused: Refused) -> str:
    place = {"init": "its constructor", "forward": pairing.forward.name}.get(refused.stage, "it")
    kind = f"{refused.type}: " if refused.type else ""
    return f"no inputs were found that {place} accepts ({kind}{refused.message})"


def _called_on_output(tree: ast.Module, forward: str, backward: str) -> bool:
    """Whether some call of the backward is given what the forward returned."""
    for scope in ast.walk(tree):
        if not isinstance(scope, (ast.FunctionDef, ast.Module)):
            continue
        outputs: set[str] = set()
        for node in ast.walk(scope):
            if isinstance(node, ast.Assign) and _is_call(node.value, forward):
                outputs |= {ast.unparse(target) for target in node.targets}
        for node in ast.walk(scope):
            if isinstance(node, ast.Call) and _is_call(node, backward) and node.args:
                first = node.args[0]
                if ast.unparse(first) in outputs or _is_call(first, forward):
                    return True
    return False


def _is_call(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name

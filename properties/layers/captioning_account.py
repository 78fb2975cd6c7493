"""The recurrent net that writes captions, step by step, and what people write instead.

Names that a formula sees: features, captions, null and the parameters; given, wanted, mask, h0 and
words; of one time step x, h (the state before it), a, dout (the upstream of its state) and later
(what comes back from the step after it), of an LSTM c, tc and later_c too; scores, p, N and T of
the loss; states, before, da and dh0 of the way back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..judge.subjects.whole_net import observe
from ..spec.account import Account, Seen, Steps, evaluate
from ..spec.case import Array, Case
from ..spec.misconception import Misconceptions

STEPS = {
    "given": "captions[:, :-1]",
    "wanted": "captions[:, 1:]",
    "mask": "wanted != null",
    "h0": "features @ W_proj + b_proj",
    "a": "x @ Wx + h @ Wh + b",
    "scores": "states @ W_vocab + b_vocab",
    "loss": "-(logp * mask).sum() / N",
    "ds": "(p - onehot) * mask[:, :, None] / N",
    "dh": "dout + later",
    "dc": "later_c + dh * o * (1 - tc ** 2)",
    "back": "da @ Wh.T",
    "back_c": "dc * f",
    "dW_embed": "added_up(given, da @ Wx.T)",
    "dW_proj": "features.T @ dh0",
    "db_proj": "dh0.sum(axis=0)",
    "dWx": "np.einsum('ntd,nth->dh', words, da)",
    "dWh": "np.einsum('ntd,nth->dh', before, da)",
    "db": "da.sum(axis=(0, 1))",
    "dW_vocab": "np.einsum('ntd,nth->dh', states, ds)",
    "db_vocab": "ds.sum(axis=(0, 1))",
}
_GRADIENTS = tuple(name for name in STEPS if name[:2] in ("dW", "db"))

_TEXT = """
captioning, mask
  null words counted
    = np.ones(wanted.shape, dtype=bool)
    The words <NULL> count for nothing: mask = captions_out != self._null. [catr12 openclip316
      ~ruotian27]
  mask of the words that go in
    = given != null
    The mask is that of the words that are wanted: captions_out, not captions_in.
  mask upside down
    = wanted == null
    The mask is true where there is a word: captions_out != self._null.
captioning, wanted
  words wanted that go in
    = captions[:, :-1]
    Each step is to give the next word: captions_out = captions[:, 1:]. [yunjey172 kempner154
      monai314 ~sgrvinod94]
captioning, given
  words that are wanted go in
    = captions[:, 1:]
    The words that go in are all but the last: captions_in = captions[:, :-1].
  words in and words wanted exchanged
    = captions[:, 1:]; wanted = captions[:, :-1]
    captions_in is all but the last word, captions_out all but the first: they are exchanged.
captioning, h0
  features without their bias
    = features @ W_proj
    The first state is features W_proj + b_proj. [~dsbias]
  first state behind tanh
    = np.tanh(features @ W_proj + b_proj)
    The first state is affine in the features: no tanh.
  first state behind a ReLU
    = np.maximum(features @ W_proj + b_proj, 0.0)
    The first state is affine in the features: no ReLU.
  first state zero
    = np.zeros(features.shape[:1] + b_proj.shape)
    The features make the first state: h0 = features W_proj + b_proj.
captioning, scores
  scores without their bias
    = states @ W_vocab
    The scores are h W_vocab + b_vocab. [~dsbias]
captioning, loss
  divided by all time steps, both ways
    = -(logp * mask).sum() / (N * T); ds = (p - onehot) * mask[:, :, None] / (N * T)
    The loss is a sum over the time steps and a mean over the batch: divide by N alone. [d2l2076
      burn5568]
  divided by the words, both ways
    = -(logp * mask).sum() / mask.sum(); ds = (p - onehot) * mask[:, :, None] / mask.sum()
    The loss is divided by N, not by the number of words that the mask keeps. [~tf39146]
  divided by all time steps
    = -(logp * mask).sum() / (N * T)
    The loss is a sum over the time steps and a mean over the batch: divide by N alone. [d2l2076
      burn5568]
  divided by the words
    = -(logp * mask).sum() / mask.sum()
    The loss is divided by N, not by the number of words that the mask keeps. [~tf39146]
  not averaged
    = -(logp * mask).sum()
    The loss is a mean over the batch: divide by N. [~jax3113]
captioning, ds
  mask missing in the derivative
    = (p - onehot) / N
    A masked word has no gradient: multiply by the mask. [~molecule20]
  derivative not averaged
    = (p - onehot) * mask[:, :, None]
    The loss is a mean over the batch: divide the derivative of the scores by N. [~so6527]
captioning, dh
  no gradient from later steps
    = dout
    A state also goes into the next step: add what comes back from there. [qixian2 halfish4]
captioning, dc
  cell carried nothing back
    = dh * o * (1 - tc ** 2)
    The cell state goes into the next step too: add dprev_c of that step. [captaine1 mxnet4057]
captioning, back
  recurrent weights not transposed
    = da @ Wh
    Wh is square, so a forgotten transpose does not raise: da Whᵀ.
captioning, dW_embed
  repeated words overwrite
    = last_of(given, da @ Wx.T)
    A word that occurs again adds its gradient: np.add.at, not dW[x] = dout or dW[x] += dout.
      [autograd39 autograd136 pytensor2242]
  repeated words overwrite within a step
    = last_of_each(given, da @ Wx.T)
    A word may occur in several captions at once: np.add.at, not dW[x] += dout. [zerohero57
      autograd39]
captioning, dW_proj
  gradient of the first state left out
    = 0.0 * W_proj; db_proj = 0.0 * b_proj
    The first state comes from the features: dh0 goes on to W_proj and b_proj.
  upstream of the first step for the first state
    = features.T @ douts[:, 0]; db_proj = douts[:, 0].sum(axis=0)
    The gradient of h0 is what comes back from the first step, not the upstream of its state.
captioning, db_proj
  upstream of the first step, for the bias
    = douts[:, 0].sum(axis=0)
    The gradient of h0 is what comes back from the first step, not the upstream of its state.
captioning, dWx
  first step only
    = words[:, 0].T @ da[:, 0]
    All steps share Wx: += in the loop over time, not =. [~mlpack3679]
captioning, dWh
  first step only
    = before[:, 0].T @ da[:, 0]
    All steps share Wh: += in the loop over time, not =. [~mlpack3679]
  states after the steps
    = np.einsum('ntd,nth->dh', states, da)
    Wh multiplies the state before the step. [zerogpt9]
captioning, db
  first step only
    = da[:, 0].sum(axis=0)
    All steps share b: += in the loop over time, not =. [~mlpack3679]
"""

MISCONCEPTIONS = partial(Misconceptions, "captioning", _TEXT)


def predict(steps: Steps, seen: Seen) -> dict[str, Array]:
    """Loss and gradients by given formulas."""
    v = dict(seen.given)

    def of(*names: str) -> None:
        for name in names:
            v[name] = evaluate(steps[name], v)

    of("given", "wanted", "mask", "h0")
    v["words"] = v["W_embed"][v["given"]]
    v["N"], v["T"] = v["given"].shape
    lstm = v["cell"] == "lstm"
    kept = _forward(steps, v, lstm)
    of("scores")
    shifted = v["scores"] - v["scores"].max(axis=2, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True))
    v["p"], v["onehot"] = np.exp(logp), np.eye(logp.shape[2])[v["wanted"]]
    v["logp"] = (logp * v["onehot"]).sum(axis=2)
    of("loss", "ds")
    v["douts"] = v["ds"] @ v["W_vocab"].T
    _backward(steps, v, kept, lstm)
    v["added_up"] = partial(_added_up, v["W_embed"])
    v["last_of"] = partial(_last_of, v["W_embed"])
    v["last_of_each"] = partial(_last_of_each, v["W_embed"])
    of(*_GRADIENTS)
    return {name: np.asarray(v[name]) for name in ("loss", *_GRADIENTS)}


def _forward(steps: Steps, v: dict[str, Any], lstm: bool) -> list[dict[str, Any]]:
    """Run over the time steps; gives what each keeps for the way back."""
    h, c, kept = v["h0"], 0.0 * v["h0"], []
    for t in range(v["T"]):
        now = {**v, "x": v["words"][:, t], "h": h, "prev_c": c}
        a = evaluate(steps["a"], now)
        if lstm:
            i, f, o = (1.0 / (1.0 + np.exp(-gate)) for gate in np.split(a, 4, axis=1)[:3])
            g = np.tanh(np.split(a, 4, axis=1)[3])
            c = f * c + i * g
            now |= {"i": i, "f": f, "o": o, "g": g, "c": c, "tc": np.tanh(c)}
            h = o * now["tc"]
        else:
            h = np.tanh(a)
        kept.append({**now, "next_h": h})
    v["before"] = np.stack([one["h"] for one in kept], axis=1)
    v["states"] = np.stack([one["next_h"] for one in kept], axis=1)
    return kept


def _backward(steps: Steps, v: dict[str, Any], kept: list[dict[str, Any]], lstm: bool) -> None:
    """Run back over the time steps, to the derivatives of the sums and of the first state."""
    later, later_c, found = 0.0 * v["h0"], 0.0 * v["h0"], []
    for t in reversed(range(v["T"])):
        now = {**kept[t], "dout": v["douts"][:, t], "later": later, "later_c": later_c}
        dh = now["dh"] = evaluate(steps["dh"], now)
        if lstm:
            i, f, o, g, tc = (now[name] for name in ("i", "f", "o", "g", "tc"))
            dc = now["dc"] = evaluate(steps["dc"], now)
            gates = (dc * g * i * (1 - i), dc * now["prev_c"] * f * (1 - f), dh * tc * o * (1 - o))
            now["da"] = np.concatenate((*gates, dc * i * (1 - g**2)), axis=1)
            later_c = evaluate(steps["back_c"], now)
        else:
            now["da"] = dh * (1 - now["next_h"] ** 2)
        later = evaluate(steps["back"], now)
        found.append(now["da"])
    v["da"], v["dh0"] = np.stack(found[::-1], axis=1), later


def _added_up(W: Array, words: Array, d: Array) -> Array:
    made = np.zeros(W.shape)
    np.add.at(made, words, d)
    return made


def _last_of(W: Array, words: Array, d: Array) -> Array:
    made = np.zeros(W.shape)
    made[words] = d
    return made


def _last_of_each(W: Array, words: Array, d: Array) -> Array:
    steps = range(words.shape[1])
    return np.asarray(np.sum([_last_of(W, words[:, t], d[:, t]) for t in steps], axis=0))


def given_of(case: Case) -> Mapping[str, Any]:
    """What a prediction starts from."""
    return case.args


def account(cases: Sequence[Case]) -> Account:
    """How a net of captions arrives at its loss; ``cases`` tell mistakes apart."""
    return Account(
        steps=STEPS,
        misconceptions=MISCONCEPTIONS,
        observe=partial(observe, cases, given_of),
        predict=predict,
    )

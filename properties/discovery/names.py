"""What names mean in hand-written derivatives."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache


def vocabulary(text: str) -> frozenset[str]:
    """Words, as a set."""
    return frozenset(text.split())


FORWARD = vocabulary(
    """forward fwd fw fprop feedforward vorwaerts vorwärts avant adelante avanti"""
)
BACKWARD = vocabulary(
    """backward backwards bwd bw bprop backprop backpropagation backpropagate back grad grads
    gradient gradients prime derivative derivatives deriv der dx df jac jacobian jacobians hess
    hessian hessp hvp vjp adjoint pullback score jacob rueckwaerts rückwärts retropropagation
    rétropropagation retropropagacion retropropagación retropropagazione retropropagação gradiente
    gradientes gradienti ableitung derivee dérivée derivada derivata arriere arrière atras atrás
    indietro"""
)
PASSES = vocabulary(
    """backward backwards rueckwaerts rückwärts retropropagation rétropropagation retropropagacion
    retropropagación retropropagazione retropropagação arriere arrière atras atrás indietro"""
)
"""Words for handing an upstream derivative back, in several languages."""
SECOND = vocabulary("hess hessian hessp hvp")
VALUE = vocabulary(
    """cost costs loss losses objective objectives error energy value nll fun residual residuals
    criterion likelihood loglikelihood loglike loglik log logpdf lik negll negloglik llf perdida
    pérdida perte perda perdita verlust kosten cout coût costo coste custo"""
)
LIKELIHOODS = vocabulary(
    "likelihood loglikelihood loglike loglik logpdf lik nll negll logl llf ll llh"
)
"""Words of what a score is the derivative of."""
ENERGIES = vocabulary("energy potential")
"""Words of what forces are minus the derivative of."""
_FILLING = vocabulary(
    """compute computes get calc calculate evaluate eval the of with wrt and function functions fn
    func f g d layer pass propagation prop propagate my batch"""
)
NOT_JUDGED = vocabulary(
    """numerical numeric num check checking checker descent ascent clip clipping update updates
    train training fit optimizer optimize plot test tests finite difference differences sgd adam
    zero flush reset clear main print show norm norms history momentum apply accumulate rel relative
    minimize newton solver solve approx approximate verify demo load save read write"""
)
"""Words of functions that use a gradient and are none."""
_MARKED = vocabulary("forward fwd fprop backward backwards bwd bprop prime deriv derivative")
_ALSO_LAYERS = vocabulary(
    "norm norms clip clipping apply zero momentum relative difference differences"
)
"""Such words that layers are named by too."""

_SPREAD = r"(_?)(col|row|vec|patch)2im"
"""Begins the name of what adds columns of windows up again: the adjoint of ``im2col``."""

UPSTREAM = vocabulary(
    """dout grad_output grad_out upstream upstream_grad g gy dy dY dz dZ dL d_out delta grad dloss
    dvalues dupstream output_error output_gradient output_grad accum_grad top_diff error dA dh
    dH d_output dloss_dout gradient grads dnext next_grad grad_y gout out_grad err ct cotangent
    back_grad dy_dout dprev dscores dlogits"""
)
CACHES = vocabulary("cache caches ctx saved context tape memo store state linear_cache")
TARGETS = vocabulary("y t target targets labels y_true label ytrue true actual truth")
"""What is to be predicted: nobody derives with respect to it."""
OUTPUTS = vocabulary("out output a s y activated value activation f o fx sig")
"""What a derivative calls the function's own output, when it is given that."""
RATES = vocabulary("lr learning_rate alpha eta rate step_size learn_rate learningrate")
TRAINING = vocabulary("training train is_training train_flg is_train")


@lru_cache(maxsize=5_000)
def words(name: str) -> list[str]:
    """Split a name into lower-case words.

    >>> words("LogLoss_backProp2"), words("dSigmoid"), words("d_relu")
    (['log', 'loss', 'back', 'prop2'], ['d', 'sigmoid'], ['d', 'relu'])
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return [word.lower() for word in spaced.split("_") if word]


@lru_cache(maxsize=5_000)
def uses_gradients(name: str) -> bool:
    """Whether a name says that a function uses a gradient and gives none.

    >>> [uses_gradients(n) for n in ("grad_norm", "clip_grads", "gradient_step", "numerical_grad")]
    [True, True, True, True]
    >>> [uses_gradients(n) for n in ("batch_norm", "layer_norm_backward", "clip_fwd", "norm_grad")]
    [False, False, False, False]
    """
    plain = words(name)
    told = set(plain) & NOT_JUDGED
    if set(plain) & _MARKED:
        told -= _ALSO_LAYERS
    place = next((i for i, word in enumerate(plain) if word in BACKWARD), len(plain))
    if "norm" in told and plain.index("norm") < place:
        told -= {"norm"}
    step = plain[-1:] == ["step"] and set(plain) & {"grad", "gradient"}
    return bool(told or step)


@lru_cache(maxsize=5_000)
def key(name: str) -> frozenset[str]:
    """The words that say what is derived, without those that say that it is derived.

    >>> sorted(key("compute_cost")), sorted(key("sigmoid_prime")), sorted(key("affine_bwd"))
    ([], ['sigmoid'], ['affine'])
    """
    plain = words(name)
    rest = [w for w in plain if w not in FORWARD | BACKWARD | VALUE | _FILLING]
    return frozenset(rest)


def adds_windows(name: str) -> bool:
    """Whether a name says that a function adds windows up again, the adjoint of taking them.

    >>> adds_windows("col2im_indices"), adds_windows("im2col")
    (True, False)
    """
    return re.match(_SPREAD, name) is not None


@lru_cache(maxsize=5_000)
def is_backward(name: str) -> bool:
    """Whether a name says that a function gives derivatives.

    >>> is_backward("tanh_grad"), is_backward("dsigmoid"), is_backward("gradient_descent")
    (True, False, False)
    """
    plain = set(words(name))
    if uses_gradients(name):
        return False
    if adds_windows(name) or plain & (BACKWARD - {"score", "back"}):
        return True
    return "back" in plain and bool(plain & {"prop", "propagation"})


@lru_cache(maxsize=5_000)
def derived_from(name: str) -> list[str]:
    """Names of functions that this one may be the derivative of, by its own name alone.

    The likeliest come first; which of them exist is for the caller to see.

    >>> derived_from("dsigmoid")[0], derived_from("d_relu"), derived_from("f1_prime")
    ('sigmoid', ['relu'], ['f1'])
    """
    found = [re.sub(_SPREAD, r"\1im2\2", name)] if adds_windows(name) else []
    for pattern in (
        r"^d_?(?P<f>\w+?)(_?d[xztuvw])?$",
        r"^d_?(?P<f>\w+?)(?:_?d|_wrt_?|_by_)\w+$",
        r"^(?:grad|gradient|der|deriv|derivative|jac|jacobian|backward|bwd|back|bprop)_?(?:of_)?(?P<f>\w+)$",
        r"^(?P<f>\w+?)_?(?:prime|deriv|derivative|grad|gradient|der|jac|jacobian|backward|bwd|bprop|back|d|dx|vjp)$",
    ):
        match = re.match(pattern, name, re.IGNORECASE)
        if match and match.group("f") not in ("", "_", name):
            found.append(match.group("f").strip("_"))
    return list(dict.fromkeys(found))


_BEFORE = (
    r"(?:d|d_|grad_|gradient_|grads_|g_|nabla_|del_|delta_|dl_?d|dj_?d|dloss_?d?|de_?d"
    r"|d[a-z]_d|grad)"
)
_AFTER = r"(?:_grad|_grads|_gradient|grad|_bar|_error|_delta|_d|gradient)"


def gradient_of(name: str) -> list[str]:
    """What a gradient of this name may belong to.

    >>> gradient_of("dW1"), gradient_of("grad_loss_wrt_w"), gradient_of("weights_grad")
    (['w1'], ['w'], ['weights'])
    """
    low = name.lower().strip("_")
    wrt = re.match(r".*(?:_wrt_|_by_|_over_)(\w+)$", low)
    if wrt:
        return [wrt.group(1)]
    found = []
    both = re.match(r"^d(?:l|j|c|e|loss|cost|out|y|f|h|z|r)_?d_?(\w+)$", low)
    if both:
        found.append(both.group(1))
    before = re.match(rf"^{_BEFORE}(\w+)$", low)
    if before:
        found.append(before.group(1).strip("_"))
    after = re.match(rf"^(\w+?){_AFTER}$", low)
    if after:
        found.append(after.group(1))
    short = re.match(r"^g_?([wbxhcuv]\d?)$", low)
    if short:
        found.append(short.group(1))
    return [one for one in dict.fromkeys(found) if one]


def is_gradient(name: str) -> bool:
    """Whether a variable of this name may hold a derivative."""
    low = name.lower().strip("_")
    if low in ("grad", "grads", "gradient", "gradients", "g", "jac", "jacobian", "hess", "deltas"):
        return True
    return bool(gradient_of(name)) and low not in ("data", "dist", "diff", "dim", "dims", "done")


_SAME = {
    "weights": "w",
    "weight": "w",
    "biases": "b",
    "bias": "b",
    "inputs": "x",
    "input": "x",
    "input_data": "x",
    "in": "x",
    "data": "x",
    "coef": "w",
    "coefs": "w",
    "intercept": "b",
    "kernel": "w",
}


def same(gradient: str, leaf: str) -> bool:
    """Whether a gradient of the first name is the gradient of the second.

    >>> same("dweights", "weights"), same("dW", "weights"), same("gbi", "bi"), same("dx", "w")
    (True, True, True, False)
    """
    leaf = leaf.lower()
    if leaf and gradient.lower() in (f"g{leaf}", f"g_{leaf}", f"{leaf}_g"):
        return True
    for one in (gradient.lower(), *gradient_of(gradient)):
        if one == leaf or one.strip("_") == leaf.strip("_"):
            return True
        if _SAME.get(one, one) == _SAME.get(leaf, leaf):
            return True
    return False


_BIASES = vocabulary("b beta gamma intercept bf bi bo bc bg bh by ba")
_PARAMETERS = vocabulary("theta thetas parameters beta coef coefs w weights")
SCALARS = vocabulary(
    """eps epsilon reg lam lambda lambd lamda delta momentum sigma tau temperature scale margin l2
    reg_lambda keep_prob nu lengthscale length_scale variance noise amplitude bandwidth dt"""
)
"""Arguments that are likely one number."""
_VECTORS = vocabulary("theta params p0 beta coef v u a mu q thetas angles")
_TABLES = vocabulary("y t target targets labels y_true ytrue y_hat label")


LENGTHS = vocabulary(
    """size pool_size poolsize pool_h pool_w pool_height pool_width kernel_size ksize filter_size
    window_size field_height field_width filter_height filter_width filter_h filter_w kernel_height
    kernel_width kernel_h kernel_w kh kw fh fw hh ww out_h out_w stride strides pad padding dilation
    groups num_groups num_heads n_heads heads"""
)
"""Arguments that are whole numbers."""


def is_bias(name: str) -> bool:
    """Whether an argument of this name is added to every example."""
    low = name.lower().strip("_")
    numbered = low[:1] == "b" and low[1:2].isdigit()
    return numbered or low.startswith(("b_", "bias")) or low in _BIASES


def is_of_time(arguments: Sequence[str]) -> bool:
    """Whether arguments are a time and a state, as ``solve_ivp`` and ``odeint`` give them.

    >>> is_of_time(["t", "y"]), is_of_time(["t", "a", "b"])
    (True, False)
    """
    first, second = [*arguments, "", ""][:2]
    state = first if second == "t" else second
    return "t" in (first, second) and state.lower() in ("y", "u", "x", "z", "s", "q", "state")


def is_parameters(name: str) -> bool:
    """Whether an argument of this name holds what a cost is minimised over.

    >>> is_parameters("nn_params"), is_parameters("theta"), is_parameters("X")
    (True, True, False)
    """
    low = name.lower().strip("_")
    return low.endswith("params") or low in _PARAMETERS


def guess_rank(name: str) -> list[int]:
    """Ranks of an argument of this name, likeliest first."""
    low = name.lower().strip("_")
    if len(name) == 1 and name.isupper():
        return [2, 1, 3]
    if low in RATES | SCALARS:
        return [0, 1, 2]
    if is_bias(name) or low in _VECTORS:
        return [1, 2, 0]
    if low in _TABLES:
        return [2, 1]
    return [2, 1, 3, 4, 0]

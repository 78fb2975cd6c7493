"""What people write in the place of a step of an update rule."""

from __future__ import annotations

from collections.abc import Sequence

from reference.optim import DEFAULTS

from ..spec.misconception import Misconception, Misconceptions


def _velocity(rule: str) -> str:
    """What goes wrong with the velocity of either rule that has one."""
    return f"""
{rule}, v_kept
  velocity not stored
    = 0.0 * v
    The velocity must be stored in the config: config['v'] = v. The next step starts from zero
      again. [kozistr516 keras7502 nnlr6]
  old velocity stored
    = v
    Store the new velocity, not the old one.
{rule}, v_new
  sign of the step in the velocity
    = momentum * v + learning_rate * dw
    v = momentum * v - learning_rate * dw: the gradient's sign is wrong. [chollet19]
  no learning rate in the velocity
    = momentum * v - dw
    v = momentum * v - learning_rate * dw: the learning rate is missing. [~paddle12231 ~slow17]
  average for a velocity
    = momentum * v - (1 - momentum) * learning_rate * dw
    v = momentum * v - learning_rate * dw: there is no 1 - momentum. [mdenil4 ~fastbook174]
  no momentum in the velocity
    = v - learning_rate * dw
    v = momentum * v - learning_rate * dw: the momentum is missing. [~aidot2008]
  momentum times the whole
    = momentum * (v - learning_rate * dw)
    v = momentum * v - learning_rate * dw: the momentum belongs to v alone.
  velocity not used
    = -learning_rate * dw
    v = momentum * v - learning_rate * dw: the old velocity is missing.
{rule}, next_w
  velocity taken off
    = w - v_new
    w = w + v: the velocity is added.
  old velocity added
    = w + v
    w = w + v, with the new velocity. [mdenil4]
"""


_MISCONCEPTIONS = {
    "sgd": """
sgd, next_w
  no learning rate
    = w - dw
    A step is learning_rate * dw. [aima285]
  uphill
    = w + learning_rate * dw
    A step goes against the gradient: minus. [torch1871 udacity14]
""",
    "sgd_momentum": _velocity("sgd_momentum")
    + """
  Nesterov's step
    = w + v_new + momentum * (v_new - v)
    This is Nesterov momentum; plain momentum is w = w + v.
  step taken twice
    = w + v_new - learning_rate * dw
    The gradient is in the velocity already: w = w + v.
  momentum twice
    = w + momentum * v_new
    w = w + v: momentum is in v already.
""",
    "sgd_nesterov_momentum": _velocity("sgd_nesterov_momentum")
    + """
  momentum times the new velocity alone
    = w + momentum * v_new
    w = w + v + momentum * (v - v_old): the velocity itself is missing.
  no looking ahead
    = w + v_new
    w = w + v + momentum * (v - v_old): keep the old velocity before it is overwritten.
  old velocity not taken off
    = w + (1 + momentum) * v_new
    w = w + v + momentum * (v - v_old): - momentum * v_old is missing.
  old and new velocity swapped
    = w + v_new + momentum * (v - v_new)
    w = w + v + momentum * (v - v_old): the difference has the wrong sign. [~chainer4274
      ~paddle12231]
  no momentum ahead
    = w + v_new + (v_new - v)
    w = w + v + momentum * (v - v_old): the momentum is missing.
  momentum added to the old velocity
    = w + momentum * v + (1 + momentum) * v_new
    w = w - momentum * v_old + (1 + momentum) * v: the old velocity is taken off.
  one minus momentum
    = w - momentum * v + (1 - momentum) * v_new
    w = w - momentum * v_old + (1 + momentum) * v: plus, not minus.
""",
    "rmsprop": """
rmsprop, a_new
  decay rate on the wrong side
    = (1 - decay_rate) * a + decay_rate * dw ** 2
    a = decay_rate * a + (1 - decay_rate) * dw²: the two weights are swapped. [~blocks1159]
  gradient not squared
    = decay_rate * a + (1 - decay_rate) * dw
    The second moment is that of dw². [~npnn6]
  absolute gradient
    = decay_rate * a + (1 - decay_rate) * np.abs(dw)
    The second moment is that of dw².
  AdaGrad
    = a + dw ** 2
    This is AdaGrad; rmsprop lets the old squares decay.
  new square not weighted
    = decay_rate * a + dw ** 2
    a = decay_rate * a + (1 - decay_rate) * dw²: 1 - decay_rate is missing. [fastbook342 ~slow28]
  norm of the gradient
    = decay_rate * a + (1 - decay_rate) * (dw ** 2).sum()
    The average is of each entry's own square, dw²: no sum.
rmsprop, a_kept
  average not stored
    = 0.0 * a
    The average must be stored: config['a'] = a. [~rustad16]
rmsprop, root
  no root
    = a_new + epsilon
    Divide by the root of the average of squares. [hiromis52]
  old average
    = np.sqrt(a) + epsilon
    Update the average first, then divide by it.
  no epsilon
    = np.sqrt(a_new)
    Add epsilon to what is divided by.
rmsprop, next_w
  epsilon added to the step
    = w - learning_rate * dw / np.sqrt(a_new) + epsilon
    epsilon belongs to the root: put both in brackets.
  uphill
    = w + learning_rate * dw / root
    A step goes against the gradient: minus. [~torch1871]
""",
    "adam": """
adam, m_hat
  no bias correction
    = m_new; a_hat = a_new
    Divide the first moment by 1 - beta1**t and the second by 1 - beta2**t. [mlxrs301 caffe4224]
  first moment not corrected
    = m_new
    Divide the first moment by 1 - beta1**t. [~caffe4224]
adam, a_hat
  second moment not corrected
    = a_new
    Divide the second moment by 1 - beta2**t. [~npfl79]
adam, t_kept
  t not stored
    = t
    t must be stored, config['t'] = t, and grow by one in each step: here it stays.
adam, t_new
  t counted after the step
    = t; t_kept = t + 1
    t is 1 in the first step: count before it is used. [cs179]
  t counted twice
    = t + 2
    t is 1 in the first step and grows by one. [~diffsharp292]
  t one ahead
    = t + 2; t_kept = t + 1
    t is 1 in the first step, not 2. [tf35444]
adam, m_hat
  no power of t
    = m_new / (1 - beta1); a_hat = a_new / (1 - beta2)
    The correction is 1 - beta**t: the power of t is missing. [mlfs35]
  power of the whole
    = m_new / (1 - beta1) ** t_new; a_hat = a_new / (1 - beta2) ** t_new
    The correction is 1 - beta**t: the power is beta's alone.
  power of the whole, for the first moment
    = m_new / (1 - beta1) ** t_new
    The correction is 1 - beta1**t: the power is beta1's alone.
  no power of t, for the first moment
    = m_new / (1 - beta1)
    The correction is 1 - beta1**t: the power of t is missing. [~mlfs35]
  t times beta, for the first moment
    = m_new / (1 - beta1 * t_new)
    The correction is 1 - beta1**t, a power.
  t times beta
    = m_new / (1 - beta1 * t_new); a_hat = a_new / (1 - beta2 * t_new)
    The correction is 1 - beta**t, a power.
adam, a_hat
  beta1 for the second moment
    = a_new / (1 - beta1 ** t_new)
    The second moment is corrected by 1 - beta2**t.
adam, m_hat
  beta2 for the first moment
    = m_new / (1 - beta2 ** t_new)
    The first moment is corrected by 1 - beta1**t.
adam, m_new
  beta1 on the wrong side
    = (1 - beta1) * m + beta1 * dw
    m = beta1 * m + (1 - beta1) * dw: the two weights are swapped. [blocks1159]
adam, a_new
  beta2 on the wrong side
    = (1 - beta2) * a + beta2 * dw ** 2
    a = beta2 * a + (1 - beta2) * dw²: the two weights are swapped. [blocks1159]
adam, m_new
  beta2 in the first moment
    = beta2 * m + (1 - beta2) * dw
    The first moment has beta1.
  weight of the second moment in the first
    = beta1 * m + (1 - beta2) * dw
    m = beta1 * m + (1 - beta1) * dw.
  new gradient not weighted
    = beta1 * m + dw
    m = beta1 * m + (1 - beta1) * dw: 1 - beta1 is missing. [~fastbook342]
adam, a_new
  gradient not squared
    = beta2 * a + (1 - beta2) * dw
    The second moment is that of dw². [~npnn6]
  absolute gradient
    = beta2 * a + (1 - beta2) * np.abs(dw)
    The second moment is that of dw².
  beta2 twice
    = beta2 * a + beta2 * dw ** 2
    a = beta2 * a + (1 - beta2) * dw².
  square of the first moment
    = beta2 * a + (1 - beta2) * m_new ** 2
    The second moment is that of dw², not of the first moment.
  beta1 in the second moment
    = beta1 * a + (1 - beta1) * dw ** 2
    It has beta2.
  norm of the gradient
    = beta2 * a + (1 - beta2) * (dw ** 2).sum()
    The second moment is of each entry's own square, dw²: no sum.
adam, a_kept
  corrected moments stored
    = a_hat; m_kept = m_hat
    Store the moments before their correction: corrected ones are corrected again. [holocron1]
  corrected second moment stored
    = a_hat
    Store the second moment before its correction: a corrected one is corrected again. [~holocron1]
adam, m_kept
  corrected first moment stored
    = m_hat
    Store the first moment before its correction: a corrected one is corrected again. [~holocron1]
  first moment not stored
    = 0.0 * m
    The first moment must be stored: config. [~rustad16]
adam, a_kept
  second moment not stored
    = 0.0 * a
    The second moment must be stored: config. [~rustad16]
adam, m_kept
  moments not stored
    = 0.0 * m; a_kept = 0.0 * a
    Both moments must be stored in the config. [rustad16]
adam, root
  no root
    = a_hat + epsilon
    Divide by the root of the second moment. [~hiromis52]
adam, next_w
  epsilon added to the step
    = w - learning_rate * m_hat / np.sqrt(a_hat) + epsilon
    epsilon belongs to the root: put both in brackets.
  gradient for the first moment
    = w - learning_rate * dw / root
    The step is along the first moment, not the gradient.
  uphill
    = w + learning_rate * m_hat / root
    A step goes against the gradient: minus. [~torch1871]
""",
}
_DEFAULTS = {
    "learning_rate": (1e-1, 1e-2, 1e-3, 1e-4, 1.0),
    "momentum": (0.99, 0.95, 0.5, 0.0),
    "decay_rate": (0.9, 0.95, 0.999),
    "beta1": (0.99, 0.95, 0.5),
    "beta2": (0.99, 0.9, 0.9999),
    "epsilon": (1e-7, 1e-6, 1e-5, 1e-3),
}


def misconceptions_of(rule: str) -> Sequence[Misconception]:
    """The misconceptions of a rule; another default is one for each value of it."""
    defaults = "".join(
        f"""
{rule}, {name}
  another default {name.replace("_", " ")}
    = given.get('{name}', {value})
    {name} is {right:g} where the config has none, not {value:g}.
"""
        for name, right in DEFAULTS[rule].items()
        for value in _DEFAULTS[name]
        if value != right
    ) + "".join(
        f"""
{rule}, {name}
  own {name.replace("_", " ")} not used
    = {right}
    {name} is the config's own where it has one: config.setdefault, or config.get.
"""
        for name, right in DEFAULTS[rule].items()
    )
    return Misconceptions(f"optim.{rule}", _MISCONCEPTIONS[rule] + defaults)

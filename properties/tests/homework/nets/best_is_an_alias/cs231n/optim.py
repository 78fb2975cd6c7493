import numpy as np


def _defaults(config, w, **values):
    config = {} if config is None else config
    for key, value in values.items():
        config.setdefault(key, np.zeros_like(w) if value is np.zeros_like else value)
    return config


def sgd(w, dw, config=None):
    config = _defaults(config, w, learning_rate=1e-2)
    return w - config["learning_rate"] * dw, config


def sgd_momentum(w, dw, config=None):
    config = _defaults(config, w, learning_rate=1e-2, momentum=0.9)
    v = config.get("velocity", config.get("v", np.zeros_like(w)))
    v = config["momentum"] * v - config["learning_rate"] * dw
    config["velocity"] = config["v"] = v
    return w + v, config


def rmsprop(w, dw, config=None):
    config = _defaults(config, w, learning_rate=1e-2, decay_rate=0.99, epsilon=1e-8, cache=np.zeros_like)
    rho = config["decay_rate"]
    config["cache"] = rho * config["cache"] + (1 - rho) * np.square(dw)
    step = config["learning_rate"] / (np.sqrt(config["cache"]) + config["epsilon"])
    return w - step * dw, config


def adam(w, dw, config=None):
    config = _defaults(config, w, learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8,
                       m=np.zeros_like, v=np.zeros_like, t=0)
    b1, b2 = config["beta1"], config["beta2"]
    t = config["t"] + 1
    m = b1 * config["m"] + (1 - b1) * dw
    v = b2 * config["v"] + (1 - b2) * (dw ** 2)
    mt = m / (1 - b1 ** t)
    vt = v / (1 - b2 ** t)
    config.update(m=m, v=v, t=t)
    return w - config["learning_rate"] * mt / (np.sqrt(vt) + config["epsilon"]), config

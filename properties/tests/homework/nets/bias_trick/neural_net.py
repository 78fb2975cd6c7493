import numpy as np
from numpy import c_, hstack, ones


def log_softmax(s):
    s = s - s.max(axis=1)[:, None]
    return s - np.log(np.exp(s).sum(axis=1))[:, None]


class TwoLayerNet:
    """The bias rides along as one more column."""

    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        shapes = {"1": (hidden_size, input_size), "2": (output_size, hidden_size)}
        self.params = {}
        for k, shape in shapes.items():
            self.params["W" + k] = np.random.randn(*shape) * std
            self.params["b" + k] = np.zeros(shape[0])

    def _with_bias(self, k):
        return c_[self.params["W" + k], self.params["b" + k]]

    def loss(self, X, y=None, reg=0.0):
        A0 = hstack([X, ones((X.shape[0], 1))])
        Z = A0 @ self._with_bias("1").T
        A1 = c_[np.clip(Z, 0, None), ones(X.shape[0])]
        S = A1 @ self._with_bias("2").T
        if y is None:
            return S
        n = len(y)
        lp = log_softmax(S)
        weights = [self.params["W1"], self.params["W2"]]
        loss = -lp[range(n), y].sum() / n + 0.5 * reg * sum((W * W).sum() for W in weights)
        T = np.zeros_like(S)
        T[range(n), y] = 1
        D2 = (np.exp(lp) - T) / n
        G2 = D2.T @ A1
        D1 = (D2 @ weights[1]) * (Z > 0)
        G1 = D1.T @ A0
        return loss, {"W1": G1[:, :-1] + reg * weights[0], "b1": G1[:, -1],
                      "W2": G2[:, :-1] + reg * weights[1], "b2": G2[:, -1]}

    def predict(self, X):
        return self.loss(X).argmax(axis=1)

    def train(self, X, y, X_val, y_val, learning_rate=1e-3, learning_rate_decay=0.95, reg=1e-5,
              num_iters=100, batch_size=200, verbose=False):
        losses, train_acc, val_acc = [], [], []
        for it in range(num_iters):
            i = np.random.choice(X.shape[0], batch_size)
            loss, grads = self.loss(X[i], y[i], reg)
            losses.append(loss)
            self.params = {k: w - learning_rate * grads[k] for k, w in self.params.items()}
            if verbose and it % 100 == 0:
                print("iteration %d / %d: loss %f" % (it, num_iters, loss))
            if it % max(X.shape[0] / batch_size, 1) == 0:
                train_acc.append((self.predict(X[i]) == y[i]).mean())
                val_acc.append((self.predict(X_val) == y_val).mean())
                learning_rate *= learning_rate_decay
        return {"loss_history": losses, "train_acc_history": train_acc, "val_acc_history": val_acc}

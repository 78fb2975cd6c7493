import numpy as np


class TwoLayerNet():
    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = dict(
            W1=std * np.random.randn(hidden_size, input_size),
            b1=np.zeros((1, hidden_size)),
            W2=std * np.random.randn(output_size, hidden_size),
            b2=np.zeros((1, output_size)),
        )

    def loss(self, X, y=None, reg=0.0):
        p = self.params
        relu = lambda t: np.maximum(t, 0)
        z1 = (p['W1'] @ X.T).T + p['b1']
        a1 = relu(z1)
        z2 = (p['W2'] @ a1.T).T + p['b2']
        if y is None:
            return z2

        N = X.shape[0]
        loss = 0
        dz2 = np.zeros(z2.shape)
        for i in range(N):
            e = np.exp(z2[i] - np.max(z2[i]))
            q = e / e.sum()
            loss += -np.log(q[y[i]]) / N
            dz2[i] = q / N
            dz2[i, y[i]] -= 1 / N
        loss += reg * np.sum(p['W1'] ** 2)
        loss += reg * np.sum(p['W2'] ** 2)

        dW2, db2 = reg * p['W2'], np.zeros_like(p['b2'])
        dW1, db1 = reg * p['W1'], np.zeros_like(p['b1'])
        for i in range(N):
            dW2 += np.outer(dz2[i], a1[i])
            db2[0] += dz2[i]
            da1 = p['W2'].T @ dz2[i]
            dz1 = da1 * (z1[i] > 0)
            dW1 += np.outer(dz1, X[i])
            db1[0] += dz1
        return loss, {'W1': dW1, 'b1': db1, 'W2': dW2, 'b2': db2}

    def train(self, X, y, X_val, y_val, learning_rate=1e-3, learning_rate_decay=0.95,
              reg=1e-5, num_iters=100, batch_size=200, verbose=False):
        num_train = X.shape[0]
        iterations_per_epoch = max(num_train / batch_size, 1)
        history = {'loss_history': [], 'train_acc_history': [], 'val_acc_history': []}
        for it in range(num_iters):
            pick = np.random.choice(num_train, batch_size)
            xb, yb = X[pick], y[pick]
            loss, grads = self.loss(xb, yb, reg)
            history['loss_history'].append(loss)
            for name, g in grads.items():
                self.params[name] = self.params[name] - learning_rate * g
            if verbose and it % 100 == 0:
                print(f'iteration {it} / {num_iters}: loss {loss}')
            if it % iterations_per_epoch == 0:
                history['train_acc_history'].append(np.mean(self.predict(xb) == yb))
                history['val_acc_history'].append(np.mean(self.predict(X_val) == y_val))
                learning_rate *= learning_rate_decay
        return history

    def predict(self, X):
        scores = self.loss(X)
        return np.array([int(np.argmax(row)) for row in scores])

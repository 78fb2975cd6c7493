import copy
import numpy as np
from . import optim


class Solver:
    def __init__(self, model, data, update_rule='sgd', optim_config={}, lr_decay=1.0,
                 batch_size=100, num_epochs=10, print_every=10, verbose=True):
        self.model, self.data = model, data
        self.rule = getattr(optim, update_rule)
        self.lr_decay, self.batch_size, self.num_epochs = lr_decay, batch_size, num_epochs
        self.print_every, self.verbose = print_every, verbose
        self.configs = {name: copy.deepcopy(optim_config) for name in model.params}
        self.loss_history, self.train_acc_history, self.val_acc_history = [], [], []
        self.best_val_acc, self.best_params = -1, {}
        self.epoch = 0

    def check_accuracy(self, X, y, num_samples=None, batch_size=100):
        if num_samples and num_samples < len(X):
            some = np.random.choice(len(X), num_samples)
            X, y = X[some], y[some]
        right = 0
        for start in range(0, len(X), batch_size):
            s = self.model.loss(X[start:start + batch_size])
            right += np.sum(s.argmax(1) == y[start:start + batch_size])
        return right / len(X)

    def _evaluate(self):
        self.train_acc_history.append(self.check_accuracy(self.data['X_train'], self.data['y_train'], 1000))
        self.val_acc_history.append(self.check_accuracy(self.data['X_val'], self.data['y_val']))
        if self.verbose:
            print('(Epoch %d / %d) train acc: %f; val_acc: %f' % (
                self.epoch, self.num_epochs, self.train_acc_history[-1], self.val_acc_history[-1]))
        if self.val_acc_history[-1] > self.best_val_acc:
            self.best_val_acc = self.val_acc_history[-1]
            self.best_params = {k: np.array(v) for k, v in self.model.params.items()}

    def train(self):
        X, y = self.data['X_train'], self.data['y_train']
        per_epoch = max(len(X) // self.batch_size, 1)
        total = per_epoch * self.num_epochs
        for t in range(total):
            batch = np.random.choice(len(X), self.batch_size)
            loss, grads = self.model.loss(X[batch], y[batch])
            self.loss_history.append(loss)
            for name in grads:
                self.model.params[name], self.configs[name] = self.rule(
                    self.model.params[name], grads[name], self.configs[name])
            if self.verbose and t % self.print_every == 0:
                print('(Iteration %d / %d) loss: %f' % (t + 1, total, loss))
            end = (t + 1) % per_epoch == 0
            if end:
                self.epoch += 1
                for c in self.configs.values():
                    c['learning_rate'] *= self.lr_decay
            if t == 0 or end:
                self._evaluate()
        self.model.params = self.best_params

"""Autoencoder with tied weights: W is used twice."""

from __future__ import annotations

from ..misconception import Group, Misconception

_dw = Group(layer="autoencoder", function="autoencoder_loss", argument="dW", when="one example")
_loss = Group(layer="autoencoder", function="autoencoder_loss", argument="loss", when="one example")
_loss_batch = Group(layer="autoencoder", function="autoencoder_loss", argument="loss", when="batch")
_dw_batch = Group(layer="autoencoder", function="autoencoder_loss", argument="dW", when="batch")

MISCONCEPTIONS: tuple[Misconception, ...] = (
    _dw(
        "path through W transposed only",
        "np.outer(h, a)",
        "Only the path through W^T: W is used twice, add both.",
        "ae310",
        "ae239",
    ),
    _dw(
        "path through W only",
        "np.outer(W @ a, xv)",
        "Only the path through W: W is used twice, add both.",
        "ae310",
        "ae239",
    ),
    _dw(
        "doubled",
        "2 * (np.outer(h, a) + np.outer(W @ a, xv))",
        "The 1/2 of the loss cancels the 2 of the square.",
        "~quickmat",
    ),
    _dw(
        "path through W transposed doubled",
        "2 * np.outer(h, a)",
        "The two paths are different: doubling one is not adding the other.",
        "~torchag165",
        "~ae452",
    ),
    _dw(
        "path through W doubled",
        "2 * np.outer(W @ a, xv)",
        "The two paths are different: doubling one is not adding the other.",
        "~ae452",
    ),
    _dw(
        "averaged paths",
        "(np.outer(h, a) + np.outer(W @ a, xv)) / 2",
        "Total derivative: add the paths, do not average them.",
        "~ae239",
    ),
    _dw(
        "difference of paths",
        "np.outer(h, a) - np.outer(W @ a, xv)",
        "Both paths have the same sign.",
    ),
    _dw(
        "sign reversed",
        "-(np.outer(h, a) + np.outer(W @ a, xv))",
        "The residual is W^T W x - x, not x - W^T W x.",
    ),
    _dw(
        "factors crossed",
        "np.outer(W @ a, a) + np.outer(h, xv)",
        "The factors are crossed: W a x^T and W x a^T.",
    ),
    _dw(
        "decoder skipped",
        "np.outer(h, a) + np.outer(h, xv)",
        "The path through W goes back through W^T first: W a.",
    ),
    _dw(
        "reconstruction for residual",
        "np.outer(h, xh) + np.outer(W @ xh, xv)",
        "Send back the residual, not the reconstruction.",
    ),
    _dw(
        "wrong transposed path",
        "np.outer(W @ a, xv) + np.outer(W @ a, xh)",
        "The path through W^T is W x a^T.",
    ),
    _dw(
        "paths multiplied",
        "W @ (np.outer(a, xv) @ np.outer(xv, a))",
        "The two outer products are added, not multiplied.",
        "~ae310",
    ),
    _dw(
        "divided by n",
        "(np.outer(h, a) + np.outer(W @ a, xv)) / n",
        "The loss is a sum over features, not a mean.",
    ),
    _dw(
        "x missing",
        "2 * W @ (W.T @ W - np.eye(n))",
        "x is missing: that is another loss.",
        "~ae310",
    ),
    _dw(
        "transposed",
        "(np.outer(a, h) + np.outer(xv, W @ a))",
        "That is the derivative with respect to W^T; transpose it to W's shape.",
        "ae310",
    ),
    _loss(
        "half missing",
        "(a ** 2).sum()",
        "The loss has a 1/2.",
    ),
    _loss(
        "root taken",
        "0.5 * np.sqrt((a ** 2).sum())",
        "The norm is squared.",
        "~quickmat",
    ),
    _loss(
        "averaged",
        "0.5 * (a ** 2).mean()",
        "Add up the features, do not average.",
    ),
    _loss(
        "sum before square",
        "0.5 * a.sum() ** 2",
        "Square first, then add.",
    ),
    _loss(
        "inverse for transpose",
        "0.5 * ((np.linalg.pinv(W) @ W @ xv - xv) ** 2).sum()",
        "The decoder is W^T, not W's inverse.",
        "~morvan65",
    ),
    _loss_batch(
        "averaged",
        "0.5 * (A ** 2).sum() / len(XB)",
        "A batch adds up its losses; the contract has no mean.",
        "~jax3113",
    ),
    _dw_batch(
        "path through W transposed only",
        "H.T @ A",
        "Only the path through W^T.",
        "~ae239",
    ),
    _dw_batch(
        "averaged",
        "(H.T @ A + W @ A.T @ XB) / len(XB)",
        "A batch adds up its gradients.",
        "~mxnet2427",
    ),
    _dw_batch(
        "sums multiplied",
        "np.outer(H.sum(0), A.sum(0)) + np.outer(W @ A.sum(0), XB.sum(0))",
        "Sum the outer products over the batch, not their factors.",
    ),
)

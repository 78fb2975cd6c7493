"""The GPLVM's log likelihood and its two terms: what is a function of what, and the inverse."""

from __future__ import annotations

DETERMINANT = """
log_determinant_term, dX
  two missing
    = -Dd / 2 * alpha * Kinv @ X
    X stands twice in K = alpha X X^T + I/beta: dK gives a factor 2. [wwt]
  half missing
    = -2 * Dd * alpha * Kinv @ X
    The 1/2 of the log likelihood is missing. [~skl26502]
  sign reversed
    = alpha * Dd * Kinv @ X
    The log determinant enters with a minus sign. [~gpjl26]
  alpha missing
    = -Dd * Kinv @ X
    alpha is missing: K = alpha X X^T. [~skl18702]
  D missing
    = -alpha * Kinv @ X
    D is missing: every column of Y has the same K. [~gp286]
  N for D
    = -alpha * Nn * Kinv @ X
    D is the number of columns of Y, not the number of examples. [~gp286]
  K for its inverse
    = -alpha * Dd * K @ X
    The derivative of log|K| is K^-1, not K. [~wwt]
  divided by the determinant
    = -alpha * Dd / np.linalg.det(K) * Kinv @ X
    log|K| takes the determinant away: no 1/|K| is left. [~wwt]
  beta as a variance
    = -alpha * Dd * np.linalg.inv(alpha * X @ X.T + beta * np.eye(Nn)) @ X
    beta is a precision: the noise is I/beta.
  entrywise inverse
    = -alpha * Dd * (1 / K) @ X
    1/K divides entry by entry; the inverse is np.linalg.inv or a solve.
log_determinant_term, value
  D missing
    = -0.5 * logdetK
    D is missing. [~gp286]
  half missing
    = -Dd * logdetK
    The 1/2 is missing. [~skl26502]
  sign reversed
    = 0.5 * Dd * logdetK
    The log determinant enters with a minus sign. [~roelants14]
  Cholesky not doubled
    = -0.5 * Dd * np.log(np.diag(np.linalg.cholesky(K))).sum()
    log|K| is TWICE the sum of the logs of Cholesky's diagonal.
  product of the diagonal
    = -0.5 * Dd * np.log(np.diag(K)).sum()
    A determinant is not the product of the diagonal.
  log of det (robustness)
    = -0.5 * Dd * np.log(np.linalg.det(K))
    det overflows and underflows for larger N: use slogdet or Cholesky.
"""

TRACE = """
trace_term, dX
  sign reversed
    = -alpha * Kinv @ YY @ Kinv @ X
    -1/2 Y Y^T is the derivative with respect to K^-1; dK^-1 brings another minus. [~dinv trk]
  derivative in the inverse
    = -alpha * YY @ X
    -1/2 Y Y^T is the derivative with respect to K^-1, not with respect to K. [trk ~gp286]
  two missing
    = 0.5 * alpha * Kinv @ YY @ Kinv @ X
    X stands twice in K: a factor 2. [wwt]
  half missing
    = 2 * alpha * Kinv @ YY @ Kinv @ X
    The 1/2 of the log likelihood is missing. [~skl26502]
  alpha missing
    = Kinv @ YY @ Kinv @ X
    alpha is missing. [~skl18702]
  order of factors
    = alpha * Kinv @ Kinv @ YY @ X
    Matrices do not commute: K^-1 stands on both sides of Y Y^T. [dinv]
  one inverse missing
    = alpha * Kinv @ YY @ X
    One K^-1 is missing: dK^-1 = -K^-1 dK K^-1. [~dinv]
  K for its inverse
    = alpha * K @ YY @ K @ X
    K^-1, not K, on both sides. [~dinv]
  divided by D
    = alpha * Kinv @ YY @ Kinv @ X / Dd
    The trace adds up the columns of Y; it is no mean. [~gp286]
  entrywise products
    = alpha * (Kinv * YY * Kinv) @ X
    * multiplies entry by entry; use @. [~npmatrix]
  product rule
    = -alpha * (Kinv @ YY + YY @ Kinv) @ X
    The derivative of an inverse is -K^-1 dK K^-1; the product rule on K^-1 Y Y^T does not apply.
      [~yby]
trace_term, value
  sign reversed
    = 0.5 * np.trace(Kinv @ YY)
    The quadratic term enters with a minus sign. [~roelants14]
  half missing
    = -np.trace(Kinv @ YY)
    The 1/2 is missing. [~skl26502]
  K for its inverse
    = -0.5 * np.trace(K @ YY)
    K^-1, not K. [~trk]
  Y not squared
    = -0.5 * (Kinv @ Y).sum()
    The trace pairs K^-1 Y with Y: sum(Y * (K^-1 Y)).
  absolute values
    = -0.5 * (Kinv * np.sqrt(YY ** 2)).sum()
    Keep the signs of Y Y^T.
  beta as a variance
    = -0.5 * np.trace(np.linalg.inv(alpha * X @ X.T + beta * np.eye(Nn)) @ YY)
    beta is a precision: the noise is I/beta.
"""

LIKELIHOOD = """
gplvm_log_likelihood, dX
  determinant part missing
    = alpha * Kinv @ YY @ Kinv @ X
    The log determinant's part is missing. [~gp286]
  trace part missing
    = -alpha * Dd * Kinv @ X
    The trace's part is missing. [~gp286]
  sign of the determinant part
    = alpha * Kinv @ YY @ Kinv @ X + alpha * Dd * Kinv @ X
    The log determinant's part enters with a minus sign. [~gpjl26]
  sign reversed
    = -(alpha * Kinv @ YY @ Kinv @ X - alpha * Dd * Kinv @ X)
    That is the gradient of the negative log likelihood. [~roelants14]
  derivative in K
    = 0.5 * (Kinv @ YY @ Kinv - Dd * Kinv)
    That is dL/dK: the chain rule through K = alpha X X^T + I/beta is missing. [gp286]
  alpha missing
    = (Kinv @ YY @ Kinv - Dd * Kinv) @ X
    alpha is missing. [~skl18702]
gplvm_log_likelihood, value
  sign reversed
    = -value
    The log likelihood, not its negative. [roelants14]
  constant included (convention)
    = value - Nn * Dd / 2 * np.log(2 * np.pi)
    The contract leaves the constant out.
  beta as a variance
    = -Dd / 2 * np.linalg.slogdet(alpha * X @ X.T + beta * np.eye(Nn))[1] - 0.5 *
      np.trace(np.linalg.inv(alpha * X @ X.T + beta * np.eye(Nn)) @ YY)
    beta is a precision: the noise is I/beta.
"""

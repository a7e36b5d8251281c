"""Writes the data of the public CKA notebook of Kornblith et al. (2019) as a test fixture.

    python bench/peers/cka_fixture.py core/src/test/resources/cka/kornblith.csv

Needs numpy. One row per sample: ten columns of X, then ten of Y. The notebook prints linear CKA 0.55761 and
debiased linear CKA 0.51346 for this data, and CKA with an RBF kernel (threshold 0.5) 0.65483; this script checks all three
with formulas of its own before it writes.
"""

import sys

import numpy as np


def centred(gram):
    n = len(gram)
    h = np.eye(n) - 1 / n
    return h @ gram @ h


def u_centred(gram):
    gram = gram.copy()
    np.fill_diagonal(gram, 0)
    n = len(gram)
    rows = gram.sum(0) / (n - 2)
    total = gram.sum() / ((n - 1) * (n - 2))
    gram = gram - rows[None, :] - rows[:, None] + total
    np.fill_diagonal(gram, 0)
    return gram


def alignment(k, l):
    return (k * l).sum() / np.sqrt((k * k).sum() * (l * l).sum())


def rbf(x, threshold):
    squares = ((x[:, None, :] - x[None, :, :]) ** 2).sum(-1)
    return np.exp(-squares / (2 * threshold**2 * np.median(squares)))


def main(path):
    random = np.random.RandomState(1337)
    x = random.randn(100, 10)
    y = random.randn(100, 10) + x
    k, l = x @ x.T, y @ y.T
    found = [
        alignment(centred(k), centred(l)),
        alignment(u_centred(k), u_centred(l)),
        alignment(centred(rbf(x, 0.5)), centred(rbf(y, 0.5))),
    ]
    print("linear %.5f, debiased %.5f, RBF %.5f" % tuple(found))
    assert np.allclose(found, [0.55761, 0.51346, 0.65483], atol=6e-6)
    np.savetxt(path, np.hstack([x, y]), fmt="%.9f", delimiter=",")


if __name__ == "__main__":
    main(sys.argv[1])

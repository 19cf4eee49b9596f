#!/usr/bin/env python3
"""Writes lion_muon.json: Lion and Muon in double precision, by NumPy, as their authors define them. PyTorch 1.13 has
neither.

"cases" are steps on the parameters and gradients of optimizers.json, which are a vector: of Muon its AdamW. "matrices"
are Muon's own: matrices that one optimizer updates together, their numbers drawn from the generator minstd."""
import json
import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def lion(p, grads, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
    """Chen et al., Symbolic Discovery of Optimization Algorithms, algorithm 2. Yields p after each step."""
    m = np.zeros_like(p)
    for g in grads:
        direction = np.sign(betas[0] * m + (1 - betas[0]) * g)
        p = p - lr * (direction + weight_decay * p)
        m = betas[1] * m + (1 - betas[1]) * g
        yield p


def muon_of_vectors(p, grads, adamw_lr=3e-4, adamw_betas=(0.9, 0.95), adamw_eps=1e-10, adamw_weight_decay=0.0):
    """Loshchilov & Hutter, Decoupled Weight Decay Regularization, algorithm 2. Yields p after each step."""
    m, v = np.zeros_like(p), np.zeros_like(p)
    for t, g in enumerate(grads, 1):
        m = adamw_betas[0] * m + (1 - adamw_betas[0]) * g
        v = adamw_betas[1] * v + (1 - adamw_betas[1]) * g * g
        step = m / (1 - adamw_betas[0] ** t) / (np.sqrt(v / (1 - adamw_betas[1] ** t)) + adamw_eps)
        p = p - adamw_lr * adamw_weight_decay * p - adamw_lr * step
        yield p


def orthogonalized(x, steps):
    """Jordan et al., Muon: An optimizer for hidden layers in neural networks: the Newton-Schulz iteration."""
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    x = x / (np.linalg.norm(x) + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x.T if tall else x


def muon(p, grads, lr=0.02, momentum=0.95, nesterov=True, ns_steps=5, weight_decay=0.0):
    """p after all steps, and the largest change that an element has seen in one of them."""
    m, largest = np.zeros_like(p), 0.0
    for g in grads:
        m = momentum * m + (1 - momentum) * g
        direction = (1 - momentum) * g + momentum * m if nesterov else m
        update = orthogonalized(direction, ns_steps) * max(1, p.shape[0] / p.shape[1]) ** 0.5
        p = (1 - lr * weight_decay) * p - lr * update
        largest = max(largest, lr * np.abs(update).max())
    return p, largest


def minstd(count, state):
    """`count` numbers between -0.5 and 0.5 that float32 can hold, and the generator's state after them."""
    numbers = []
    for _ in range(count):
        state = state * 48271 % 2147483647
        numbers.append((state >> 7) / 2**24 - 0.5)
    return np.array(numbers), state


def matrix(shape, seed, steps, options, alike=0, every=1):
    """alike: rows of a gradient differ by one part in so many, so most of its singular values are small."""
    count, rows = int(np.prod(shape)), shape[0]
    p, state = minstd(count, seed)
    grads = []
    for _ in range(steps):
        g, state = minstd(count, state)
        g = g.reshape(rows, -1)
        if alike:
            row, state = minstd(count // rows, state)
            g = row + g / alike
        grads.append(g.astype(np.float32).astype(float))
    p, largest = muon(p.reshape(rows, -1), grads, **options)
    return {"shape": shape, "seed": seed, "alike": alike, "every": every, "largest_change": largest,
            "after": p.ravel()[::every].tolist()}


LION_CASES = [{}, {"lr": 0.01, "weight_decay": 0.3}, {"lr": 0.003, "betas": [0.5, 0.8], "weight_decay": 0.01}]
VECTOR_CASES = [{}, {"adamw_lr": 0.01, "adamw_betas": [0.5, 0.8], "adamw_eps": 0.001, "adamw_weight_decay": 0.3}]
MATRIX_CASES = [{}, {"lr": 0.1, "momentum": 0.5, "nesterov": False, "ns_steps": 4, "weight_decay": 0.3},
                {"ns_steps": 1}, {"ns_steps": 9, "momentum": 0}]
# Wide and tall, square, of less and more than a panel of 16 and than a piece of 256, convolutions, this network's.
MATRICES = [dict(shape=[6, 300], seed=1, every=7), dict(shape=[40, 24], seed=2, every=7), dict(shape=[5, 5], seed=3),
            dict(shape=[24, 2, 3, 3], seed=4, every=5), dict(shape=[4, 3, 3, 3], seed=5), dict(shape=[1, 20], seed=6),
            dict(shape=[64, 4608], seed=7, every=3001), dict(shape=[32, 16, 3, 3], seed=8, every=51),
            dict(shape=[20, 33], seed=9, every=7, alike=1000)]
STEPS = 3


def main():
    with open(os.path.join(HERE, "optimizers.json")) as file:
        given = json.load(file)
    p0, grads = np.array(given["p0"]), np.array(given["grads"])
    cases = []
    for name, steps, all_options in [("Lion", lion, LION_CASES), ("Muon", muon_of_vectors, VECTOR_CASES)]:
        for options in all_options:
            trace = {str(t): p.tolist() for t, p in enumerate(steps(p0, grads, **options), 1) if t in (1, 2, 5, 12)}
            cases.append({"optimizer": name, "options": options, "parameters_after_step": trace})
    matrices = [{"options": options, "steps": STEPS,
                 "matrices": [matrix(steps=STEPS, options=options, **m) for m in MATRICES]} for options in MATRIX_CASES]
    with open(os.path.join(HERE, "lion_muon.json"), "w") as file:
        json.dump({"numpy": np.__version__, "cases": cases, "matrices": matrices}, file)
        file.write("\n")


main()

#!/usr/bin/env python3
"""Writes lion_muon.json: Lion and Muon in double precision, by NumPy, as their authors' papers define them. Parameters
and gradients are those of optimizers.json. PyTorch 1.13 has neither."""
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


LION_CASES = [{}, {"lr": 0.01, "weight_decay": 0.3}, {"lr": 0.003, "betas": [0.5, 0.8], "weight_decay": 0.01}]


def main():
    with open(os.path.join(HERE, "optimizers.json")) as file:
        given = json.load(file)
    p0, grads = np.array(given["p0"]), np.array(given["grads"])
    cases = []
    for options in LION_CASES:
        trace = {str(t): p.tolist() for t, p in enumerate(lion(p0, grads, **options), 1) if t in (1, 2, 5, 12)}
        cases.append({"optimizer": "Lion", "options": options, "parameters_after_step": trace})
    with open(os.path.join(HERE, "lion_muon.json"), "w") as file:
        json.dump({"numpy": np.__version__, "cases": cases}, file)
        file.write("\n")


main()

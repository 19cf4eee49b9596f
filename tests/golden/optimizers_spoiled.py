#!/usr/bin/env python3
"""Writes optimizers_spoiled.json: what torch.optim's optimizers make of gradients that are NaN, infinite or whose square
is. Debian's python3-torch 1.13 computed the file in this directory."""
import json
import os

import torch

NAN, INF = float("nan"), float("inf")
P0 = [0.5, -0.25, 1.0, -2.0, 0.125, 3.0, -0.75, 0.0, 1.5]
GRADS = [[0.1, NAN, 1.0, INF, -0.5, 1e21, 0.2, 0.0, -1e21],
         [NAN, 0.2, INF, -0.3, 0.4, 0.1, -INF, 0.0, 0.3],
         [0.3, -0.1, 0.5, 0.6, NAN, -0.2, 0.7, 0.0, 0.1]]
CASES = [("SGD", dict(lr=0.1)), ("SGD", dict(lr=0.1, momentum=0.9, nesterov=True)), ("ASGD", {}),
         ("ASGD", dict(t0=0)), ("Adagrad", {}), ("RMSprop", {}), ("RMSprop", dict(centered=True, momentum=0.5)),
         ("Adadelta", {}), ("Adam", {}), ("Adam", dict(amsgrad=True)), ("AdamW", dict(amsgrad=True)), ("Adamax", {}),
         ("NAdam", {}), ("RAdam", {}), ("RAdam", dict(betas=(0.5, 0.8))), ("Rprop", {})]


def number(x):
    return x if abs(x) < INF else str(x)  # JSON knows no others


def after_steps(name, options):
    p = torch.tensor(P0, requires_grad=True)
    optimizer = getattr(torch.optim, name)([p], **options)
    trace = {}
    for step, g in enumerate(GRADS, 1):
        p.grad = torch.tensor(g)
        optimizer.step()
        trace[str(step)] = [number(x) for x in p.tolist()]
    return trace


document = {"torch": torch.__version__, "p0": P0, "grads": [[number(x) for x in g] for g in GRADS],
            "cases": [{"optimizer": name, "options": options, "parameters_after_step": after_steps(name, options)}
                      for name, options in CASES]}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "optimizers_spoiled.json"), "w") as file:
    json.dump(document, file)
    file.write("\n")

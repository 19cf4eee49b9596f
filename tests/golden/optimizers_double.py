#!/usr/bin/env python3
"""Writes optimizers_double.json: the cases of optimizers.json again, by torch.optim in double precision, so that what is
left between them and ours is our own rounding. Debian's python3-torch 1.13 computed the file in this directory."""
import json
import os

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
torch.set_default_dtype(torch.float64)


def after_steps(case, p0, grads):
    p = torch.tensor(p0, requires_grad=True)
    optimizer = getattr(torch.optim, case["optimizer"])([p], **case["options"])
    trace = {}
    for step, g in enumerate(grads, 1):
        p.grad = torch.tensor(g)
        optimizer.step()
        if str(step) in case["parameters_after_step"]:
            trace[str(step)] = p.tolist()
    return trace


with open(os.path.join(HERE, "optimizers.json")) as file:
    given = json.load(file)
cases = [{"optimizer": case["optimizer"], "options": case["options"],
          "parameters_after_step": after_steps(case, given["p0"], given["grads"])} for case in given["cases"]]
with open(os.path.join(HERE, "optimizers_double.json"), "w") as file:
    json.dump({"torch": torch.__version__, "cases": cases}, file)
    file.write("\n")

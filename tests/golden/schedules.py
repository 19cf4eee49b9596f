#!/usr/bin/env python3
"""Writes schedules.json: the learning rates that torch.optim.lr_scheduler gives to the steps of a short run. Debian's
python3-torch 1.13 computed the file in this directory."""
import json
import os
import warnings

import torch
from torch.optim.lr_scheduler import (ChainedScheduler, CosineAnnealingLR, LinearLR, OneCycleLR, SequentialLR, StepLR)

warnings.filterwarnings("ignore")
STEPS_PER_EPOCH, EPOCHS = 7, 5
STEPS = STEPS_PER_EPOCH * EPOCHS


def epochs(n):
    return n * STEPS_PER_EPOCH


def linear(o, warmup, start_factor=1 / 3):
    return LinearLR(o, start_factor=start_factor, total_iters=warmup)


def cosine_after(o, warmup, eta_min=0.0, **start):
    return SequentialLR(o, [linear(o, warmup, **start), CosineAnnealingLR(o, STEPS - warmup, eta_min)], [warmup])


CASES = [
    (dict(lr=0.1), lambda o: None),
    (dict(lr=0.1, warmup=6), lambda o: linear(o, 6)),
    (dict(lr=0.5, warmup=9, start_factor=0.01), lambda o: linear(o, 9, 0.01)),
    (dict(lr=0.1, schedule="step"), lambda o: StepLR(o, epochs(1))),
    (dict(lr=0.1, schedule="step", step_size=2, gamma=0.7), lambda o: StepLR(o, epochs(2), 0.7)),
    (dict(lr=0.1, schedule="step", gamma=0.5, warmup=10),
     lambda o: ChainedScheduler([linear(o, 10), StepLR(o, epochs(1), 0.5)])),
    (dict(lr=0.1, schedule="cosine"), lambda o: CosineAnnealingLR(o, STEPS)),
    (dict(lr=0.1, schedule="cosine", eta_min=0.02), lambda o: CosineAnnealingLR(o, STEPS, 0.02)),
    (dict(lr=0.1, schedule="cosine", warmup=8), lambda o: cosine_after(o, 8)),
    (dict(lr=0.1, schedule="cosine", warmup=3, start_factor=0.1, eta_min=0.001),
     lambda o: cosine_after(o, 3, 0.001, start_factor=0.1)),
    (dict(lr=0.1, schedule="onecycle"), lambda o: OneCycleLR(o, 0.1, total_steps=STEPS, cycle_momentum=False)),
    (dict(lr=0.3, schedule="onecycle", pct_start=0.5, div_factor=10, final_div_factor=100),
     lambda o: OneCycleLR(o, 0.3, total_steps=STEPS, pct_start=0.5, div_factor=10, final_div_factor=100,
                          cycle_momentum=False)),
]


def rates(options, scheduler_of):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=options["lr"])
    scheduler = scheduler_of(optimizer)
    values = []
    for _ in range(STEPS):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if scheduler and len(values) < STEPS:
            scheduler.step()
    return values


cases = [{"options": options, "lr": rates(options, scheduler_of)} for options, scheduler_of in CASES]
document = {"torch": torch.__version__, "steps_per_epoch": STEPS_PER_EPOCH, "epochs": EPOCHS, "cases": cases}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "schedules.json"), "w") as file:
    json.dump(document, file)
    file.write("\n")

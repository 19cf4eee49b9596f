#!/usr/bin/env python3
"""Writes experiment/clipped.json: losses of SGD on the miniature experiment in this directory, its gradients clipped by
torch.nn.utils.clip_grad_norm_. Debian's python3-torch 1.13 computed the file."""
import gzip
import json
import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "experiment")
torch.set_num_threads(1)


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.cn1, self.cn2 = nn.Conv2d(1, 16, 3, 1), nn.Conv2d(16, 32, 3, 1)
        self.dp1, self.dp2 = nn.Dropout2d(0.10), nn.Dropout2d(0.25)
        self.fc1, self.fc2 = nn.Linear(4608, 64), nn.Linear(64, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.cn2(F.relu(self.cn1(x)))), 2)
        x = self.dp2(F.relu(self.fc1(torch.flatten(self.dp1(x), 1))))
        return F.log_softmax(self.fc2(x), dim=1)


def idx(name, header):
    with gzip.open(os.path.join(HERE, name), "rb") as file:
        return np.frombuffer(file.read(), np.uint8, offset=header)


def train(meta, options, max_norm):
    torch.manual_seed(meta["seed"])
    model = ConvNet()
    labels = torch.from_numpy(idx("train-labels-idx1-ubyte.gz", 8).astype(np.int64))
    pixels = torch.from_numpy(idx("train-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28).copy())
    mean, deviation = meta["normalize"]
    images = (pixels.float().div(255) - mean) / deviation
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(images, labels), meta["batch"], shuffle=True)
    optimizer = torch.optim.SGD(model.parameters(), **options)
    losses, norms = [], []
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.nll_loss(model(x), y)
        loss.backward()
        norms.append(nn.utils.clip_grad_norm_(model.parameters(), max_norm).item())
        optimizer.step()
        losses.append(loss.item())
    return {"optimizer": "sgd", "options": options, "clip_grad_norm": max_norm, "train_loss": losses, "norms": norms}


with open(os.path.join(HERE, "trace_paired.json")) as file:
    trace = json.load(file)["meta"]
meta = {key: trace[key] for key in ("seed", "batch", "normalize", "init_sha256")}
cases = [train(meta, dict(lr=0.1), 0.5), train(meta, dict(lr=0.05, momentum=0.9), 1.5)]
with open(os.path.join(HERE, "clipped.json"), "w") as file:
    json.dump({"torch": torch.__version__, "meta": meta, "cases": cases}, file)
    file.write("\n")

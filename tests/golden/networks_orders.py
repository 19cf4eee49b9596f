"""How far float32 strays from float64 on the networks of torch2/networks.json, by the order of its sums alone.

PyTorch trains them again, in float32, with convolutions and linear layers as products whose terms stand in random orders;
mathematically all are the same. Max pooling and ReLU jump where two numbers are nearly equal, and Adam moves weights with
tiny gradients by rounding errors, so some orders part from float64 by a hundred times what others do. Writes, for each run
and step, the largest distance of a loss from float64's over all orders.

    networks_orders.py [ORDERS]      from tests/golden; needs PyTorch (Debian: python3-torch)
"""
import gzip, json, pathlib, sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

HERE = pathlib.Path(__file__).resolve().parent / "torch2"
ORDERS = int(sys.argv[1]) if len(sys.argv) > 1 else 40
LAYERS = {"max_pool2d": nn.MaxPool2d, "avg_pool2d": nn.AvgPool2d, "relu": nn.ReLU, "tanh": nn.Tanh,
          "sigmoid": nn.Sigmoid, "gelu": nn.GELU, "silu": nn.SiLU, "leaky_relu": nn.LeakyReLU}


class Conv(nn.Conv2d):
    """A product of patches, whose terms `order` permutes."""
    order = None

    def forward(self, x):
        patches = F.unfold(x, self.kernel_size, padding=self.padding, stride=self.stride)[:, self.order]
        y = self.weight.flatten(1)[:, self.order] @ patches
        height = (x.shape[2] + 2 * self.padding[0] - self.kernel_size[0]) // self.stride[0] + 1
        y = y.view(x.shape[0], self.out_channels, height, -1)
        return y if self.bias is None else y + self.bias.view(1, -1, 1, 1)


class Linear(nn.Linear):
    order = None

    def forward(self, x):
        return F.linear(x[:, self.order], self.weight[:, self.order], self.bias)


def option(text):
    if text in ("true", "false"):
        return text == "true"
    return float(text) if "." in text else int(text)


def build(case):
    height, width, channels = case["input"]
    blank, modules, flat = torch.zeros(1, channels, height, width), [], False
    for text in case["layers"]:
        kind, _, options = text.rpartition("@")[2].partition(":")
        given = {key: option(value) for key, value in (o.split("=") for o in options.split(",") if o)}
        if kind == "linear" and not flat:
            modules.append(nn.Flatten())
            blank, flat = blank.flatten(1), True
        module = (Conv(blank.shape[1], **given) if kind == "conv2d" else
                  Linear(blank.shape[1], **given) if kind == "linear" else LAYERS[kind](**given))
        if kind in ("conv2d", "linear"):
            module.order = torch.arange(module.weight[0].numel())
        modules.append(module)
        with torch.no_grad():
            blank = module(blank)
    return nn.Sequential(*modules)


def images(case):
    def read(name, skip):
        return np.frombuffer(gzip.open(HERE / "networks" / name).read(), np.uint8)[skip:].copy()

    if case["input"][2] == 1:
        x, y = read("train-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28), read("train-labels-idx1-ubyte.gz", 8)
    else:
        records = read("data_batch_1.bin.gz", 0).reshape(-1, 3073)
        x, y = records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]
    mean, deviation = (torch.tensor(v).view(1, -1, 1, 1) for v in case["normalize"])
    return (torch.from_numpy(x.copy()).float().div(255) - mean) / deviation, torch.from_numpy(y.copy()).long()


def losses(case, run, seed, shuffles):
    """shuffles: draws the orders; none: the usual ones."""
    torch.manual_seed(seed)
    model = build(case)
    for module in model if shuffles else []:
        if isinstance(module, (Conv, Linear)):
            module.order = torch.randperm(len(module.order), generator=shuffles)
    optimizer = getattr(torch.optim, run["optimizer"])(model.parameters(), **run["options"])
    x, y = images(case)
    trace = []
    for order in run["sample_order"]:
        for first in range(0, len(order), case["batch"]):
            batch = order[first:first + case["batch"]]
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[batch]), y[batch])
            loss.backward()
            optimizer.step()
            trace.append(loss.item())
    return trace


def main():
    golden = json.loads((HERE / "networks.json").read_text())
    seed = golden["meta"]["seed"]
    torch.set_num_threads(1)
    cases = []
    for case in golden["cases"]:
        for run in case["runs"]:
            double = np.array(run["float64"]["train_loss"])
            shuffles = torch.Generator().manual_seed(1)
            traces = [losses(case, run, seed, shuffles if i > 0 else None) for i in range(ORDERS)]
            largest = np.abs(np.array(traces) - double).max(axis=0)
            cases.append({"network": case["network"], "optimizer": run["optimizer"],
                          "largest_distance": [float(f"{d:.3g}") for d in largest]})
            print(case["network"], run["optimizer"], f"{largest.max():.1e}", file=sys.stderr)
    (HERE / "networks_orders.json").write_text(json.dumps(
        {"meta": {"torch": torch.__version__, "seed": seed, "orders": ORDERS}, "cases": cases}) + "\n")


main()

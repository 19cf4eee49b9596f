"""An epoch with one optimizer on PyTorch; prints what it took as one line of JSON. Without --network it is the original
experiment; with it, the network that a JSON file describes as `gradrace --network FILE.json` takes it.

--input loader   as the script was written: a DataLoader over images that torchvision's transforms turn into tensors one
                 by one (where torchvision is not installed, tensor operations that compute the same)
--input tensors  all images normalised beforehand, batches indexed out of one tensor, in the loader's order
"""
import argparse, gzip, json, os, statistics, time, warnings

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

MEAN, DEVIATION, BATCH = 0.1302, 0.3069, 32
CIFAR_MEAN, CIFAR_DEVIATION = (.4914, .4822, .4465), (.247, .2435, .2616)
LAYERS = {"conv2d": nn.Conv2d, "linear": nn.Linear, "max_pool2d": nn.MaxPool2d, "avg_pool2d": nn.AvgPool2d,
          "dropout": nn.Dropout, "dropout2d": nn.Dropout2d, "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid,
          "gelu": nn.GELU, "silu": nn.SiLU, "leaky_relu": nn.LeakyReLU}


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.cn1 = nn.Conv2d(1, 16, 3, 1)
        self.cn2 = nn.Conv2d(16, 32, 3, 1)
        self.dp1 = nn.Dropout2d(0.10)
        self.dp2 = nn.Dropout2d(0.25)
        self.fc1 = nn.Linear(4608, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.cn2(F.relu(self.cn1(x))))
        x = torch.flatten(self.dp1(F.max_pool2d(x, 2)), 1)
        return F.log_softmax(self.fc2(self.dp2(F.relu(self.fc1(x)))), dim=1)


def option(text):
    if text in ("true", "false"):
        return text == "true"
    return float(text) if "." in text else int(text)


def layer(text, channels, features):
    """The module that "label@type:key=value,..." stands for."""
    kind, _, options = text.rpartition("@")[2].partition(":")
    given = {key: option(value) for key, value in (o.split("=") for o in options.split(",") if o)}
    inputs = {"conv2d": [channels], "linear": [features]}.get(kind, [])
    return kind, LAYERS[kind](*inputs, **given)


def sequential(network):
    """The layers of a network file; flattened before the first linear one."""
    height, width, channels = network["input"]
    shape, modules = torch.Size([1, channels, height, width]), []
    for text in network["layers"]:
        kind, module = layer(text, shape[1], shape.numel())
        if kind == "linear" and len(shape) == 4:
            modules.append(nn.Flatten())
        modules.append(module)
        state = torch.get_rng_state()  # what follows draws nothing that training would miss
        with torch.no_grad():
            shape = nn.Sequential(*modules).eval()(torch.zeros(1, channels, height, width)).shape
        torch.set_rng_state(state)
    return nn.Sequential(*modules, nn.LogSoftmax(1))


def read_cifar(directory, count):
    """Planes and labels of the first `count` records of CIFAR-10's binary version."""
    files = sorted(name for name in os.listdir(directory) if name.startswith("data_batch_"))
    records = b"".join((gzip.open if name.endswith(".gz") else open)(os.path.join(directory, name), "rb").read()
                       for name in files)
    records = np.frombuffer(records, np.uint8).reshape(-1, 3073)[:count]
    return records[:, 1:].reshape(-1, 3, 32, 32).copy(), records[:, 0].copy()


def read_idx(directory, name, header, count):
    """The first `count` entries of an IDX file, gzip or plain; `header` is its size in bytes."""
    path = os.path.join(directory, name)
    opener = open if os.path.exists(path) else gzip.open
    with opener(path if opener is open else path + ".gz", "rb") as file:
        values = np.frombuffer(file.read(), np.uint8, offset=header)
    return (values.reshape(-1, 28, 28) if header == 16 else values)[:count].copy()


def image_transform():
    """What makes a normalised tensor of an image, and its name."""
    try:
        import torchvision
        from PIL import Image
        from torchvision import transforms as t
    except ImportError:
        return (lambda image: (torch.from_numpy(image).unsqueeze(0).float().div(255) - MEAN) / DEVIATION), "plain tensors"
    chain = t.Compose([t.ToTensor(), t.Normalize((MEAN,), (DEVIATION,))])
    return (lambda image: chain(Image.fromarray(image, mode="L"))), "torchvision " + torchvision.__version__


class Digits(torch.utils.data.Dataset):
    """torchvision's MNIST, without the reading of its files."""

    def __init__(self, images, labels, transform):
        self.images, self.labels, self.transform = images, labels, transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.transform(self.images[i]), int(self.labels[i])


def preloaded_batches(images, labels):
    """Draws from the generator what a shuffling DataLoader draws."""
    images = torch.from_numpy(images).float().div(255)
    if images.dim() == 4:
        mean, deviation = (torch.tensor(v).view(1, 3, 1, 1) for v in (CIFAR_MEAN, CIFAR_DEVIATION))
        x = (images - mean) / deviation
    else:
        x = (images - MEAN).div(DEVIATION).unsqueeze(1)
    y = torch.from_numpy(labels).long()
    torch.empty((), dtype=torch.int64).random_()  # the loader's base seed, which nobody uses
    seed = int(torch.empty((), dtype=torch.int64).random_())
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(seed))
    return ((x[i], y[i]) for i in order.split(BATCH))


def train(model, optimizer, batches):
    """One epoch; its seconds, and every 100th loss."""
    losses = []
    start = time.perf_counter()
    for b, (x, y) in enumerate(batches):
        optimizer.zero_grad()
        loss = F.nll_loss(model(x), y)
        loss.backward()
        optimizer.step()
        if b % 100 == 0:
            losses.append(loss.item())
    return time.perf_counter() - start, losses


def warm_up(make_model, make_optimizer, image):
    """Libraries set themselves up on the first step; that is not what is compared."""
    model = make_model()
    train(model, make_optimizer(model.parameters()), [(torch.rand(BATCH, *image), torch.zeros(BATCH).long())] * 3)


def blas_library():
    """The BLAS that PyTorch was linked with and found here: Debian's reference one makes dense layers many times slower."""
    with open("/proc/self/maps") as maps:
        paths = {line.split()[-1] for line in maps if "blas" in line}
    return ", ".join(sorted({os.path.relpath(path, "/usr/lib") for path in paths})) or "its own BLAS"


def step_seconds(optimizer, rounds=200):
    """Median of optimizer.step() alone, again and again with the last gradients."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        optimizer.step()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", choices=["loader", "tensors"], required=True)
    parser.add_argument("--optimizer", choices=["adadelta", "adam"], required=True)
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--network", help="JSON file; the original without")
    parser.add_argument("--images", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")  # Dropout2d on rows of features, which the original has too
    torch.set_num_threads(options.threads)
    if any(name.startswith("data_batch_") for name in os.listdir(options.data_dir)):
        images, labels = read_cifar(options.data_dir, options.images)
    else:
        images = read_idx(options.data_dir, "train-images-idx3-ubyte", 16, options.images)
        labels = read_idx(options.data_dir, "train-labels-idx1-ubyte", 8, options.images)
    network = json.load(open(options.network)) if options.network else None
    make_model = (lambda: sequential(network)) if network else ConvNet
    make_optimizer = {"adadelta": lambda p: torch.optim.Adadelta(p, lr=0.5),
                      "adam": lambda p: torch.optim.Adam(p, lr=0.001)}[options.optimizer]
    warm_up(make_model, make_optimizer, images.shape[1:] if images.ndim == 4 else (1, *images.shape[1:]))

    torch.manual_seed(0)
    model = make_model()
    optimizer = make_optimizer(model.parameters())
    transform, transforms = image_transform()
    if options.input == "loader":
        batches = torch.utils.data.DataLoader(Digits(images, labels, transform), batch_size=BATCH, shuffle=True)
    else:
        batches = preloaded_batches(images, labels)
    seconds, losses = train(model, optimizer, batches)
    print(json.dumps({"torch": torch.__version__, "transforms": transforms, "blas": blas_library(), "seconds": seconds, "losses": losses,
                      "step_seconds": step_seconds(optimizer)}))


main()

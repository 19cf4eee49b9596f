"""Writes statistics.json beside this file: the statistics of a few samples in 50 digits, each rounded once. Student's t
comes from the incomplete beta function (Abramowitz and Stegun 26.7.1), its quantile from a search for a root of that:
nothing here knows how Boost or SciPy, whose quantile is off by 1e-9, do it. Needs python3-mpmath."""
import json
import pathlib
import random

from mpmath import betainc, findroot, fsum, mp, mpf, sqrt

mp.dps = 50

# Two columns each: five seeds of a close race, a clear one, two seeds, many, and differences far from the origin.
generator = random.Random(5)
SAMPLES = {
    "close": ([98.90, 98.84, 98.97, 98.91, 98.86], [98.88, 98.92, 98.90, 98.95, 98.79]),
    "clear": ([4.83, 4.91, 4.79, 4.88, 4.95], [5.40, 5.52, 5.33, 5.47, 5.61]),
    "two": ([1145.0, 1203.0], [1772.0, 1698.0]),
    "many": ([generator.gauss(3, 2) for _ in range(40)], [generator.gauss(3.4, 2) for _ in range(40)]),
    "offset": ([1e6 + 0.25, 1e6 + 0.5, 1e6 + 1.0, 1e6], [1e6, 1e6 + 0.125, 1e6 + 0.25, 1e6 + 0.5]),
}
P_VALUES = [[0.01, 0.04, 0.03, 0.005], [0.5], [0.02, 0.02, 0.9], [0.0004, 0.6, 0.7, 0.013, 0.05, 0.03]]
CONFIDENCE = mpf(95) / 100


def mean(values):
    return fsum(values) / len(values)


def deviation(values):
    return sqrt(fsum((value - mean(values)) ** 2 for value in values) / (len(values) - 1))


def median(values):
    ordered = sorted(values)
    return (ordered[(len(values) - 1) // 2] + ordered[len(values) // 2]) / 2


def tails(t, freedom):
    """The probability of a value at least as far from zero as t."""
    return betainc(freedom / mpf(2), mpf(1) / 2, 0, freedom / (freedom + t * t), regularized=True)


def interval(values):
    """Of the mean."""
    freedom = len(values) - 1
    t = findroot(lambda t: tails(t, freedom) - (1 - CONFIDENCE), (1, 20), solver="anderson")
    half = t * deviation(values) / sqrt(len(values))
    return {"confidence_low": float(mean(values) - half), "confidence_high": float(mean(values) + half)}


def summary(sample):
    values = [mpf(value) for value in sample]
    return {"values": sample, "n": len(values), "mean": float(mean(values)),
            "standard_deviation": float(deviation(values)), "median": float(median(values)),
            "min": min(sample), "max": max(sample)} | interval(values)


def difference(a, b):
    values = [mpf(x) - mpf(y) for x, y in zip(a, b)]
    t = mean(values) / (deviation(values) / sqrt(len(values)))
    return {"mean": float(mean(values))} | interval(values) | {"p": float(tails(t, len(values) - 1))}


def holm(p):
    """By closed testing: p_i corrected is the largest Bonferroni p of all sets of hypotheses that hold i."""
    sets = [[i for i in range(len(p)) if mask >> i & 1] for mask in range(1, 1 << len(p))]
    bonferroni = [min(1.0, len(members) * min(p[i] for i in members)) for members in sets]
    return [max(b for members, b in zip(sets, bonferroni) if i in members) for i in range(len(p))]


golden = {"samples": {name: {"a": summary(a), "b": summary(b), "difference": difference(a, b)}
                      for name, (a, b) in SAMPLES.items()},
          "holm": [{"p": p, "corrected": holm(p)} for p in P_VALUES]}
path = pathlib.Path(__file__).with_name("statistics.json")
path.write_text(json.dumps(golden, indent=1) + "\n")

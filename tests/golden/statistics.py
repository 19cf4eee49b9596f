"""Writes statistics.json beside this file: what NumPy and SciPy make of a few samples. Needs python3-scipy."""
import json
import pathlib

import numpy
from scipy import stats

# Two columns each: five seeds of a close race, a clear one, two seeds, many, and differences far from the origin.
generator = numpy.random.default_rng(5)
SAMPLES = {
    "close": ([98.90, 98.84, 98.97, 98.91, 98.86], [98.88, 98.92, 98.90, 98.95, 98.79]),
    "clear": ([4.83, 4.91, 4.79, 4.88, 4.95], [5.40, 5.52, 5.33, 5.47, 5.61]),
    "two": ([1145.0, 1203.0], [1772.0, 1698.0]),
    "many": (generator.normal(3, 2, 40).tolist(), generator.normal(3.4, 2, 40).tolist()),
    "offset": ([1e6 + 0.25, 1e6 + 0.5, 1e6 + 1.0, 1e6], [1e6, 1e6 + 0.125, 1e6 + 0.25, 1e6 + 0.5]),
}
P_VALUES = [[0.01, 0.04, 0.03, 0.005], [0.5], [0.02, 0.02, 0.9], [0.0004, 0.6, 0.7, 0.013, 0.05, 0.03]]


def interval(values):
    low, high = stats.t.interval(0.95, len(values) - 1, numpy.mean(values), stats.sem(values))
    return float(low), float(high)


def summary(values):
    low, high = interval(values)
    return {"values": values, "n": len(values), "mean": float(numpy.mean(values)),
            "standard_deviation": float(numpy.std(values, ddof=1)), "median": float(numpy.median(values)),
            "min": min(values), "max": max(values), "confidence_low": low, "confidence_high": high}


def difference(a, b):
    low, high = interval(numpy.subtract(a, b))
    return {"mean": float(numpy.mean(numpy.subtract(a, b))), "confidence_low": low, "confidence_high": high,
            "p": float(stats.ttest_rel(a, b).pvalue)}


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

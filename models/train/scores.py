"""How good answers are: pinball loss, coverage, and the log loss of failures, with intervals over workers."""

import numpy as np

from latency import LEVELS

RESAMPLES = 200


def quantiles(answers):
    """The three quantiles of the logarithm of the seconds of tracing."""
    return np.stack([answers[:, 0] - answers[:, 1], answers[:, 0], answers[:, 0] + answers[:, 2]], 1)


def pinball_rows(found, truth):
    """Mean over the three levels, for each row (Koenker and Bassett, 1978)."""
    error = truth[:, None] - found
    levels = np.array(LEVELS)
    return np.maximum(levels * error, (levels - 1) * error).mean(1)


def of(answers, attempts, seed=5):
    """All scores, each with the ends of an interval that holds it in 95 of 100 cases."""
    known = ~np.isnan(attempts.log_compute)
    found, truth = quantiles(answers), attempts.log_compute
    way = ~np.isnan(attempts.log_way)
    probability = np.clip(1 / (1 + np.exp(-answers[:, 4].astype(np.float64))), 1e-6, 1 - 1e-6)
    surprise = -np.log(np.where(attempts.failed > 0, probability, 1 - probability))
    within = (truth >= found[:, 0]) & (truth <= found[:, 2])
    rows = {
        "pinball": (pinball_rows(found, np.nan_to_num(truth)), known),
        "coverage": (within.astype(float), known),
        "below": ((truth < found[:, 0]).astype(float), known),
        "above": ((truth > found[:, 2]).astype(float), known),
        "median_error": (np.abs(truth - found[:, 1]), known),
        "way_error": (np.abs(attempts.log_way - answers[:, 3]), way),
        "failure_log_loss": (surprise, np.ones(len(attempts), bool)),
        "failures_said": (probability, np.ones(len(attempts), bool)),
        "failures_seen": (attempts.failed.astype(float), np.ones(len(attempts), bool)),
    }
    return {name: interval(values[use], attempts.worker[use], seed) for name, (values, use) in rows.items()}


def interval(values, owners, seed):
    """Mean, and a bootstrap over owners of rows (Efron, 1979), which are not independent within one."""
    if len(values) == 0:
        return (float("nan"),) * 3
    _, places = np.unique(owners, return_inverse=True)
    sums, counts = np.bincount(places, values), np.bincount(places)
    random = np.random.default_rng(seed)
    means = []
    for _ in range(RESAMPLES):
        chosen = random.integers(0, len(sums), len(sums))
        means.append(sums[chosen].sum() / counts[chosen].sum())
    low, high = np.quantile(means, [0.025, 0.975])
    return float(values.mean()), float(low), float(high)


def calibration(answers, attempts, bins=8):
    """Mean probability of failure that was said, share that was seen, and rows, by what was said."""
    said = 1 / (1 + np.exp(-answers[:, 4].astype(np.float64)))
    order = np.array_split(np.argsort(said, kind="stable"), bins)
    return [(float(said[part].mean()), float(attempts.failed[part].mean()), len(part)) for part in order]


def unconditional(train, test):
    """What somebody answers who knows only what is usual."""
    known = train.log_compute[~np.isnan(train.log_compute)]
    low, median, high = np.quantile(known, LEVELS)
    share = np.clip(train.failed.mean(), 1e-3, 0.5)
    answer = [median, median - low, high - median, np.nanmedian(train.log_way), np.log(share / (1 - share))]
    return np.tile(np.array(answer, np.float32), (len(test), 1))


def by_benchmark(train, test, schema):
    """What the heuristic answers: cost over the worker's own word for its speed, and the usual spread of that."""
    cost, speed = schema.column("log_cost"), schema.column("log_benchmark")
    has = schema.column("has_benchmark")

    def expected(attempts, usual):
        word = attempts.features[:, speed]
        return attempts.features[:, cost] - np.where(attempts.features[:, has] > 0, word, usual)

    words = train.features[train.features[:, has] > 0, speed]
    usual = np.median(words) if len(words) else 11.0
    known = ~np.isnan(train.log_compute)
    errors = (train.log_compute - expected(train, usual))[known]
    low, median, high = np.quantile(errors, LEVELS)
    answers = unconditional(train, test)
    answers[:, 0] = expected(test, usual) + median
    answers[:, 1:3] = [median - low, high - median]
    return answers

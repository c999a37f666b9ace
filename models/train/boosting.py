"""Gradient boosting on the same rows and losses, to compare with."""

import lightgbm
import numpy as np

from latency import LEVELS

COMMON = {
    "num_leaves": 31,
    "learning_rate": 0.08,
    "min_data_in_leaf": 50,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
    "seed": 1,
}
ROUNDS = 100


def answers(train, test):
    """A booster for each quantile, the way and failure; gaps that would cross count as none."""
    compute = [_fit(train, train.log_compute, test, "quantile", alpha=level) for level in LEVELS]
    way = _fit(train, train.log_way, test, "quantile", alpha=0.5)
    chance = np.clip(_fit(train, train.failed, test, "binary"), 1e-6, 1 - 1e-6)
    low, median, high = compute
    gaps = [np.maximum(median - low, 0), np.maximum(high - median, 0)]
    return np.stack([median, *gaps, way, np.log(chance / (1 - chance))], 1)


def _fit(train, target, test, objective, **more):
    known = ~np.isnan(target)
    data = lightgbm.Dataset(train.features[known], target[known], params={"verbosity": -1})
    booster = lightgbm.train({**COMMON, "objective": objective, **more}, data, ROUNDS)
    return booster.predict(test.features, num_threads=1)

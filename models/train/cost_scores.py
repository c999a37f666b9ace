"""How far words on cells' costs are off within a view: what all of its cells are off by together does not matter."""

import numpy as np

from scores import interval

SEED = 5


def of(said, cells):
    """The standard deviation of errors of the logarithm within a view, mean over views, with the ends of an
    interval that holds it in 95 of 100 resamplings of the scenes."""
    views, places = np.unique(cells.view, return_inverse=True)
    count = np.bincount(places)
    error = (said - cells.log_cost).astype(np.float64)
    mean = np.bincount(places, error) / count
    spread = np.sqrt(np.maximum(np.bincount(places, error**2) / count - mean**2, 0))
    scene = cells.scene[np.unique(places, return_index=True)[1]]
    known = np.isfinite(spread)
    return interval(spread[known], scene[known], SEED) if known.any() else (float("nan"),) * 3


def beside(said, cells):
    """A model's scores beside those of nobody and of the line through a probe of the very view."""
    has_line = ~np.isnan(cells.line)
    where = cells.where(has_line)
    return {
        "nobody": of(np.zeros(len(cells)), cells),
        "model": of(said, cells),
        "line": of(where.line, where),
        "views": int(len(np.unique(cells.view))),
        "scenes": int(len(np.unique(cells.scene))),
    }

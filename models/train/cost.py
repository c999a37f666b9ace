"""What the cost model answers and how wrong that is, cells from rows of `cost-rows`, and what others say of them."""

import hashlib
from dataclasses import dataclass

import numpy as np

import data
from mlp import line

"""Scenes that no model is trained on: the benchmark's, and two that people look at first.
`bench/cost/src/bin/first-frames.rs` measures on them, too."""
HELD_OUT = ("night-city:size=120,seed=1", "cornell", "gallery")
"""Errors of a logarithm beyond this count no more than in proportion."""
FAR = 0.5
"""How much of what all cells of a view are off by is forgiven: it hardly matters, but must not run away."""
FORGIVEN = 0.8


@dataclass(frozen=True)
class Cells(data.Rows):
    """One row a cell. What is not there is NaN."""

    log_long: np.ndarray
    log_cost: np.ndarray
    short: np.ndarray
    line: np.ndarray
    scene: np.ndarray
    view: np.ndarray


def read(paths, schema):
    """The cells of logs, the names of their scenes, and the SHA-256 of all bytes read."""
    digest, rows, numbers, names = hashlib.sha256(), [], [], {}
    for place, record in data.records(paths, schema, digest):
        scene = names.setdefault(record["scene"], len(names))
        rows.append(record["features"])
        known = [record[name] for name in ("log_long_cost", "log_cost", "short", "line")]
        numbers.append([np.nan if value is None else value for value in known] + [scene, place, record["group"]])
    numbers = np.array(numbers, dtype=np.float64).reshape(-1, 7)
    _, view = np.unique(numbers[:, 5:], axis=0, return_inverse=True)
    features = np.array(rows, dtype=np.float32).reshape(-1, len(schema.inputs))
    columns = [numbers[:, column].astype(np.float32) for column in range(4)]
    cells = Cells(features, *columns, numbers[:, 4].astype(np.int64), view.reshape(-1))
    return cells, list(names), digest.hexdigest()


def scenes_held_out(cells, names, seed, share):
    """Rows of the scenes that are always held out, and of some of the others."""
    always = np.isin(cells.scene, [place for place, name in enumerate(names) if name in HELD_OUT])
    others = cells.scene[~always]
    some = np.unique(others[data.held_out(others, seed, share)])
    return always | np.isin(cells.scene, some)


class Heads:
    """The answer of a network, as `mlp` asks for it."""

    outputs = 1
    """No path costs less than its camera ray, or more than rays at every vertex."""
    least = np.array([0], dtype=np.float32)
    most = np.array([6.4], dtype=np.float32)
    """Name, place, and whether it is positive."""
    parts = (("log_long", slice(0, 1), False),)

    def start(self, inputs, cells):
        """What a line through the data says: a constant, and slopes of the inputs."""
        constant, slopes = line(inputs, cells.log_long)
        return [constant], np.asarray(slopes, np.float32).reshape(-1, 1) * np.ones((inputs.shape[1], 1), np.float32)

    def targets(self, cells, answers):
        """What is to be answered in the next epoch, and what that is worth: the share of a cell's cost that is
        its long paths', squared, by which an error there becomes one of the cell."""
        known = ~np.isnan(cells.log_long)
        target = np.where(known, cells.log_long, 0).astype(np.float64)
        long = (1 - cells.short) * np.exp(target)
        worth = np.where(known, (long / (cells.short + long)) ** 2, 0)
        places = cells.view
        sums = np.bincount(places, worth * (target - answers()[:, 0]))
        common = sums / np.maximum(np.bincount(places, worth), 1e-6)
        return (target - FORGIVEN * common[places]).astype(np.float32), (worth / worth.mean()).astype(np.float32)

    def gradient(self, raw, targets):
        """Derivative of the loss (Huber, 1964) by the raw answers."""
        target, worth = targets
        return (worth * np.clip(raw[:, 0] - target, -FAR, FAR))[:, None] / len(raw)


def log_cost(cells, log_long):
    """The logarithm of what all paths of a cell cost: short ones cost 1."""
    return np.log(cells.short + (1 - cells.short) * np.exp(log_long))

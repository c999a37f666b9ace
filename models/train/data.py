"""What models are asked and answer, attempts from logs as arrays, and who is held out."""

import hashlib
import json
from dataclasses import dataclass, replace

import numpy as np

SECONDS_A_DAY = 86_400
LEAST_SECONDS = 1e-4
MOST_SECONDS = 86_400.0
"""Attempts of one worker beyond this many teach nothing new of the others."""
MOST_PER_WORKER = 60

CLOCK = ("sin_day", "cos_day", "sin_half_day", "cos_half_day", "is_weekend")
DEVICES = ("is_browser_gpu", "is_browser_cpu", "is_native_gpu", "is_native_cpu")


@dataclass(frozen=True)
class Schema:
    """What a model is told and answers, from `models/schema.json`, which a test compares with the product."""

    kind: str
    version: int
    inputs: tuple
    outputs: tuple

    @staticmethod
    def read(path, kind):
        with open(path, encoding="utf-8") as file:
            found = json.load(file)[kind]
        return Schema(kind, found["version"], tuple(found["inputs"]), tuple(found["outputs"]))

    def column(self, name):
        return self.inputs.index(name)

    def check(self, record, path):
        """Ends the training at a record of another schema."""
        if record["schema"] != self.version or len(record["features"]) != len(self.inputs):
            raise SystemExit(f"{path}: a record of schema {record['schema']}, not {self.version}")


@dataclass(frozen=True)
class Rows:
    """Arrays of one length, a row for each thing that a model is asked about."""

    features: np.ndarray

    def __len__(self):
        return len(self.features)

    def where(self, chosen):
        return type(self)(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Attempts(Rows):
    """One row an attempt. Targets that were not seen are NaN."""

    log_compute: np.ndarray
    log_way: np.ndarray
    failed: np.ndarray
    worker: np.ndarray
    day: np.ndarray


def records(paths, schema, digest):
    """The records of logs, one as JSON a line, each with its log's place; `digest` is told all bytes."""
    for place, path in enumerate(paths):
        with open(path, "rb") as file:
            for line in file:
                digest.update(line)
                record = json.loads(line)
                schema.check(record, path)
                yield place, record


def read(paths, schema):
    """The attempts of logs, and the SHA-256 of all bytes read."""
    digest, rows, targets, per_worker = hashlib.sha256(), [], [], {}
    for place, record in records(paths, schema, digest):
        day = int(record["at"] // SECONDS_A_DAY)
        who = (place, record["worker"], day)
        seen = per_worker.get(who, (len(per_worker), 0))
        per_worker[who] = (seen[0], seen[1] + 1)
        if seen[1] < MOST_PER_WORKER:
            rows.append(record["features"])
            targets.append((*_targets(record, schema), seen[0], day))
    targets = np.array(targets, dtype=np.float64).reshape(-1, 5)
    attempts = Attempts(
        np.array(rows, dtype=np.float32).reshape(-1, len(schema.inputs)),
        targets[:, 0].astype(np.float32),
        targets[:, 1].astype(np.float32),
        targets[:, 2].astype(np.float32),
        targets[:, 3].astype(np.int64),
        targets[:, 4].astype(np.int64),
    )
    return attempts, digest.hexdigest()


def _targets(record, schema):
    """Logarithms of the seconds of tracing and of the way, and whether nothing came."""
    if record["end"] != "delivered":
        return np.nan, np.nan, 1.0
    computed = min(max(record["computed"], LEAST_SECONDS), MOST_SECONDS)
    way = min(max(record["seconds"] - record["computed"], LEAST_SECONDS), MOST_SECONDS)
    known = record["features"]
    shortest = 0.5 * np.exp(known[schema.column("log_round_trip")])
    # The requester itself has no way, and tasks that waited for another's end hide theirs.
    is_seen = known[schema.column("has_round_trip")] > 0 and way >= shortest
    return np.log(computed), np.log(way) if is_seen else np.nan, 0.0


def held_out(owners, seed, share=0.15):
    """The rows of some owners, never single rows of one."""
    known = np.unique(owners)
    chosen = np.random.default_rng(seed).permutation(known)[: max(1, int(share * len(known)))]
    return np.isin(owners, chosen)


def days_held_out(attempts, share=0.2):
    """Rows of the last days."""
    days = np.unique(attempts.day)
    return attempts.day >= days[-max(1, int(share * len(days)))]


def device_held_out(attempts, schema, device):
    """Rows of a class of devices."""
    return attempts.features[:, schema.column(device)] > 0.5


def without_clock(attempts, schema):
    """The same with nobody told the hour or the day.

    A run takes place at one time, so that the hour tells a learner which run a row is of: on later days both
    learners are worse with it than without."""
    features = attempts.features.copy()
    for name in CLOCK:
        features[:, schema.column(name)] = 0
    return replace(attempts, features=features)

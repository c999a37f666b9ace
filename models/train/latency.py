"""What the latency model answers, and how wrong that is: quantiles by pinball loss, failure by cross-entropy.

Its answers are the five of the schema: the median of the logarithm of the seconds of tracing, the gaps to the
5 % and 95 % quantiles through softplus, so that they cannot cross, the median of the logarithm of the seconds of
the way, and the logit of failure."""

import numpy as np

from mlp import line, sigmoid, softplus

LEVELS = (0.05, 0.5, 0.95)
"""What an error of the failure's logit weighs beside one of times."""
FAILURE_WEIGHT = 0.5


class Heads:
    """The answers of a network, as `mlp` asks for them."""

    outputs = 5
    """Answers are kept within what the product believes."""
    least = np.array([-22, 0, 0, -22, -12], dtype=np.float32)
    most = np.array([22, 6, 6, 22, 12], dtype=np.float32)
    """Name, place, and whether they are positive."""
    parts = (("median", slice(0, 1), False), ("gaps", slice(1, 3), True), ("others", slice(3, 5), False))

    def start(self, inputs, attempts):
        """What a line through the data says: constants, and slopes of the inputs."""
        median = lambda values: np.nanmedian(values) if np.isfinite(values).any() else 0.0
        share = np.clip(attempts.failed.mean(), 1e-3, 0.5)
        start = [median(attempts.log_compute), 1, 1, median(attempts.log_way), np.log(share / (1 - share))]
        slopes = np.zeros((inputs.shape[1], self.outputs), np.float32)
        for column, target in ((0, attempts.log_compute), (3, attempts.log_way)):
            start[column], slopes[:, column] = line(inputs, target)
        return start, slopes

    def targets(self, attempts, _answers):
        """What is to be answered in the next epoch."""
        return attempts.log_compute, attempts.log_way, attempts.failed

    def gradient(self, raw, targets):
        """Derivative of the loss by the raw answers; targets that are NaN count for nothing."""
        compute, way, failed = targets
        gradient = np.zeros_like(raw)
        known = ~np.isnan(compute)
        gaps, slopes = softplus(raw[:, 1:3]), sigmoid(raw[:, 1:3])
        quantiles = (raw[:, 0] - gaps[:, 0], raw[:, 0], raw[:, 0] + gaps[:, 1])
        steps = [np.where(known, (compute < q) - level, 0) for q, level in zip(quantiles, LEVELS)]
        gradient[:, 0] = steps[0] + steps[1] + steps[2]
        gradient[:, 1] = -steps[0] * slopes[:, 0]
        gradient[:, 2] = steps[2] * slopes[:, 1]
        gradient[:, 3] = np.where(np.isnan(way), 0, (way < raw[:, 3]) - 0.5)
        gradient[:, 4] = FAILURE_WEIGHT * (sigmoid(raw[:, 4]) - failed)
        return gradient / len(raw)

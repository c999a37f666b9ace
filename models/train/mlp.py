"""A small network, trained by numpy alone: quantiles by pinball loss, failure by cross-entropy.

Its answers are the five of the schema: the median of the logarithm of the seconds of tracing, the gaps to the
5 % and 95 % quantiles through softplus, so that they cannot cross, the median of the logarithm of the seconds of
the way, and the logit of failure. A linear path beside the hidden layers lets time grow in proportion with cost
where no data is."""

from dataclasses import dataclass

import numpy as np

LEVELS = (0.05, 0.5, 0.95)
"""Standardised inputs beyond this say no more."""
CLIP = 8.0
"""Answers are kept within what the product believes."""
LEAST_ANSWER = np.array([-22, 0, 0, -22, -12], dtype=np.float32)
MOST_ANSWER = np.array([22, 6, 6, 22, 12], dtype=np.float32)
"""What an error of the failure's logit weighs beside one of times."""
FAILURE_WEIGHT = 0.5


@dataclass(frozen=True)
class Settings:
    """How a network is trained."""

    width: int = 32
    epochs: int = 8
    batch: int = 512
    rate: float = 3e-3
    decay: float = 1.0
    seed: int = 1


@dataclass
class Network:
    """Scales of the inputs, and the layers' weights."""

    shift: np.ndarray
    scale: np.ndarray
    weights: dict

    def standardise(self, features):
        return np.clip((features + self.shift) * self.scale, -CLIP, CLIP)

    def answers(self, features):
        """The five answers to each row."""
        raw = forward(self.weights, self.standardise(features))[0]
        raw[:, 1:3] = softplus(raw[:, 1:3])
        return np.clip(raw, LEAST_ANSWER, MOST_ANSWER)


def softplus(x):
    return np.logaddexp(x, np.float32(0)).astype(np.float32)


def sigmoid(x):
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


def forward(weights, inputs):
    """Answers before softplus, and what the way back needs."""
    first = np.maximum(inputs @ weights["w1"] + weights["b1"], 0)
    second = np.maximum(first @ weights["w2"] + weights["b2"], 0)
    raw = second @ weights["w3"] + inputs @ weights["skip"] + weights["b3"]
    return raw, (first, second)


def loss_gradient(raw, targets):
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


def backward(weights, inputs, hidden, gradient):
    first, second = hidden
    back = (gradient @ weights["w3"].T) * (second > 0)
    backer = (back @ weights["w2"].T) * (first > 0)
    return {
        "w3": second.T @ gradient,
        "skip": inputs.T @ gradient,
        "b3": gradient.sum(0),
        "w2": first.T @ back,
        "b2": back.sum(0),
        "w1": inputs.T @ backer,
        "b1": backer.sum(0),
    }


def initial(standardised, attempts, settings, random):
    """He's weights (ICCV 2015); the answers begin at what a line through the data says."""
    outputs, width, inputs = 5, settings.width, standardised.shape[1]
    normal = lambda *shape: random.standard_normal(shape).astype(np.float32)
    median = lambda values: np.nanmedian(values) if np.isfinite(values).any() else 0.0
    share = np.clip(attempts.failed.mean(), 1e-3, 0.5)
    start = [median(attempts.log_compute), 1, 1, median(attempts.log_way), np.log(share / (1 - share))]
    skip = np.zeros((inputs, outputs), np.float32)
    for column, target in ((0, attempts.log_compute), (3, attempts.log_way)):
        start[column], skip[:, column] = line(standardised, target)
    return {
        "w1": normal(inputs, width) * np.float32(np.sqrt(2 / inputs)),
        "b1": np.zeros(width, np.float32),
        "w2": normal(width, width) * np.float32(np.sqrt(2 / width)),
        "b2": np.zeros(width, np.float32),
        "w3": normal(width, outputs) * np.float32(0.1 / np.sqrt(width)),
        "skip": skip,
        "b3": np.array(start, np.float32),
    }


def line(inputs, target):
    """Least squares with a little weight on none at all: the constant, and a slope for each input."""
    known = ~np.isnan(target)
    if not known.any():
        return 0.0, 0.0
    x, y = inputs[known].astype(np.float64), target[known].astype(np.float64)
    centre = x.mean(0)
    deviation = x - centre
    ridge = 1e-3 * len(x) * np.eye(x.shape[1])
    slopes = np.linalg.solve(deviation.T @ deviation + ridge, deviation.T @ (y - y.mean()))
    return y.mean() - centre @ slopes, slopes


def train(attempts, settings):
    """Adam (Kingma and Ba, ICLR 2015) with a rate that falls along half a cosine."""
    random = np.random.default_rng(settings.seed)
    mean, deviation = attempts.features.mean(0, dtype=np.float64), attempts.features.std(0, dtype=np.float64)
    # What never changes in the data must not count where it does.
    scale = np.where(deviation > 1e-3, 1 / np.maximum(deviation, 1e-3), 0)
    network = Network((-mean).astype(np.float32), scale.astype(np.float32), {})
    inputs = network.standardise(attempts.features)
    targets = (attempts.log_compute, attempts.log_way, attempts.failed)
    network.weights = initial(inputs, attempts, settings, random)
    moments = {name: (np.zeros_like(w), np.zeros_like(w)) for name, w in network.weights.items()}
    steps_an_epoch = max(1, len(attempts) // settings.batch)
    steps, step = settings.epochs * steps_an_epoch, 0
    for _ in range(settings.epochs):
        order = random.permutation(len(attempts))
        for place in range(steps_an_epoch):
            chosen = order[place * settings.batch : (place + 1) * settings.batch]
            step += 1
            rate = settings.rate * 0.5 * (1 + np.cos(np.pi * step / steps))
            batch = inputs[chosen]
            raw, hidden = forward(network.weights, batch)
            gradient = loss_gradient(raw, [target[chosen] for target in targets])
            gradients = backward(network.weights, batch, hidden, gradient.astype(np.float32))
            adam(network.weights, moments, gradients, step, rate, settings.decay)
    return network


def adam(weights, moments, gradients, step, rate, decay):
    for name, gradient in gradients.items():
        first, second = moments[name]
        first += np.float32(0.1) * (gradient - first)
        second += np.float32(0.001) * (gradient * gradient - second)
        stride = first / np.float32(1 - 0.9**step)
        stride /= np.sqrt(second / np.float32(1 - 0.999**step)) + np.float32(1e-8)
        if name.startswith("w"):
            stride += np.float32(decay) * weights[name]
        weights[name] -= np.float32(rate) * stride

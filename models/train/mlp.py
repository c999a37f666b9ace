"""A small network, trained by numpy alone. What it answers and how wrong that is, its heads say.

A linear path beside the hidden layers lets answers grow in proportion with what they depend on where no data is."""

from dataclasses import dataclass

import numpy as np

"""Standardised inputs beyond this say no more."""
CLIP = 8.0


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
    """Scales of the inputs, the layers' weights, and what is answered."""

    heads: object
    shift: np.ndarray
    scale: np.ndarray
    weights: dict

    def standardise(self, features):
        return np.clip((features + self.shift) * self.scale, -CLIP, CLIP)

    def answers(self, features):
        """The answers to each row."""
        raw = forward(self.weights, self.standardise(features))[0]
        for _, place, is_positive in self.heads.parts:
            if is_positive:
                raw[:, place] = softplus(raw[:, place])
        return np.clip(raw, self.heads.least, self.heads.most)


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


def initial(heads, standardised, rows, settings, random):
    """He's weights (ICCV 2015); the answers begin at what the heads say."""
    outputs, width, inputs = heads.outputs, settings.width, standardised.shape[1]
    normal = lambda *shape: random.standard_normal(shape).astype(np.float32)
    start, slopes = heads.start(standardised, rows)
    return {
        "w1": normal(inputs, width) * np.float32(np.sqrt(2 / inputs)),
        "b1": np.zeros(width, np.float32),
        "w2": normal(width, width) * np.float32(np.sqrt(2 / width)),
        "b2": np.zeros(width, np.float32),
        "w3": normal(width, outputs) * np.float32(0.1 / np.sqrt(width)),
        "skip": slopes,
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


def train(heads, rows, settings):
    """Adam (Kingma and Ba, ICLR 2015) with a rate that falls along half a cosine."""
    random = np.random.default_rng(settings.seed)
    mean, deviation = rows.features.mean(0, dtype=np.float64), rows.features.std(0, dtype=np.float64)
    # What never changes in the data must not count where it does.
    scale = np.where(deviation > 1e-3, 1 / np.maximum(deviation, 1e-3), 0)
    network = Network(heads, (-mean).astype(np.float32), scale.astype(np.float32), {})
    inputs = network.standardise(rows.features)
    network.weights = initial(heads, inputs, rows, settings, random)
    moments = {name: (np.zeros_like(w), np.zeros_like(w)) for name, w in network.weights.items()}
    steps_an_epoch = max(1, len(rows) // settings.batch)
    steps, step = settings.epochs * steps_an_epoch, 0
    for _ in range(settings.epochs):
        targets = heads.targets(rows, lambda: forward(network.weights, inputs)[0])
        order = random.permutation(len(rows))
        for place in range(steps_an_epoch):
            chosen = order[place * settings.batch : (place + 1) * settings.batch]
            step += 1
            rate = settings.rate * 0.5 * (1 + np.cos(np.pi * step / steps))
            batch = inputs[chosen]
            raw, hidden = forward(network.weights, batch)
            gradient = heads.gradient(raw, [target[chosen] for target in targets])
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

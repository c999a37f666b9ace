"""Trains `latency.onnx` from logs of attempts, measures it on who was held out, and writes what lies beside it.

One thread, fixed seeds: on one machine the same logs give the same bytes. Called by `cargo xtask train`."""

import one_thread  # noqa: F401, isort: skip

import numpy as np

import artifacts
import card
import data
import latency
import mlp
import scores

KIND = "latency"
SEED = 20260101
FULL = mlp.Settings()
SMALL = mlp.Settings(width=16, epochs=8, batch=128)
"""A small retraining must be better than the heuristic, and its interval hold what little data can promise."""
SMALL_BOUNDS = {"pinball_over_heuristic": (0.0, 0.9), "coverage": (0.65, 0.97)}


def main():
    options = artifacts.arguments(__doc__)
    schema = data.Schema.read(options.schema, KIND)
    attempts, data_hash = data.read(options.log, schema)
    attempts = data.without_clock(attempts, schema)
    settings = SMALL if options.small else FULL
    held_out = data.held_out(attempts.worker, SEED)
    training, test = attempts.where(~held_out), attempts.where(held_out)
    network = mlp.train(latency.Heads(), training, settings)
    notes = {"data_sha256": data_hash, "seed": str(settings.seed), "trained_on": "simulated attempts"}
    head = artifacts.write_model(options, network, test, schema, SEED, notes)
    results = {"peer": measure(network.answers(test.features), training, test, schema)}
    report = head | {
        "rows": len(training),
        "workers": int(len(np.unique(training.worker))),
        "days": int(len(np.unique(attempts.day))),
        "settings": vars(settings) | {"split_seed": SEED},
        "results": results,
    }
    if not options.small:
        report |= study(network, attempts, training, test, schema, settings)
    artifacts.write_report(options, schema, settings, report, card)
    if options.small:
        check_small(results["peer"])


def measure(answers, training, test, schema):
    """Scores of a model beside those of who knows less."""
    return {
        "model": scores.of(answers, test),
        "heuristic": scores.of(scores.by_benchmark(training, test, schema), test),
        "usual": scores.of(scores.unconditional(training, test), test),
    }


def study(network, attempts, training, test, schema, settings):
    """The three ways to hold out, both learners, and the groups of the first way."""
    import boosting

    found = {"peer": measure(network.answers(test.features), training, test, schema)}
    found["peer"]["boosting"] = scores.of(boosting.answers(training, test), test)
    ways = {"later day": data.days_held_out(attempts)}
    ways |= {f"without {name[3:]}": data.device_held_out(attempts, schema, name) for name in data.DEVICES}
    for name, chosen in ways.items():
        rest, others = attempts.where(~chosen), attempts.where(chosen)
        answers = mlp.train(latency.Heads(), rest, settings).answers(others.features)
        found[name] = measure(answers, rest, others, schema)
        found[name]["boosting"] = scores.of(boosting.answers(rest, others), others)
    answers = network.answers(test.features)
    groups = {}
    for name, chosen in card.groups(test, schema).items():
        if chosen.sum() >= 100:
            groups[name] = scores.of(answers[chosen], test.where(chosen))
    return {"results": found, "groups": groups, "calibration": scores.calibration(answers, test)}


def check_small(result):
    model, heuristic = result["model"], result["heuristic"]
    found = {
        "pinball_over_heuristic": model["pinball"][0] / heuristic["pinball"][0],
        "coverage": model["coverage"][0],
    }
    for name, (least, most) in SMALL_BOUNDS.items():
        if not least <= found[name] <= most:
            raise SystemExit(f"{name} is {found[name]:.3f}, not between {least} and {most}")


if __name__ == "__main__":
    main()

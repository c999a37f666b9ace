"""Trains `cost.onnx` from rows of `cost-rows`, measures it on scenes held out, and writes what lies beside it.

One thread, fixed seeds: on one machine the same rows give the same bytes. Called by `cargo xtask train`."""

import one_thread  # noqa: F401, isort: skip

import numpy as np

import artifacts
import cost
import cost_card
import cost_scores
import data
import mlp

KIND = "cost"
SEED = 20260102
FULL = mlp.Settings(width=32, epochs=40, batch=512, decay=0.3)
SMALL = mlp.Settings(width=8, epochs=30, batch=64, decay=0.3)
"""A small retraining must be better than nobody's word."""
SMALL_BOUND = 0.9
"""Families of scenes, by how their names begin, of which each is left out once."""
FAMILIES = {"night-city": "cities", "gallery": "exhibits", "drawn": "scenes by chance"}


def main():
    options = artifacts.arguments(__doc__)
    schema = data.Schema.read(options.schema, KIND)
    cells, names, data_hash = cost.read(options.log, schema)
    settings = SMALL if options.small else FULL
    held_out = cost.scenes_held_out(cells, names, SEED, 0.3 if options.small else 0.15)
    training, test = cells.where(~held_out), cells.where(held_out)
    network = mlp.train(cost.Heads(), training, settings)
    notes = {"data_sha256": data_hash, "seed": str(settings.seed), "trained_on": "generated scenes"}
    head = artifacts.write_model(options, network, test, schema, SEED, notes)
    results = {"scenes": measure(network, test)}
    report = head | {
        "rows": len(training),
        "views": int(len(np.unique(training.view))),
        "scenes": int(len(np.unique(training.scene))),
        "settings": vars(settings) | {"split_seed": SEED},
        "results": results,
    }
    if not options.small:
        results |= groups(network, test, names) | families(cells, names, settings)
    artifacts.write_report(options, schema, settings, report, cost_card)
    if options.small:
        check_small(results["scenes"])


def measure(network, cells):
    """Scores of a network beside those of others."""
    said = cost.log_cost(cells, network.answers(cells.features)[:, 0])
    return cost_scores.beside(said, cells)


def of_family(cells, names, start):
    return np.isin(cells.scene, [place for place, name in enumerate(names) if name.startswith(start)])


def groups(network, test, names):
    """The held-out scenes by family."""
    found = {}
    for start, family in FAMILIES.items():
        chosen = of_family(test, names, start)
        if chosen.any():
            found[f"scenes: {family}"] = measure(network, test.where(chosen))
    return found


def families(cells, names, settings):
    """A network for each family that has seen none of it."""
    found = {}
    for start, family in FAMILIES.items():
        chosen = of_family(cells, names, start)
        # What the shipped model never sees, these must not see either.
        always = np.isin(cells.scene, [place for place, name in enumerate(names) if name in cost.HELD_OUT])
        network = mlp.train(cost.Heads(), cells.where(~chosen & ~always), settings)
        found[f"without {family}"] = measure(network, cells.where(chosen))
    return found


def check_small(result):
    ratio = result["model"][0] / result["nobody"][0]
    if not ratio <= SMALL_BOUND:
        raise SystemExit(f"the model's error is {ratio:.3f} of nobody's, more than {SMALL_BOUND}")


if __name__ == "__main__":
    main()

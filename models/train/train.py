"""Trains `latency.onnx` from logs of attempts, measures it on who was held out, and writes what lies beside it.

One thread, fixed seeds: on one machine the same logs give the same bytes. Called by `cargo xtask train`."""

import os

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"

import argparse
import hashlib
import json
import pathlib
import platform

import numpy as np
import onnxruntime

import card
import data
import mlp
import onnx_file
import scores

KIND = "latency"
SEED = 20260101
GOLDEN_ROWS = 1000
"""The library's exponentials differ from numpy's by this at most."""
TOLERANCE = 1e-4
FULL = mlp.Settings()
SMALL = mlp.Settings(width=16, epochs=8, batch=128)
"""A small retraining must be better than the heuristic, and its interval hold what little data can promise."""
SMALL_BOUNDS = {"pinball_over_heuristic": (0.0, 0.9), "coverage": (0.65, 0.97)}


def main():
    options = arguments()
    schema = data.Schema.read(options.schema, KIND)
    attempts, data_hash = data.read(options.log, schema)
    attempts = data.without_clock(attempts, schema)
    settings = SMALL if options.small else FULL
    held_out = data.peers_held_out(attempts, SEED)
    training, test = attempts.where(~held_out), attempts.where(held_out)
    network = mlp.train(training, settings)
    notes = {"data_sha256": data_hash, "seed": str(settings.seed), "trained_on": "simulated attempts"}
    file = onnx_file.build(network, schema, notes)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / f"{KIND}.onnx").write_bytes(file)
    golden = write_golden(options.out, file, network, test, schema)
    results = {"peer": measure(network.answers(test.features), training, test, schema)}
    report = {
        "sha256": hashlib.sha256(file).hexdigest(),
        "bytes": len(file),
        "data_sha256": data_hash,
        "rows": len(training),
        "workers": int(len(np.unique(training.worker))),
        "days": int(len(np.unique(attempts.day))),
        "settings": vars(settings) | {"split_seed": SEED},
        "versions": {"numpy": np.__version__, "onnxruntime": onnxruntime.__version__, "python": platform.python_version()},
        "results": results,
    }
    if not options.small:
        report |= study(network, attempts, training, test, schema, settings)
        (options.out / f"{KIND}.md").write_text(card.text(schema, report, settings), encoding="utf-8")
        write_checksums(options.out, {f"{KIND}.onnx": file, f"{KIND}.golden.f32": golden})
    print(json.dumps(report, indent=1))
    if options.small:
        check_small(results["peer"])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schema", type=pathlib.Path, required=True)
    parser.add_argument("--log", type=pathlib.Path, action="append", required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--small", action="store_true", help="little data, a small network, and bounds on what it can do")
    return parser.parse_args()


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
        answers = mlp.train(rest, settings).answers(others.features)
        found[name] = measure(answers, rest, others, schema)
        found[name]["boosting"] = scores.of(boosting.answers(rest, others), others)
    answers = network.answers(test.features)
    groups = {}
    for name, chosen in card.groups(test, schema).items():
        if chosen.sum() >= 100:
            groups[name] = scores.of(answers[chosen], test.where(chosen))
    return {"results": found, "groups": groups, "calibration": scores.calibration(answers, test)}


def write_golden(out, file, network, test, schema):
    """Rows and what ONNX Runtime answers: 32-bit floats, little endian, all rows and then all answers."""
    random = np.random.default_rng(SEED)
    count = min(len(test), GOLDEN_ROWS - 2)
    rows = test.features[random.permutation(len(test))[:count]]
    # Nothing known, and everything beyond what was ever seen.
    far = np.array([(-1) ** place * 1e4 for place in range(len(schema.inputs))])
    extra = [rows[place % count] * 3 for place in range(GOLDEN_ROWS - 2 - count)]
    rows = np.vstack([rows, *extra, np.zeros_like(far), far]).astype(np.float32)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    (answers,) = session.run(None, {"rows": rows})
    off = np.abs(answers - network.answers(rows)).max()
    if not off <= TOLERANCE:
        raise SystemExit(f"ONNX Runtime's answers are {off} off those of the trained network")
    golden = rows.astype("<f4").tobytes() + answers.astype("<f4").tobytes()
    (out / f"{KIND}.golden.f32").write_bytes(golden)
    return golden


def write_checksums(out, files):
    lines = [f"{hashlib.sha256(file).hexdigest()}  {name}\n" for name, file in sorted(files.items())]
    (out / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


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

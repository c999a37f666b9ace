"""What both trainings are told, and what they leave: a model, golden rows, a report, a card and checksums."""

import argparse
import hashlib
import json
import pathlib
import platform

import numpy as np
import onnxruntime

import onnx_file

GOLDEN_ROWS = 1000
"""The library's exponentials differ from numpy's by this at most."""
TOLERANCE = 1e-4


def arguments(about):
    """What `cargo xtask train` says."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--schema", type=pathlib.Path, required=True)
    parser.add_argument("--log", type=pathlib.Path, action="append", required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--small", action="store_true", help="little data, a small network, and bounds on what it can do")
    return parser.parse_args()


def write_model(options, network, test, schema, seed, notes):
    """Writes a model, and beside it rows and what ONNX Runtime answers to them; gives what a report says first."""
    file = onnx_file.build(network, schema, notes)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / f"{schema.kind}.onnx").write_bytes(file)
    write_golden(options.out, file, network, test, schema, seed)
    versions = {"numpy": np.__version__, "onnxruntime": onnxruntime.__version__, "python": platform.python_version()}
    return {
        "sha256": hashlib.sha256(file).hexdigest(),
        "bytes": len(file),
        "data_sha256": notes["data_sha256"],
        "versions": versions,
    }


def write_report(options, schema, settings, report, card):
    """Prints a report; a full training leaves a card and checksums as well."""
    if not options.small:
        text = card.text(schema, report, settings)
        (options.out / f"{schema.kind}.md").write_text(text, encoding="utf-8")
        note_checksums(options.out, schema)
    print(json.dumps(report, indent=1))


def write_golden(out, file, network, test, schema, seed):
    """Rows and what ONNX Runtime answers: 32-bit floats, little endian, all rows and then all answers."""
    random = np.random.default_rng(seed)
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
    (out / f"{schema.kind}.golden.f32").write_bytes(golden)


def note_checksums(out, schema):
    """Puts the checksums of a model's files among those of the others."""
    path = out / "SHA256SUMS"
    known = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    sums = dict(reversed(line.split("  ")) for line in known)
    for name in (f"{schema.kind}.onnx", f"{schema.kind}.golden.f32"):
        sums[name] = hashlib.sha256((out / name).read_bytes()).hexdigest()
    path.write_text("".join(f"{sums[name]}  {name}\n" for name in sorted(sums)), encoding="utf-8")

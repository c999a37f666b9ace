"""Records the converged means of Mitsuba for every reference scene.

    record_references.py FOLDER [--only NAME]

FOLDER holds what reference_scenes.py writes; means.json is written beside it.
"""

import argparse
import json
from pathlib import Path

import mitsuba as mi
import numpy as np

VARIANTS = ["llvm_ad_rgb", "scalar_rgb"]
SIZE = (48, 32)
BLOCK = 8
MAX_BOUNCES = 8
# Independent pictures, whose spread says how far their mean may be off.
SEEDS = 16
SAMPLES = 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only")
    parser.add_argument("--samples", type=int, default=SAMPLES)
    arguments = parser.parse_args()
    variant = choose_variant()
    import reference_scenes

    reference_scenes.write_all(arguments.folder)
    path = arguments.folder / "means.json"
    report = json.loads(path.read_text()) if path.exists() and arguments.only else {}
    scenes = report.get("scenes", {})
    for name in reference_scenes.SCENES:
        if arguments.only in (None, name):
            scenes[name] = record(arguments.folder, name, arguments.samples)
            print(name, *scenes[name]["mean"], "+-", *scenes[name]["standard_error"], flush=True)
    report = {
        "mitsuba": mi.__version__, "variant": variant, "size": SIZE, "block": BLOCK,
        "max_bounces": MAX_BOUNCES, "samples_per_pixel": arguments.samples * SEEDS,
        "scenes": {name: scenes[name] for name in reference_scenes.SCENES if name in scenes},
    }
    path.write_text(to_text(report))


def choose_variant():
    """The fast variant where LLVM is there, else the one that always works."""
    for variant in VARIANTS:
        try:
            mi.set_variant(variant)
            np.array(mi.Float([1.0, 2.0]) + 1.0 if mi.variant().startswith("llvm") else 1.0)
            return variant
        except Exception as error:  # noqa: BLE001: whatever keeps it from working, the next one is tried.
            print(f"{variant}: {error}")
    raise SystemExit("no variant of Mitsuba works")


def record(folder, name, samples):
    import gltf
    import radiance
    from mitsuba_scene import to_mitsuba

    scene = gltf.read(folder / f"{name}.gltf")
    sky = radiance.read(folder / "sky.hdr") if name == "environment" else None
    loaded = to_mitsuba(scene, scene.cameras[0], SIZE, MAX_BOUNCES, sky)
    pictures = np.array([np.array(mi.render(loaded, spp=samples, seed=seed)) for seed in range(SEEDS)])
    width, height = SIZE
    shape = (SEEDS, height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3)
    blocks = pictures.astype(np.float64).reshape(shape).mean(axis=(2, 4))
    return {
        "mean": rounded(blocks.mean(axis=(0, 1, 2))),
        "standard_error": rounded(error(blocks.mean(axis=(1, 2)))),
        "blocks": rounded(blocks.mean(axis=0).reshape(-1, 3)),
        "block_errors": rounded(error(blocks).reshape(-1, 3)),
    }


def error(values):
    """Of the mean over the first axis."""
    return values.std(axis=0, ddof=1) / np.sqrt(len(values))


def rounded(values):
    return np.vectorize(lambda x: float(f"{x:.6g}"))(values).tolist()


def to_text(report):
    """JSON with one line for each block."""
    text = json.dumps(report, indent=1)
    import re

    return re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda m: "[" + re.sub(r"\s+", " ", m[1]) + "]", text) + "\n"


if __name__ == "__main__":
    main()

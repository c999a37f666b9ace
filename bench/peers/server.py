"""The part that all render servers share: a job on the command line, then one picture for each line of input.

A line is `SAMPLES SEED FILE`; the answer is a line of JSON with the seconds that the picture took. The file
gets the linear radiance as rows of little-endian floats, top row first.
"""

import json
import os
import sys
import time
from pathlib import Path

import gltf
import numpy as np
import radiance


class Job:
    """What to render, as `renders export` writes it."""

    def __init__(self, path):
        folder, record = Path(path).parent, json.loads(Path(path).read_text())
        self.scene_path = folder / record["scene"]
        sky = record["environment"]
        self.environment_path = folder / sky if sky else None
        self.environment = radiance.read(folder / sky) if sky else None
        self.size, self.max_bounces, self.threads = record["size"], record["max_bounces"], record["threads"]
        matrix = np.vstack([record["world_from_camera"], [0, 0, 0, 1]])
        fov_y = 2 * np.arctan(record["tan_half_fov_y"])
        self.camera = gltf.Camera("job", matrix, float(fov_y))


def serve(version, load):
    """`load(job)` gives `render(samples, seed)`, which gives seconds and an array."""
    # Libraries print what they like; answers go to a copy of standard output that only this function has.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    started = time.perf_counter()
    render = load(Job(sys.argv[1]))
    answer(answers, {"version": version, "seconds": time.perf_counter() - started})
    for line in sys.stdin:
        samples, seed, path = line.split(maxsplit=2)
        seconds, pixels = render(int(samples), int(seed))
        np.ascontiguousarray(pixels, "<f4").tofile(path.strip())
        answer(answers, {"seconds": seconds})


def answer(answers, record):
    answers.write(json.dumps(record) + "\n")
    answers.flush()

"""Renders with Mitsuba's fastest variant for the CPU; a picture's seconds leave out loading, compilation and tracing kernels."""

import time

import drjit as dr
import mitsuba as mi
import numpy as np
import server

VARIANT = "llvm_ad_rgb"
# From this vertex on a path may end by Russian roulette, as in ours.
ROULETTE_DEPTH = 4


def load(job):
    import gltf
    from mitsuba_scene import to_mitsuba

    dr.set_thread_count(job.threads)
    scene = gltf.read(job.scene_path)
    loaded = to_mitsuba(scene, job.camera, job.size, job.max_bounces, job.environment, ROULETTE_DEPTH)

    latest = None

    def timed(samples, seed):
        nonlocal latest
        dr.sync_thread()
        started = time.perf_counter()
        latest = mi.render(loaded, spp=samples, seed=seed)
        dr.eval(latest)
        dr.sync_thread()
        return time.perf_counter() - started

    seconds_of = server.without_overhead(timed)
    return lambda samples, seed: (seconds_of(samples, seed), np.array(latest)[..., :3])


mi.set_variant(VARIANT)
server.serve(f"Mitsuba {mi.__version__} {VARIANT}", load)

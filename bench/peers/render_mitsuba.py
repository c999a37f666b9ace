"""Renders with Mitsuba's fastest variant for the CPU; a picture's seconds are those of its kernels."""

import drjit as dr
import mitsuba as mi
import numpy as np
import server

VARIANT = "llvm_ad_rgb"
# From this vertex on a path may end by Russian roulette, as in ours, whose first is number 0.
ROULETTE_DEPTH = 2


def load(job):
    import gltf
    from mitsuba_scene import to_mitsuba

    dr.set_thread_count(job.threads)
    scene = gltf.read(job.scene_path)
    loaded = to_mitsuba(scene, job.camera, job.size, job.max_bounces, job.environment, ROULETTE_DEPTH)

    def render(samples, seed):
        dr.kernel_history_clear()
        picture = mi.render(loaded, spp=samples, seed=seed)
        dr.eval(picture)
        dr.sync_thread()
        pixels = np.array(picture)[..., :3]
        # Every picture is traced anew, which for many materials takes seconds; only its kernels count.
        return sum(kernel["execution_time"] for kernel in dr.kernel_history()) / 1000, pixels

    return render


dr.set_flag(dr.JitFlag.KernelHistory, True)
mi.set_variant(VARIANT)
server.serve(f"Mitsuba {mi.__version__} {VARIANT}", load)

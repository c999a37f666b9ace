"""Renders with Cycles on the CPU; a picture's seconds leave out loading and what one without samples costs."""

import tempfile
import time
from pathlib import Path

import bpy
import numpy as np
import server

# glTF has y up, Blender z.
BLENDER_FROM_GLTF = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1.0]])


def load(job):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.import_scene.gltf(filepath=str(job.scene_path), export_import_convert_lighting_mode="RAW")
    scene = bpy.context.scene
    configure(scene, job)
    place_camera(scene, job)
    light_world(scene, job)
    darken_backs()
    timed(scene, 1, 1)
    overhead = min(timed(scene, 1, seed) for seed in (2, 3, 4))

    def render(samples, seed):
        # A picture of one sample costs what preparing and finishing cost, and a sample more.
        seconds = timed(scene, samples + 1, seed) - overhead
        return max(seconds, 1e-6), pixels(job.size)

    return render


def configure(scene, job):
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.render.threads_mode, scene.render.threads = "FIXED", job.threads
    scene.render.use_persistent_data = True
    scene.render.resolution_x, scene.render.resolution_y = job.size
    scene.render.resolution_percentage = 100
    cycles = scene.cycles
    cycles.use_adaptive_sampling = cycles.use_denoising = False
    cycles.pixel_filter_type = "BOX"
    cycles.max_bounces = job.max_bounces - 1
    cycles.diffuse_bounces = cycles.glossy_bounces = cycles.transmission_bounces = job.max_bounces - 1
    cycles.transparent_max_bounces = 64
    # What trades truth for less noise is off here as it is in ours.
    cycles.blur_glossy = cycles.sample_clamp_indirect = cycles.sample_clamp_direct = 0.0
    cycles.light_sampling_threshold = 0.0
    cycles.use_light_tree = True
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_depth = "32"


def place_camera(scene, job):
    camera = bpy.data.objects.new("job", bpy.data.cameras.new("job"))
    bpy.context.collection.objects.link(camera)
    camera.matrix_world = (BLENDER_FROM_GLTF @ job.camera.world_from_camera).T.tolist()
    camera.data.sensor_fit = "VERTICAL"
    camera.data.lens_unit, camera.data.angle_y = "FOV", job.camera.fov_y
    camera.data.clip_start, camera.data.clip_end = 0.001, 1e6
    scene.camera = camera


def light_world(scene, job):
    world = scene.world = bpy.data.worlds.new("job")
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    background = nodes["Background"]
    if job.environment_path is None:
        background.inputs["Color"].default_value = (0, 0, 0, 1)
        return
    picture = nodes.new("ShaderNodeTexEnvironment")
    # Columns run as ours do once y and z have changed places.
    picture.image = bpy.data.images.load(str(job.environment_path))
    links.new(picture.outputs["Color"], background.inputs["Color"])
    world.cycles.sampling_method = "AUTOMATIC"


def darken_backs():
    """The back of a single-sided surface of glTF does not emit."""
    for material in bpy.data.materials:
        if not (material.use_nodes and material.use_backface_culling):
            continue
        nodes, links = material.node_tree.nodes, material.node_tree.links
        for surface in [node for node in nodes if node.type == "BSDF_PRINCIPLED"]:
            strength = surface.inputs["Emission Strength"]
            color = surface.inputs["Emission Color"]
            if strength.default_value == 0.0 or not (color.is_linked or any(color.default_value[:3])):
                continue
            side, front = nodes.new("ShaderNodeNewGeometry"), nodes.new("ShaderNodeMath")
            front.operation = "MULTIPLY_ADD"
            front.inputs[1].default_value = -strength.default_value
            front.inputs[2].default_value = strength.default_value
            links.new(side.outputs["Backfacing"], front.inputs[0])
            links.new(front.outputs[0], strength)
            material.cycles.emission_sampling = "FRONT"


def timed(scene, samples, seed):
    scene.cycles.samples, scene.cycles.seed = samples, seed
    started = time.perf_counter()
    bpy.ops.render.render()
    return time.perf_counter() - started


def pixels(size):
    width, height = size
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "picture.exr")
        bpy.data.images["Render Result"].save_render(path)
        image = bpy.data.images.load(path)
        flat = np.empty(width * height * 4, np.float32)
        image.pixels.foreach_get(flat)
        bpy.data.images.remove(image)
    # Blender's rows count from below.
    return flat.reshape(height, width, 4)[::-1, :, :3]


server.serve(f"Cycles of bpy {bpy.app.version_string}", load)

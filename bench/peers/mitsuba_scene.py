"""Turns a glTF scene into one of Mitsuba's, with the closest of its BSDFs for each material."""

import gltf
import mitsuba as mi
import numpy as np

# Our camera looks along -z with x to the right; Mitsuba's along +z with x to the left.
CAMERA_FROM_SENSOR = np.diag([-1.0, 1.0, -1.0, 1.0])
# Texels that an environment's texel is split into along each side: Mitsuba places them elsewhere.
ENVIRONMENT_SPLIT = 8


def to_mitsuba(scene, camera, size, max_bounces, environment=None, roulette_depth=None):
    """The loaded scene as its camera sees it; `environment` is height x width x 3 linear radiance."""
    return mi.load_dict(scene_dict(scene, camera, size, max_bounces, environment, roulette_depth))


def scene_dict(scene, camera, size, max_bounces, environment=None, roulette_depth=None):
    """What `mi.load_dict` takes."""
    described = {
        "type": "scene",
        # A path of ours with so many bounces has one segment more, as Mitsuba counts.
        "integrator": {
            "type": "path", "max_depth": max_bounces + 1,
            "rr_depth": roulette_depth or max_bounces + 2,
        },
        "sensor": sensor(camera, size),
    }
    add_shapes(described, scene)
    for index, light in enumerate(scene.lights):
        described[f"light-{index}"] = punctual(light)
    if environment is not None:
        described["environment"] = sky(environment)
    return described


def sensor(camera, size):
    width, height = size
    return {
        "type": "perspective", "fov_axis": "y", "fov": float(np.degrees(camera.fov_y)),
        "near_clip": 0.001, "far_clip": 1e6,
        "to_world": mi.ScalarTransform4f((camera.world_from_camera @ CAMERA_FROM_SENSOR).tolist()),
        "film": {
            "type": "hdrfilm", "width": width, "height": height,
            "rfilter": {"type": "box"}, "pixel_format": "rgb", "component_format": "float32",
        },
        "sampler": {"type": "independent"},
    }


def bsdf(material):
    """Exact where Mitsuba has the same, else its Disney material; see docs/references.md."""
    described = opaque(material) if material.transmission == 0.0 else glass(material)
    if "normal" in material.textures:
        texture = bitmap(material.textures["normal"], is_color=False)
        described = {"type": "normalmap", "normalmap": texture, "nested": described}
    if material.transmission == 0.0 and material.is_double_sided:
        described = {"type": "twosided", "nested": described}
    if material.alpha_mode != "OPAQUE":
        described = {"type": "mask", "opacity": opacity(material), "nested": described}
    return described


def opaque(material):
    color = scaled_texture(material, "base_color", material.base_color[:3], is_color=True)
    if material.metallic == 0.0 and material.specular == 0.0:
        return {"type": "diffuse", "reflectance": color}
    is_plain = not material.textures
    if material.metallic == 1.0 and is_plain and np.all(material.base_color[:3] == 1.0):
        if material.roughness == 0.0:
            return {"type": "conductor", "material": "none"}
        alpha = material.roughness**2
        return {"type": "roughconductor", "material": "none", "distribution": "ggx", "alpha": alpha}
    return {
        "type": "principled", "base_color": color, "specular": 0.5 * material.specular,
        "metallic": channel_texture(material, 2, material.metallic),
        "roughness": channel_texture(material, 1, material.roughness),
    }


def glass(material):
    if material.roughness == 0.0:
        return {"type": "dielectric", "int_ior": material.ior, "ext_ior": 1.0}
    alpha = material.roughness**2
    glass = {"type": "roughdielectric", "distribution": "ggx", "alpha": alpha}
    return glass | {"int_ior": material.ior, "ext_ior": 1.0}


def opacity(material):
    alpha = material.base_color[3]
    texture = material.textures.get("base_color")
    if texture is None:
        return {"type": "rgb", "value": float(alpha)} if mi.is_rgb else float(alpha)
    pixels = decoded(texture, is_color=False)
    alphas = pixels[..., 3:4] if pixels.shape[2] == 4 else np.ones_like(pixels[..., :1])
    alphas = alphas * alpha
    if material.alpha_mode == "MASK":
        alphas = (alphas >= material.alpha_cutoff).astype(np.float32)
    return bitmap_of(texture, alphas)


def scaled_texture(material, name, factor, is_color):
    texture = material.textures.get(name)
    if texture is None:
        return {"type": "rgb", "value": [float(x) for x in factor]}
    pixels = decoded(texture, is_color)[..., :3] * np.asarray(factor, np.float32)
    return bitmap_of(texture, pixels)


def channel_texture(material, channel, factor):
    """One channel of the metallic-roughness texture."""
    texture = material.textures.get("metallic_roughness")
    if texture is None:
        return float(factor)
    return bitmap_of(texture, decoded(texture, is_color=False)[..., channel : channel + 1] * factor)


def bitmap(texture, is_color):
    return bitmap_of(texture, decoded(texture, is_color)[..., :3])


def decoded(texture, is_color):
    """Linear floats of the image, height x width x channels."""
    stream = mi.MemoryStream()
    stream.write(texture.image)
    stream.seek(0)
    pixels = np.array(mi.Bitmap(stream)).astype(np.float32) / 255.0
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    if is_color:
        color = pixels[..., :3]
        linear = np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
        pixels = np.concatenate([linear, pixels[..., 3:]], axis=2)
    return pixels


def bitmap_of(texture, pixels):
    wrap = "repeat" if texture.is_repeated else "mirror" if texture.is_mirrored else "clamp"
    rows = np.eye(4)
    rows[:2, :2], rows[:2, 3] = texture.uv_from_mesh_uv[:, :2], texture.uv_from_mesh_uv[:, 2]
    image = mi.Bitmap(np.ascontiguousarray(pixels, np.float32))
    return {
        "type": "bitmap", "bitmap": image, "raw": True, "wrap_mode": wrap, "format": "variant",
        "filter_type": "bilinear" if texture.is_filtered else "nearest",
        "to_uv": mi.ScalarTransform4f(rows.tolist()),
    }


def add_shapes(described, scene):
    """Meshes placed often as instances; what emits, or is placed once, joined to one mesh for each material.

    Mitsuba has no emitters in instances, and picks among emitters evenly: few large ones suit it best.
    """
    uses = np.bincount([mesh for mesh, _ in scene.instances], minlength=len(scene.meshes))
    # Each object that it calls is compiled by itself, so shapes share their materials.
    bsdfs = [mi.load_dict(bsdf(material)) for material in scene.materials]
    parts = {}
    for index, (mesh, matrix) in enumerate(scene.instances):
        source = scene.meshes[mesh]
        material = scene.materials[source.material]
        if uses[mesh] == 1 or material.emits:
            key = (source.material, source.normals is None, source.uvs is None)
            parts.setdefault(key, []).append(moved(source, matrix))
            continue
        group = f"group-{mesh}"
        if group not in described:
            described[group] = {"type": "shapegroup", "nested": shape(source, material, bsdfs[source.material])}
        described[f"shape-{index}"] = {
            "type": "instance", "to_world": mi.ScalarTransform4f(matrix.tolist()),
            "group": {"type": "ref", "id": group},
        }
    for index, ((material, _, _), meshes) in enumerate(parts.items()):
        described[f"joined-{index}"] = shape(joined(meshes), scene.materials[material], bsdfs[material])


def moved(mesh, matrix):
    """The mesh in world space."""
    positions = mesh.positions @ matrix[:3, :3].T + matrix[:3, 3]
    # A mirrored triangle would face the other way.
    is_mirrored = np.linalg.det(matrix[:3, :3]) < 0.0
    triangles = mesh.triangles[:, [0, 2, 1]] if is_mirrored else mesh.triangles
    normals = None
    if mesh.normals is not None:
        normals = mesh.normals @ np.linalg.inv(matrix[:3, :3])
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return gltf.Mesh(positions, triangles, mesh.material, normals, mesh.uvs)


def joined(meshes):
    """Meshes with the same attributes as one."""
    counts = np.cumsum([0] + [len(mesh.positions) for mesh in meshes])
    triangles = np.concatenate([mesh.triangles + first for mesh, first in zip(meshes, counts)])
    column = lambda name: (
        None if getattr(meshes[0], name) is None else np.concatenate([getattr(mesh, name) for mesh in meshes])
    )
    return gltf.Mesh(column("positions"), triangles, meshes[0].material, column("normals"), column("uvs"))


def shape(source, material, its_bsdf):
    """A mesh with its material."""
    properties = mi.Properties()
    properties["bsdf"] = its_bsdf
    if material.emits:
        radiance = scaled_texture(material, "emissive", material.emissive, is_color=True)
        properties["emitter"] = mi.load_dict({"type": "area", "radiance": radiance})
    has_normals, has_uvs = source.normals is not None, source.uvs is not None
    properties["face_normals"] = not has_normals
    count, triangle_count = len(source.positions), len(source.triangles)
    mesh = mi.Mesh("mesh", count, triangle_count, properties, has_normals, has_uvs)
    values = mi.traverse(mesh)
    values["vertex_positions"] = source.positions.astype(np.float32).ravel()
    values["faces"] = source.triangles.astype(np.uint32).ravel()
    if has_normals:
        values["vertex_normals"] = source.normals.astype(np.float32).ravel()
    if has_uvs:
        values["vertex_texcoords"] = source.uvs.astype(np.float32).ravel()
    values.update()
    return mesh


def punctual(light):
    intensity = {"type": "rgb", "value": light.intensity.tolist()}
    matrix = light.world_from_light
    if light.kind == "point":
        return {"type": "point", "position": matrix[:3, 3].tolist(), "intensity": intensity}
    if light.kind == "directional":
        return {"type": "directional", "direction": (-matrix[:3, 2]).tolist(), "irradiance": intensity}
    raise ValueError(f"Mitsuba's {light.kind} light falls off another way than glTF's")


def sky(radiance):
    """An environment whose middle column looks along +x; Mitsuba's looks along +z."""
    pixels = resampled(radiance)
    pixels = np.roll(pixels, -pixels.shape[1] // 4, axis=1)
    return {"type": "envmap", "bitmap": mi.Bitmap(np.ascontiguousarray(pixels, np.float32))}


def resampled(radiance):
    """Bilinear on a finer grid, whose rows Mitsuba takes from pole to pole, so that half a texel is little."""
    height, width, _ = radiance.shape
    split = ENVIRONMENT_SPLIT if height * width < 1 << 18 else 1
    fine_height = height * split
    rows = (np.arange(fine_height) / max(fine_height - 1, 1) * height - 0.5).clip(0, height - 1)
    columns = (np.arange(width * split) + 0.5) / split - 0.5
    first_row, first_column = np.floor(rows).astype(int), np.floor(columns).astype(int)
    down, across = (rows - first_row)[:, None, None], (columns - first_column)[None, :, None]
    next_row = np.minimum(first_row + 1, height - 1)
    left, right = first_column % width, (first_column + 1) % width
    upper = radiance[first_row][:, left] * (1 - across) + radiance[first_row][:, right] * across
    lower = radiance[next_row][:, left] * (1 - across) + radiance[next_row][:, right] * across
    return upper * (1 - down) + lower * down

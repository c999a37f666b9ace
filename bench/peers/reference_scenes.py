"""Writes the scenes whose converged means are compared: glTF files that our tests and Mitsuba both read."""

import sys
from pathlib import Path

import numpy as np

from gltf_writer import Writer
from shapes import box, icosphere, joined, quad, room

WHITE, RED, GREEN, BLUE = [0.75, 0.75, 0.75], [0.63, 0.06, 0.05], [0.14, 0.45, 0.09], [0.1, 0.2, 0.6]
SKY_SIZE = (64, 32)


def boxed(scene, lamp=3.0, colors=None):
    """A room of matte walls under a lamp as wide as half of its ceiling."""
    walls = {"left": RED, "right": GREEN} if colors is None else colors
    for name, shape in room(1.0, 2.0).items():
        scene.put(shape, scene.matte(walls.get(name, WHITE)))
    scene.put(quad([-0.5, 1.99, -0.5], [1, 0, 0], [0, 0, 1]), scene.emitter([lamp, 0.9 * lamp, 0.7 * lamp]))
    scene.camera([0.0, 1.0, 4.4], [0.0, 1.0, 0.0], 0.54)


def diffuse():
    """Interreflection between matte walls and blocks."""
    scene = Writer()
    boxed(scene)
    white = scene.matte(WHITE)
    for center, half, turn in (([0.4, 0.3, 0.3], [0.3] * 3, 0.3), ([-0.35, 0.6, -0.3], [0.28, 0.6, 0.28], -0.3)):
        scene.place(scene.mesh(box([0, 0, 0], half), white), center, turn)
    return scene


def metal():
    """A mirror and two rough balls, one of gold, in the room."""
    scene = Writer()
    boxed(scene)
    ball = icosphere(3)
    for center, color, roughness in (
        ([-0.55, 0.4, -0.3], [1.0] * 3, 0.0),
        ([0.5, 0.4, -0.3], [1.0] * 3, 0.3),
        ([0.0, 0.3, 0.5], [1.0, 0.77, 0.34], 0.25),
    ):
        scene.place(scene.mesh(ball, scene.metal(color, roughness)), center, scale=[center[1]] * 3)
    return scene


def dielectric():
    """A clear and a frosted ball of glass in the room."""
    scene = Writer()
    boxed(scene)
    ball = icosphere(3)
    for center, roughness in (([-0.45, 0.45, 0.0], 0.0), ([0.5, 0.4, 0.2], 0.35)):
        scene.place(scene.mesh(ball, scene.glass(roughness)), center, scale=[center[1]] * 3)
    return scene


def textured():
    """Textures, filtered and not, repeated and mirrored, moved and turned, and one that glows."""
    scene = Writer()
    rng = np.random.default_rng(5)
    noise = rng.integers(20, 255, (16, 16, 3), np.uint8)
    rows, columns = np.indices((8, 8))
    checks = np.where(((rows + columns) % 2)[..., None] == 0, [230, 200, 60], [30, 60, 120])
    ramp = np.stack([rows * 30, columns * 30, 255 - rows * 30], axis=-1)
    floor = {"scale": [2.0, 3.0], "rotation": 0.5, "offset": [0.1, 0.2]}
    surfaces = {
        "floor": scene.matte([0.9] * 3, scene.texture(checks, is_filtered=False), transform=floor),
        "back": scene.matte([0.9, 0.8, 0.7], scene.texture(noise), transform={"scale": [1.5, 1.5]}),
        "left": scene.matte([1.0] * 3, scene.texture(ramp, wrap=33648), transform={"scale": [2.5, 2.5]}),
        "right": scene.matte([1.0] * 3, scene.texture(ramp, wrap=33071), transform={"scale": [1.5, 1.0]}),
        "ceiling": scene.matte([0.8] * 3),
    }
    for name, shape in room(1.0, 2.0).items():
        scene.put(shape, surfaces[name])
    glow = scene.matte([0.0] * 3, emissive=[4.0, 4.0, 4.0], emissive_texture=scene.texture(noise))
    scene.put(quad([-0.6, 1.99, -0.6], [1.2, 0, 0], [0, 0, 1.2]), glow)
    scene.place(scene.mesh(box([0, 0, 0], [0.35] * 3), surfaces["back"]), [0.2, 0.35, 0.1], 0.5)
    scene.camera([0.0, 1.0, 4.4], [0.0, 1.0, 0.0], 0.54)
    return scene


def many_lights():
    """Hundreds of little lamps in three colours, points of light and a sun over a field of blocks."""
    scene = Writer()
    scene.put(quad([-4, 0, 4], [8, 0, 0], [0, 0, -8]), scene.matte(WHITE))
    rng = np.random.default_rng(3)
    blocks = [box([x, h / 2, z], [0.2, h / 2, 0.2])
              for (x, z), h in zip(rng.uniform(-3, 3, (24, 2)), rng.uniform(0.3, 1.2, 24))]
    scene.put(joined(blocks), scene.matte(BLUE))
    for color in ([40.0, 6.0, 3.0], [4.0, 30.0, 8.0], [6.0, 8.0, 50.0]):
        places = rng.uniform([-3.5, 0.2, -3.5], [3.5, 2.0, 3.5], (100, 3))
        lamps = [box(place, [0.02 * size] * 3) for place, size in zip(places, rng.uniform(0.5, 2.0, 100))]
        scene.put(joined(lamps), scene.emitter(color))
    for _ in range(8):
        matrix = np.eye(4)
        matrix[:3, 3] = rng.uniform([-3, 1.0, -3], [3, 2.5, 3])
        scene.light("point", rng.uniform(0.2, 1.0, 3).tolist(), 0.6, matrix)
    from gltf_writer import look_at
    scene.light("directional", [1.0, 0.9, 0.8], 0.2, look_at([1, 3, 2], [0, 0, 0]))
    scene.camera([0.0, 2.6, 6.0], [0.0, 0.3, 0.0], 0.7)
    return scene


def environment():
    """A smooth matte ball, a rough metal one and a block on a floor under sky.hdr."""
    scene = Writer()
    scene.put(quad([-3, 0, 3], [6, 0, 0], [0, 0, -6]), scene.matte(WHITE))
    ball = icosphere(3, is_smooth=True)
    scene.place(scene.mesh(ball, scene.matte([0.8, 0.4, 0.2])), [-0.8, 0.6, 0.0], scale=[0.6] * 3)
    scene.place(scene.mesh(icosphere(3), scene.metal([1.0] * 3, 0.3)), [0.8, 0.6, 0.0], scale=[0.6] * 3)
    scene.place(scene.mesh(box([0, 0, 0], [0.3] * 3), scene.matte(GREEN)), [0.0, 0.3, 0.9], 0.4)
    scene.camera([0.0, 1.6, 5.0], [0.0, 0.5, 0.0], 0.6)
    return scene


def glass_over_emitter():
    """A lamp in the floor under a slab of glass, and a ball of glass on it."""
    scene = Writer()
    for name, shape in room(1.0, 2.0).items():
        scene.put(shape, scene.matte(WHITE if name != "back" else BLUE))
    scene.put(quad([-0.7, 0.01, 0.7], [1.4, 0, 0], [0, 0, -1.4]), scene.emitter([2.0, 1.6, 1.2]))
    scene.put(box([0.0, 0.15, 0.0], [0.85, 0.1, 0.85]), scene.glass(0.0))
    scene.place(scene.mesh(icosphere(3), scene.glass(0.0)), [0.0, 0.7, 0.0], scale=[0.4] * 3)
    scene.camera([0.0, 1.3, 4.3], [0.0, 0.8, 0.0], 0.54)
    return scene


def instanced_city():
    """Three kinds of buildings placed many times, turned and stretched, between glowing signs."""
    scene = Writer()
    rng = np.random.default_rng(9)
    scene.put(quad([-12, 0, 12], [24, 0, 0], [0, 0, -24]), scene.matte([0.2, 0.2, 0.22]))
    windows = rng.integers(30, 200, (32, 16, 3), np.uint8)
    wall = scene.texture(windows, is_filtered=False)
    kinds = [
        scene.mesh(box([0, 0.5, 0], [0.5, 0.5, 0.5]), scene.matte([1.0] * 3, wall)),
        scene.mesh(joined([box([0, 0.4, 0], [0.5, 0.4, 0.5]), box([0, 0.9, 0], [0.3, 0.1, 0.3])]), scene.matte(RED)),
        scene.mesh(icosphere(2), scene.metal([1.0] * 3, 0.2)),
    ]
    for x in range(-5, 6):
        for z in range(-5, 6):
            kind = rng.integers(0, 12)
            kind = 2 if kind == 0 else kind % 2
            height = rng.uniform(0.6, 2.8)
            scale = [0.5, 0.5, 0.5] if kind == 2 else [rng.uniform(0.8, 1.2), height, rng.uniform(0.8, 1.2)]
            place = [2.0 * x, 0.5 if kind == 2 else 0.0, 2.0 * z]
            scene.place(kinds[kind], place, rng.uniform(0, 6.2), scale)
    colors = ([9.0, 1.0, 4.0], [1.0, 7.0, 9.0], [9.0, 6.0, 1.0])
    signs = [scene.mesh(box([0, 0, 0], [0.12, 0.5, 0.12]), scene.emitter(color)) for color in colors]
    for x in range(-5, 5):
        for z in range(-5, 5):
            scene.place(signs[rng.integers(0, 3)], [2 * x + 1, rng.uniform(0.6, 2.0), 2 * z + 1], rng.uniform(0, 6.2))
    scene.camera([1.0, 3.5, 14.0], [0.0, 0.8, 0.0], 0.6)
    return scene


def sky():
    """A sky with a soft sun as Radiance bytes: flat rows of RGBE."""
    width, height = SKY_SIZE
    up = np.cos((np.arange(height) + 0.5) / height * np.pi)[:, None]
    turn = ((np.arange(width) + 0.5) / width - 0.6) * 2 * np.pi
    aim = np.sqrt(1 - up**2) * np.cos(turn)[None] * 0.7 + up * 0.7
    sun = 12.0 * np.exp(-40.0 * (1.0 - aim))
    base = np.where(up > 0, 1.0, 0.3) * np.ones_like(aim)
    colors = np.stack([0.3 * base + sun, 0.45 * base + 0.9 * sun, 0.8 * base + 0.6 * sun], axis=-1)
    exponent = np.ceil(np.log2(colors.max(axis=-1) * 256 / 255.5))
    bytes_ = np.floor(colors * 256 / 2.0 ** exponent[..., None]).clip(0, 255)
    rgbe = np.concatenate([bytes_, exponent[..., None] + 128], axis=-1).astype(np.uint8)
    return f"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {height} +X {width}\n".encode() + rgbe.tobytes()


SCENES = {
    "diffuse": diffuse, "metal": metal, "dielectric": dielectric, "textured": textured,
    "many-lights": many_lights, "environment": environment,
    "glass-over-emitter": glass_over_emitter, "instanced-city": instanced_city,
}


def write_all(folder):
    """Writes every scene and the sky into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in SCENES.items():
        make().write(folder / f"{name}.gltf")
    (folder / "sky.hdr").write_bytes(sky())


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))

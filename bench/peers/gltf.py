"""Reads the part of glTF 2.0 that our scenes use, as numpy arrays: what every peer's scene is made from."""

import base64
import json
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

COMPONENTS = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
GLB_MAGIC = b"glTF"


@dataclass
class Mesh:
    """Triangles of one material in object space."""

    positions: np.ndarray
    triangles: np.ndarray
    material: int
    normals: np.ndarray | None = None
    uvs: np.ndarray | None = None


@dataclass
class Texture:
    """Where an image is looked up: its bytes, wrapping, filtering and the 2x3 map from the mesh's UV."""

    image: bytes
    is_repeated: bool
    is_mirrored: bool
    is_filtered: bool
    uv_from_mesh_uv: np.ndarray


@dataclass
class Material:
    """glTF metallic-roughness and those extensions that a scene of ours may have."""

    base_color: np.ndarray
    metallic: float
    roughness: float
    emissive: np.ndarray
    specular: float
    transmission: float
    ior: float
    alpha_mode: str
    alpha_cutoff: float
    is_double_sided: bool
    normal_scale: float
    textures: dict[str, Texture]

    @property
    def emits(self):
        return bool(self.emissive.any())


@dataclass
class Light:
    """A punctual light: its kind, intensity and where it is."""

    kind: str
    intensity: np.ndarray
    world_from_light: np.ndarray


@dataclass
class Camera:
    """Looks along -z of its own frame."""

    name: str
    world_from_camera: np.ndarray
    fov_y: float


@dataclass
class Scene:
    """Everything, flattened to world space by matrices."""

    meshes: list[Mesh] = field(default_factory=list)
    instances: list[tuple[int, np.ndarray]] = field(default_factory=list)
    materials: list[Material] = field(default_factory=list)
    lights: list[Light] = field(default_factory=list)
    cameras: list[Camera] = field(default_factory=list)


def read(path):
    """The scene of a .gltf or .glb file."""
    path = Path(path)
    data = path.read_bytes()
    if data[:4] == GLB_MAGIC:
        length, _ = struct.unpack_from("<II", data, 12)
        document = json.loads(data[20 : 20 + length])
        binary = data[20 + length + 8 :]
    else:
        document, binary = json.loads(data), b""
    return _Reader(document, binary, path.parent).scene()


class _Reader:
    def __init__(self, document, binary, folder):
        self.document, self.folder = document, folder
        buffers = document.get("buffers", [])
        self.buffers = [self.resolve(b["uri"]) if "uri" in b else binary for b in buffers]

    def resolve(self, uri):
        if uri.startswith("data:"):
            return base64.b64decode(uri.split(",", 1)[1])
        return (self.folder / uri).read_bytes()

    def view(self, index):
        view = self.document["bufferViews"][index]
        first = view.get("byteOffset", 0)
        return self.buffers[view["buffer"]][first : first + view["byteLength"]], view.get("byteStride", 0)

    def accessor(self, index):
        accessor = self.document["accessors"][index]
        data, stride = self.view(accessor["bufferView"])
        kind, width = np.dtype(COMPONENTS[accessor["componentType"]]), WIDTHS[accessor["type"]]
        rows = np.ndarray(
            (accessor["count"], width),
            kind,
            data,
            accessor.get("byteOffset", 0),
            (stride or kind.itemsize * width, kind.itemsize),
        )
        return rows.copy()

    def scene(self):
        scene = Scene(materials=[self.material(m) for m in self.document.get("materials", [])])
        parts = []
        for mesh in self.document.get("meshes", []):
            first = len(scene.meshes)
            scene.meshes += [self.primitive(p) for p in mesh["primitives"]]
            parts.append(range(first, len(scene.meshes)))
        roots = self.document["scenes"][self.document.get("scene", 0)]["nodes"]
        for root in roots:
            self.place(root, np.eye(4), parts, scene)
        return scene

    def primitive(self, primitive):
        attributes = primitive["attributes"]
        optional = lambda name: self.accessor(attributes[name]) if name in attributes else None
        positions = self.accessor(attributes["POSITION"])
        indices = self.accessor(primitive["indices"]).reshape(-1, 3) if "indices" in primitive else None
        if indices is None:
            indices = np.arange(len(positions)).reshape(-1, 3)
        uvs, normals = optional("TEXCOORD_0"), optional("NORMAL")
        return Mesh(positions, indices.astype(np.uint32), primitive["material"], normals, uvs)

    def material(self, record):
        surface, extensions = record.get("pbrMetallicRoughness", {}), record.get("extensions", {})
        extension = lambda name, key, otherwise: extensions.get(f"KHR_materials_{name}", {}).get(key, otherwise)
        infos = {
            "base_color": surface.get("baseColorTexture"),
            "metallic_roughness": surface.get("metallicRoughnessTexture"),
            "normal": record.get("normalTexture"),
            "emissive": record.get("emissiveTexture"),
        }
        strength = extension("emissive_strength", "emissiveStrength", 1.0)
        return Material(
            base_color=np.array(surface.get("baseColorFactor", [1.0] * 4)),
            metallic=surface.get("metallicFactor", 1.0),
            roughness=surface.get("roughnessFactor", 1.0),
            emissive=np.array(record.get("emissiveFactor", [0.0] * 3)) * strength,
            specular=extension("specular", "specularFactor", 1.0),
            transmission=extension("transmission", "transmissionFactor", 0.0),
            ior=extension("ior", "ior", 1.5),
            alpha_mode=record.get("alphaMode", "OPAQUE"),
            alpha_cutoff=record.get("alphaCutoff", 0.5),
            is_double_sided=record.get("doubleSided", False),
            normal_scale=(record.get("normalTexture") or {}).get("scale", 1.0),
            textures={name: self.texture(info) for name, info in infos.items() if info},
        )

    def texture(self, info):
        texture = self.document["textures"][info["index"]]
        image = self.document["images"][texture["source"]]
        data = self.view(image["bufferView"])[0] if "bufferView" in image else self.resolve(image["uri"])
        sampler = self.document["samplers"][texture["sampler"]] if "sampler" in texture else {}
        transform = info.get("extensions", {}).get("KHR_texture_transform", {})
        (x, y), turn = transform.get("scale", [1, 1]), transform.get("rotation", 0.0)
        sin, cos = np.sin(turn), np.cos(turn)
        (u, v) = transform.get("offset", [0, 0])
        rows = np.array([[cos * x, sin * y, u], [-sin * x, cos * y, v]])
        wrap = sampler.get("wrapS", 10497)
        return Texture(data, wrap == 10497, wrap == 33648, sampler.get("magFilter") != 9728, rows)

    def place(self, index, world_from_parent, parts, scene):
        node = self.document["nodes"][index]
        world_from_node = world_from_parent @ parent_from_node(node)
        if "mesh" in node:
            scene.instances += [(mesh, world_from_node) for mesh in parts[node["mesh"]]]
        if "camera" in node:
            camera = self.document["cameras"][node["camera"]]
            name, fov_y = node.get("name", camera.get("name", "")), camera["perspective"]["yfov"]
            scene.cameras.append(Camera(name, world_from_node, fov_y))
        light = node.get("extensions", {}).get("KHR_lights_punctual")
        if light:
            lights = self.document["extensions"]["KHR_lights_punctual"]["lights"]
            record = lights[light["light"]]
            intensity = np.array(record.get("color", [1.0] * 3)) * record.get("intensity", 1.0)
            scene.lights.append(Light(record["type"], intensity, world_from_node))
        for child in node.get("children", []):
            self.place(child, world_from_node, parts, scene)


def parent_from_node(node):
    """The matrix of a node: given as such, or as translation, rotation and scale."""
    if "matrix" in node:
        return np.array(node["matrix"]).reshape(4, 4).T
    x, y, z, w = node.get("rotation", [0, 0, 0, 1])
    turned = np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ])
    matrix = np.eye(4)
    matrix[:3, :3] = turned * np.array(node.get("scale", [1, 1, 1]))
    matrix[:3, 3] = node.get("translation", [0, 0, 0])
    return matrix

"""Puts a small glTF file together: everything in one buffer inside the file."""

import base64
import json
import struct
import zlib

import numpy as np

EXTENSIONS = {
    "emissive_strength": "KHR_materials_emissive_strength",
    "specular": "KHR_materials_specular",
    "transmission": "KHR_materials_transmission",
    "ior": "KHR_materials_ior",
    "volume": "KHR_materials_volume",
}
LIGHTS = "KHR_lights_punctual"
TRANSFORM = "KHR_texture_transform"


class Writer:
    """Collects materials, meshes, nodes and cameras."""

    def __init__(self):
        self.data = b""
        self.document = {
            "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": []}],
            "materials": [], "meshes": [], "nodes": [], "cameras": [],
            "accessors": [], "bufferViews": [],
        }
        self.used = set()

    def add(self, list_name, record):
        records = self.document.setdefault(list_name, [])
        records.append(record)
        return len(records) - 1

    def view(self, data):
        self.data += b"\0" * (-len(self.data) % 4)
        record = {"buffer": 0, "byteOffset": len(self.data), "byteLength": len(data)}
        self.data += data
        return self.add("bufferViews", record)

    def accessor(self, array, kind, is_position=False):
        component = {"f": 5126, "H": 5123}[array.dtype.char]
        record = {
            "bufferView": self.view(array.tobytes()), "componentType": component,
            "count": array.size // {"SCALAR": 1, "VEC2": 2, "VEC3": 3}[kind], "type": kind,
        }
        if is_position:
            record |= {"min": array.min(axis=0).tolist(), "max": array.max(axis=0).tolist()}
        return self.add("accessors", record)

    def texture(self, pixels, is_filtered=True, wrap=10497):
        """A texture of sRGB bytes, height x width x 3; gives its index."""
        image = self.add("images", {"bufferView": self.view(png(pixels)), "mimeType": "image/png"})
        sampler = {"wrapS": wrap, "wrapT": wrap, "magFilter": 9729 if is_filtered else 9728}
        return self.add("textures", {"source": image, "sampler": self.add("samplers", sampler)})

    def use(self, name):
        self.used.add(name)
        return name

    def texture_info(self, index, transform=None):
        info = {"index": index}
        if transform:
            info["extensions"] = {self.use(TRANSFORM): transform}
        return info

    def matte(self, color, texture=None, emissive_texture=None, emissive=None, transform=None):
        """A Lambertian surface, seen from both sides; one that emits shows its front only."""
        record = self.surface(color, metallic=0.0, roughness=1.0)
        self.extend(record, "specular", {"specularFactor": 0.0})
        if texture is not None:
            record["pbrMetallicRoughness"]["baseColorTexture"] = self.texture_info(texture, transform)
        if emissive is not None:
            strength = float(max(emissive))
            record["emissiveFactor"] = [channel / strength for channel in emissive]
            self.extend(record, "emissive_strength", {"emissiveStrength": strength})
            record["doubleSided"] = False
        if emissive_texture is not None:
            record["emissiveTexture"] = self.texture_info(emissive_texture)
        return self.add("materials", record)

    def emitter(self, radiance):
        """A black surface whose front emits."""
        return self.matte([0.0, 0.0, 0.0], emissive=radiance)

    def metal(self, color, roughness):
        return self.add("materials", self.surface(color, metallic=1.0, roughness=roughness))

    def glass(self, roughness, ior=1.5):
        """A solid that refracts: its thickness says that it has an inside."""
        record = self.surface([1.0, 1.0, 1.0], metallic=0.0, roughness=roughness)
        self.extend(record, "transmission", {"transmissionFactor": 1.0})
        self.extend(record, "ior", {"ior": ior})
        self.extend(record, "volume", {"thicknessFactor": 1.0})
        return self.add("materials", record)

    def surface(self, color, metallic, roughness):
        surface = {
            "baseColorFactor": [*color, 1.0], "metallicFactor": metallic, "roughnessFactor": roughness,
        }
        return {"pbrMetallicRoughness": surface, "doubleSided": True}

    def extend(self, record, name, values):
        record.setdefault("extensions", {})[self.use(EXTENSIONS[name])] = values

    def mesh(self, shape, material):
        """A mesh of (positions, triangles[, uvs[, normals]]); gives its index."""
        positions, triangles, uvs, normals = (*shape, None, None)[:4]
        attributes = {"POSITION": self.accessor(positions.astype(np.float32), "VEC3", True)}
        if uvs is not None:
            attributes["TEXCOORD_0"] = self.accessor(uvs.astype(np.float32), "VEC2")
        if normals is not None:
            attributes["NORMAL"] = self.accessor(normals.astype(np.float32), "VEC3")
        indices = self.accessor(triangles.astype(np.uint16), "SCALAR")
        primitive = {"attributes": attributes, "indices": indices, "material": material}
        return self.add("meshes", {"primitives": [primitive]})

    def node(self, record):
        self.document["scenes"][0]["nodes"].append(self.add("nodes", record))

    def place(self, mesh, translation=(0, 0, 0), turn_y=0.0, scale=(1, 1, 1)):
        rotation = [0.0, float(np.sin(turn_y / 2)), 0.0, float(np.cos(turn_y / 2))]
        record = {"mesh": mesh, "translation": list(map(float, translation))}
        self.node(record | {"rotation": rotation, "scale": list(map(float, scale))})

    def put(self, shape, material):
        """Adds a mesh and places it where it was made."""
        self.place(self.mesh(shape, material))

    def light(self, kind, color, intensity, matrix):
        self.use(LIGHTS)
        lights = self.document.setdefault("extensions", {}).setdefault(LIGHTS, {"lights": []})["lights"]
        lights.append({"type": kind, "color": color, "intensity": intensity})
        columns = [float(x) for x in np.asarray(matrix).T.flatten()]
        self.node({"matrix": columns, "extensions": {LIGHTS: {"light": len(lights) - 1}}})

    def camera(self, eye, target, fov_y):
        camera = self.add("cameras", {"type": "perspective", "perspective": {"yfov": fov_y, "znear": 0.01}})
        columns = [float(x) for x in look_at(eye, target).T.flatten()]
        self.node({"name": "main", "camera": camera, "matrix": columns})

    def write(self, path):
        uri = "data:application/octet-stream;base64," + base64.b64encode(self.data).decode()
        self.document["buffers"] = [{"byteLength": len(self.data), "uri": uri}]
        self.document["extensionsUsed"] = sorted(self.used)
        path.write_text(json.dumps(self.document, indent=1) + "\n")


def look_at(eye, target):
    """The matrix of a camera or light at a place that looks at another along its own -z."""
    eye, target = np.array(eye, float), np.array(target, float)
    back = (eye - target) / np.linalg.norm(eye - target)
    right = np.cross([0.0, 1.0, 0.0], back)
    right /= np.linalg.norm(right)
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1], matrix[:3, 2], matrix[:3, 3] = right, np.cross(back, right), back, eye
    return matrix


def png(pixels):
    """Bytes of a PNG file of height x width x 3 bytes."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.astype(np.uint8).tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body

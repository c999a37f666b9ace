"""Denoises one picture with the Open Image Denoise library of the pip package `oidn`.

Usage: denoise_oidn.py WIDTH HEIGHT COLOR ALBEDO NORMAL OUTPUT; files of little-endian 32-bit RGB floats, row by row.
Prints the library's version. The package's own binding lacks the flag for HDR, so the library is called
directly.
"""

import array
import ctypes
import importlib.util
import pathlib
import re
import sys

FORMAT_FLOAT3 = 3
DEVICE_DEFAULT = 0


def library():
    """The shared library inside the package, after those that it needs."""
    folder = pathlib.Path(importlib.util.find_spec("oidn").origin).parent / "lib.linux.x64"
    for needed in sorted(folder.glob("libtbb.so*")):
        ctypes.CDLL(str(needed), mode=ctypes.RTLD_GLOBAL)
    path = sorted(folder.glob("libOpenImageDenoise.so*"))[-1]
    oidn = ctypes.CDLL(str(path))
    for name in ("oidnNewDevice", "oidnNewFilter"):
        getattr(oidn, name).restype = ctypes.c_void_p
    return oidn, re.search(r"so\.(.*)", path.name).group(1)


def read_floats(path, count):
    floats = array.array("f")
    with open(path, "rb") as file:
        floats.fromfile(file, count)
    return floats


def check(oidn, device):
    message = ctypes.c_char_p()
    if oidn.oidnGetDeviceError(device, ctypes.byref(message)) != 0:
        sys.exit(f"Open Image Denoise: {message.value.decode()}")


def main():
    width, height = int(sys.argv[1]), int(sys.argv[2])
    color, albedo, normal, output = sys.argv[3:7]
    count = 3 * width * height
    images = {"color": color, "albedo": albedo, "normal": normal}
    images = {name: read_floats(path, count) for name, path in images.items()}
    images["output"] = array.array("f", bytes(4 * count))
    oidn, version = library()
    device = ctypes.c_void_p(oidn.oidnNewDevice(DEVICE_DEFAULT))
    oidn.oidnCommitDevice(device)
    denoiser = ctypes.c_void_p(oidn.oidnNewFilter(device, b"RT"))
    size = ctypes.c_size_t
    for name, floats in images.items():
        pointer = ctypes.c_void_p(floats.buffer_info()[0])
        oidn.oidnSetSharedFilterImage(
            denoiser, name.encode(), pointer, FORMAT_FLOAT3, size(width), size(height), size(0), size(0), size(0)
        )
    oidn.oidnSetFilter1b(denoiser, b"hdr", ctypes.c_bool(True))
    oidn.oidnCommitFilter(denoiser)
    oidn.oidnExecuteFilter(denoiser)
    check(oidn, device)
    with open(output, "wb") as file:
        images["output"].tofile(file)
    print(version)


if __name__ == "__main__":
    main()

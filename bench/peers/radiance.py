"""Reads Radiance .hdr files: flat rows or the run-length coding of most writers."""

from pathlib import Path

import numpy as np


def read(path):
    """Linear radiance, height x width x 3."""
    data = Path(path).read_bytes()
    end = data.index(b"\n\n") + 2
    size_end = data.index(b"\n", end)
    _, height, _, width = data[end:size_end].split()
    height, width, at = int(height), int(width), size_end + 1
    rows = np.zeros((height, width, 4), np.uint8)
    for row in range(height):
        is_coded = 8 <= width < 32768 and data[at : at + 4] == bytes([2, 2, width >> 8, width & 255])
        if is_coded:
            rows[row], at = _coded_row(data, at + 4, width)
        else:
            rows[row] = np.frombuffer(data, np.uint8, width * 4, at).reshape(width, 4)
            at += width * 4
    exponent = rows[..., 3:].astype(int)
    return np.where(exponent > 0, rows[..., :3] * np.exp2(exponent - 136.0), 0.0).astype(np.float32)


def _coded_row(data, at, width):
    row = np.zeros((4, width), np.uint8)
    for channel in range(4):
        column = 0
        while column < width:
            count = data[at]
            if count > 128:
                count -= 128
                row[channel, column : column + count] = data[at + 1]
                at += 2
            else:
                row[channel, column : column + count] = np.frombuffer(data, np.uint8, count, at + 1)
                at += 1 + count
            column += count
    return row.T, at

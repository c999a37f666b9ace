"""Meshes to make scenes of: (positions, triangles, uvs, normals), counter-clockwise seen from outside."""

import numpy as np


def quad(corner, u, v):
    """A parallelogram; its front is where u x v points."""
    corner, u, v = (np.array(x, float) for x in (corner, u, v))
    positions = np.array([corner, corner + u, corner + u + v, corner + v])
    uvs = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], float)
    return positions, np.array([[0, 1, 2], [0, 2, 3]]), uvs


def joined(shapes):
    """Several shapes as one mesh."""
    shapes = list(shapes)
    counts = np.cumsum([0] + [len(shape[0]) for shape in shapes])
    triangles = [shape[1] + first for shape, first in zip(shapes, counts)]
    columns = [np.concatenate([shape[k] for shape in shapes]) for k in (0, 2)]
    return columns[0], np.concatenate(triangles), columns[1]


def box(center, half):
    """A closed box along the axes."""
    axes = np.diag(np.array(half, float))
    sides = []
    for k in range(3):
        out, u, v = axes[k], axes[(k + 1) % 3], axes[(k + 2) % 3]
        sides.append(quad(center + out - u - v, 2 * u, 2 * v))
        sides.append(quad(center - out - v - u, 2 * v, 2 * u))
    return joined(sides)


def room(half, height):
    """Floor, ceiling and three walls as separate shapes, facing inward; open towards +z."""
    x, y, z = np.array([2 * half, 0, 0]), np.array([0, height, 0]), np.array([0, 0, 2 * half])
    low = np.array([-half, 0, -half])
    return {
        "floor": quad(low, z, x), "ceiling": quad(low + y, x, z), "back": quad(low, x, y),
        "left": quad(low, y, z), "right": quad(low + x, z, y),
    }


def icosphere(subdivisions, is_smooth=False):
    """The unit sphere; without normals its facets are flat."""
    golden = (1 + 5**0.5) / 2
    corners = []
    for a, b in ((1, golden), (-1, golden), (1, -golden), (-1, -golden)):
        corners += [(0, a, b), (a, b, 0), (b, 0, a)]
    corners = [np.array(c, float) for c in corners]
    near = lambda i, j: np.linalg.norm(corners[i] - corners[j]) < 2.5
    faces = []
    for i in range(12):
        for j in range(i + 1, 12):
            for k in range(j + 1, 12):
                if near(i, j) and near(j, k) and near(k, i):
                    normal = np.cross(corners[j] - corners[i], corners[k] - corners[i])
                    faces.append((i, j, k) if normal @ corners[i] > 0 else (i, k, j))
    points = [c / np.linalg.norm(c) for c in corners]
    for _ in range(subdivisions):
        points, faces = _split(points, faces)
    positions = np.array(points)
    return positions, np.array(faces), None, positions if is_smooth else None


def _split(points, faces):
    known = {}

    def middle(i, j):
        key = (min(i, j), max(i, j))
        if key not in known:
            point = points[i] + points[j]
            known[key] = len(points)
            points.append(point / np.linalg.norm(point))
        return known[key]

    split = []
    for i, j, k in faces:
        ij, jk, ki = middle(i, j), middle(j, k), middle(k, i)
        split += [(i, ij, ki), (ij, j, jk), (ki, jk, k), (ij, jk, ki)]
    return points, split

"""All hits along rays, against what geometry says."""

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.cameras import Camera, frame_object, frame_scene
from wt_backend.training.data.mesh import concatenate, difference
from wt_backend.training.data.tracing import Tracer


def grid_rays(camera: Camera, size: int) -> np.ndarray:
    rows, columns = np.mgrid[:size, :size]
    return camera.rays(rows.ravel(), columns.ravel())


def test_sphere_hits_are_where_the_quadratic_says() -> None:
    tracer = Tracer(p.sphere(1.0, 14))
    camera = frame_scene(np.array([0, -4.0, 0]), np.zeros(3), 0.5, 64, 0.0, 1.0)
    rays = grid_rays(camera, 64)
    distances, first = tracer.layers(camera.position, rays)
    unit = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    b = unit @ camera.position
    inside = b**2 - 15
    clear = inside > 0.1  # away from the silhouette, where facets matter
    length = np.linalg.norm(rays, axis=1)
    near, far = (-b - np.sqrt(np.abs(inside))) / length, (-b + np.sqrt(np.abs(inside))) / length
    np.testing.assert_allclose(distances[0][clear], near[clear], atol=0.015)
    np.testing.assert_allclose(distances[1][clear], far[clear], atol=0.015)
    assert (distances[2:] == 0).all()
    assert (distances[0][inside < -0.05] == 0).all()
    assert set(first.ray) == set(np.flatnonzero(distances[0] > 0))
    np.testing.assert_allclose(first.barycentric.sum(1), 1, atol=1e-5)


def test_nested_shells_give_every_wall_and_six_at_most() -> None:
    shells = concatenate([p.box((s, s, s)) for s in (4.0, 3.0, 2.0, 1.0)])
    tracer = Tracer(shells)
    distances, _ = tracer.layers(np.array([-10.0, 0.03, 0.07]), np.array([[1, 0, 0]], np.float32))
    np.testing.assert_allclose(distances[:, 0], [8, 8.5, 9, 9.5, 10.5, 11], atol=1e-4)


def test_a_hole_goes_through() -> None:
    tracer = Tracer(difference(p.box((2, 2, 1)), [p.box((1, 1, 3))]))
    rays = np.array([[0.01, 0.02, -1], [0.08, 0.01, -1]], np.float32)
    distances, _ = tracer.layers(np.array([0, 0, 10.0]), rays)
    assert (distances[:, 0] == 0).all()
    np.testing.assert_allclose(distances[:2, 1], [9.5, 10.5], atol=1e-4)


def test_edges_are_not_counted_twice() -> None:
    """Rays straight onto the diagonal that two triangles of a face share."""
    tracer = Tracer(p.box((2, 2, 2)))
    u = np.linspace(-0.08, 0.08, 101)
    for sign in (-1, 1):
        rays = np.stack([np.ones_like(u), u, sign * u], 1).astype(np.float32)
        distances, _ = tracer.layers(np.array([-10.0, 0, 0]), rays)
        assert ((distances > 0).sum(0) == 2).all()


def test_occlusion_and_nearest() -> None:
    tracer = Tracer(p.box())
    origins = np.array([[0, 0, 2.0], [0, 0, 2.0]])
    directions = np.array([[0, 0, -1.0], [0, 0, 1.0]])
    assert tracer.occluded(origins, directions).tolist() == [True, False]
    assert (tracer.nearest(origins, directions) >= 0).tolist() == [True, False]


def test_object_frame_holds_the_subject() -> None:
    mesh = p.torus(0.6, 0.2)
    for seed in range(40):
        camera = frame_object(np.random.default_rng(seed), mesh.vertices, 100)
        seen = camera.to_camera(mesh.vertices)
        pixel = seen[:, :2] / seen[:, 2:] * np.diag(camera.intrinsics)[:2] + camera.intrinsics[:2, 2]
        extent = np.ptp(pixel, axis=0).max()
        assert 54 < extent < 96
        assert pixel.min() > 0
        assert pixel.max() < 100
        np.testing.assert_allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(camera.rotation) > 0

"""How much memory MLX is told to take."""

import pytest

from asrcore.plugin import Placement
from asrcore_adapters.mlx import MLXOptions

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::Warning:numba")]

mx = pytest.importorskip("mlx.core")
limits = pytest.importorskip("asrcore_adapters.mlx.limits")


@pytest.mark.parametrize(
    ("options", "planned", "expected"),
    [
        ({}, None, {}),
        ({}, 16.0, {"memory": 16.0, "cache": 2.0}),
        ({"memory_limit": 4.0}, 16.0, {"memory": 4.0, "cache": 0.5}),
        ({"cache_limit": 0.0}, 16.0, {"memory": 16.0, "cache": 0.0}),
        ({"cache_limit": 1.5}, None, {"cache": 1.5}),
    ],
)
def test_memory_is_limited_by_the_options_or_as_planned(monkeypatch, options, planned, expected):
    told = {}
    for name in ("memory", "cache"):
        setter = f"set_{name}_limit"
        monkeypatch.setattr(mx, setter, lambda size, name=name: told.update({name: size / 2**30}))
    limits.limit_memory(MLXOptions(**options), Placement("cpu", "float32", planned))
    assert told == expected

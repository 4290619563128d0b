import pytest

from asrcore.domain.footprint import Footprint


@pytest.mark.parametrize(
    ("memory", "chunks"), [(0.0, 0), (0.9, 0), (1.0, 0), (1.4, 0), (1.5, 1), (3.9, 5), (4.0, 6)]
)
def test_as_many_chunks_as_there_is_room_for_beside_the_model(memory: float, chunks: int) -> None:
    assert Footprint("parrot", model=1.0, chunk=0.5).chunks_within(memory) == chunks

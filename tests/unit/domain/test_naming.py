import unicodedata
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.naming import output_stems
from asrcore.domain.recording import Recording

ARRAY = Recording.of(np.zeros(1, np.float32))

COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"


def stems(*paths: str) -> list[str]:
    return output_stems([Recording.of(path) for path in paths])


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([], []),
        (["x/a.wav"], ["a"]),
        (["x/a.wav", "y/b.wav"], ["a", "b"]),
        (["a.wav", "a.mp3", "b.wav"], ["a.wav", "a.mp3", "b"]),
        (["x/a.wav", "y/a.wav"], ["x-a.wav", "y-a.wav"]),
        (["x/a.wav", "y/a.wav", "x/a.mp3"], ["x-a.wav", "y-a.wav", "a.mp3"]),
        (["x/a.wav", "x/a.wav"], ["x-a.wav", "x-a.wav-2"]),
        (["p/x/a.wav", "q/x/a.wav", "r/x/a.wav"], ["x-a.wav", "x-a.wav-2", "x-a.wav-3"]),
        (["x/Talk.wav", "x/talk.mp3"], ["Talk.wav", "talk.mp3"]),
        (["x/Talk.wav", "y/talk.wav"], ["x-Talk.wav", "y-talk.wav"]),
        (["x/Straße.wav", "y/STRASSE.mp3"], ["Straße.wav", "STRASSE.mp3"]),
        (["v1.2.wav", "v1.3.wav"], ["v1.2", "v1.3"]),
        (["x/a.wav", "x/a.mp3", "y/a.wav.flac"], ["x-a.wav", "a.mp3", "y-a.wav.flac"]),
    ],
)
def test_a_clash_takes_as_much_more_of_the_path_as_it_needs(paths: list, expected: list) -> None:
    assert stems(*paths) == expected


def test_two_ways_to_write_an_accent_are_one_name_on_a_mac() -> None:
    assert stems(f"x/{COMPOSED}.wav", f"x/{DECOMPOSED}.mp3") == [
        f"{COMPOSED}.wav",
        f"{DECOMPOSED}.mp3",
    ]


def test_what_has_no_path_is_numbered() -> None:
    recordings = [Recording.of("-"), ARRAY, ARRAY, Recording.of("array.wav")]
    assert output_stems(recordings) == ["standard-input", "array", "array-2", "array.wav"]


def test_a_number_that_is_taken_is_passed_over() -> None:
    names = output_stems([Recording.of("array-2"), ARRAY, ARRAY])
    assert names == ["array-2", "array", "array-3"]


NAMES = ["a", "A", "a-2", "a.wav", "x-a", "ß", "SS", COMPOSED, DECOMPOSED.upper(), "array"]
PATHS = [
    Path(*parts)
    for parts in product(["x", "y", "p/x"], [f"{n}{e}" for n in NAMES for e in ("", ".wav")])
]
RECORDINGS = st.one_of(st.sampled_from(PATHS).map(Recording.of), st.just(ARRAY))


@given(st.lists(RECORDINGS, max_size=12))
def test_no_two_recordings_share_a_name_on_any_file_system(recordings: list) -> None:
    names = output_stems(recordings)
    assert len(names) == len(recordings)
    assert len({unicodedata.normalize("NFC", name.casefold()) for name in names}) == len(names)
    assert not any("/" in name for name in names)

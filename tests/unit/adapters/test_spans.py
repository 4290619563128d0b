from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from asrcore.domain.audio import Audio
from asrcore.domain.timespan import TimeSpan
from asrcore.errors import ConfigError
from asrcore.plugin import Options, Placement, Plugin
from asrcore.testing import PluginContract, VoiceActivityContract, silence, tone
from asrcore_adapters.spans import NONE, SEGMENTS, SegmentsOptions
from asrcore_adapters.spans.detector import OwnSegments, WholeRecording

AUDACITY = "0.500000\t1.250000\thello, world\n2.000000\t3.000000\t7 #2\n"
SPANS = [TimeSpan(0.5, 1.25), TimeSpan(2.0, 3.0)]


def own(*spans: tuple[float, float]) -> OwnSegments:
    return OwnSegments(SegmentsOptions(spans=spans), Placement())


@pytest.fixture
def label_file(tmp_path: Path) -> Path:
    return tmp_path / "labels.txt"


class TestNone(PluginContract, VoiceActivityContract):
    @pytest.fixture
    def plugin(self) -> Plugin:
        return NONE

    @pytest.fixture
    def reference(self) -> str:
        return "asrcore_adapters.spans:NONE"

    @pytest.fixture
    def detector(self) -> WholeRecording:
        return WholeRecording(Options(), Placement())


class TestSegments(PluginContract, VoiceActivityContract):
    @pytest.fixture
    def plugin(self) -> Plugin:
        return SEGMENTS

    @pytest.fixture
    def reference(self) -> str:
        return "asrcore_adapters.spans:SEGMENTS"

    @pytest.fixture
    def detector(self) -> OwnSegments:
        return own((0.005, 0.25), (1.0, 2.0), (2.0, 3.5), (4.0, 99.0))


@pytest.mark.parametrize("plugin", [NONE, SEGMENTS], ids=lambda plugin: plugin.name)
def test_a_plugin_builds_what_it_names(plugin: Plugin) -> None:
    values = {"spans": [[0, 1]]} if plugin is SEGMENTS else {}
    detector = plugin.build(plugin.options.model_validate(values), Placement())
    assert list(detector.detect(Audio(tone(1.0)))) == [TimeSpan(0.0, 1.0)]


def test_none_takes_silence_too() -> None:
    detector = WholeRecording(Options(), Placement())
    assert list(detector.detect(Audio(silence(2.5)))) == [TimeSpan(0.0, 2.5)]
    assert list(detector.detect(Audio(silence(0.0)))) == []


def test_own_spans_come_in_order_and_end_with_the_recording() -> None:
    detector = own((4.0, 6.0), (1.0, 2.0), (5.0, 9.0), (7.0, 8.0), (0.0, 1.5))
    assert list(detector.detect(Audio(silence(5.0)))) == [
        TimeSpan(0.0, 1.5),
        TimeSpan(1.0, 2.0),
        TimeSpan(4.0, 5.0),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "0.5 1.25\n2 3\n",
        "0.5\t1.25\n2\t3",
        "0.5,1.25\n2,3\n",
        "0.5, 1.25\n2 , 3\n",
        "  0.5   1.25  \r\n2 3\r\n",
        "\ufeff0.5 1.25\n2 3\n",
        "# start end\n\n0.5 1.25 # the first\n   \n2 3\n#4 5\n",
        "0.5,1.25,hello\n2,3,well, well\n",
        AUDACITY,
        "2 3\n0.5 1.25\n",
        "5e-1 1.25e0\n+2 3.\n",
    ],
    ids=[
        "spaces",
        "tabs",
        "commas",
        "commas and spaces",
        "Windows",
        "Windows' mark",
        "comments",
        "table",
        "Audacity",
        "disorder",
        "numbers",
    ],
)
def test_a_file_may_be_written_in_many_ways(label_file: Path, text: str) -> None:
    label_file.write_text(text, encoding="utf-8", newline="")
    detector = OwnSegments(SegmentsOptions(file=label_file), Placement())
    assert list(detector.detect(Audio(silence(5.0)))) == SPANS


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1.5", "a line begins with start and end in seconds, not '1.5'"),
        ("one two", "start and end in seconds"),
        ("1,5 2,5", "start and end in seconds, not '1,5 2,5'"),
        ("1,5\t2,5\tdecimal commas", "start and end in seconds"),
        ("1 2,5", "start and end in seconds"),
        (",2", "start and end in seconds"),
        ("00:01 00:02", "start and end in seconds"),
        ("3 2", "runs forward from 0, not from 3.0 to 2.0"),
        ("-1 2", "runs forward from 0, not from -1.0 to 2.0"),
        ("0 inf", "finite bounds"),
        ("nan 1", "finite bounds"),
        ("2 2", "a span from 2.0 to 2.0 holds nothing"),
    ],
)
def test_a_line_that_is_none_is_named(label_file: Path, line: str, reason: str) -> None:
    label_file.write_text(f"# mine\n0 1\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        OwnSegments(SegmentsOptions(file=label_file), Placement())
    assert caught.value.message.startswith(f"vad.options.file: {label_file}, line 3: ")
    assert reason in caught.value.message


def test_an_example_helps_where_a_line_cannot_be_read(label_file: Path) -> None:
    label_file.write_text("soon later", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        OwnSegments(SegmentsOptions(file=label_file), Placement())
    assert caught.value.hint == "such as: 0.5 12.25"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "it holds no span"),
        (b"# nothing but this\n\n", "it holds no span"),
        (b"\xff\xfe0\x00", "it is no text in UTF-8"),
    ],
)
def test_a_file_that_is_no_use_is_named(
    label_file: Path, content: bytes | None, reason: str
) -> None:
    if content is not None:
        label_file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        OwnSegments(SegmentsOptions(file=label_file), Placement())
    assert caught.value.message == f"vad.options.file: {label_file}: {reason}"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        OwnSegments(SegmentsOptions(file=tmp_path), Placement())


@pytest.mark.parametrize("span", [(3.0, 2.0), (-1.0, 2.0), (1.0, 1.0)])
def test_a_span_that_is_none_is_refused(span: tuple[float, float]) -> None:
    with pytest.raises(ConfigError, match=r"^vad\.options\.spans: ") as caught:
        own((0.0, 1.0), span)
    assert str(span[1]) in caught.value.message


@pytest.mark.parametrize("values", [{}, {"spans": []}, {"spans": [[0, 1]], "file": "labels.txt"}])
def test_spans_come_from_one_place(values: dict) -> None:
    with pytest.raises(ValidationError, match="needs either spans or a file"):
        SegmentsOptions.model_validate(values)


@pytest.mark.parametrize("values", [{"spans": [[1]]}, {"spans": [[1, 2, 3]]}, {"spans": "0 1"}])
def test_spans_are_pairs_of_numbers(values: dict) -> None:
    with pytest.raises(ValidationError, match="spans"):
        SegmentsOptions.model_validate(values)


SECONDS = st.integers(0, 10_000).map(lambda milliseconds: milliseconds / 1000)
PAIRS = st.lists(
    st.tuples(SECONDS, SECONDS).map(sorted).filter(lambda pair: pair[0] < pair[1]), min_size=1
)


@given(PAIRS)
def test_every_span_within_the_recording_is_kept_as_it_is(pairs: list) -> None:
    found = own(*map(tuple, pairs)).detect(Audio(silence(10.0)))
    assert [[span.start, span.end] for span in found] == sorted(pairs)

"""The chart: what it draws, from which it is made, and what it must not touch."""

from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.image import imread

from asrcore.domain.annotation import Annotation, Utterance
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.scoring.evaluation import Evaluation, Scored
from asrcore.domain.scoring.measures import Deviations, Rate
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word
from asrcore.plugin import Placement, Plugin
from asrcore.testing import PluginContract
from asrcore.testing.chart import ChartContract, sample_evaluation
from asrcore_adapters.charts import MATPLOTLIB, ChartOptions
from asrcore_adapters.charts.errors import errors_figure
from asrcore_adapters.charts.lanes import Lane, lanes, partners
from asrcore_adapters.charts.matplotlib_chart import MatplotlibChart, file_stems
from asrcore_adapters.charts.timeline import timeline_figure

SMALL = ChartOptions(width=6, dpi=40)


def spoken(*words: tuple, speaker: str | None = "A", text: str = "") -> Utterance:
    timed = tuple(Word(each, TimeSpan(start, start + 0.5)) for each, start in words)
    return Utterance(
        text or " ".join(word.text for word in timed),
        timed[0].span | timed[-1].span if timed else None,
        speaker,
        timed,
    )


def said(*words: tuple, **more: object) -> Annotation:
    return Annotation((spoken(*words, **more),))


def starts(spans: list[TimeSpan]) -> list[float]:
    return [span.start for span in spans]


class TestMatplotlib(ChartContract):
    @pytest.fixture
    def chart(self) -> MatplotlibChart:
        return MATPLOTLIB.build(SMALL, Placement())


class TestPlugin(PluginContract):
    @pytest.fixture
    def plugin(self) -> Plugin:
        return MATPLOTLIB

    @pytest.fixture
    def reference(self) -> str:
        return "asrcore_adapters.charts:MATPLOTLIB"


# Files


def test_a_picture_of_errors_and_a_timeline_where_times_are_told(tmp_path: Path) -> None:
    written = MatplotlibChart(SMALL, Placement()).draw(sample_evaluation(), tmp_path)
    assert [path.name for path in written] == ["errors.png", "timeline-meeting.png"]


def test_options_set_the_size(tmp_path: Path) -> None:
    for options in (ChartOptions(width=6, dpi=40), ChartOptions(width=8, dpi=100)):
        written = MatplotlibChart(options, Placement()).draw(sample_evaluation(), tmp_path)
        assert {imread(path).shape[1] for path in written} == {options.width * options.dpi}


def test_nothing_of_the_process_is_changed(tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    MatplotlibChart(SMALL, Placement()).draw(sample_evaluation(), tmp_path)
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize(
    ("names", "stems"),
    [
        (["a", "b"], ["a", "b"]),
        (["a", "A", "a"], ["a", "A-2", "a-3"]),
        (["é", "e\u0301"], ["é", "é-2"]),
        (["../x/y", "..", "$z$"], ["x-y", "recording", "z"]),
        (["a-2", "a", "a"], ["a-2", "a", "a-3"]),
    ],
)
def test_names_become_file_names(names: list[str], stems: list[str]) -> None:
    assert file_stems(names) == stems


# Lanes


def test_words_that_the_other_side_has_otherwise_are_wrong() -> None:
    truth = said(("Hello,", 0), ("big", 1), ("world.", 2))
    heard = said(("hello", 0.1), ("World", 2.1), ("now", 3))
    (above,), (below,) = lanes(truth, heard), lanes(heard, truth)
    assert (starts(above.words), starts(above.wrong)) == ([0, 2], [1])
    assert (starts(below.words), starts(below.wrong)) == ([0.1, 2.1], [3])


def test_a_side_without_text_makes_no_word_wrong() -> None:
    truth = said(("Hello", 0))
    turns = Annotation(turns=Diarization((SpeakerTurn(TimeSpan(0, 1), "B"),)))
    (lane,) = lanes(truth, turns)
    assert (starts(lane.words), lane.wrong) == ([0], [])


def test_a_side_without_word_times_still_judges_the_other_one() -> None:
    truth = said(("Hello", 0), ("world", 1))
    heard = Annotation((Utterance("hello wall", TimeSpan(0, 2)),))
    (lane,) = lanes(truth, heard)
    assert (starts(lane.words), starts(lane.wrong)) == ([0], [1])
    assert lanes(heard, truth) == [Lane(None, [TimeSpan(0, 2)])]


def test_words_without_a_speaker_lie_in_the_turn_that_covers_them() -> None:
    turns = Diarization(
        (
            SpeakerTurn(TimeSpan(0, 9), "long"),
            SpeakerTurn(TimeSpan(10, 11), "short"),
        )
    )
    told = Annotation((spoken(("a", 8), ("b", 10.2), ("c", 20), speaker=None),), turns)
    found = {lane.speaker: starts(lane.words) for lane in lanes(told, told)}
    assert found == {"long": [8], "short": [10.2], None: [20]}


def test_partners_share_most_time_and_strangers_come_last() -> None:
    def lane(speaker: str | None, *spans: tuple) -> Lane:
        return Lane(speaker, [TimeSpan(*span) for span in spans])

    truth = [lane("Ada", (0, 10)), lane("Bob", (10, 30))]
    heard = [
        lane("S0", (9.5, 28)),
        lane("S1", (0, 4)),
        lane("S2", (4, 9)),
        lane("S3", (40, 50)),
        lane(None, (0, 30)),
    ]
    assert partners(truth, heard) == {"S0": 1, "S2": 0, "S1": 2, "S3": 3, None: 4}


# Pictures


def axes_of(minutes: float, speakers: int = 1) -> list:
    words = [("word", 60 * minutes - 1)]
    truth = Annotation(tuple(spoken(*words, speaker=f"S{each}") for each in range(speakers)))
    figure = timeline_figure(Scored("x", truth, truth), 12, 40)
    assert figure is not None
    return figure.axes


@pytest.mark.parametrize(
    ("minutes", "rows"),
    [(0.2, 1), (1, 1), (1.05, 1), (1.5, 2), (20, 20), (21, 11), (90, 18), (600, 20)],
)
def test_a_row_a_minute_until_there_are_many(minutes: float, rows: int) -> None:
    axes = axes_of(minutes)
    assert len(axes) == rows
    limits = [each.get_xlim() for each in axes]
    assert [start for start, _ in limits[1:]] == [end for _, end in limits[:-1]]
    assert limits[0][0] == 0
    assert limits[-1][1] >= 60 * minutes - 0.5


def test_many_speakers_make_fewer_rows() -> None:
    assert len(axes_of(19, speakers=10)) == 4


@pytest.mark.parametrize("side", ["reference", "hypothesis"])
def test_no_timeline_where_one_side_tells_no_times(side: str) -> None:
    documents = {"reference": said(("a", 0)), "hypothesis": said(("a", 0))}
    documents[side] = Annotation((Utterance("a"),))
    assert timeline_figure(Scored("x", **documents), 12, 40) is None


def texts(figure: object) -> str:
    found = [text.get_text() for text in figure.findobj(lambda part: hasattr(part, "get_text"))]
    return "\n".join(found)


def test_the_errors_picture_tells_medians_shares_and_the_total() -> None:
    figure = errors_figure(sample_evaluation(), 12, 40)
    shown = texts(figure)
    assert "word start: median 40, p90 222, bias +40 ms" in shown
    assert "word start: 75% / 75% / 75%" in shown
    assert "total: 25.00%" in shown
    assert "33.33%  (2 of 6)" in shown
    assert "3 recordings; 1 not scored" in shown


def test_of_many_recordings_the_worst_are_shown() -> None:
    nothing = Annotation(())
    scored = [Scored(f"r{n}", nothing, nothing, {"wer": Rate(n, 100)}) for n in range(40)]
    shown = texts(errors_figure(Evaluation(tuple(scored)), 12, 40)).splitlines()
    assert "Word errors by recording: the 30 worst of 40" in shown
    assert {"r39", "r10"} <= set(shown)
    assert "r9" not in shown


@pytest.mark.parametrize(
    "measures",
    [{}, {"wer": Rate(0, 0)}, {"word_start": Deviations(())}, {"der": Rate(1, 2)}],
)
def test_no_errors_picture_without_words_or_times(measures: dict) -> None:
    nothing = Annotation(())
    assert errors_figure(Evaluation((Scored("x", nothing, nothing, measures),)), 12, 40) is None


@pytest.mark.parametrize("second", [0.0, 5.0])
def test_times_all_right_or_all_far_off_are_drawn(second: float, tmp_path: Path) -> None:
    nothing = Annotation(())
    measures = {"word_start": Deviations((second,) * 3), "wer": Rate(0, 3)}
    evaluation = Evaluation((Scored("x", nothing, nothing, measures),))
    (path,) = MatplotlibChart(SMALL, Placement()).draw(evaluation, tmp_path)
    assert path.name == "errors.png"

"""What every chart promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from asrcore.domain.annotation import Annotation, Utterance
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.scoring.evaluation import Evaluation, Scored
from asrcore.domain.scoring.measures import Deviations, Rate
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word
from asrcore.errors import OutputError
from asrcore.ports.chart import Chart


def sample_evaluation() -> Evaluation:
    """Two speakers and two mistakes, text without times, silence, and one that failed."""
    hypothesis = _spoken("Hello wall, how are you", late=0.04)
    return Evaluation(
        (
            Scored(
                "meeting",
                _spoken("Hello world, how are you now?"),
                hypothesis,
                {
                    "wer": Rate(2, 6, {"substitutions": 1, "deletions": 1, "insertions": 0}),
                    "word_start": Deviations((0.04, 0.04, 0.04, -0.3), 1),
                    "word_end": Deviations((0.04, 0.04, 0.04, 1.5), 1),
                    "der": Rate(0.4, 6.0, {"confusion": 0.4}),
                },
            ),
            Scored(
                "text $only$",
                Annotation((Utterance("no times"),)),
                Annotation((Utterance("no times"),)),
                {"wer": Rate(0, 2), "word_start": Deviations(())},
            ),
            Scored("silence", Annotation(()), Annotation(()), {"wer": Rate(0, 0)}),
        ),
        {"lost": "there is no hypothesis for it"},
    )


def _spoken(text: str, late: float = 0.0) -> Annotation:
    """A word a second; the first three are Ada's, the others Bob's."""
    words = [
        Word(each, TimeSpan(second + late, second + 0.8 + late))
        for second, each in enumerate(text.split())
    ]
    said = {"Ada": words[:3], "こん$": words[3:]}
    return Annotation(
        tuple(
            Utterance(
                " ".join(word.text for word in heard),
                TimeSpan(heard[0].span.start, heard[-1].span.end),
                speaker,
                tuple(heard),
            )
            for speaker, heard in said.items()
            if heard[0].span and heard[-1].span
        ),
        duration=7.0,
    )


def named(*names: str) -> Evaluation:
    """The sample's meeting under other names."""
    first = sample_evaluation().scored[0]
    return Evaluation(
        tuple(Scored(name, first.reference, first.hypothesis, first.measures) for name in names)
    )


def turns_alone() -> Evaluation:
    """Speakers that are told apart from any text, as in RTTM."""
    told = Annotation(turns=Diarization((SpeakerTurn(TimeSpan(0, 2), "A"),)))
    return Evaluation((Scored("turns", told, told, {"der": Rate(0.0, 2.0)}),))


class ChartContract:
    """Subclass it and give a `chart` fixture."""

    @pytest.fixture
    def chart(self) -> Chart:
        """The backend under test."""
        raise NotImplementedError("give a `chart` fixture")

    def test_names_exactly_what_it_wrote(self, chart: Chart, tmp_path: Path) -> None:
        written = chart.draw(sample_evaluation(), tmp_path)
        assert written
        assert sorted(written) == sorted(tmp_path.iterdir())
        assert all(path.stat().st_size for path in written)

    def test_replaces_what_it_drew_before(self, chart: Chart, tmp_path: Path) -> None:
        first = chart.draw(sample_evaluation(), tmp_path)
        assert chart.draw(sample_evaluation(), tmp_path) == first
        assert sorted(first) == sorted(tmp_path.iterdir())

    def test_an_evaluation_of_nothing_is_no_mistake(self, chart: Chart, tmp_path: Path) -> None:
        assert chart.draw(Evaluation(), tmp_path) == list(tmp_path.iterdir())

    def test_speakers_need_no_text(self, chart: Chart, tmp_path: Path) -> None:
        written = chart.draw(turns_alone(), tmp_path)
        assert sorted(written) == sorted(tmp_path.iterdir())

    def test_no_name_leads_out_of_the_folder(self, chart: Chart, tmp_path: Path) -> None:
        folder = tmp_path / "plots"
        folder.mkdir()
        written = chart.draw(named("../up", "/root", "a/b", "..", "C:\\x"), folder)
        assert {path.parent for path in written} == {folder}
        assert list(tmp_path.iterdir()) == [folder]

    def test_no_recording_takes_anothers_picture(self, chart: Chart, tmp_path: Path) -> None:
        alone = len(chart.draw(named("a"), tmp_path))
        written = chart.draw(named("a", "A", "a/", "a-2"), tmp_path)
        assert len({path.name.casefold() for path in written}) == len(written) >= alone + 3

    def test_a_folder_that_is_not_there_is_an_output_error(
        self, chart: Chart, tmp_path: Path
    ) -> None:
        with pytest.raises(OutputError, match="nowhere"):
            chart.draw(sample_evaluation(), tmp_path / "nowhere")

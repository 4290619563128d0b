"""Evaluations as tables, Markdown and JSON; every number is one that can be checked by hand."""

import json
import re
from importlib.metadata import version

import pytest

from asrcore.domain.annotation import Annotation, Utterance
from asrcore.domain.scoring.evaluation import Evaluation, Scored
from asrcore.domain.scoring.measures import Deviations, Measure, Rate
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word
from asrcore_cli.rendering.comparison import Comparison
from asrcore_cli.rendering.grids import Grid
from asrcore_cli.rendering.layouts import as_markdown, as_text
from asrcore_cli.rendering.remarks import convention, remarks
from asrcore_cli.rendering.report import comparison_report, report

OPTIONS = {
    "words": {"normalizer": "whisper-english"},
    "times": {"normalizer": "none"},
    "speakers": {"collar": 0.5, "skip_overlap": True},
    "speaker-words": {"normalizer": "whisper-english"},
}
NOTHING = Annotation(())
TEXT = Annotation((Utterance("hello"),))
TURNS = Annotation((Utterance("hello", TimeSpan(0, 1), "A"),))
WORDS = Annotation((Utterance("hello", TimeSpan(0, 1), "A", (Word("hello", TimeSpan(0, 1)),)),))


def scored(name: str, **measures: Measure) -> Scored:
    return Scored(name, WORDS, WORDS, measures)


def words(errors: int, total: int) -> Rate:
    parts = {"insertions": 0, "deletions": 1, "substitutions": errors - 1, "hits": total - errors}
    return Rate(errors, total, parts)


MEETING = Evaluation(
    (
        scored(
            "first",
            wer=words(3, 30),
            cer=words(2, 100),
            word_start=Deviations((0.01, -0.06, 0.12, 0.3), 2),
            word_end=Deviations((0.01, 0.02), 4),
            der=Rate(1.5, 20.0, {"confusion": 0.5, "false_alarm": 0.0, "missed": 1.0}),
            jer=Rate(0.25, 2),
            cpwer=words(6, 30),
            rtf=Rate(4.0, 40.0, {"decode": 1.0, "transcribe": 3.0}),
        ),
        scored("second", wer=words(1, 10), rtf=Rate(1.0, 20.0, {"transcribe": 1.0})),
    ),
    elapsed=3.0,
)
TABLE = """\
Recordings
  recording  WER %  CER %      start ms       end ms  DER %  JER %  cpWER %    RTF
  first      10.00   2.00  90.0 / 246.0  15.0 / 19.0   7.50  12.50    20.00  0.100
  second     10.00      -             -            -      -      -        -  0.050
  TOTAL      10.00   2.00  90.0 / 246.0  15.0 / 19.0   7.50  12.50    20.00  0.083

Words: normalizer whisper-english
           %  errors   of  insertions  deletions  substitutions  hits
  WER  10.00       4   40           0          2              2    36
  CER   2.00       2  100           0          1              1    98

Times of matched words: normalizer none
              median ms  p90 ms  bias ms  >50 ms %  >100 ms %  >200 ms %  words  unmatched
  word start       90.0   246.0     65.0     75.00      50.00      25.00      4          2
  word end         15.0    19.0     15.0      0.00       0.00       0.00      2          4

Speakers (DER in seconds, JER in speakers): collar 0.5 s, half on each side of a boundary, \
overlap left out
           %  errors  of  confusion  false alarm  missed
  DER   7.50    1.50  20       0.50            0       1
  JER  12.50    0.25   2

Words by speaker: normalizer whisper-english
             %  errors  of  insertions  deletions  substitutions  hits
  cpWER  20.00       6  30           0          1              5    24

Speed: seconds of work a second of sound
       factor  work s  sound s  decode s  transcribe s
  RTF   0.083    5.00    60.00      1.00          4.00

By the clock: 3.00 s for 60.00 s of sound, real-time factor 0.050 (stages overlap)
"""


def test_a_table_tells_everything() -> None:
    shown = report(MEETING, OPTIONS).printed("table")
    assert shown.startswith(TABLE)


def test_the_recordings_fit_on_a_hundred_columns() -> None:
    recordings = report(MEETING, OPTIONS).printed("table").partition("\n\n")[0]
    assert max(map(len, recordings.splitlines())) <= 100


def test_one_recording_is_no_total() -> None:
    alone = Evaluation(MEETING.scored[:1])
    assert "TOTAL" not in report(alone, OPTIONS).printed("table")


def test_markdown_has_a_rule_and_equally_many_cells() -> None:
    shown = report(MEETING, OPTIONS).printed("markdown")
    assert "### Recordings\n\n| recording | WER % |" in shown
    assert "| first | 10.00 | 2.00 | 90.0 / 246.0 |" in shown
    for table in re.findall(r"(?:^\|.*\n)+", shown, re.MULTILINE):
        rows = table.splitlines()
        assert re.fullmatch(r"\| --- (\| ---: )+\|", rows[1])
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    assert shown.rstrip().splitlines()[-1].startswith("- ")


def test_markdown_marks_in_names_are_escaped() -> None:
    grid = Grid("a_b", ("name", "x"), [("p|q *r* <s> `t` \\", "1")])
    shown = as_markdown([grid], ["see [1]"])
    assert "### a\\_b\n" in shown
    assert "| p\\|q \\*r\\* \\<s\\> \\`t\\` \\\\ | 1 |\n" in shown
    assert shown.endswith("\n- see \\[1\\]\n")


def test_text_without_tables_is_remarks_alone() -> None:
    assert as_text([], ["so it is"]) == "so it is\n"


def test_json_tells_every_figure_unrounded() -> None:
    shown = json.loads(report(MEETING, OPTIONS, {"transcriber": {"backend": "x"}}).printed("json"))
    assert shown["asrcore"] == version("asrcore")
    assert shown["metrics"] == OPTIONS
    assert shown["settings"] == {"transcriber": {"backend": "x"}}
    assert shown["elapsed"] == 3.0
    first, second = shown["recordings"]
    assert first["name"] == "first"
    assert first["measures"] == {
        name: dict(measure.figures) for name, measure in MEETING.scored[0].measures.items()
    }
    assert second["measures"].keys() == {"wer", "rtf"}
    assert shown["total"]["rtf"]["rate"] == 5 / 60
    assert shown["failed"] == {}


def test_documents_were_made_by_nobody_we_know() -> None:
    shown = json.loads(report(Evaluation(MEETING.scored), OPTIONS).printed("json"))
    assert shown.keys().isdisjoint({"settings", "elapsed"})


def test_a_strangers_measures_are_told_too() -> None:
    class Loudness:
        value = 2.5

        @property
        def figures(self) -> dict[str, float]:
            return {"loudness": self.value}

        @classmethod
        def pooled(cls, measures: object) -> "Loudness":
            return cls()

    found = Evaluation((scored("a", loudness=Loudness(), beeps_missed=Rate(1, 4)),))
    told = report(found, {"stranger": {"level": 3}})
    shown = told.printed("table")
    assert "recording  loudness  beeps missed %\n  a             2.500           25.00" in shown
    assert "More\n                    %  errors  of\n  beeps missed  25.00       1   4" in shown
    assert "More\n            value\n  loudness  2.500" in shown
    assert json.loads(told.printed("json"))["total"]["loudness"] == {"loudness": 2.5}


def test_nothing_measured_is_a_dash() -> None:
    found = Evaluation((scored("a", wer=Rate(0, 0), word_start=Deviations((), 3)),))
    rows = [line.split() for line in report(found, OPTIONS).printed("table").splitlines()]
    assert ["a", "-", "-"] in rows
    assert ["word", "start", *6 * "-", "0", "3"] in rows
    assert json.loads(report(found, OPTIONS).printed("json"))["total"]["wer"]["rate"] is None


# Remarks


def test_what_failed_is_remarked_on_one_line() -> None:
    found = Evaluation((), {"a": "it is\nbroken"})
    shown = report(found, OPTIONS)
    assert shown.printed("table") == "Not scored: a: it is broken\n"
    assert not shown.complete


@pytest.mark.parametrize(
    ("reference", "hypothesis", "missing"),
    [
        (TURNS, WORDS, {"word start, word end": "the reference tells no times of words"}),
        (
            TEXT,
            TURNS,
            {
                "word start, word end": "the reference and the hypothesis tell no times of words",
                "DER, JER": "the reference tells no times of speakers",
                "cpWER": "the reference tells no text by speakers",
            },
        ),
        (WORDS, Annotation(None), {"WER, CER": "the hypothesis tells no text"}),
    ],
)
def test_what_is_not_told_is_explained(
    reference: Annotation, hypothesis: Annotation, missing: dict[str, str]
) -> None:
    found = Evaluation((Scored("a", reference, hypothesis),))
    said = remarks(found, list(OPTIONS))
    assert {f"{what} not measured: {why}" for what, why in missing.items()} <= set(said)
    assert remarks(found, []) == []


def test_dashes_name_their_recordings() -> None:
    silent = [Scored(f"r{n}", TEXT, TEXT) for n in range(7)]
    found = Evaluation((scored("told", der=Rate(1, 2), jer=Rate(1, 2)), *silent))
    assert remarks(found, ["speakers"]) == [
        "DER, JER of r0, r1, r2, r3, r4 and 2 more not measured: "
        "the reference and the hypothesis tell no times of speakers"
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"collar": 0.0, "skip_overlap": False}, ": collar 0 s, overlap scored"),
        ({"some_thing": 3}, ": some thing 3"),
        ({}, ""),
    ],
)
def test_conventions_are_stated(options: dict, words: str) -> None:
    title = "Speakers (DER in seconds, JER in speakers)"
    assert convention("speakers", options) == f"{title}{words}"


# Two systems


def compared(first: list[Rate], second: list[Rate], name: str = "wer") -> Comparison:
    one, two = (
        Evaluation(tuple(scored(f"r{n}", **{name: rate}) for n, rate in enumerate(rates)))
        for rates in (first, second)
    )
    return Comparison(("small", "large"), one, two)


def printed(comparison: Comparison, layout: str = "table") -> str:
    return comparison_report(comparison, OPTIONS, ({"size": 1}, {"size": 2})).printed(layout)


def test_a_clear_difference_has_a_winner() -> None:
    shown = printed(compared([Rate(4, 10)] * 12, [Rate(1, 10)] * 12))
    lines = shown.splitlines()
    assert lines[0] == "small against large"
    assert re.split(r" {2,}", lines[2].strip()) == [
        "WER %",
        "40.00",
        "10.00",
        "-30.00 points",
        "-30.00 to -30.00",
        "large is better",
    ]
    assert "  r0         40.00 | 10.00" in lines
    assert "rough" not in shown
    assert "Words: normalizer whisper-english" in lines
    assert "collar" not in shown, "speakers were not measured"


def test_the_other_one_may_win() -> None:
    assert "small is better" in printed(compared([Rate(1, 10)] * 10, [Rate(4, 10)] * 10))


def test_a_difference_that_may_be_luck_is_open() -> None:
    shown = printed(compared([Rate(4, 10), Rate(1, 10)] * 5, [Rate(1, 10), Rate(3, 10)] * 5))
    assert "open: zero is inside" in shown
    assert "rough" not in shown


def test_few_recordings_have_a_rough_interval_and_no_verdict() -> None:
    comparison = compared([Rate(n, 10) for n in (4, 6, 5)], [Rate(n, 10) for n in (3, 4, 4)])
    shown = printed(comparison)
    assert re.search(r"points  -20\.00 to -10\.00 \(rough\)  too few recordings\n", shown)
    assert "Intervals from fewer than 10 recordings are rough and decide nothing" in shown
    assert json.loads(printed(comparison, "json"))["differences"]["wer"]["significant"] is None


def test_a_recording_that_failed_for_one_counts_for_neither() -> None:
    comparison = compared([Rate(n, 100) for n in (10, 10, 90)], [Rate(12, 100)] * 2)
    lines = printed(comparison).splitlines()
    assert lines[2].split()[:4] == ["WER", "%", "10.00", "12.00"]
    assert "Left out of WER: 1 recording that only one system has" in lines
    wer = json.loads(printed(comparison, "json"))["differences"]["wer"]
    assert wer["value"] == pytest.approx(0.02)
    assert (wer["recordings"], wer["left_out"]) == (2, 1)
    assert [total["errors"] for total in wer["totals"]] == [20, 24]


def test_nothing_is_said_of_recordings_where_none_is_left_out() -> None:
    comparison = compared([Rate(1, 10)] * 2, [Rate(1, 10)] * 2)
    assert "Left out" not in printed(comparison)
    assert json.loads(printed(comparison, "json"))["differences"]["wer"]["left_out"] == 0


def test_one_recording_decides_nothing() -> None:
    comparison = compared([Rate(4, 10)], [Rate(1, 10)])
    assert re.search(r"-30\.00 points +- +too few recordings\n", printed(comparison))
    assert json.loads(printed(comparison, "json"))["differences"]["wer"]["significant"] is None


def test_one_run_each_decides_nothing_about_speed() -> None:
    comparison = compared([Rate(4, 10)] * 12, [Rate(1, 10)] * 12, "rtf")
    assert re.search(r"RTF +0\.400 +0\.100 +-0\.300 +- +one run each\n", printed(comparison))


def test_times_are_compared_by_their_median() -> None:
    early, late = [Deviations((0.02, 0.03))] * 12, [Deviations((0.04, 0.05))] * 12
    shown = printed(compared(early, late, "word_start"))
    assert re.search(r"word start median ms +25\.0 +45\.0 +\+20\.0 ms +\+", shown)


def test_what_both_lack_is_remarked_once_and_what_one_lacks_by_its_name() -> None:
    both = {"gone": "there is no sound for it"}
    comparison = Comparison(
        ("small", "large"),
        Evaluation(failed=both),
        Evaluation(failed={**both, "late": "out of memory"}),
    )
    lines = printed(comparison).splitlines()
    assert lines[-2:] == [
        "large: Not scored: late: out of memory",
        "Not scored: gone: there is no sound for it",
    ]


def test_the_comparison_as_json_has_both_systems() -> None:
    shown = json.loads(printed(compared([Rate(4, 10)] * 3, [Rate(1, 10)] * 3), "json"))
    assert [(each["name"], each["settings"]) for each in shown["systems"]] == [
        ("small", {"size": 1}),
        ("large", {"size": 2}),
    ]
    assert shown["differences"]["wer"]["value"] == pytest.approx(-0.3)
    assert shown["differences"]["wer"]["recordings"] == 3

"""`asr diarize` with a stranger's backends; second by second, who is loud and who is soft."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

TALK = "tone: soft soft loud silent soft"
RTTM = """\
SPEAKER talk 1 0.000 1.000 <NA> <NA> SPEAKER_00 <NA> <NA>
SPEAKER talk 1 1.000 1.000 <NA> <NA> SPEAKER_00 <NA> <NA>
SPEAKER talk 1 2.000 1.000 <NA> <NA> SPEAKER_01 <NA> <NA>
SPEAKER talk 1 4.000 1.000 <NA> <NA> SPEAKER_00 <NA> <NA>
"""


@pytest.fixture
def talk(record: Callable) -> str:
    return record("talk.wav", TALK)


def speakers(shown: object) -> list[str]:
    """Who speaks, line by line of RTTM."""
    return [line.split()[7] for line in shown.stdout.splitlines()]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# Results


def test_turns_go_to_stdout_as_rttm_and_remarks_to_stderr(asr: Callable, talk: str) -> None:
    shown = asr("diarize", talk)
    assert (shown.exit_code, shown.stdout) == (0, RTTM)
    (line,) = shown.stderr.splitlines()
    assert line.startswith("asr: talk.wav: 5.0 s in ")


def test_quiet_says_nothing_but_turns(asr: Callable, talk: str) -> None:
    shown = asr("diarize", talk, "-q")
    assert (shown.exit_code, shown.stdout, shown.stderr) == (0, RTTM, "")


def test_json_has_turns_and_no_words(asr: Callable, talk: str) -> None:
    shown = asr("diarize", talk, "-f", "json", "-q")
    told = json.loads(shown.stdout)
    assert [turn["speaker"] for turn in told["turns"]] == [
        "SPEAKER_00", "SPEAKER_00", "SPEAKER_01", "SPEAKER_00",
    ]  # fmt: skip
    assert [(turn["start"], turn["end"]) for turn in told["exclusive_turns"]] == [
        (0.0, 2.0),
        (2.0, 3.0),
        (4.0, 5.0),
    ]
    assert (told["segments"], told["word_segments"], told["duration"]) == ([], [], 5.0)
    assert "speaker_embeddings" not in told
    assert "language" not in told


def test_voices_are_told_on_request(asr: Callable, talk: str) -> None:
    shown = asr("diarize", talk, "-f", "json", "-q", "--embeddings")
    voices = json.loads(shown.stdout)["speaker_embeddings"]
    assert voices == {"SPEAKER_00": [0.0, 1.0], "SPEAKER_01": [1.0, 0.0]}


def test_no_embeddings_beats_a_file(asr: Callable, talk: str, workplace: Path) -> None:
    (workplace / "asr.toml").write_text("[diarizer]\nembeddings = true\n", encoding="utf-8")
    call = ["diarize", talk, "-f", "json", "-q"]
    assert "speaker_embeddings" in json.loads(asr(*call).stdout)
    assert "speaker_embeddings" not in json.loads(asr(*call, "--no-embeddings").stdout)


def test_several_recordings_follow_each_other_as_rttm(asr: Callable, record: Callable) -> None:
    shown = asr("diarize", record("a.wav", "tone: loud"), record("b.wav", "tone: soft"), "-q")
    assert [line.split()[1:8:6] for line in shown.stdout.splitlines()] == [
        ["a", "SPEAKER_00"],
        ["b", "SPEAKER_00"],
    ]


def test_recordings_of_one_name_are_told_apart_in_rttm(asr: Callable, record: Callable) -> None:
    names = [record(f"{folder}/x.wav", "tone: loud") for folder in "ab"]
    lines = asr("diarize", *names, "-q").stdout.splitlines()
    assert len({line.split()[1] for line in lines}) == 2


def test_files_are_written_in_every_format(asr: Callable, talk: str, workplace: Path) -> None:
    shown = asr("diarize", talk, "-o", "out", "-f", "rttm,json")
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert files(workplace / "out") == ["talk.json", "talk.rttm"]
    assert (workplace / "out/talk.rttm").read_text(encoding="utf-8") == RTTM
    assert f"asr: wrote {Path('out/talk.rttm')}" in shown.stderr.splitlines()


@pytest.mark.parametrize("form", ["rttm", "json"])
def test_what_it_writes_is_what_eval_reads(
    asr: Callable, talk: str, workplace: Path, form: str
) -> None:
    assert asr("diarize", talk, "-o", "out", "-f", form, "-q").exit_code == 0
    (workplace / "talk.rttm").write_text(RTTM, encoding="utf-8")
    metric = ["-s", "evaluation.metrics=speakers"]
    shown = asr("eval", "talk.rttm", f"out/talk.{form}", "-f", "json", *metric)
    assert shown.exit_code == 0, shown.output
    (scored,) = json.loads(shown.stdout)["recordings"]
    assert scored["name"] == "talk"
    assert scored["measures"]["der"]["rate"] == 0.0
    assert scored["measures"]["der"]["total"] == 4.0


def test_standard_input_is_a_recording(asr: Callable) -> None:
    shown = asr("diarize", "-", "-q")
    assert [line.split()[1] for line in shown.stdout.splitlines()] == ["standard-input"] * 3


def test_silence_has_no_turns_and_is_no_failure(asr: Callable, record: Callable) -> None:
    name = record("a.wav", "tone: silent silent")
    shown = asr("diarize", name, "-q")
    assert (shown.exit_code, shown.stdout, shown.stderr) == (0, "", "")
    assert json.loads(asr("diarize", name, "-q", "-f", "json").stdout)["turns"] == []


# What is known of the speakers


def test_a_number_of_speakers_is_heeded_and_missed_with_a_warning(asr: Callable, talk: str) -> None:
    assert set(speakers(asr("diarize", talk, "--num-speakers", "1"))) == {"SPEAKER_00"}
    shown = asr("diarize", talk, "--min-speakers", "3", "--max-speakers", "4")
    assert (shown.exit_code, shown.stdout) == (0, RTTM)
    assert shown.stderr.startswith(
        "asr: warning: talk.wav: 2 speakers were told apart, though there should be "
        "at least 3 and at most 4\n"
    )


def test_known_speakers_are_named_and_the_others_numbered(
    asr: Callable, talk: str, record: Callable
) -> None:
    record("voices/alice, 2.wav", "tone: loud loud")
    shown = asr("diarize", talk, "--speakers", "alice=voices/alice, 2.wav")
    assert shown.exit_code == 0
    assert speakers(shown) == ["SPEAKER_00", "SPEAKER_00", "alice", "SPEAKER_00"]


@pytest.mark.parametrize("options", [1, 2])
def test_known_speakers_are_given_in_one_option_or_several(
    asr: Callable, talk: str, record: Callable, options: int
) -> None:
    known = [f"alice={record('a.wav', 'tone: loud')}", f"Bob B.={record('b.wav', 'tone: soft')}"]
    given = [",".join(known)] if options == 1 else known
    shown = asr("diarize", talk, *(part for each in given for part in ("--speakers", each)))
    assert speakers(shown) == ["Bob_B.", "Bob_B.", "alice", "Bob_B."]


def test_known_speakers_of_a_file_are_joined_by_those_of_the_call(
    asr: Callable, talk: str, record: Callable, workplace: Path
) -> None:
    record("a.wav", "tone: loud"), record("b.wav", "tone: soft")
    settings = '[diarizer.speakers]\nalice = "a.wav"\nbob = "nowhere.wav"\n'
    (workplace / "asr.toml").write_text(settings, encoding="utf-8")
    shown = asr("diarize", talk, "--speakers", "bob=b.wav")
    assert speakers(shown) == ["bob", "bob", "alice", "bob"]


def test_a_similarity_that_nobody_reaches_names_nobody(
    asr: Callable, talk: str, record: Callable
) -> None:
    known = ["--speakers", f"alice={record('a.wav', 'tone: loud')}"]
    assert "alice" in speakers(asr("diarize", talk, *known, "-s", "diarizer.similarity=1"))
    with_any = asr("diarize", talk, *known, "-s", "diarizer.similarity=-1")
    assert "alice" in speakers(with_any)
    assert asr("diarize", talk, *known, "-s", "diarizer.similarity=2").exit_code == 2


# Failures


def test_one_bad_recording_stops_no_other(asr: Callable, record: Callable, workplace: Path) -> None:
    inputs = [record("a.wav"), record("b.wav", "noise"), "missing.wav", record("c.wav")]
    shown = asr("diarize", *inputs, "-o", "out", "-q")
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert files(workplace / "out") == ["a.rttm", "c.rttm"]
    assert shown.stderr == (
        "asr: error: b.wav: it holds no sound\nasr: error: missing.wav: there is no such file\n"
    )


def test_a_diarizer_that_fails_is_told_with_the_next_step(asr: Callable, talk: str) -> None:
    call = ["diarize", talk, "-s", "diarizer.options.fails_from=1"]
    shown = asr(*call)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr == (
        "asr: error: talk.wav: unexpected RuntimeError while diarizing it: "
        "the diarizer is on fire\nasr: run again with --debug to see where\n"
    )
    assert "Traceback (most recent call last)" in asr(*call, "--debug").stderr


def test_a_writer_that_fails_leaves_nothing_half_written(
    asr: Callable, talk: str, workplace: Path
) -> None:
    shown = asr("diarize", talk, "-f", "clumsy", "-o", "out")
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert "talk.wav: unexpected ValueError while writing it" in shown.stderr
    assert files(workplace / "out") == []


# Wrong calls: refused before any work, with the next step


@pytest.mark.parametrize(
    ("arguments", "message", "advice"),
    [
        (["-f", "txt"], "output.formats: txt holds words", "name rttm or json"),
        (["-f", "rttm,srt", "-o", "out"], "srt holds words", "asr run --diarize"),
        (["-f", "rttm,json"], "rttm, json do not fit on one stdout", "add --output-dir DIR"),
        (["-f", "rtm"], "no format is called rtm", "did you mean rttm?"),
        (["-b", "talkr"], "no diarizer backend is called talkr", "did you mean talker?"),
        (["-b", "deaf"], "diarizer backend deaf is not installed",
         'run: pip install "stranger[deaf]"'),
        (["-b", "talker", "--device", "cuda"], "talker runs on cpu, mps, not on cuda", ""),
        (["--num-speakers", "0"], "speaker counts run from at least 1", ""),
        (["--min-speakers", "3", "--max-speakers", "2"], "not from 3 to 2", ""),
        (["--num-speakers", "2", "--max-speakers", "3"], "num_speakers excludes", "leave one"),
        (["--speakers", "alice"], "--speakers alice: a speaker is given as NAME=FILE",
         "alice=alice.wav,bob=bob.wav"),
        (["--speakers", ""], "a speaker is given as NAME=FILE", "such as --speakers alice"),
        (["--speakers", "=a.wav"], "a speaker is given as NAME=FILE", ""),
        (["--speakers", "alice="], "a speaker is given as NAME=FILE", ""),
        (["--speakers", "alice=no.wav"], "diarizer.speakers.alice: no.wav: there is no such", ""),
        (["--speakers", "alice=silent.wav"], "nobody is heard speaking in silent.wav",
         "ten seconds or more"),
        (["-s", "diarizer.options.able=false", "--num-speakers", "2"],
         "the number of speakers: this diarizer has no use for it", "asr backends lists"),
        (["-s", "diarizer.options.able=false", "--embeddings"],
         "embeddings: this diarizer has no use for it", "asr backends lists the others"),
        (["-s", "diarizer.options.able=false", "--speakers", "alice=talk.wav"],
         "diarizer.speakers: this diarizer tells no voices", "asr backends lists the others"),
        (["-o", "talk.wav"], "is no folder that can be written to", "--output-dir"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_a_wrong_call_is_refused(
    asr: Callable, talk: str, record: Callable, arguments: list[str], message: str, advice: str
) -> None:
    record("silent.wav", "tone: silent")
    shown = asr("diarize", talk, *arguments)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert shown.stderr.startswith("asr: error: ")
    assert message in shown.stderr
    assert advice in shown.stderr


def test_several_recordings_as_json_are_refused(asr: Callable, record: Callable) -> None:
    shown = asr("diarize", record("a.wav"), record("b.wav"), "-f", "json")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "several recordings as json do not fit on one stdout" in shown.stderr


# Settings


@pytest.mark.parametrize(
    ("formats", "written"),
    [
        ('["txt", "srt"]', ["talk.rttm"]),
        ('["txt", "json"]', ["talk.json"]),
        ('["json", "rttm"]', ["talk.json", "talk.rttm"]),
    ],
)
def test_formats_of_a_file_count_as_far_as_they_hold_turns(
    asr: Callable, talk: str, workplace: Path, formats: str, written: list[str]
) -> None:
    settings = f'[output]\nformats = {formats}\ndirectory = "out"\n'
    (workplace / "asr.toml").write_text(settings, encoding="utf-8")
    assert asr("diarize", talk).exit_code == 0
    assert files(workplace / "out") == written


def test_flags_become_settings(asr: Callable, talk: str) -> None:
    shown = asr("diarize", talk, "-b", "talker", "-m", "large", "--device", "mps", "-q")
    assert (shown.exit_code, shown.stdout) == (0, RTTM)


def test_no_diarizer_is_none(asr: Callable, talk: str) -> None:
    assert asr("diarize", talk, "-b", "none").exit_code == 2


def test_a_speaker_named_twice_is_refused(asr: Callable, talk: str) -> None:
    assert asr("diarize", talk, "--speakers", f"a=no.wav,a={talk}").exit_code == 2

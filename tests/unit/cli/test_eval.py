"""`asr eval` with a stranger's backends: what is matched with what, and how it ends."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from asrcore import plugin
from asrcore_cli.commands.eval import names
from asrcore_cli.scoring import folders

WORDS = ("-s", "evaluation.metrics=words")
"""The other metrics' engines take their time to load."""


@pytest.fixture
def write(workplace: Path) -> Callable[..., str]:
    """Make a document."""

    def make(name: str, content: object) -> str:
        path = workplace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8")
        return name

    return make


def truth(text: str, audio: str | None = None) -> dict:
    document = {"segments": [{"start": 0, "end": 3, "text": text}], "duration": 3}
    return document if audio is None else {**document, "truth": {"audio": audio}}


def rates(shown: object) -> dict[str, float]:
    """The word error rates by recording, from the JSON on stdout."""
    document = json.loads(shown.stdout)
    return {each["name"]: each["measures"]["wer"]["rate"] for each in document["recordings"]}


# Documents


def test_two_documents_need_no_common_name(asr: Callable, write: Callable) -> None:
    files = write("said.txt", "the cat sat down"), write("out/heard.txt", "the cat sat town")
    shown = asr("eval", *files, *WORDS)
    assert shown.exit_code == 0
    assert shown.stderr == ""
    rows = [line.split() for line in shown.stdout.splitlines()]
    assert rows[1:3] == [["recording", "WER", "%", "CER", "%"], ["said", "25.00", "6.25"]]
    assert "Words: normalizer whisper-english" in shown.stdout


def test_folders_match_by_recording(asr: Callable, write: Callable) -> None:
    for name in ("a", "b"):
        write(f"truth/{name}.txt", "hello world")
    write("truth/b.flac", "no document")
    write("truth/.hidden.txt", "nothing")
    write("out/a.stm", "a 1 X 0.0 1.0 hello world\n")
    write("out/more.stm", "b 1 X 0.0 1.0 hello\nc 1 X 0.0 1.0 one\n")
    shown = asr("eval", "truth", "out", *WORDS, "-f", "json")
    assert (shown.exit_code, rates(shown)) == (0, {"a": 0, "b": 0.5})
    assert shown.stderr == "asr: note: left out, since there is no reference for it: c\n"
    assert asr("eval", "truth", "out", *WORDS, "-q").stderr == ""


def test_a_recording_without_hypothesis_is_named_and_the_others_scored(
    asr: Callable, write: Callable
) -> None:
    for name in ("truth/a.txt", "truth/b.txt", "out/b.txt"):
        write(name, "one two")
    shown = asr("eval", "truth", "out", *WORDS, "-f", "json")
    assert (shown.exit_code, rates(shown)) == (1, {"b": 0})
    assert json.loads(shown.stdout)["failed"] == {"a": "there is no hypothesis for it"}
    assert "Not scored: a: there is no hypothesis" in asr("eval", "truth", "out", *WORDS).stdout


@pytest.mark.parametrize("side", ["truth", "out"])
def test_a_broken_document_is_named_with_its_line_and_the_others_scored(
    asr: Callable, write: Callable, side: str
) -> None:
    for name in ("truth/a.txt", "truth/b.txt", "out/a.txt", "out/b.txt"):
        write(name, "one two")
    Path(side, "b.txt").unlink()
    write(f"{side}/b.stm", "b 1 X 0.0 1.0 one two\nb 1 X zero 1.0 one two\n")
    shown = asr("eval", "truth", "out", *WORDS, "-f", "json")
    assert (shown.exit_code, rates(shown)) == (1, {"a": 0})
    (why,) = json.loads(shown.stdout)["failed"].values()
    assert str(Path(side, "b.stm")) in why
    assert "line 2" in why


def test_one_broken_document_ends_it(asr: Callable, write: Callable) -> None:
    shown = asr("eval", write("a.json", "{"), write("b.txt", "one"), *WORDS)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr.startswith("asr: error: a.json: ")
    missing = asr("eval", "gone.json", "b.txt", *WORDS)
    assert (missing.exit_code, missing.stderr) == (
        1,
        "asr: error: gone.json: there is no such file\n",
    )


def test_folders_that_share_no_name_are_refused(asr: Callable, write: Callable) -> None:
    for name in "abcdefg":
        write(f"truth/{name}.txt", "one")
    write("out/x.txt", "one")
    shown = asr("eval", "truth", "out", *WORDS)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "truth has a, b, c, d, e and 2 more; out has x" in shown.stderr
    assert "the file's name without its extension" in shown.stderr


def test_two_formats_of_one_recording_are_refused(asr: Callable, write: Callable) -> None:
    write("truth/a.txt", "one")
    write("out/a.txt", "one")
    write("out/a.stm", "a 1 X 0.0 1.0 one\n")
    shown = asr("eval", "truth", "out", *WORDS)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "asr: error: out: a is in a.stm and in a.txt" in shown.stderr
    assert asr("eval", "truth", "out/a.txt", *WORDS).exit_code == 0


def test_a_folder_without_documents_is_refused(asr: Callable, write: Callable) -> None:
    write("truth/a.txt", "one")
    write("out/a.wav", "tone")
    shown = asr("eval", "truth", "out", *WORDS)
    assert shown.exit_code == 2
    assert "out: there is no document in it" in shown.stderr


def test_an_unknown_format_is_refused(asr: Callable, write: Callable) -> None:
    shown = asr("eval", write("a.docx", "one"), write("b.txt", "one"), *WORDS)
    assert shown.exit_code == 2
    assert "a.docx" in shown.stderr
    assert "stm" in shown.stderr


def test_what_no_document_tells_is_explained(asr: Callable, write: Callable) -> None:
    write("a.rttm", "SPEAKER a 1 0.0 1.0 <NA> <NA> X <NA> <NA>\n")
    shown = asr("eval", "a.rttm", write("a.txt", "one"), *WORDS)
    assert shown.exit_code == 1, "nothing was measured"
    assert "WER, CER not measured: the reference tells no text" in shown.stdout


# Sound


def test_a_truth_names_its_sound(asr: Callable, write: Callable, record: Callable) -> None:
    record("data/talk.wav")
    write("data/talk.json", truth("hello word", "talk.wav"))
    shown = asr("eval", "data/talk.json", *WORDS, "-f", "json")
    document = json.loads(shown.stdout)
    assert (shown.exit_code, rates(shown)) == (0, {"talk": 0.5})
    assert document["elapsed"] > 0
    assert document["total"]["rtf"]["total"] == 3.0
    assert document["settings"]["transcriber"]["backend"] == "stranger"
    assert str(Path("data/talk.wav")) in shown.stderr


def test_a_folder_of_truths_one_without_sound_one_with_broken_sound(
    asr: Callable, write: Callable, record: Callable
) -> None:
    record("a.wav")
    record("data/b.wav", "noise")
    write("data/a.json", truth("hello world", "../a.wav"))
    write("data/b.json", truth("hello world", "b.wav"))
    write("data/c.json", truth("hello world"))
    shown = asr("eval", "data", *WORDS, "-f", "json", "-q")
    assert (shown.exit_code, rates(shown)) == (1, {"a": 0})
    failed = json.loads(shown.stdout)["failed"]
    assert failed.keys() == {"b", "c"}
    assert "holds no sound" in failed["b"]
    assert failed["c"] == "there is no sound for it"


def test_one_sound_needs_no_common_name(asr: Callable, write: Callable, record: Callable) -> None:
    reference = write("said.txt", "hello world")
    shown = asr("eval", reference, "--audio", record("a.wav"), *WORDS, "-f", "json")
    assert (shown.exit_code, rates(shown)) == (0, {"said": 0})


def test_sound_matches_by_the_file_name(asr: Callable, write: Callable, record: Callable) -> None:
    write("all.stm", "a 1 X 0.0 1.0 hello world\nb 1 X 0.0 1.0 hello\n")
    sound = [record("wavs/a.wav"), record("other/b.wav"), record("c.wav")]
    write("wavs/a.txt", "notes beside the sound")
    shown = asr("eval", "all.stm", "--audio", "wavs", "--audio", sound[1], *WORDS, "-f", "json")
    assert (shown.exit_code, rates(shown)) == (0, {"a": 0, "b": 1})
    shown = asr("eval", "all.stm", "--audio", "wavs", "--audio", sound[2], *WORDS, "-f", "json")
    assert (shown.exit_code, rates(shown)) == (1, {"a": 0})
    assert "note: left out, since there is no reference for it: c.wav" in shown.stderr
    shown = asr("eval", "all.stm", "--audio", sound[2], *WORDS)
    assert shown.exit_code == 2
    assert "all.stm has a, b; c.wav has c.wav" in shown.stderr


def test_two_sounds_of_one_name_are_refused(
    asr: Callable, write: Callable, record: Callable
) -> None:
    write("all.stm", "a 1 X 0.0 1.0 hello world\nb 1 X 0.0 1.0 hello\n")
    record("wavs/a.wav")
    record("wavs/a.mp3")
    shown = asr("eval", "all.stm", "--audio", "wavs", *WORDS)
    assert shown.exit_code == 2
    assert "a: several files have its sound" in shown.stderr


def test_a_reference_without_sound_or_hypothesis_is_refused(asr: Callable, write: Callable) -> None:
    shown = asr("eval", write("a.txt", "hello"), *WORDS)
    assert shown.exit_code == 2
    assert "a.txt: it names no recording to transcribe" in shown.stderr
    assert "--audio" in shown.stderr


# Options


def test_collar_and_overlap_change_what_counts_and_are_stated(
    asr: Callable, write: Callable
) -> None:
    row = "SPEAKER a 1 {} {} <NA> <NA> {} <NA> <NA>\n"
    write("a.rttm", row.format(0, 10, "X") + row.format(8, 4, "Y"))
    write("b.rttm", row.format(0, 10.2, "P") + row.format(10.2, 1.8, "Q"))
    plain = asr("eval", "a.rttm", "b.rttm")
    assert "collar 0 s, overlap scored" in plain.stdout
    lenient = asr("eval", "a.rttm", "b.rttm", "--collar", 0.5, "--skip-overlap", "-f", "json")
    document = json.loads(lenient.stdout)
    assert document["metrics"]["speakers"] == {"collar": 0.5, "skip_overlap": True}
    assert document["total"]["der"]["rate"] == pytest.approx(0)
    assert document["total"]["der"]["total"] == pytest.approx(9)
    assert asr("eval", "a.rttm", "b.rttm", "--collar", "-1").exit_code == 2


def test_the_command_line_scores_overlap_that_the_settings_leave_out(
    asr: Callable, write: Callable
) -> None:
    write("a.rttm", "SPEAKER a 1 0 10 <NA> <NA> X <NA> <NA>\n")
    write("mine.toml", "[evaluation.options.speakers]\nskip_overlap = true\n")
    for options, skipped in (([], True), (["--no-skip-overlap"], False)):
        shown = asr("eval", "a.rttm", "a.rttm", "-c", "mine.toml", "-f", "json", *options)
        assert json.loads(shown.stdout)["metrics"]["speakers"]["skip_overlap"] is skipped


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--collar", 0], "--collar"),
        (["--skip-overlap"], "--skip-overlap"),
        (["--collar", 0.5, "--no-skip-overlap"], "--collar and --no-skip-overlap"),
    ],
)
def test_options_of_speakers_are_refused_where_these_are_not_measured(
    asr: Callable, write: Callable, options: list, named: str
) -> None:
    shown = asr("eval", write("a.txt", "one"), write("b.txt", "one"), *WORDS, *options)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert f"error: {named}: heeded by the metric speakers alone, not configured" in shown.stderr
    assert "--set evaluation.metrics=words,speakers" in shown.stderr


def test_pictures_are_drawn_and_named(asr: Callable, write: Callable) -> None:
    write("a.json", truth("hello"))
    shown = asr("eval", "a.json", "a.json", *WORDS, "--plot", "plots/new")
    assert shown.exit_code == 0
    drawn = sorted(Path("plots/new").iterdir())
    assert drawn == [Path("plots/new", name) for name in ("errors.png", "timeline-a.png")]
    assert shown.stderr.splitlines() == [f"asr: wrote {path}" for path in drawn]


def test_a_place_that_takes_no_pictures_is_refused_before_the_work(
    asr: Callable, write: Callable, record: Callable
) -> None:
    record("talk.wav")
    write("talk.json", truth("hello", "talk.wav"))
    shown = asr("eval", "talk.json", *WORDS, "--plot", "talk.wav/plots")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "talk.wav is no folder that can be written to" in shown.stderr
    assert "3.0 s" not in shown.stderr, "it was transcribed for nothing"


@pytest.mark.parametrize(("module", "options"), [("jiwer", []), ("matplotlib", ["--plot", "p"])])
def test_without_the_extra_the_command_to_get_it_is_shown(
    asr: Callable,
    write: Callable,
    record: Callable,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    options: list[str],
) -> None:
    found = plugin.find_spec
    monkeypatch.setattr(plugin, "find_spec", lambda name: None if name == module else found(name))
    record("talk.wav")
    write("talk.json", truth("hello", "talk.wav"))
    shown = asr("eval", "talk.json", *options)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert f"not installed: {module}" in shown.stderr
    assert "run: pip install 'asrcore[eval]'" in shown.stderr
    assert "talk.wav: 3.0 s" not in shown.stderr, "it was transcribed for nothing"


def test_results_are_markdown_on_demand(asr: Callable, write: Callable) -> None:
    shown = asr("eval", write("a_b.txt", "one"), write("c.txt", "one"), *WORDS, "-f", "markdown")
    assert "| a\\_b | 0.00 | 0.00 |" in shown.stdout.splitlines()


def test_a_pipe_gets_the_whole_table(process: Callable, write: Callable) -> None:
    name = "a-name-" + 100 * "x"
    files = write(f"{name}.txt", "one"), write("b.txt", "one")
    done: subprocess.CompletedProcess = process("eval", *files, *WORDS)
    assert done.returncode == 0
    assert f"  {name}   0.00   0.00" in done.stdout.splitlines()
    assert "\x1b" not in done.stdout + done.stderr


# Two systems


@pytest.fixture
def two_systems(write: Callable, record: Callable) -> tuple[str, str]:
    for name in ("a", "b"):
        record(f"data/{name}.wav")
        write(f"data/{name}.json", truth("hello world", f"{name}.wav"))
    setting = '[transcriber]\nbackend = "stranger"\noptions = {{ text = "{}" }}\n'
    return (
        write("good.toml", setting.format("hello world")),
        write("bad.toml", setting.format("hello there")),
    )


@pytest.fixture
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The backend comes from the files that are compared, so options fit it."""
    monkeypatch.delenv("ASRCORE_TRANSCRIBER__BACKEND")


@pytest.mark.usefixtures("no_environment")
def test_two_files_side_by_side(asr: Callable, two_systems: tuple[str, str]) -> None:
    shown = asr("eval", "data", "--compare", *two_systems, *WORDS, "-f", "json", "--plot", "plots")
    assert shown.exit_code == 0
    document = json.loads(shown.stdout)
    assert [each["name"] for each in document["systems"]] == ["good", "bad"]
    assert [each["total"]["wer"]["rate"] for each in document["systems"]] == [0, 0.5]
    wer = document["differences"]["wer"]
    assert [total["errors"] for total in wer.pop("totals")] == [0, 2]
    assert wer == {
        "value": 0.5,
        "low": 0.5,
        "high": 0.5,
        "recordings": 2,
        "left_out": 0,
        "significant": None,
    }
    assert document["differences"]["rtf"]["significant"] is None
    assert {path.parent.name for path in Path("plots").rglob("*.png")} == {"good", "bad"}


@pytest.mark.usefixtures("no_environment")
def test_two_profiles_side_by_side(
    asr: Callable, write: Callable, two_systems: tuple[str, str]
) -> None:
    del two_systems
    profile = '[profiles.{0}.transcriber]\nbackend = "stranger"\noptions.text = "{0} hello"\n'
    write("mine.toml", profile.format("first") + profile.format("second"))
    shown = asr("eval", "data", "-c", "mine.toml", "--compare", "first", "second", *WORDS)
    assert shown.exit_code == 0
    assert shown.stdout.startswith("first against second\n")
    assert "transcribing with second" in shown.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["good.toml", "bad.toml", "-c", "good.toml"], "takes the place of --config"),
        (["offline", "bad.toml", "-p", "offline"], "takes the place of --profile"),
        (["good.toml", "gone.toml"], "gone.toml: cannot be read"),
        (["good.toml", "gone"], "no profile is called gone"),
        (["good.toml", "strict.toml"], "good and strict are measured differently"),
    ],
)
@pytest.mark.usefixtures("two_systems", "no_environment")
def test_systems_that_cannot_be_compared(
    asr: Callable, write: Callable, arguments: list[str], message: str
) -> None:
    write("strict.toml", '[evaluation.options.words]\nnormalizer = "none"\n')
    shown = asr("eval", "data", "--compare", *arguments)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert message in shown.stderr


@pytest.mark.parametrize("option", [["--audio", "a.wav"], ["--compare", "a", "b"]])
def test_a_hypothesis_is_not_transcribed(asr: Callable, option: list[str]) -> None:
    shown = asr("eval", "a.txt", "b.txt", *option)
    assert shown.exit_code == 2
    assert f"HYPOTHESIS b.txt and {option[0]} exclude each other" in shown.stderr


@pytest.mark.parametrize(
    ("given", "called"),
    [
        (("a.toml", "x/b.toml"), ("a", "b")),
        (("x/a.toml", "y/a.toml"), ("x/a.toml", "y/a.toml")),
        (("a", "a"), ("a (1)", "a (2)")),
    ],
)
def test_systems_have_different_names(given: tuple[str, str], called: tuple[str, str]) -> None:
    assert names(*given) == called


@pytest.mark.parametrize(
    ("systems", "called"),
    [
        (("small", "x/large"), ["small", "x-large"]),
        (("x/a.toml", "x a.toml"), ["x-a.toml-1", "x-a.toml-2"]),
        (("Fast", "fast"), ["Fast-1", "fast-2"]),
    ],
)
def test_pictures_of_two_systems_never_share_a_folder(
    systems: tuple[str, str], called: list[str]
) -> None:
    assert folders(*systems) == called

"""`asr run` as people type it: real engines, real recordings, exit statuses, files."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import jiwer
import numpy as np
import pytest

from asrcore import Engine, TimeSpan, Waveform
from asrcore.domain.audio import SAMPLE_RATE

pytestmark = pytest.mark.integration

ASR = [sys.executable, "-m", "asrcore_cli"]


@pytest.fixture
def asr(tmp_path):
    """Run the command in an empty folder, with an empty home."""

    def run(*words, status=0, stdin=None, **environ):
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ASRCORE_")}
        home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
        done = subprocess.run(
            [*ASR, *map(str, words)],
            cwd=tmp_path,
            env=kept | home | environ,
            capture_output=True,
            stdin=stdin,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


def test_a_president_is_understood_offline(asr, jfk, normalize):
    done = asr("run", "--backend", "pocketsphinx", "--format", "json", "--quiet", jfk.path)
    document = json.loads(done.stdout)
    heard = normalize(" ".join(segment["text"] for segment in document["segments"]))
    rate = jiwer.wer(normalize(jfk.text), heard)
    print(f"WER on jfk.flac: {rate:.3f}; first word at {document['word_segments'][0]['start']} s")
    assert rate <= 0.25
    assert len(document["word_segments"]) == len(heard.split())
    assert all(
        {"word", "start", "end", "score"} <= word.keys() for word in document["word_segments"]
    )
    assert 0.2 <= document["word_segments"][0]["start"] <= 0.6


def test_the_offline_profile_needs_no_network_and_prints_text(asr, jfk):
    done = asr("run", "--profile", "offline", jfk.path)
    assert "what your country can do for you" in done.stdout
    assert "asr:" not in done.stdout
    assert "jfk.flac: 11.0 s in" in done.stderr


def test_a_meeting_is_transcribed_in_every_format(asr, nano_whisper, meeting, normalize, tmp_path):
    done = asr(
        *("run", meeting.path, "--model", nano_whisper, "--batch-size", "2"),
        *("--output-dir", "out", "--format", "txt,srt,vtt,tsv,json"),
    )
    assert done.stdout == ""
    out = tmp_path / "out"
    assert sorted(path.suffix for path in out.iterdir()) == [
        ".json",
        ".srt",
        ".tsv",
        ".txt",
        ".vtt",
    ]
    text = normalize((out / meeting.path.with_suffix(".txt").name).read_text())
    rate = jiwer.wer(normalize(meeting.text), text)
    print(f"WER on the meeting: {100 * rate:.1f} %")
    assert rate <= 0.06


def test_words_of_a_meeting_are_timed_where_they_are_spoken(nano_whisper, meeting):
    """Segments of Whisper begin where the truth's sentences begin, all along the recording."""
    sentences = meeting.truth["segments"]
    starts = np.array([word["start"] for each in sentences for word in each["words"]])
    options = {"model": str(nano_whisper)}
    with Engine({"transcriber": {"backend": "faster-whisper", "options": options}}) as engine:
        transcript = engine.transcribe(meeting.path)
    begun = np.array([segment.span.start for segment in transcript.segments])
    errors = np.abs(begun[:, None] - starts).min(axis=1)
    print(f"segment starts off the nearest word start: median {np.median(errors):.3f} s")
    assert np.median(errors) < 0.1
    assert transcript.segments[-1].span.end > 0.95 * sentences[-1]["end"]


def test_standard_input_is_transcribed(asr, jfk):
    with jfk.path.open("rb") as sound:
        done = asr("run", "--profile", "offline", "-", stdin=sound)
    assert "country" in done.stdout


class TestBadInputs:
    """Each gets its message and status 1, and the good recording beside it is done."""

    @pytest.fixture
    def mixed(self, asr, jfk, tmp_path):
        def run(bad, *more):
            good = tmp_path / "good.flac"
            shutil.copy(jfk.path, good)
            done = asr("run", "-p", "offline", "-o", "out", bad, *more, "good.flac", status=1)
            assert "country" in (tmp_path / "out" / "good.txt").read_text()
            return done.stderr

        return run

    def test_missing(self, mixed):
        said = mixed("nowhere.wav")
        assert "nowhere.wav" in said
        assert "no such file" in said.lower()

    def test_empty(self, mixed, tmp_path):
        (tmp_path / "empty.wav").touch()
        said = mixed("empty.wav")
        assert "empty.wav" in said
        assert "empty" in said.partition("empty.wav")[2]

    def test_a_text_file(self, mixed, tmp_path):
        (tmp_path / "notes.mp3").write_text("not music\n" * 100)
        assert "notes.mp3" in mixed("notes.mp3")

    def test_no_audio_track(self, mixed, tmp_path):
        silent_film(tmp_path / "film.mp4")
        said = mixed("film.mp4")
        assert "film.mp4" in said
        assert "no audio" in said.lower()

    def test_a_directory(self, mixed, tmp_path):
        (tmp_path / "folder").mkdir()
        said = mixed("folder")
        assert "folder" in said
        assert "director" in said or "folder is a folder" in said

    @pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX's")
    def test_unreadable(self, mixed, tmp_path):
        secret = tmp_path / "secret.wav"
        secret.write_bytes(b"RIFF")
        secret.chmod(0)
        if os.access(secret, os.R_OK):  # root reads every file but such as this one
            secret = Path("/proc/self/mem")
        said = mixed(secret)
        assert str(secret) in said
        assert "cannot be read" in said or "no permission" in said


def test_a_truncated_file_gives_what_it_holds_and_a_warning(asr, jfk, tmp_path):
    whole = jfk.path.read_bytes()
    (tmp_path / "half.flac").write_bytes(whole[: len(whole) // 2])
    done = asr("run", "-p", "offline", "half.flac")
    assert "fellow" in done.stdout
    assert "warning: half.flac" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--backend", "faster-wisper"], ["faster-wisper", "did you mean faster-whisper?"]),
        (["--set", "transcriber.options.modle=x"], ["transcriber.options.modle", "mean model?"]),
        (["--set", "transcriber.bakend=x"], ["transcriber.bakend", "did you mean backend?"]),
        (["--format", "doc"], ["doc", "txt"]),
        (["--profile", "ofline"], ["ofline", "did you mean offline?"]),
        (["--config", "nowhere.toml"], ["nowhere.toml", "asr config init"]),
        (["-p", "offline", "--language", "de"], ["language", "en", "de"]),
        (["-p", "offline", "--device", "cuda"], ["pocketsphinx", "cpu", "cuda"]),
        (["-p", "offline", "--task", "translate"], ["task", "translate"]),
        (["-p", "offline", "--set", "transcriber.prompt=Hi"], ["prompt"]),
        (["--model", "./nowhere"], ["./nowhere"]),
        (["--model", "smal"], ["smal", "small"]),
        (["--batch-size", "0"], ["batch_size", "0"]),
    ],
)
def test_wrong_settings_end_the_run_before_it_begins(asr, jfk, words, said):
    done = asr("run", jfk.path, *words, status=2)
    assert done.stdout == ""
    assert all(part in done.stderr for part in said), done.stderr


def test_no_model_to_be_had_leads_to_the_offline_engine(asr, jfk):
    done = asr("run", jfk.path, status=2, HF_HUB_OFFLINE="1")
    assert "small" in done.stderr
    assert "--profile offline" in done.stderr


def test_a_missing_engine_leads_to_its_install_command(asr, jfk, tmp_path):
    """The same command where PocketSphinx is not installed: its import is hidden."""
    hide = tmp_path / "hide"
    hide.mkdir()
    (hide / "sitecustomize.py").write_text(
        "import sys\n"
        "class Hide:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'pocketsphinx':\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Hide())\n"
    )
    done = asr("run", "-p", "offline", jfk.path, status=2, PYTHONPATH=str(hide))
    assert "pip install 'asrcore[offline]'" in done.stderr
    listed = asr("backends", PYTHONPATH=str(hide)).stdout
    assert "missing" in listed
    assert "pip install 'asrcore[offline]'" in listed


def test_swapping_the_backend_in_the_file_swaps_the_engine_and_nothing_else(
    asr, nano_whisper, clips, normalize, tmp_path
):
    """A sentence that both engines know; all the rest of the file stays as it is."""
    clip = clips[2]
    user = tmp_path / "config" / "asrcore"
    user.mkdir(parents=True)
    (user / "asr.toml").write_text(f'[transcriber.options]\nmodel = "{nano_whisper}"\n')
    documents = {}
    for backend in ("faster-whisper", "pocketsphinx"):
        (tmp_path / "asr.toml").write_text(
            f'[transcriber]\nbackend = "{backend}"\nlanguage = "en"\n'
            '[output]\nformats = ["json"]\n[chunking]\nmax_duration = 20.0\n'
        )
        documents[backend] = json.loads(asr("run", "-q", clip.path).stdout)
    whisper, sphinx = documents["faster-whisper"], documents["pocketsphinx"]
    assert whisper.keys() == sphinx.keys()
    assert whisper["duration"] == sphinx["duration"]
    heard = [
        normalize(" ".join(segment["text"] for segment in each["segments"]))
        for each in (whisper, sphinx)
    ]
    assert heard == [normalize(clip.text)] * 2
    assert "avg_logprob" in whisper["segments"][0]
    assert "avg_logprob" not in sphinx["segments"][0]


@pytest.fixture(scope="module")
def engine():
    with Engine({"transcriber": {"backend": "pocketsphinx"}}) as engine:
        yield engine


class TestLibrary:
    """The same from Python."""

    def test_a_path_an_array_and_a_file_object_are_the_same(self, engine, jfk):
        from_path = engine.transcribe(jfk.path)
        from_array = engine.transcribe(jfk.samples)
        with jfk.path.open("rb") as file:
            from_file = engine.transcribe(file)
            assert not file.closed
        assert from_path.segments == from_array.segments == from_file.segments

    def test_another_rate_is_resampled(self, engine, jfk):
        doubled = np.repeat(jfk.samples, 2)
        transcript = engine.transcribe(Waveform(doubled, 2 * SAMPLE_RATE))
        assert transcript.duration == pytest.approx(11.0, abs=0.01)
        assert "country" in transcript.text

    def test_own_segments_are_transcribed_one_by_one(self, engine, jfk):
        spans = [TimeSpan(0.0, 3.0), TimeSpan(7.9, 11.0)]
        transcript = engine.transcribe(jfk.path, speech=spans)
        times = [word.span for word in transcript.words]
        assert all(any(span & time == time for span in spans) for time in times)
        assert "what you can do" in transcript.text

    def test_two_threads_get_what_one_gets(self, engine, jfk, clips):
        from concurrent.futures import ThreadPoolExecutor

        paths = [clips[1].path, clips[2].path]
        alone = [engine.transcribe(path).segments for path in paths]
        with ThreadPoolExecutor(2) as pool:
            together = list(pool.map(lambda path: engine.transcribe(path).segments, paths))
        assert together == alone


def silent_film(path: Path) -> None:
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())

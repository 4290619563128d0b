"""Real files of many kinds, sound and damaged, made here with PyAV."""

import gzip
import io
import os
import random
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from av.stream import Disposition

from asrcore.domain.audio import SAMPLE_RATE, Audio, Waveform
from asrcore.domain.recording import Recording
from asrcore.errors import AudioDecodeError, InputError, InputNotFoundError
from asrcore.plugin import Options, Placement
from asrcore.testing import AudioSourceContract, PluginContract
from asrcore.testing.audio_source import decode, level_of, sine, write_wav
from asrcore_adapters.pyav import PLUGIN

pytestmark = pytest.mark.integration

JFK = Path(__file__).parents[2] / "examples" / "jfk.flac"

KINDS = {
    "s16.wav": ("pcm_s16le", {}),
    "u8.wav": ("pcm_u8", {}),
    "s24.wav": ("pcm_s24le", {}),
    "s32.wav": ("pcm_s32le", {}),
    "f32.wav": ("pcm_f32le", {}),
    "f64.wav": ("pcm_f64le", {}),
    "adpcm.wav": ("adpcm_ima_wav", {}),
    "x.flac": ("flac", {}),
    "x.mp3": ("libmp3lame", {}),
    "x.m4a": ("aac", {}),
    "lossless.m4a": ("alac", {}),
    "faststart.m4a": ("aac", {"movflags": "faststart"}),
    "x.aac": ("aac", {}),
    "x.ogg": ("libopus", {}),
    "x.webm": ("libopus", {}),
    "x.mka": ("aac", {}),
    "x.aiff": ("pcm_s16be", {}),
    "x.caf": ("pcm_s16le", {}),
    "x.ac3": ("ac3", {}),
    "x.ts": ("aac", {}),
}


@pytest.fixture
def audio_source():
    return PLUGIN.build(Options(), Placement())


class TestPyavContract(AudioSourceContract):
    @pytest.fixture
    def audio_source(self):
        return PLUGIN.build(Options(), Placement())


class TestPyavPlugin(PluginContract):
    @pytest.fixture
    def plugin(self):
        return PLUGIN

    @pytest.fixture
    def reference(self):
        return "asrcore_adapters.pyav:PLUGIN"


class Pipe:
    """Binary, and no way back."""

    def __init__(self, content=b""):
        self.content = bytearray(content)

    def read(self, size=-1):
        size = len(self.content) if size < 0 else size
        part = bytes(self.content[:size])
        del self.content[:size]
        return part

    def write(self, part):
        self.content += part
        return len(part)


def frames(channels, rate, layout):
    for start in range(0, channels.shape[1], 8192):
        packed = np.ascontiguousarray(channels[:, start : start + 8192].T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, "flt", layout)
        frame.sample_rate = rate
        yield frame


def add_track(container, codec, rate, layout="stereo", **options):
    track = container.add_stream(codec, rate=rate, layout=layout, options=options)
    track.time_base = Fraction(1, rate)
    return track


def fill(container, track, channels, rate, layout="stereo"):
    for frame in frames(channels, rate, layout):
        container.mux(track.encode(frame))
    container.mux(track.encode(None))


def encoded(name, channels=None, rate=48_000, layout=None, codec=None, muxer=None, **options):
    """The bytes of a file of one of the `KINDS`; 2.5 seconds of 440 Hz unless told otherwise."""
    channels = np.tile(sine(rate), (2, 1)) if channels is None else channels
    layout = layout or ("mono" if len(channels) == 1 else "stereo")
    kind, muxer_options = KINDS.get(name, (codec, {}))
    form = {"m4a": "ipod", "mka": "matroska", "aac": "adts", "ts": "mpegts"}
    suffix = name.rpartition(".")[2]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sound")  # by its name: `faststart` reads again what it wrote
        muxer = muxer or muxer_options
        with av.open(path, "w", format=form.get(suffix, suffix), options=muxer) as container:
            track = add_track(container, codec or kind, rate, layout, **options)
            fill(container, track, channels, rate, layout)
        return path.read_bytes()


def wav(channels, rate):
    file = io.BytesIO()
    write_wav(file, np.atleast_2d(channels), rate)
    return file.getvalue()


def film(name, video, audio, late=0.0):
    """Two seconds of grey picture and of a tone that starts `late`."""
    file = io.BytesIO()
    with av.open(file, "w", format=name.rpartition(".")[2]) as container:
        pictures = container.add_stream(video, rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 64, "yuv420p"
        track = add_track(container, audio, 48_000) if audio else None
        for _ in range(20):
            grey = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 128, np.uint8), "rgb24")
            container.mux(pictures.encode(grey))
        container.mux(pictures.encode(None))
        if track:
            sound = np.tile(sine(48_000, seconds=2.0), (2, 1))
            for start, frame in zip(count(0, 8192), frames(sound, 48_000, "stereo"), strict=False):
                frame.pts = start + round(late * 48_000)
                frame.time_base = Fraction(1, 48_000)
                container.mux(track.encode(frame))
            container.mux(track.encode(None))
    return file.getvalue()


def paused(muxer, codec, pause, start=0):
    """Two seconds of a tone, nothing for some seconds, and two more of the tone."""
    file = io.BytesIO()
    with av.open(file, "w", format=muxer) as container:
        track = add_track(container, codec, 48_000)
        for place, frame in zip(
            count(0, 8192), frames(long_tone(seconds=4.0), 48_000, "stereo"), strict=False
        ):
            frame.pts = place + (start + (place >= 96_000) * pause) * 48_000
            frame.time_base = Fraction(1, 48_000)
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return file.getvalue()


def noise(size):
    return random.Random(0).randbytes(size)


def spoilt(content, at, size):
    """The file with noise over some of its bytes."""
    start = round(len(content) * at)
    return content[:start] + noise(size) + content[start + size :]


def long_tone(rate=48_000, seconds=20.0):
    return np.tile(sine(rate, seconds=seconds), (2, 1))


def two_tones(rate=48_000):
    """Twelve seconds of 440 Hz, then eight of 1 kHz."""
    both = np.concatenate([sine(rate, seconds=12.0), sine(rate, seconds=8.0, frequency=1000.0)])
    return np.tile(both, (2, 1))


def read(audio_source, content):
    return decode(audio_source, io.BytesIO(content))


class TestKinds:
    @pytest.mark.parametrize("name", KINDS)
    def test_every_kind_of_file_gives_the_tone_that_was_put_in(self, audio_source, tmp_path, name):
        path = tmp_path / name
        path.write_bytes(encoded(name))
        samples, warnings = decode(audio_source, path)
        # AAC and AC-3 come in packets of up to 32 ms, and say less well where they end.
        slack = 0.04 if KINDS[name][0] in {"aac", "ac3", "adpcm_ima_wav"} else 0.001
        assert len(samples) / SAMPLE_RATE == pytest.approx(2.5, abs=slack)
        assert level_of(samples) == pytest.approx(0.5, rel=0.05)
        assert warnings == []

    def test_the_example_is_as_long_as_it_is_known_to_be(self, audio_source):
        samples, warnings = decode(audio_source, JFK)
        assert len(samples) == 11 * SAMPLE_RATE
        assert warnings == []

    @pytest.mark.parametrize(
        ("name", "video", "audio"),
        [
            ("x.mp4", "mpeg4", "aac"),
            ("x.matroska", "mpeg4", "libopus"),
            ("x.webm", "vp8", "libopus"),
        ],
    )
    def test_films_give_their_sound(self, audio_source, name, video, audio):
        samples, warnings = read(audio_source, film(name, video, audio))
        assert len(samples) / SAMPLE_RATE == pytest.approx(2.0, abs=0.05)
        assert level_of(samples) == pytest.approx(0.5, rel=0.05)
        assert warnings == []

    def test_of_several_tracks_the_default_one_is_taken(self, audio_source):
        file = io.BytesIO()
        with av.open(file, "w", format="matroska") as container:
            other, default = (add_track(container, "pcm_s16le", 48_000) for _ in range(2))
            other.disposition = Disposition(0)
            default.disposition = Disposition.default
            fill(container, other, np.tile(sine(48_000, frequency=3000.0), (2, 1)), 48_000)
            fill(container, default, np.tile(sine(48_000), (2, 1)), 48_000)
        samples, _ = read(audio_source, file.getvalue())
        assert level_of(samples) == pytest.approx(0.5, rel=0.05)
        assert level_of(samples, 3000.0) < 0.001

    @pytest.mark.parametrize(
        ("muxer", "codec"), [("mp3", "libmp3lame"), ("mp4", "aac"), ("flac", "flac")]
    )
    def test_cover_art_and_chapters_do_not_confuse_it(self, audio_source, muxer, codec):
        file = io.BytesIO()
        with av.open(file, "w", format=muxer) as container:
            track = add_track(container, codec, 48_000)
            cover = container.add_stream("png", rate=1)
            cover.width, cover.height, cover.pix_fmt = 600, 600, "rgb24"
            cover.disposition = Disposition.attached_pic
            container.set_chapters(
                [{"id": 1, "start": 0, "end": 1000, "time_base": Fraction(1, 1000), "metadata": {}}]
            )
            art = np.random.default_rng(0).integers(0, 255, (600, 600, 3), np.uint8)
            container.mux(cover.encode(av.VideoFrame.from_ndarray(art, "rgb24")))
            container.mux(cover.encode(None))
            fill(container, track, np.tile(sine(48_000), (2, 1)), 48_000)
        samples, warnings = read(audio_source, file.getvalue())
        assert len(samples) / SAMPLE_RATE == pytest.approx(2.5, abs=0.05)
        assert level_of(samples) == pytest.approx(0.5, rel=0.05)
        assert warnings == []

    def test_tags_may_be_in_any_encoding(self, audio_source):
        file = io.BytesIO()
        with av.open(file, "w", format="mp4") as container:
            container.metadata["title"] = "Title"
            fill(container, add_track(container, "aac", 48_000), long_tone(seconds=2.5), 48_000)
        samples, _ = read(audio_source, file.getvalue().replace(b"Title", b"T\xff\xfetl"))
        assert level_of(samples) == pytest.approx(0.5, rel=0.05)

    def test_rate_and_channels_may_change_on_the_way(self, audio_source):
        mono = encoded("x.aac", sine(32_000)[np.newaxis], rate=32_000)
        samples, _ = read(audio_source, mono + encoded("x.aac"))
        assert len(samples) / SAMPLE_RATE == pytest.approx(5.0, abs=0.1)
        for half in np.array_split(samples, 2):
            assert level_of(half) == pytest.approx(0.5, rel=0.05)

    def test_audio_is_passed_through(self, audio_source):
        samples, _ = decode(audio_source, Audio(sine(SAMPLE_RATE)))
        np.testing.assert_array_equal(samples, sine(SAMPLE_RATE))


class TestResampling:
    @pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
    def test_what_16_khz_can_hold_stays_and_the_rest_goes(self, audio_source, rate):
        kept, _ = read(audio_source, wav(sine(rate, frequency=7000.0), rate))
        assert level_of(kept, 7000.0) == pytest.approx(0.5, rel=0.02)
        gone, _ = read(audio_source, wav(sine(rate, frequency=10_000.0), rate))
        assert np.abs(gone[1600:-1600]).max() < 0.5 / 1000  # 60 dB

    @pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000])
    @pytest.mark.parametrize("length", [2_999, 44_100, 100_001])
    def test_no_sample_is_lost_at_the_end(self, audio_source, rate, length):
        samples, _ = read(audio_source, wav(np.full(length, 0.5, np.float32), rate))
        assert len(samples) == pytest.approx(length * SAMPLE_RATE / rate, abs=2)

    def test_a_click_stays_where_it_is(self, audio_source):
        click = np.zeros(88_200, np.float32)
        click[44_100] = 1.0
        samples, _ = read(audio_source, wav(click, 44_100))
        assert np.argmax(samples) == SAMPLE_RATE

    def test_16_khz_samples_are_not_touched(self, audio_source):
        tone = sine(SAMPLE_RATE)
        samples, _ = read(audio_source, wav(tone, SAMPLE_RATE))
        np.testing.assert_array_equal(samples, (tone * 32767).round() / np.float32(32768))

    def test_blocks_are_of_ten_seconds(self, audio_source):
        recording = Recording.of(Waveform(sine(44_100, seconds=35.0), 44_100))
        blocks = list(audio_source.blocks(recording, pytest.fail))
        assert [len(block) / SAMPLE_RATE for block in blocks] == [10, 10, 10, 5]


class TestChannels:
    def test_a_sound_in_one_channel_survives_at_half_its_level(self, audio_source):
        samples, _ = read(audio_source, wav(np.stack([sine(44_100), sine(44_100) * 0]), 44_100))
        assert level_of(samples) == pytest.approx(0.25, rel=0.01)

    def test_loud_stereo_does_not_clip(self, audio_source):
        loud = sine(44_100, level=1.0)
        samples, _ = read(audio_source, wav(np.stack([loud, loud]), 44_100))
        assert level_of(samples) == pytest.approx(1.0, rel=0.01)
        assert np.abs(samples[1600:-1600]).max() < 1.01

    @pytest.mark.parametrize(
        ("name", "layout", "channels"),
        [("s16.wav", "5.1", 6), ("x.flac", "5.1", 6), ("x.flac", "7.1", 8), ("x.aac", "7.1", 8)],
    )
    def test_every_channel_of_surround_sound_counts_the_same(
        self, audio_source, name, layout, channels
    ):
        for channel in (2, 3, channels - 1):  # the centre, the deep one, and the last
            planes = np.zeros((channels, 120_000), np.float32)
            planes[channel] = sine(48_000, frequency=60.0)
            samples, _ = read(audio_source, encoded(name, planes, layout=layout))
            assert level_of(samples, 60.0) == pytest.approx(0.5 / channels, rel=0.1)

    @pytest.mark.parametrize("channels", [3, 16, 40])
    def test_microphone_arrays_are_averaged(self, audio_source, channels):
        planes = np.zeros((channels, 40_000), np.float32)
        planes[-1] = sine(SAMPLE_RATE)
        for source in (io.BytesIO(wav(planes, SAMPLE_RATE)), Waveform(planes)):
            samples, _ = decode(audio_source, source)
            assert level_of(samples) == pytest.approx(0.5 / channels, rel=0.01)


class TestTime:
    @pytest.mark.parametrize(("name", "video"), [("x.mp4", "mpeg4"), ("x.matroska", "mpeg4")])
    def test_a_track_that_starts_late_starts_with_silence(self, audio_source, name, video):
        codec = "aac" if name == "x.mp4" else "libopus"
        samples, warnings = read(audio_source, film(name, video, codec, late=1.5))
        assert len(samples) / SAMPLE_RATE == pytest.approx(3.5, abs=0.05)
        assert np.abs(samples[: round(1.4 * SAMPLE_RATE)]).max() == 0
        assert level_of(samples[round(1.5 * SAMPLE_RATE) :]) == pytest.approx(0.5, rel=0.05)
        assert warnings == []

    @pytest.mark.parametrize("pause", [3, 15])
    def test_a_pause_of_the_recorder_stays_silent(self, audio_source, pause):
        content = paused("webm", "libopus", pause)
        samples, warnings = read(audio_source, content)
        assert len(samples) / SAMPLE_RATE == pytest.approx(4.0 + pause, abs=0.05)
        silent = samples[round(2.2 * SAMPLE_RATE) : (2 + pause) * SAMPLE_RATE]
        assert np.abs(silent).max() == 0
        assert level_of(samples[-SAMPLE_RATE:]) == pytest.approx(0.5, rel=0.05)
        assert warnings == [
            f"sound is missing in 1 place, {pause:.1f} s of silence stand for the rest"
        ]

    def test_a_clock_need_not_start_at_zero(self, audio_source):
        samples, warnings = read(audio_source, paused("matroska", "libopus", 0, start=7))
        assert len(samples) / SAMPLE_RATE == pytest.approx(4.0, abs=0.05)
        assert warnings == []

    def test_a_jump_of_a_broadcast_clock_is_no_pause(self, audio_source):
        samples, warnings = read(audio_source, paused("mpegts", "aac", 1000))
        assert len(samples) / SAMPLE_RATE == pytest.approx(4.0, abs=0.05)
        assert warnings == []

    @pytest.mark.parametrize(
        ("name", "size"),
        [("x.ogg", 60_000), ("x.webm", 9_000), ("x.flac", 9_000), ("faststart.m4a", 9_000)],
    )
    def test_after_a_damage_the_times_are_right_again(self, audio_source, name, size):
        content = encoded(name, two_tones())
        samples, warnings = read(audio_source, spoilt(content, 0.3, size))
        assert len(samples) / SAMPLE_RATE == pytest.approx(20.0, abs=0.05)
        around = samples[round(11.5 * SAMPLE_RATE) : round(12.5 * SAMPLE_RATE)]
        low, high = (around[: SAMPLE_RATE // 2], around[SAMPLE_RATE // 2 :])
        spectra = [np.abs(np.fft.rfft(part)).argmax() * 2 for part in (low, high)]
        assert spectra == pytest.approx([440, 1000], abs=4)
        assert len(warnings) == 1
        assert warnings[0].startswith(("damaged in ", "sound is missing in "))


class TestTruncated:
    @pytest.mark.parametrize(
        "name", ["s16.wav", "u8.wav", "f32.wav", "x.flac", "x.mp3", "faststart.m4a", "x.webm"]
    )
    def test_what_is_there_is_kept_and_the_rest_missed(self, audio_source, name):
        content = encoded(name, long_tone())
        samples, warnings = read(audio_source, content[: len(content) * 6 // 10])
        assert len(samples) / SAMPLE_RATE == pytest.approx(12.0, abs=0.5)
        assert level_of(samples) == pytest.approx(0.5, rel=0.05)
        seconds = f"{len(samples) / SAMPLE_RATE:.1f}"
        assert warnings == [
            f"only the first {seconds} s could be decoded: it says that it lasts 20.0 s"
        ]

    def test_a_long_tag_before_the_sound_hides_nothing(self, audio_source):
        tag = b"ID3\x04\0\0" + bytes([0, 0, 5000 >> 7, 5000 & 127]) + bytes(5000)
        content = tag + encoded("x.mp3", long_tone())
        _, (warning,) = read(audio_source, content[: len(content) // 2])
        assert warning.endswith("it says that it lasts 20.0 s")

    def test_an_mp4_without_its_index_is_lost(self, audio_source):
        content = encoded("x.m4a", long_tone())
        with pytest.raises(AudioDecodeError) as caught:
            read(audio_source, content[: len(content) * 6 // 10])
        assert "damaged" in caught.value.message
        assert "copy or download it again" in caught.value.hint

    @pytest.mark.parametrize("name", ["x.mp3", "x.aac", "faststart.m4a"])
    def test_an_end_that_is_damaged_is_left_out(self, audio_source, name):
        content = encoded(name, long_tone())
        samples, warnings = read(audio_source, spoilt(content, 0.5, len(content) // 2))
        assert len(samples) / SAMPLE_RATE == pytest.approx(10.0, abs=0.5)
        (warning,) = warnings
        assert warning.endswith("s could be decoded: the rest is damaged")

    @pytest.mark.parametrize("name", ["x.mp3", "x.aac", "faststart.m4a"])
    def test_damaged_places_are_counted(self, audio_source, name):
        content = encoded(name, long_tone())
        for at in (0.3, 0.6):
            content = spoilt(content, at, 3000)
        samples, warnings = read(audio_source, content)
        assert len(samples) / SAMPLE_RATE == pytest.approx(20.0, abs=1.0)
        (warning,) = warnings
        assert warning.startswith("damaged in 2 places: what could be decoded was kept")

    def test_a_disk_that_fails_on_the_way_leaves_what_was_read(self, audio_source):
        content = encoded("x.flac", long_tone())
        samples, warnings = decode(audio_source, FailingDisk(content, fails_at=len(content) // 2))
        assert 5 < len(samples) / SAMPLE_RATE < 11
        (warning,) = warnings
        assert warning.endswith("could be decoded: the cable is out")

    def test_a_disk_that_fails_at_once_leaves_nothing(self, audio_source):
        with pytest.raises(InputError, match="cannot be read: the cable is out"):
            decode(audio_source, FailingDisk(encoded("x.flac"), fails_at=0))


class FailingDisk(io.BytesIO):
    def __init__(self, content, fails_at):
        super().__init__(content)
        self.fails_at = fails_at

    def read(self, size=-1):
        if size and self.tell() + size > self.fails_at:
            raise OSError(5, "the cable is out")
        return super().read(size)


class TestNoFalseAlarm:
    """FFmpeg guesses a length for all of these, and most guesses are wrong."""

    def test_variable_bit_rate_without_a_header(self, audio_source):
        quiet_then_loud = np.tile(np.random.default_rng(0).normal(0, 0.3, 960_000), (2, 1))
        quiet_then_loud[:, :480_000] = 0
        content = encoded(
            "x.mp3",
            quiet_then_loud.astype(np.float32),
            muxer={"write_xing": "0"},
            flags="+qscale",
            global_quality="472",
        )
        samples, warnings = read(audio_source, content)
        assert len(samples) / SAMPLE_RATE == pytest.approx(20.0, abs=0.1)
        assert warnings == []

    @pytest.mark.parametrize(("codec", "muxer"), [("libopus", "webm"), ("pcm_s16le", "wav")])
    def test_live_recordings_know_no_end(self, audio_source, codec, muxer):
        live = Pipe()
        with av.open(live, "w", format=muxer) as container:
            fill(container, add_track(container, codec, 48_000), long_tone(), 48_000)
        for share, seconds in ((1.0, 20.0), (0.6, 12.0)):
            content = bytes(live.content[: round(len(live.content) * share)])
            samples, warnings = read(audio_source, content)
            assert len(samples) / SAMPLE_RATE == pytest.approx(seconds, abs=0.1)
            assert warnings == []

    def test_a_header_that_does_not_count_frames(self, audio_source):
        content = bytearray(encoded("x.mp3", long_tone()))
        content[content.index(b"Info") + 7] = 0
        _, warnings = read(audio_source, bytes(content[: len(content) // 2]))
        assert warnings == []

    def test_tags_and_padding_at_the_end(self, audio_source):
        content = encoded("x.mp3")
        for tail in (b"TAG" + bytes(125), b"APETAGEX" + noise(500), bytes(5000), content):
            _, warnings = read(audio_source, content + tail)
            assert not any("only" in warning for warning in warnings)
            assert warnings == [] or tail is content

    def test_trimmed_mp4(self, audio_source):
        content = bytearray(encoded("faststart.m4a", long_tone()))
        edit = content.index(b"elst") + 12
        content[edit : edit + 4] = (10_000).to_bytes(4, "big")  # of 20 s, in milliseconds
        samples, warnings = read(audio_source, bytes(content))
        assert len(samples) / SAMPLE_RATE == pytest.approx(10.0, abs=0.1)
        assert warnings == []

    def test_sound_that_ends_before_the_picture(self, audio_source):
        file = io.BytesIO()
        with av.open(file, "w", format="matroska") as container:
            pictures = container.add_stream("mpeg4", rate=1)
            pictures.width, pictures.height, pictures.pix_fmt = 64, 64, "yuv420p"
            track = add_track(container, "pcm_s16le", 48_000)
            for _ in range(10):
                grey = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 128, np.uint8), "rgb24")
                container.mux(pictures.encode(grey))
            container.mux(pictures.encode(None))
            fill(container, track, np.tile(sine(48_000), (2, 1)), 48_000)
        samples, warnings = read(audio_source, file.getvalue())
        assert len(samples) / SAMPLE_RATE == pytest.approx(2.5, abs=0.05)
        assert warnings == []


class TestNotSound:
    def test_nan_and_infinity_become_silence_and_smear_nothing(self, audio_source):
        tone = sine(48_000)
        tone[48_000:48_010] = [np.nan, np.inf, -np.inf, 1e30, -1e30] * 2
        for source in (encoded("f32.wav", tone[np.newaxis]), Waveform(tone, 48_000)):
            opened = io.BytesIO(source) if isinstance(source, bytes) else source
            samples, warnings = decode(audio_source, opened)
            clean = sine(SAMPLE_RATE)
            assert np.isfinite(samples).all()
            away = np.r_[800:15_900, 16_100:39_200]
            np.testing.assert_allclose(samples[away], clean[away], atol=0.001)
            assert warnings == ["10 samples were NaN or out of all range: taken as silence"]

    @pytest.mark.parametrize(
        ("content", "cause"),
        [
            (b"1\n00:00:01,000 --> 00:00:02,000\nHello\n\n" * 3, "no audio track"),
            (noise(10_000), "neither audio nor video"),
            (b"%PDF-1.4 " * 100, "neither audio nor video"),
        ],
    )
    def test_other_files_are_refused(self, audio_source, content, cause):
        with pytest.raises(AudioDecodeError, match=cause) as caught:
            read(audio_source, content)
        assert caught.value.hint

    def test_text_is_no_film_in_ansi_art(self, audio_source, tmp_path):
        (tmp_path / "notes.txt").write_text("What was said.\n" * 99, encoding="utf-8")
        with pytest.raises(AudioDecodeError, match="neither audio nor video"):
            decode(audio_source, tmp_path / "notes.txt")

    def test_silent_films_are_refused(self, audio_source):
        with pytest.raises(AudioDecodeError, match="it has no audio track, only pictures"):
            read(audio_source, film("x.mp4", "mpeg4", None))

    def test_an_unknown_codec_is_named_as_the_cause(self, audio_source):
        content = encoded("x.mka", codec="libopus").replace(b"A_OPUS", b"A_XXXX")
        with pytest.raises(AudioDecodeError, match="format unknown"):
            read(audio_source, content)

    def test_a_track_of_which_nothing_can_be_decoded(self, audio_source):
        content = encoded("faststart.m4a")
        start = content.index(b"mdat") + 4
        with pytest.raises(AudioDecodeError, match="none of its sound") as caught:
            read(audio_source, content[:start] + bytes(len(content) - start))
        assert caught.value.hint

    @pytest.mark.parametrize(
        "playlist",
        [
            "ffconcat version 1.0\nfile 'tone.wav'\n",
            "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\ntone.wav\n#EXT-X-ENDLIST\n",
        ],
    )
    def test_a_playlist_opens_no_other_file(self, audio_source, tmp_path, monkeypatch, playlist):
        monkeypatch.chdir(tmp_path)
        Path("tone.wav").write_bytes(wav(sine(SAMPLE_RATE), SAMPLE_RATE))
        Path("list").write_text(playlist, encoding="utf-8")
        with pytest.raises(AudioDecodeError):
            decode(audio_source, "list")


class TestOpening:
    @pytest.mark.parametrize("name", ["s16.wav", "x.mp3", "x.ogg", "x.flac", "x.m4a", "x.webm"])
    def test_standard_input_may_be_a_pipe(self, audio_source, monkeypatch, name):
        content = encoded(name, long_tone(seconds=5.0))
        receiving, sending = os.pipe()
        with os.fdopen(receiving, "rb") as pipe:
            monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=pipe))
            writer = threading.Thread(target=_send, args=(sending, content))
            writer.start()
            samples, warnings = decode(audio_source, "-")
            writer.join()
            assert not pipe.closed
        assert len(samples) / SAMPLE_RATE == pytest.approx(5.0, abs=0.05)
        assert level_of(samples) == pytest.approx(0.5, rel=0.05)
        assert warnings == []

    def test_standard_input_may_be_missing_or_closed(self, audio_source, monkeypatch):
        closed = io.BytesIO(encoded("s16.wav"))
        closed.close()
        for stdin in (None, SimpleNamespace(buffer=closed)):
            monkeypatch.setattr(sys, "stdin", stdin)
            with pytest.raises(InputError, match="standard input: it is closed"):
                decode(audio_source, "-")

    def test_a_terminal_is_no_recording(self, audio_source, monkeypatch):
        terminal = SimpleNamespace(closed=False, isatty=lambda: True)
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=terminal))
        with pytest.raises(InputError, match="nothing comes in") as caught:
            decode(audio_source, "-")
        assert "asr run -" in caught.value.hint

    def test_nothing_from_standard_input_is_an_empty_recording(self, audio_source, monkeypatch):
        empty = SimpleNamespace(buffer=io.BytesIO())
        monkeypatch.setattr(sys, "stdin", empty)
        with pytest.raises(AudioDecodeError, match=r"standard input: it is empty \(0 bytes\)"):
            decode(audio_source, "-")

    def test_a_file_object_need_not_seek(self, audio_source):
        samples, _ = decode(audio_source, Pipe(encoded("x.m4a")))
        assert level_of(samples) == pytest.approx(0.5, rel=0.05)

    def test_a_file_object_may_be_of_any_make(self, audio_source, tmp_path):
        packed = tmp_path / "tone.wav.gz"
        packed.write_bytes(gzip.compress(encoded("s16.wav")))
        with gzip.open(packed) as file:
            samples, _ = decode(audio_source, file)
            assert not file.closed
        assert level_of(samples) == pytest.approx(0.5, rel=0.05)

    def test_a_closed_or_text_file_object_is_refused(self, audio_source):
        closed = io.BytesIO(encoded("s16.wav"))
        closed.close()
        with pytest.raises(InputError, match="closed"):
            decode(audio_source, closed)
        with pytest.raises(InputError, match="as text") as caught:
            decode(audio_source, io.StringIO("text"))
        assert '"rb"' in caught.value.hint

    @pytest.mark.parametrize("name", ["12:30 a%03d.wav", "-x.wav", "x.mp3", "x.txt", "größe"])
    def test_a_name_says_nothing_about_the_content(self, audio_source, tmp_path, name):
        path = tmp_path / name
        path.write_bytes(encoded("s16.wav"))
        samples, _ = decode(audio_source, path)
        assert level_of(samples) == pytest.approx(0.5, rel=0.05)

    def test_a_missing_file_is_looked_for(self, audio_source, tmp_path):
        (tmp_path / "meeting.wav").touch()
        for name, hint in {
            str(tmp_path / "meetin.wav"): "did you mean meeting.wav?",
            str(tmp_path / "zzz"): f"it was looked for in {tmp_path}",
            str(tmp_path / "no" / "x.wav"): "there is no folder",
            str(tmp_path / "meeting.wav" / "x.wav"): "there is no folder",
            "https://example.org/x.wav": "download it first",
        }.items():
            with pytest.raises(InputNotFoundError) as caught:
                decode(audio_source, name)
            assert caught.value.message == f"{name}: there is no such file"
            assert hint in caught.value.hint

    def test_a_directory_is_answered_with_the_next_command(self, audio_source, tmp_path):
        folder = tmp_path / "my talks"
        folder.mkdir()
        with pytest.raises(InputError) as caught:
            decode(audio_source, folder)
        assert f"asr run '{folder}'/*" in caught.value.hint

    def test_a_forbidden_file_is_answered_with_who_may(self, audio_source, tmp_path, monkeypatch):
        path = tmp_path / "secret.wav"
        path.touch()
        monkeypatch.setattr(Path, "open", _forbid)
        with pytest.raises(InputError, match="no permission") as caught:
            decode(audio_source, path)
        assert "ls -l" in caught.value.hint


def _send(descriptor, content):
    with os.fdopen(descriptor, "wb") as pipe:
        pipe.write(content)


def _forbid(path, mode):
    raise PermissionError(13, "Permission denied", str(path))


class TestManners:
    @pytest.fixture
    def handles(self, monkeypatch):
        """Every file that is opened by its path."""
        opened = []
        by_path = Path.open

        def watched(path, *args, **kwargs):
            opened.append(by_path(path, *args, **kwargs))
            return opened[-1]

        monkeypatch.setattr(Path, "open", watched)
        return opened

    def test_files_are_closed_at_the_end_and_on_errors(self, audio_source, tmp_path, handles):
        decode(audio_source, JFK)
        with pytest.raises(AudioDecodeError):
            decode(audio_source, __file__)
        assert [file.closed for file in handles] == [True, True]

    def test_files_are_closed_where_the_reader_stops(self, audio_source, handles):
        blocks = audio_source.blocks(Recording.of(JFK), pytest.fail)
        next(blocks)
        assert [file.closed for file in handles] == [False]
        blocks.close()
        assert [file.closed for file in handles] == [True]

    def test_nothing_is_printed(self, audio_source, capfd):
        content = spoilt(encoded("x.mp3", long_tone()), 0.4, 9000)
        read(audio_source, content)
        with pytest.raises(AudioDecodeError):
            read(audio_source, b"RIFF" + noise(1000))
        assert capfd.readouterr() == ("", "")

    def test_threads_do_not_disturb_each_other(self, audio_source):
        alone, _ = decode(audio_source, JFK)
        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(lambda _: decode(audio_source, JFK)[0], range(16)))
        for samples in together:
            np.testing.assert_array_equal(samples, alone)

    def test_memory_does_not_grow_with_the_length(self, tmp_path):
        pytest.importorskip("resource")
        path = tmp_path / "half an hour.wav"
        write_wav(path, np.zeros((1, 1800 * 8000), np.float32), 8000)
        code = f"""
import resource
from asrcore.domain.recording import Recording
from asrcore.plugin import Options, Placement
from asrcore_adapters.pyav import PLUGIN

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

blocks = PLUGIN.build(Options(), Placement()).blocks(Recording.of({str(path)!r}), print)
next(blocks)
before = peak()
print(sum(map(len, blocks)), (peak() - before) / before)
"""
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        samples, growth = done.stdout.split()
        assert int(samples) == 1790 * SAMPLE_RATE
        assert float(growth) < 0.25  # whole, it would be 115 MB on top of about 70

"""eSpeak NG: formant synthesis, very fast, many voices; word and phoneme events give the times."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from tools.synthetic.engines.installed import NotInstalledError, library, library_folder
from tools.synthetic.engines.takes import OneByOne, Take, Token
from tools.synthetic.speech import Delivery, Sentence, Utterance
from tools.synthetic.voices import Voice

_RETRIEVAL = 1
_PHONEME_EVENTS = 1
_UTF8 = 1
_BY_CHARACTER = 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_END, _WORD, _PHONEME = 0, 1, 7
_WORDS_A_MINUTE = 175
_APART = " \N{NO-BREAK SPACE}"
_HIGHEST = 1.6
"""How much higher the setting 100 makes a voice than the usual 50."""


class _Event(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_int),
        ("text_number", ctypes.c_uint),
        ("position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("milliseconds", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("name", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class _Recorder:
    """Collects what the library delivers while it speaks: sound, word starts, pauses."""

    def __init__(self) -> None:
        self.callback = _Callback(self._receive)
        self.clear()

    def clear(self) -> None:
        """Forget the last sentence."""
        self._pieces: list[np.ndarray] = []
        self.starts: dict[int, int] = {}
        self.ends: dict[int, int] = {}
        self._word: int | None = None
        self._quiet_since: int | None = None

    def samples(self) -> np.ndarray:
        """Everything heard; closes the last word."""
        samples = np.concatenate(self._pieces) if self._pieces else np.zeros(0, np.int16)
        self._close_word(len(samples))
        return samples

    def _receive(self, sound: Any, count: int, events: Any) -> int:
        if sound and count > 0:
            self._pieces.append(np.ctypeslib.as_array(sound, (count,)).copy())
        for event in _until_end(events):
            if event.kind == _WORD and event.length > 0:
                self._begin_word(event.position - 1, event.sample)
            elif event.kind == _PHONEME:
                self._hear(event.name, event.sample)
        return 0

    def _begin_word(self, position: int, sample: int) -> None:
        if position not in self.starts:
            self._close_word(sample)
            self._word = position
            self.starts[position] = sample

    def _close_word(self, sample: int) -> None:
        """A word ends where the pause after it begins, or else where the next word begins."""
        if self._word is not None:
            self.ends[self._word] = sample if self._quiet_since is None else self._quiet_since
        self._word = self._quiet_since = None

    def _hear(self, phoneme: bytes, sample: int) -> None:
        if not phoneme.startswith(b"_"):
            self._quiet_since = None
        elif self._quiet_since is None:
            self._quiet_since = sample


def _until_end(events: Any) -> Iterator[_Event]:
    for event in events:
        if event.kind == _END:
            return
        yield event


class Espeak(OneByOne):
    """One per process: the library keeps its state in globals."""

    def __init__(self) -> None:
        self._library, data = _open()
        self._rate = self._library.espeak_Initialize(
            _RETRIEVAL, 0, str(data.parent).encode(), _PHONEME_EVENTS
        )
        if self._rate <= 0:
            raise _missing()
        self._recorder = _Recorder()
        self._library.espeak_SetSynthCallback(self._recorder.callback)
        self._library.espeak_Synth.argtypes = [
            *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int),
            *(ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
        ]
        self._voice_id = ""

    def speak(self, sentence: Sentence, voice: Voice, delivery: Delivery) -> Utterance | None:
        """Speak one sentence; None where the library gave no time for one of its words."""
        self._use(voice.id)
        self._shape(delivery, voice.pitch)
        self._recorder.clear()
        text = _text(sentence).encode()
        self._library.espeak_Synth(text, len(text) + 1, 0, _BY_CHARACTER, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        samples = self._recorder.samples()
        return Take(samples, self._rate, self._tokens(sentence)).utterance(sentence, voice)

    def _use(self, voice_id: str) -> None:
        if voice_id != self._voice_id and self._library.espeak_SetVoiceByName(voice_id.encode()):
            raise ValueError(f"espeak has no voice {voice_id!r}")
        self._voice_id = voice_id

    def _shape(self, delivery: Delivery, pitch: float) -> None:
        height = math.log(pitch * delivery.pitch, _HIGHEST)
        self._set(_RATE, _WORDS_A_MINUTE * delivery.pace)
        self._set(_PITCH, 50 + 50 * height)
        self._set(_RANGE, 50 * delivery.liveliness)

    def _set(self, parameter: int, value: float) -> None:
        self._library.espeak_SetParameter(parameter, round(value), 0)

    def _tokens(self, sentence: Sentence) -> tuple[Token, ...]:
        """The words that have a start of their own, found by their place in the text."""
        starts, ends = self._recorder.starts, self._recorder.ends
        return tuple(
            Token(word, (word,), starts[place] / self._rate, ends[place] / self._rate)
            for place, word in _places(sentence)
            if place in starts
        )


def _text(sentence: Sentence) -> str:
    """What is said, with words so far apart that the library does not join `of the` to one."""
    return sentence.said.replace(" ", _APART)


def _places(sentence: Sentence) -> list[tuple[int, str]]:
    """Where each plain word begins in the text, and the word."""
    begins = (match.start() for match in re.finditer(r"\S+", _text(sentence)))
    return list(zip(begins, sentence.spoken, strict=True))


def _open() -> tuple[ctypes.CDLL, Path]:
    """Library and its data folder: Debian's where they are, else the Python wheel's."""
    with suppress(OSError):
        return library("libespeak-ng.so.1"), library_folder() / "espeak-ng-data"
    try:
        wheel = import_module("espeakng_loader")
    except ImportError as error:
        raise _missing() from error
    return ctypes.CDLL(wheel.get_library_path()), Path(wheel.get_data_path())


def _missing() -> NotInstalledError:
    return NotInstalledError("eSpeak NG", "libespeak-ng1 (or pip install espeakng-loader)")

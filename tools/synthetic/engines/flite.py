"""Flite: small natural voices, fast; segments give the times."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from tools.synthetic.engines.installed import NotInstalledError, library
from tools.synthetic.engines.takes import OneByOne, Take, Token
from tools.synthetic.speech import Delivery, Sentence, Utterance
from tools.synthetic.voices import Voice

_Pointer = ctypes.c_void_p
_Text = ctypes.c_char_p
_Float = ctypes.c_float

_FUNCTIONS = {
    "flite_init": (ctypes.c_int, ()),
    "flite_synth_text": (_Pointer, (_Text, _Pointer)),
    "delete_utterance": (None, (_Pointer,)),
    "utt_wave": (_Pointer, (_Pointer,)),
    "utt_relation": (_Pointer, (_Pointer, _Text)),
    "relation_head": (_Pointer, (_Pointer,)),
    "item_next": (_Pointer, (_Pointer,)),
    "item_daughter": (_Pointer, (_Pointer,)),
    "flite_ffeature_string": (_Text, (_Pointer, _Text)),
    "flite_ffeature_float": (_Float, (_Pointer, _Text)),
    "flite_feat_set_float": (None, (_Pointer, _Text, _Float)),
    "get_param_float": (_Float, (_Pointer, _Text, _Float)),
}

# The library keeps pointers to these names, so they live as long as the module.
_STRETCH = b"duration_stretch"
_SHIFT = b"f0_shift"
_SPREAD = b"int_f0_target_stddev"

_FIRST_SEGMENT = b"R:SylStructure.daughter1.daughter1.R:Segment.p.end"
_LAST_SEGMENT = b"R:SylStructure.daughtern.daughtern.R:Segment.end"

_FIXED_MELODY = {"rms"}
"""Voices whose engine ignores every feature of pitch; playing speed alone moves theirs."""
_SPREADS = {"slt": 27.2, "awb": 25.2}
"""Standard deviation of the melody in Hz, where the voice itself does not tell."""


class _Wave(ctypes.Structure):
    _fields_ = (
        ("type", _Text),
        ("rate", ctypes.c_int),
        ("count", ctypes.c_int),
        ("channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


class _VoiceHead(ctypes.Structure):
    _fields_ = (("name", _Text), ("features", _Pointer))


@dataclass(frozen=True)
class _Loaded:
    """A voice of the library, with its own settings: stretch as a factor, spread in Hz."""

    pointer: int
    features: int
    stretch: float
    spread: float


class Flite(OneByOne):
    """The flite library and the voices loaded so far."""

    def __init__(self) -> None:
        self._library = _open()
        self._library.flite_init()
        self._voices: dict[str, _Loaded] = {}

    def speak(self, sentence: Sentence, voice: Voice, delivery: Delivery) -> Utterance | None:
        """Speak one sentence; None where flite reads a word otherwise than it is spelled."""
        loaded = self._voices.get(voice.id) or self._load(voice.id)
        pitch = voice.pitch * delivery.pitch
        playing = voice.tract * (delivery.pitch if voice.id in _FIXED_MELODY else 1.0)
        self._set(loaded, _STRETCH, loaded.stretch * playing / delivery.pace)
        if voice.id not in _FIXED_MELODY:
            self._set(loaded, _SHIFT, pitch / playing)
            self._set(loaded, _SPREAD, loaded.spread * delivery.liveliness)
        return self._take(sentence.said, loaded).utterance(sentence, voice, playing)

    def _load(self, voice_id: str) -> _Loaded:
        try:
            shelf = library(f"libflite_cmu_us_{voice_id}.so.1")
        except OSError as error:
            raise NotInstalledError(f"flite's voice {voice_id}", "libflite1") from error
        register = shelf[f"register_cmu_us_{voice_id}"]
        register.restype, register.argtypes = _Pointer, (_Text,)
        pointer = register(None)
        features = ctypes.cast(pointer, ctypes.POINTER(_VoiceHead)).contents.features
        stretch = self._library.get_param_float(features, _STRETCH, 1.0)
        spread = self._library.get_param_float(features, _SPREAD, _SPREADS.get(voice_id, 0.0))
        self._voices[voice_id] = _Loaded(pointer, features, stretch, spread)
        return self._voices[voice_id]

    def _set(self, loaded: _Loaded, feature: bytes, value: float) -> None:
        self._library.flite_feat_set_float(loaded.features, feature, value)

    def _take(self, text: str, loaded: _Loaded) -> Take:
        utterance = self._library.flite_synth_text(text.encode(), loaded.pointer)
        try:
            wave = ctypes.cast(self._library.utt_wave(utterance), ctypes.POINTER(_Wave)).contents
            samples = np.ctypeslib.as_array(wave.samples, (wave.count,)).copy()
            return Take(samples, wave.rate, tuple(self._tokens(utterance)))
        finally:
            self._library.delete_utterance(utterance)

    def _tokens(self, utterance: int) -> Iterator[Token]:
        head = self._library.relation_head(self._library.utt_relation(utterance, b"Token"))
        for token in self._chain(head):
            words = list(self._chain(self._library.item_daughter(token)))
            yield Token(
                self._string(token),
                tuple(self._string(word) for word in words),
                self._library.flite_ffeature_float(token, b"daughter1." + _FIRST_SEGMENT),
                self._library.flite_ffeature_float(token, b"daughtern." + _LAST_SEGMENT),
            )

    def _chain(self, item: int | None) -> Iterator[int]:
        while item:
            yield item
            item = self._library.item_next(item)

    def _string(self, item: int) -> str:
        return self._library.flite_ffeature_string(item, b"name").decode()


def _open() -> ctypes.CDLL:
    """The library, after those that it calls and with the types of its functions declared."""
    with suppress(OSError):
        library("libasound.so.2")
    try:
        for name in ("libflite.so.1", "libflite_cmulex.so.1", "libflite_usenglish.so.1"):
            library(name)
        flite = library("libflite.so.1")
    except OSError as error:
        raise NotInstalledError("flite", "libflite1") from error
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(flite, name)
        function.restype, function.argtypes = result, arguments
    return flite

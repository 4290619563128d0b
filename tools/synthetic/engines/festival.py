"""Festival: diphone voices and one statistical voice, one lasting process for each Voice."""

from __future__ import annotations

import atexit
import subprocess
import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from tools.synthetic.engines.installed import SYSTEM, NotInstalledError, environment, root
from tools.synthetic.engines.takes import OneByOne, Take, Token
from tools.synthetic.speech import Delivery, Sentence, Utterance
from tools.synthetic.voices import Voice

_PACKAGES = {
    "kal_diphone": "festvox-kallpc16k",
    "ked_diphone": "festvox-kdlpc16k",
    "cmu_us_slt_arctic_hts": "festvox-us-slt-hts",
}

_SPREADS = {"ked_diphone": 15.0, "kal_diphone": 14.0}
"""Standard deviation of each diphone voice's melody, in Hz."""

_DONE = "@done"

_SPEAK = f"""
(define (print_word word)
  (format t "word %s %f %f\\n"
          (item.name word) (item.feat word "word_start") (item.feat word "word_end")))
(define (print_token token)
  (if (item.daughters token)
      (begin (format t "token %s\\n" (item.name token))
             (mapcar print_word (item.daughters token)))))
(define (speak text path)
  (let ((utt (utt.synth (eval (list 'Utterance 'Text text)))))
    (utt.save.wave utt path 'riff)
    (mapcar print_token (utt.relation.items utt 'Token))))
(define (done) (format t "{_DONE}\\n") (fflush nil))
"""


class _Manner(Protocol):
    """How one kind of festival voice is prepared and moved."""

    def prepare(self, folder: Path) -> str:
        """Scheme that follows the choice of the voice."""
        ...

    def settings(self, delivery: Delivery) -> str:
        """Scheme that goes before each sentence."""
        ...

    def playing(self, delivery: Delivery) -> float:
        """Speed at which the sound is to be played."""
        ...


class _Diphones:
    """Festival predicts durations and melody: all three wishes are settings."""

    _HERTZ, _STRETCH = 105.0, 1.1

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    def prepare(self, folder: Path) -> str:
        return ""

    def settings(self, delivery: Delivery) -> str:
        stretch = self._STRETCH * self._voice.tract / delivery.pace
        lift = self._voice.pitch * delivery.pitch / self._voice.tract
        spread = _SPREADS[self._voice.id] * lift * delivery.liveliness
        return (
            f"(Parameter.set 'Duration_Stretch {stretch:.4f})"
            f"(set! int_lr_params '((target_f0_mean {self._HERTZ * lift:.2f})"
            f" (target_f0_std {spread:.2f}) (model_f0_mean 170) (model_f0_std 34)))"
        )

    def playing(self, delivery: Delivery) -> float:
        return self._voice.tract


class _Statistical:
    """The engine takes a speed and nothing else; the model file and the playing do the rest.

    The playing speed sets the pitch. A model that believes in another sampling frequency has its
    formants elsewhere at the same pitch, which makes up for what playing does to them.
    """

    _SAMPLING, _FRAME = 32_000, 160

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    def prepare(self, folder: Path) -> str:
        frame = round(self._FRAME * self._voice.tract / self._voice.pitch)
        sampling = self._SAMPLING * frame // self._FRAME
        model = folder / "model.htsvoice"
        original = f"usr/share/festival/voices/us/{self._voice.id}/hts/{self._voice.id}.htsvoice"
        model.write_bytes(
            (root() / original)
            .read_bytes()
            .replace(b"SAMPLING_FREQUENCY:32000", b"SAMPLING_FREQUENCY:%d" % sampling, 1)
            .replace(b"FRAME_PERIOD:160", b"FRAME_PERIOD:%d" % frame, 1)
        )
        return (
            "(define (at_speed speed)"
            f' (set! hts_engine_params (list (list "-m" "{model}") (list "-r" speed))))'
        )

    def settings(self, delivery: Delivery) -> str:
        return f"(at_speed {delivery.pace / self.playing(delivery):.4f})"

    def playing(self, delivery: Delivery) -> float:
        return self._voice.pitch * delivery.pitch


class _Process:
    """A festival that has loaded one voice and waits for sentences."""

    def __init__(self, voice: Voice) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="festival-")
        self._sound = Path(self._folder.name) / "sentence.wav"
        self.manner: _Manner = (_Statistical if voice.id.endswith("_hts") else _Diphones)(voice)
        self._process = _start()
        atexit.register(self.close)
        voices = root() / "usr/share/festival/voices"
        chosen = f'(set! voice-path (list "{voices}/"))(search-for-voices)(voice_{voice.id})'
        manner = self.manner.prepare(Path(self._folder.name))
        self._ask(f"{_initialisation()}{_SPEAK}{chosen}{manner}")

    def take(self, text: str, delivery: Delivery) -> Take | None:
        """Speak one text; None where festival failed at it."""
        self._sound.unlink(missing_ok=True)
        answer = self._ask(self.manner.settings(delivery) + f'(speak "{text}" "{self._sound}")')
        if not self._sound.exists():
            return None
        with wave.open(str(self._sound)) as sound:
            samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
            return Take(samples, sound.getframerate(), tuple(_tokens(answer)))

    def close(self) -> None:
        """End the process and remove its files."""
        with self._process as process:
            process.kill()
        self._folder.cleanup()

    def _ask(self, scheme: str) -> list[str]:
        """Evaluate and return what festival printed, also where it printed an error elsewhere."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{scheme}\n(done)\n")
        self._process.stdin.flush()
        answer = []
        for line in self._process.stdout:
            if line.startswith(_DONE):
                return answer
            answer.append(line)
        raise RuntimeError(f"festival ended early; it last said: {''.join(answer[-3:])!r}")


class Festival(OneByOne):
    """The processes started so far, one for each voice."""

    def __init__(self) -> None:
        _binary()
        self._processes: dict[str, _Process] = {}

    def speak(self, sentence: Sentence, voice: Voice, delivery: Delivery) -> Utterance | None:
        """Speak one sentence; None where festival reads a word otherwise than it is spelled.

        Once in ten thousands of sentences festival breaks down over one; it is started again for
        the next.
        """
        process = self._processes.get(voice.name) or self._start(voice)
        try:
            take = process.take(sentence.said, delivery)
        except (RuntimeError, BrokenPipeError):
            self._processes.pop(voice.name).close()
            return None
        return take and take.utterance(sentence, voice, process.manner.playing(delivery))

    def _start(self, voice: Voice) -> _Process:
        if not any((root() / "usr/share/festival/voices").glob(f"*/{voice.id}")):
            raise NotInstalledError(f"festival's voice {voice.id}", _PACKAGES[voice.id])
        self._processes[voice.name] = _Process(voice)
        return self._processes[voice.name]


def _binary() -> Path:
    binary = root() / "usr/bin/festival"
    if not binary.exists():
        raise NotInstalledError("festival", "festival festlex-cmu festlex-poslex")
    return binary


def _initialisation() -> str:
    """Below another root, Debian's festival still looks for its first files in the system's."""
    if root() == SYSTEM:
        return ""
    library = root() / "usr/share/festival"
    return f'(set! datadir "{library}")(load "{library}/init.scm")'


def _start() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [_binary(), "--libdir", root() / "usr/share/festival", "--pipe"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(),
    )


def _tokens(answer: list[str]) -> Iterator[Token]:
    """Read `token TEXT` lines, each followed by its `word NAME START END` lines."""
    groups: list[tuple[str, list[list[str]]]] = []
    for line in answer:
        kind, _, rest = line.strip().partition(" ")
        if kind == "token":
            groups.append((rest, []))
        elif kind == "word" and groups:
            groups[-1][1].append(rest.split())
    for text, words in groups:
        yield _token(text, words)


def _token(text: str, words: list[list[str]]) -> Token:
    """Join a token's words; a comma among them has no time, nor has a 's, which its word holds."""
    sounded = [(float(start), float(end)) for _, start, end in words if float(end) > 0]
    parts = tuple(name for name, _, _ in words if name.strip("',.?!"))
    start, end = (sounded[0][0], sounded[-1][1]) if sounded else (0.0, 0.0)
    return Token(text, parts, start, end)

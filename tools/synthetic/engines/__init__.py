"""Speech synthesisers that tell exactly when each word sounds.

What a Delivery can and cannot move:

engine              pace    pitch                              liveliness
espeak              yes     yes, 0.7 to 1.5 or so              yes
flite slt awb kal   yes     yes                                yes
flite rms           yes     only together with its formants    no
festival diphones   yes     yes                                yes
festival slt_hts    yes     only together with its formants    no
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from tools.synthetic.speech import Delivery, Sentence, Utterance
from tools.synthetic.voices import Voice

_CLASSES = {"espeak": "Espeak", "flite": "Flite", "festival": "Festival"}


class Engine(Protocol):
    """Speaks sentences with its own voices."""

    def speak(self, sentence: Sentence, voice: Voice, delivery: Delivery) -> Utterance | None:
        """Speak one sentence; None where the engine's words are not the sentence's, one for one."""
        ...

    def speak_many(
        self, lines: Iterable[tuple[Sentence, Delivery]], voice: Voice
    ) -> list[Utterance | None]:
        """Speak many sentences with one voice, in order."""
        ...


@cache
def engine(name: str) -> Engine:
    """Start the engine of that name, once in a process.

    Raises:
        KeyError: there is no such engine.
        NotInstalledError: its files are not installed; the message says what to install.
    """
    module = import_module(f"tools.synthetic.engines.{name}") if name in _CLASSES else None
    return cast("Engine", getattr(module, _CLASSES[name])())

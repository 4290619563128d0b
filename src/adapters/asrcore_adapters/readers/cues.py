"""What the subtitle formats share: times, tags, voices."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from asrcore.domain.annotation import Utterance
from asrcore.domain.timespan import TimeSpan
from asrcore_adapters.readers.document import Line, shown, speaker_and_text

ARROW = "-->"

_STAMP = r"(?:(\d{1,6}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
_TIMES = re.compile(rf"\s*{_STAMP}\s*{ARROW}\s*{_STAMP}(?:\s.*)?", re.ASCII)
_VOICE = re.compile(r"<(?:v(?:\.[^\s>]*)?(?:\s+(?P<name>[^>]*))?|/v)>")
_TAG = re.compile(
    r"</?(?:[bcisu]|font|lang|ruby|rt)(?:[.\s][^>]*)?>"  # <i>, <c.loud>, <font color="red">
    r"|<[\d:.]+>"  # WebVTT's karaoke times
    r"|\{\\[^}]*\}",  # SubStation's positions, which SubRip files carry
    re.IGNORECASE,
)
_WIDE = "[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]"
_INSIDE_WIDE = re.compile(rf"(?<={_WIDE})\n(?={_WIDE})")


def times(line: Line) -> TimeSpan:
    """When a cue shows; hours may be absent, and what follows the times is ignored.

    Raises:
        InputError: these are no times, or they run backwards.
    """
    found = _TIMES.fullmatch(line.text)
    if found is None:
        raise line.error(
            f"{shown(line.text.strip())} is no pair of times", "such as 00:01:02.345 --> 00:01:04.0"
        )
    parts = found.groups(default="0")
    return line.span(_seconds(*parts[:4]), _seconds(*parts[4:]))


def _seconds(hours: str, minutes: str, seconds: str, fraction: str) -> float:
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
    return (whole * 1000 + int(fraction.ljust(3, "0"))) / 1000


def utterances(
    span: TimeSpan, text: str, unescape: Callable[[str], str] = str
) -> Iterator[Utterance]:
    """What a cue's lines say: one utterance a voice; all take the cue's time.

    Args:
        unescape: turns what the format writes for a special character into that.
    """
    for voice, piece in _voices(text):
        plain = unescape(_joined(_TAG.sub("", piece))).strip()
        speaker, said = (unescape(voice), plain) if voice else speaker_and_text(plain)
        if said:
            yield Utterance(said, span, speaker)


def _voices(text: str) -> Iterator[tuple[str, str]]:
    """(name or nothing, text) between voice tags."""
    voice, begun = "", 0
    for tag in _VOICE.finditer(text):
        yield voice, text[begun : tag.start()]
        voice, begun = (tag["name"] or "").strip(), tag.end()
    yield voice, text[begun:]


def _joined(text: str) -> str:
    """Lines as running text; Chinese and Japanese have no space where a line ends."""
    trimmed = "\n".join(line.strip() for line in text.strip().split("\n"))
    return _INSIDE_WIDE.sub("", trimmed).replace("\n", " ")

"""Conversation from space: what astronauts and the ground said, in Spacelog's transcripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tools.small_models.text.repositories import git
from tools.small_models.text.sentences import sentences

_TURN = re.compile(r"^(?P<speaker>[A-Z][\w/ ]*):\s+(?P<said>.*)$")
_DIRECTION = re.compile(r"^(?:\[[\d:]+\]|_\w+\s*:.*)$")
_UNCERTAIN = re.compile(r"\[[^\]]*\]|\([^)]*\)|\.\.\.+|(?<= )-(?: -)*(?= |$)")
_TRANSCRIPT = re.compile(r"missions/(?!vostok)\w+/transcripts/(?:TEC|CM|ATG)")
_UNSAYABLE = " # "


def turns(transcript: str) -> Iterator[str]:
    """Yield what one speaker said at a time, without labels, times and page marks."""
    said: list[str] = []
    for line in [*transcript.splitlines(), ""]:
        turn = _TURN.match(line)
        if turn or _DIRECTION.match(line) or not line.strip():
            if said:
                yield " ".join(said)
            said = [turn["said"]] if turn else []
        elif said:
            said.append(line.strip())


def conversation(transcript: str) -> Iterator[str]:
    """Yield sentences; those with tags, gaps or notes of the transcribers are left out."""
    for turn in turns(transcript):
        yield from sentences(_UNCERTAIN.sub(_UNSAYABLE, turn))


def read_missions(repository: Path) -> Iterator[str]:
    """Yield every transcript of the US missions in a git repository of Spacelog."""
    listing = git(repository, "ls-tree", "-r", "--name-only", "HEAD").decode()
    for path in filter(_TRANSCRIPT.fullmatch, listing.splitlines()):
        yield git(repository, "show", f"HEAD:{path}").decode("utf-8", errors="replace")

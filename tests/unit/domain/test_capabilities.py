import pytest

from asrcore.domain.capabilities import (
    AlignerCapabilities,
    DiarizerCapabilities,
    TranscriberCapabilities,
    VoiceActivityCapabilities,
)
from asrcore.domain.request import Instructions

EVERYTHING = Instructions("de", "translate", "Dear diary,", "asrcore", timestamps=True)


def refused(capabilities: TranscriberCapabilities, asked: Instructions) -> list[str]:
    return [name for name, _ in capabilities.refusals(asked)]


def test_plain_transcription_is_refused_by_nobody() -> None:
    assert refused(TranscriberCapabilities(languages=frozenset({"en"})), Instructions()) == []


def test_all_that_would_be_ignored_is_named_at_once() -> None:
    modest = TranscriberCapabilities(languages=frozenset({"en"}))
    assert refused(modest, EVERYTHING) == ["language", "task", "prompt", "hotwords"]


def test_who_can_do_everything_refuses_nothing() -> None:
    able = TranscriberCapabilities(
        tasks=frozenset({"transcribe", "translate"}), prompt=True, hotwords=True
    )
    assert refused(able, EVERYTHING) == []


@pytest.mark.parametrize(
    ("languages", "asked", "refusals"),
    [
        (None, "xx", []),
        (frozenset({"en", "de"}), "de", []),
        (frozenset({"en", "de"}), None, []),
        (frozenset({"en", "de"}), "fr", [("language", "it knows de, en, not fr")]),
    ],
)
def test_a_language_is_refused_only_by_who_does_not_know_it(
    languages: frozenset | None, asked: str | None, refusals: list
) -> None:
    capabilities = TranscriberCapabilities(languages=languages)
    assert list(capabilities.refusals(Instructions(language=asked))) == refusals


def test_a_refused_task_names_the_tasks_that_are_done() -> None:
    (refusal,) = TranscriberCapabilities().refusals(Instructions(task="translate"))
    assert refusal == ("task", "it does transcribe, not translate")


@pytest.mark.parametrize("name", ["prompt", "hotwords"])
@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_wish_is_no_wish(name: str, empty: str | None) -> None:
    assert refused(TranscriberCapabilities(), Instructions(**{name: empty})) == []


def test_nothing_is_claimed_unless_it_is_said() -> None:
    claimed = TranscriberCapabilities()
    assert not any((claimed.detects_language, claimed.segment_times, claimed.word_times))
    assert not DiarizerCapabilities().speaker_count
    assert not VoiceActivityCapabilities().exact
    assert AlignerCapabilities() == AlignerCapabilities(languages=None, characters=False)

"""Decoding step by step, beside a loop that keeps nothing and computes nothing together.

A tiny model of random weights: what it writes is noise, and changes with all that goes wrong.
"""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("mlx_whisper")
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::Warning:numba")]

import mlx.core as mx  # noqa: E402 - behind what skips

from asrcore_adapters.mlx.decoder import GROWTH, DecoderState  # noqa: E402
from asrcore_adapters.mlx.sampling import _Sampling, sample  # noqa: E402
from tests.integration.plain_whisper import (  # noqa: E402
    BEGIN,
    END,
    SIZE,
    UNTIMED,
    Row,
    limits_of,
    log_likelihoods,
    tiny_whisper,
    work_of,
)

PREVIOUS = 34
TIMED, PLAIN = [BEGIN], [BEGIN, UNTIMED]
PROMPTS = [PLAIN, TIMED, [PREVIOUS, 1, 2, 3, *PLAIN], [PREVIOUS, 7, 8, *TIMED], PLAIN, TIMED]


@pytest.fixture(autouse=True)
def on_the_cpu():
    with mx.stream(mx.cpu):
        yield


@pytest.fixture(scope="module")
def model():
    with mx.stream(mx.cpu):
        return tiny_whisper()


@pytest.fixture
def steps(monkeypatch):
    """How many rows each step of a decoder has."""
    counted, step = [], DecoderState.step

    def counting(state, tokens):
        counted.append(tokens.shape[0])
        return step(state, tokens)

    monkeypatch.setattr(DecoderState, "step", counting)
    return counted


def likeliest(work):
    return sample(work, 0.0, group=5, seed=0, length_penalty=1.0)


@pytest.mark.parametrize(
    "more",
    [{}, {"repetition_penalty": 1.5, "no_repeat_ngram": 3, "suppressed": (4,), "blanks": (0, END)}],
    ids=["plain", "varied"],
)
def test_the_likeliest_is_what_a_plain_loop_finds(model, more):
    work = work_of(model, PROMPTS, limits_of(**more), room=20)
    for row, found in enumerate(likeliest(work)):
        alone = Row(work, row)
        tokens, mean = alone.greedy()
        assert list(found.tokens) == tokens
        assert found.avg_logprob == pytest.approx(mean, abs=1e-4)
        assert found.no_speech_prob == pytest.approx(alone.silence(), abs=1e-5)


def test_the_room_for_what_was_read_grows(model):
    room = 2 * GROWTH + 10
    work = work_of(model, [PLAIN, [PREVIOUS, *range(9), *PLAIN]], limits_of(suppressed=[END]), room)
    for row, found in enumerate(likeliest(work)):
        assert len(found.tokens) == room
        last = Row(work, row).scores(found.tokens[:-1])
        assert found.tokens[-1] == last.index(max(last))


def test_rows_that_end_early_leave_and_the_others_write_on(model, steps):
    rooms = [1, 3, 3, 8, 8, 8, 8, 20]
    work = work_of(model, [PLAIN] * 8, limits_of(suppressed=[END]), rooms)
    together = likeliest(work)
    assert [len(found.tokens) for found in together] == rooms
    assert steps == [8, 8, 8] + [5] * 5 + [1] * 12
    for row, found in enumerate(together):
        assert list(found.tokens) == Row(work, row).greedy()[0]


def test_a_row_that_has_ended_is_never_read_beyond_the_models_context(model, monkeypatch):
    """It waits for the others, which have shorter prompts and more room."""
    furthest, embedded = [], DecoderState._embedded

    def watching(state, tokens, places):
        furthest.append(int(places.max()))
        return embedded(state, tokens, places)

    monkeypatch.setattr(DecoderState, "_embedded", watching)
    prompts = [[PREVIOUS, *[1] * 224, BEGIN], *[PLAIN] * 4]
    rooms = [222, *[224] * 4]
    found = likeliest(work_of(model, prompts, limits_of(suppressed=[END]), rooms))
    assert [len(each.tokens) for each in found] == rooms
    assert max(furthest) == model.dims.n_text_ctx - 1


@pytest.mark.parametrize("temperature", [0.4, 1.0])
def test_what_is_drawn_has_the_probability_that_the_model_gives_it(model, temperature):
    work = work_of(model, [PLAIN], limits_of())
    scores = np.array(Row(work, 0).scores([])) / temperature
    expected = np.exp(log_likelihoods(scores.tolist()))
    tokens, _ = _Sampling(work, temperature, group=4000, seed=0)._choose()
    counted = np.bincount(np.array(tokens)[0], minlength=SIZE) / 4000
    assert np.abs(counted - expected).sum() / 2 < 0.05
    assert (expected > 0.05).sum() > 2


def test_what_is_drawn_depends_on_the_seed_and_not_on_the_batch(model):
    work = work_of(model, PROMPTS, limits_of(), room=20)

    def drawn(work, seed=3):
        return [each.tokens for each in sample(work, 0.8, group=3, seed=seed, length_penalty=1.0)]

    together = drawn(work)
    assert drawn(work) == together
    assert drawn(work, seed=4) != together
    for row, found in enumerate(together):
        one = slice(row, row + 1)
        only = replace(work, heard=work.heard[one], prompts=work.prompts[one], room=work.room[one])
        assert drawn(only) == [found]


def test_a_drawn_text_has_its_own_likelihood(model):
    """Without the temperature, which is for drawing alone."""
    work = work_of(model, PROMPTS, limits_of(), room=9)
    for row, found in enumerate(sample(work, 0.7, group=4, seed=1, length_penalty=1.0)):
        texts = iter((*found.tokens, END))
        tokens, mean = Row(work, row).written(lambda *_, texts=texts: next(texts))
        assert list(found.tokens) == tokens
        assert found.avg_logprob == pytest.approx(mean, abs=1e-4)


def test_the_likeliest_of_several_texts_is_kept(model):
    """The first of many is the one that is drawn alone, for a key begins with the same numbers."""
    work = work_of(model, PROMPTS, limits_of(suppressed=[END]), room=8)
    single = sample(work, 0.8, group=1, seed=1, length_penalty=1.0)
    several = sample(work, 0.8, group=12, seed=1, length_penalty=1.0)
    means = [[each.avg_logprob for each in texts] for texts in (single, several)]
    assert np.mean(means[1]) > np.mean(means[0]) + 0.1


def test_length_counts_in_the_choice_as_much_as_is_asked(model):
    """A penalty of 0 compares sums, which favour the short."""
    work = work_of(model, PROMPTS, limits_of(), room=30)

    def lengths(penalty):
        found = sample(work, 0.9, group=12, seed=2, length_penalty=penalty)
        return sum(len(each.tokens) for each in found)

    assert lengths(0.0) < lengths(1.0) < lengths(3.0)

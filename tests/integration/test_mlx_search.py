"""Beam search of the MLX transcriber, beside one of lists and loops; and its choice of the best."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("mlx_whisper")
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::Warning:numba")]

import mlx.core as mx  # noqa: E402 - behind what skips

from asrcore_adapters.mlx.beams import BLOCK, beam_search, top  # noqa: E402
from asrcore_adapters.mlx.decoder import DecoderState  # noqa: E402
from asrcore_adapters.mlx.sampling import sample  # noqa: E402
from tests.integration.plain_whisper import (  # noqa: E402
    BEGIN,
    END,
    STAMPS,
    UNTIMED,
    Row,
    limits_of,
    tiny_whisper,
    work_of,
)

PREVIOUS = 34
TIMED, PLAIN = [BEGIN], [BEGIN, UNTIMED]
PROMPTS = [PLAIN, TIMED, [PREVIOUS, 1, 2, *PLAIN], [PREVIOUS, 7, *TIMED], PLAIN, TIMED]


@pytest.fixture(autouse=True)
def on_the_cpu():
    with mx.stream(mx.cpu):
        yield


@pytest.fixture(scope="module")
def model():
    with mx.stream(mx.cpu):
        return tiny_whisper()


def searched(work, size=5, patience=1.0, penalty=1.0):
    return beam_search(work, size, patience, penalty)


@pytest.mark.parametrize(
    ("size", "patience", "penalty"), [(2, 1.0, 1.0), (3, 2.0, 0.6), (3, 0.4, 1.0), (9, 1.0, 2.0)]
)
def test_the_beam_finds_what_a_plain_search_finds(model, size, patience, penalty):
    work = work_of(model, PROMPTS, limits_of(), room=[9, 7, 9, 1, 12, 3])
    for row, found in enumerate(searched(work, size, patience, penalty)):
        alone = Row(work, row)
        tokens, mean = alone.beams(size, patience, penalty)
        assert list(found.tokens) == tokens
        assert found.avg_logprob == pytest.approx(mean, abs=1e-4)
        assert found.no_speech_prob == pytest.approx(alone.silence(), abs=1e-5)


@pytest.mark.parametrize(
    "more",
    [
        {"latest": 0},
        {"suppressed": range(2, END)},
        {"no_repeat_ngram": 1, "suppressed": range(2, END)},
        {"no_repeat_ngram": 2, "repetition_penalty": 1.8},
    ],
    ids=["one", "few", "used up", "varied"],
)
def test_the_rules_hold_for_every_hypothesis(model, more):
    """Also where fewer may come than the beam has places for."""
    work = work_of(model, PROMPTS, limits_of(**more), room=8)
    for row, found in enumerate(searched(work, 3, patience=2.0)):
        tokens, mean = Row(work, row).beams(3, patience=2.0)
        assert list(found.tokens) == tokens
        assert found.avg_logprob == pytest.approx(mean, abs=1e-4)


def test_a_beam_of_one_is_greedy(model):
    work = work_of(model, PROMPTS, limits_of(), room=10)
    greedy = sample(work, 0.0, 1, 0, 1.0)
    assert [each.tokens for each in searched(work, 1)] == [each.tokens for each in greedy]


def test_more_hypotheses_find_likelier_texts(model):
    """Not each time, but together: sums of log-probabilities over what can be written."""
    work = work_of(model, PROMPTS * 2, limits_of(suppressed=[END]), room=10)
    totals = [
        sum(each.avg_logprob for each in found)
        for found in (sample(work, 0.0, 1, 0, 1.0), searched(work, 3), searched(work, 12))
    ]
    assert totals == sorted(totals)
    assert totals[0] < totals[-1]


def test_where_everything_is_forbidden_there_is_no_text(model):
    work = work_of(model, [PLAIN, TIMED], limits_of(suppressed=range(60)), room=8)
    for found in (*searched(work), *sample(work, 0.0, 1, 0, 1.0), *sample(work, 0.5, 3, 0, 1.0)):
        assert (found.tokens, found.avg_logprob) == ((), 0.0)


def test_rows_that_are_done_leave_at_once(model, monkeypatch):
    sizes, step = [], DecoderState.step

    def counting(state, tokens):
        sizes.append(tokens.shape)
        return step(state, tokens)

    monkeypatch.setattr(DecoderState, "step", counting)
    work = work_of(model, [PLAIN] * 4, limits_of(suppressed=[END]), room=[1, 2, 2, 5])
    found = searched(work, 3)
    assert [len(each.tokens) for each in found] == [1, 2, 2, 5]
    assert sizes == [(3, 3), (1, 3), (1, 3), (1, 3)]


def test_a_batch_finds_what_its_rows_find_alone(model):
    work = work_of(model, PROMPTS, limits_of(), room=12)
    for row, found in enumerate(searched(work)):
        one = slice(row, row + 1)
        only = replace(work, heard=work.heard[one], prompts=work.prompts[one], room=work.room[one])
        assert searched(only)[0].tokens == found.tokens


@pytest.mark.parametrize("size", [1, 7, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK + 3])
@pytest.mark.parametrize("count", [1, 4, 10, 300])
def test_the_best_are_those_that_sorting_finds(size, count):
    random = np.random.default_rng(size)
    for spread in (1e6, 4):
        scores = np.round(random.uniform(-spread, spread, (3, size))).astype(np.float32)
        scores[:, random.integers(0, size, size // 3)] = -np.inf
        count = min(count, size)
        values, places = (np.array(each) for each in top(mx.array(scores), count))
        np.testing.assert_array_equal(values, -np.sort(-scores, axis=-1)[:, :count])
        np.testing.assert_array_equal(np.take_along_axis(scores, places, axis=-1), values)
        assert all(len(set(row)) == count for row in places.tolist()), "each once, ties too"


def test_what_is_impossible_does_not_end(model):
    """Where one token alone may come, the end is among the best candidates nevertheless."""
    work = work_of(model, [TIMED] * 3, limits_of(latest=0, end=2), room=8)
    for row, found in enumerate(searched(work, 4, patience=0.25)):
        tokens, mean = Row(work, row).beams(4, 0.25)
        assert list(found.tokens) == tokens
        assert tokens[0] == STAMPS
        assert found.avg_logprob == pytest.approx(mean, abs=1e-4)

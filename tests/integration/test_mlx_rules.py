"""What may come next in the MLX transcriber, beside Whisper's rules one token at a time."""

import numpy as np
import pytest

pytest.importorskip("mlx_whisper")
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::Warning:numba")]

import mlx.core as mx  # noqa: E402 - behind what skips

from asrcore_adapters.mlx.rules import Rules  # noqa: E402
from tests.integration.plain_whisper import END, NEVER, SIZE, STAMPS, limits_of, ruled  # noqa: E402

ROWS, GROUP = 4, 3


@pytest.fixture(autouse=True)
def on_the_cpu():
    with mx.stream(mx.cpu):
        yield


class Beside:
    """Rules for a batch, and beside them what was written and what is allowed, in lists."""

    def __init__(self, limits, timed, group=GROUP):
        self.limits, self.timed, self.group = limits, list(timed), group
        self.rules = Rules(limits, timed)
        self.written = [[[] for _ in range(group)] for _ in timed]

    def check(self, random):
        """Scores by both; those that timestamps win, or lose, by a hair are drawn away from it."""
        logits = random.normal(0, 3, (len(self.timed), self.group, SIZE)).astype(np.float32)
        found = np.array(self.rules.apply(mx.array(logits)))
        assert not np.isnan(found).any()
        for row, timed in enumerate(self.timed):
            for index, text in enumerate(self.written[row]):
                expected = ruled(logits[row, index].tolist(), text, self.limits, timed=timed)
                np.testing.assert_allclose(found[row, index], expected, rtol=1e-5, err_msg=text)
        return found

    def add(self, tokens):
        self.rules.add(mx.array(tokens))
        for row, new in zip(self.written, tokens, strict=True):
            for text, token in zip(row, new, strict=True):
                text.append(int(token))

    def follow(self, parents):
        self.rules.follow(mx.array(parents))
        self.written = [
            [list(row[parent]) for parent in chosen]
            for row, chosen in zip(self.written, parents, strict=True)
        ]

    def keep(self, rows):
        self.rules.keep(rows)
        self.timed = [self.timed[row] for row in rows]
        self.written = [self.written[row] for row in rows]


def drawn(random, scores):
    """A token that is allowed, for each hypothesis."""
    noisy = scores + random.gumbel(size=scores.shape)
    return noisy.argmax(axis=-1)


@pytest.mark.parametrize("timed", [[True] * ROWS, [False] * ROWS, [True, False, False, True]])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"suppressed": (1, 2, STAMPS + 3), "blanks": (0, END), "latest": 2},
        {"repetition_penalty": 1.7},
        {"repetition_penalty": 0.5, "no_repeat_ngram": 2},
        *({"no_repeat_ngram": size} for size in (1, 2, 3, 4)),
    ],
    ids=str,
)
def test_what_is_allowed_is_what_whisper_allows(timed, more):
    """Hypotheses that follow each other, and rows that leave."""
    random = np.random.default_rng(7)
    beside = Beside(limits_of(**more), timed)
    for step in range(14):
        scores = beside.check(random)
        tokens = drawn(random, scores)
        if step % 3 == 1:
            beside.follow(random.integers(0, GROUP, (len(beside.timed), GROUP)))
        if step in (0, 6):
            keep = [3, 1, 0] if step == 0 else [0, 2]
            beside.keep(keep)
            tokens = tokens[keep]
        beside.add(tokens)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_no_n_gram_comes_twice(size):
    """Of two words, so that all that could come has come; what is impossible ends the text."""
    random = np.random.default_rng(size)
    limits = limits_of(no_repeat_ngram=size, suppressed=range(2, END))
    beside = Beside(limits, [False] * 2)
    ended = 0
    for _ in range(20):
        scores = beside.check(random)
        scores[..., END] = np.where(scores[..., :2].max(-1) == NEVER, 0, NEVER)
        tokens = drawn(random, scores)
        ended += (tokens == END).sum()
        beside.add(tokens)
    assert ended, "all n-grams have been used"


def test_times_grow_and_come_in_pairs():
    random = np.random.default_rng(3)
    beside = Beside(limits_of(latest=3), [True] * 16, group=1)
    for _ in range(20):
        beside.add(drawn(random, beside.check(random)))
    ended = 0
    for (written,) in beside.written:
        ended += END in written
        text = [*written, END][: [*written, END].index(END)]
        stamps = [token for token in text if token >= STAMPS]
        assert STAMPS <= text[0] <= STAMPS + 3
        assert stamps == sorted(stamps)
        assert sum(token >= STAMPS for token in text[:2]) == 1, "a text follows the first"
    assert 0 < ended < 16


def test_text_gives_way_where_timestamps_together_are_likelier():
    rules = Rules(limits_of(), [True])
    rules.add(mx.array([[STAMPS]]))
    rules.add(mx.array([[4]]))
    logits = np.full((1, 1, SIZE), -9.0, np.float32)
    logits[..., 5], logits[..., STAMPS + 1 :] = 3.0, 0.0
    spread = np.log(SIZE - STAMPS - 1)
    for lead, text in ((spread - 0.1, False), (spread + 0.1, True)):
        logits[..., 5] = lead
        found = np.array(rules.apply(mx.array(logits)))[0, 0]
        assert (found[5] > NEVER) == text
        assert found[STAMPS + 1] == 0.0


@pytest.mark.parametrize("timed", [True, False])
def test_where_everything_is_forbidden_the_text_ends(timed):
    beside = Beside(limits_of(suppressed=range(SIZE)), [timed] * ROWS)
    for _ in range(3):
        found = beside.check(np.random.default_rng(0))
        assert (found.argmax(axis=-1) == END).all()
        beside.add(found.argmax(axis=-1))

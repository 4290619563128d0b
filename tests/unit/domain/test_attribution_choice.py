"""The cheapest speakers, beside trying all."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.attribution.choice import CHANGE, choose


def cost(lacking: np.ndarray, speakers: tuple[int, ...], owner: int) -> float:
    """What the rule says that this costs."""
    words = sum(lacking[word, speaker] for word, speaker in enumerate(speakers))
    stretches = sum(
        speaker not in (owner, before)
        for before, speaker in zip((owner, *speakers), speakers, strict=False)
    )
    return float(words + CHANGE * stretches)


SENTENCES = st.integers(1, 3).flatmap(
    lambda speakers: st.lists(
        st.lists(
            st.lists(st.integers(0, 8), min_size=speakers, max_size=speakers),
            min_size=1,
            max_size=5,
        ),
        min_size=1,
        max_size=4,
    )
)


@given(SENTENCES)
def test_nothing_is_cheaper(given_sentences: list) -> None:
    sentences = [np.array(each) / 10 for each in given_sentences]
    firsts = np.cumsum([0, *map(len, sentences[:-1])])
    chosen = choose(np.concatenate(sentences), firsts)
    for lacking, first in zip(sentences, firsts, strict=True):
        found = tuple(chosen[first : first + len(lacking)])
        owner = int(lacking.sum(axis=0).round(6).argmin())
        every = product(range(lacking.shape[1]), repeat=len(lacking))
        least = min(cost(lacking, speakers, owner) for speakers in every)
        assert cost(lacking, found, owner) == pytest.approx(least)


@given(SENTENCES)
def test_a_sentence_does_not_depend_on_the_others(given_sentences: list) -> None:
    sentences = [np.array(each) / 10 for each in given_sentences]
    firsts = np.cumsum([0, *map(len, sentences[:-1])])
    alone = [choose(lacking, np.array([0])) for lacking in sentences]
    assert choose(np.concatenate(sentences), firsts).tolist() == np.concatenate(alone).tolist()


def test_where_it_costs_the_same_a_sentence_stays_whole_and_is_the_first_speakers() -> None:
    even = np.array([[0.0, CHANGE], [CHANGE, 0.0]])
    assert choose(even, np.array([0])).tolist() == [0, 0]

import pytest

from asrcore.domain.request import Instructions
from asrcore.domain.whisper.prompting import MAX_PROMPT, numeral_tokens, prompted, room_for_text

START, PREVIOUS = [900, 901], 800


def letters(text):
    """A token a character."""
    return [ord(character) for character in text]


def ask(**instructions):
    return prompted(Instructions(**instructions), START, PREVIOUS, letters)


def test_nothing_stands_before_the_start_where_nothing_is_asked():
    assert ask() == START
    assert ask(prompt="  ", hotwords="\n") == START


def test_hotwords_stand_before_the_prompt_each_after_a_space():
    before = [PREVIOUS, *letters(" Ada Byron"), *letters(" It was"), *START]
    assert ask(prompt="It was ", hotwords=" Ada Byron") == before
    assert ask(prompt="It was") == [PREVIOUS, *letters(" It was"), *START]
    assert ask(hotwords="Ada") == [PREVIOUS, *letters(" Ada"), *START]


def test_the_end_of_a_long_prompt_is_kept_beside_all_hotwords():
    tokens = ask(prompt="x" * 300 + "end", hotwords="Ada")
    assert len(tokens) == 1 + MAX_PROMPT + len(START)
    assert tokens[1:5] == letters(" Ada")
    assert tokens[-5:-2] == letters("end")


def test_too_many_hotwords_lose_their_end_and_leave_no_room_for_a_prompt():
    tokens = ask(prompt="never", hotwords="Ada" + "x" * 400)
    assert tokens == [PREVIOUS, *letters(" Ada" + "x" * 219), *START]


@pytest.mark.parametrize(
    ("prompt", "limit", "room"),
    [(4, None, 224), (227, None, 221), (4, 10, 10), (440, 100, 8), (448, None, 1)],
)
def test_prompt_and_text_share_the_context(prompt, limit, room):
    assert room_for_text(prompt, limit) == room


def test_tokens_with_a_digit_or_a_currency_sign_write_numerals():
    written = ["seven", " 7", "7th", "$", "per cent", "50 %", "8"]
    assert numeral_tokens(6, lambda tokens: written[tokens[0]]) == [1, 2, 3, 5]

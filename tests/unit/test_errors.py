import copy
import inspect
import pickle
import re
from collections.abc import Callable

import pytest

from asrcore import errors
from asrcore.errors import (
    AsrError,
    AudioDecodeError,
    ConfigError,
    EngineError,
    InputError,
    InputNotFoundError,
    MissingEngineError,
    OutOfMemoryError,
    OutputError,
    UnknownBackendError,
    causes,
    did_you_mean,
    is_out_of_memory,
    translate,
)

CLASSES = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if kind.__module__ == errors.__name__
]


def drawn_tree() -> dict[str, tuple[str, ...]]:
    """Error name -> names of its bases, as the module's docstring draws them."""
    bases: dict[str, tuple[str, ...]] = {}
    path: list[tuple[int, str]] = []
    for line in re.findall(r"^ {4}.*Error .*$", errors.__doc__, re.MULTILINE):
        name = re.search(r"\w+", line)
        path = [(column, above) for column, above in path if column < name.start()]
        builtin = re.search(r"\((\w+)\)", line)
        above = path[-1][1] if path else "Exception"
        bases[name[0]] = (above, builtin[1]) if builtin else (above,)
        path.append((name.start(), name[0]))
    return bases


def test_the_docstring_draws_exactly_the_errors_there_are() -> None:
    assert drawn_tree() == {
        kind.__name__: tuple(base.__name__ for base in kind.__bases__) for kind in CLASSES
    }


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (ConfigError, ValueError),
        (UnknownBackendError, LookupError),
        (MissingEngineError, ImportError),
        (InputNotFoundError, FileNotFoundError),
        (AudioDecodeError, ValueError),
        (OutputError, OSError),
        (EngineError, RuntimeError),
        (OutOfMemoryError, MemoryError),
    ],
)
def test_an_error_is_caught_as_the_builtin_that_people_expect(kind: type, builtin: type) -> None:
    for expected in (builtin, AsrError):
        with pytest.raises(expected, match=r"^it broke$"):
            raise kind("it broke")


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_says_its_message_and_then_its_hint(kind: type) -> None:
    error = kind("it broke", "mend it")
    assert (error.message, error.hint) == ("it broke", "mend it")
    assert str(error) == "it broke (mend it)"
    assert str(kind("it broke")) == "it broke"


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("clone", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_every_error_survives_the_way_to_another_process(kind: type, clone: Callable) -> None:
    twin = clone(kind("it broke", "mend it"))
    assert type(twin) is kind
    assert str(twin) == "it broke (mend it)"


def says(kind: type) -> Callable:
    return lambda error: kind(f"engine: {error}")


MAPPING = {MemoryError: says(OutOfMemoryError), ArithmeticError: says(EngineError)}


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (MemoryError("full"), OutOfMemoryError),
        (ArithmeticError("odd"), EngineError),
        (ZeroDivisionError("a subclass"), EngineError),
    ],
)
def test_translate_says_an_engine_error_as_ours_and_keeps_the_original(
    raised: BaseException, expected: type
) -> None:
    with pytest.raises(expected, match=f"^engine: {raised}$") as caught, translate(MAPPING):
        raise raised
    assert type(caught.value) is expected
    assert caught.value.__cause__ is raised


def test_translate_takes_the_first_type_that_fits() -> None:
    mapping = {ArithmeticError: says(EngineError), ZeroDivisionError: says(OutOfMemoryError)}
    with pytest.raises(EngineError) as caught, translate(mapping):
        raise ZeroDivisionError("0")
    assert type(caught.value) is EngineError


@pytest.mark.parametrize(
    "raised",
    [KeyError("not named"), KeyboardInterrupt(), AudioDecodeError("ours, although a ValueError")],
)
def test_translate_lets_our_errors_and_unnamed_ones_pass(raised: BaseException) -> None:
    with (
        pytest.raises(type(raised)) as caught,
        translate({ValueError: says(InputError), **MAPPING}),
    ):
        raise raised
    assert caught.value is raised


def test_translate_does_nothing_where_nothing_is_raised() -> None:
    with translate(MAPPING):
        result = 1
    assert result == 1


def test_translate_of_nothing_lets_everything_pass() -> None:
    with pytest.raises(ValueError, match="bare"), translate({}):
        raise ValueError("bare")


@pytest.mark.parametrize(
    ("word", "answer"),
    [("modle", "did you mean model?"), ("devise", "did you mean device?"), ("xyz", ""), ("", "")],
)
def test_did_you_mean_names_the_closest_known_word_or_nothing(word: str, answer: str) -> None:
    assert did_you_mean(word, iter(["model", "device", "beam_size"])) == answer


def test_causes_are_told_once_each_and_end():
    first, second = ValueError("first"), KeyError("second")
    second.__cause__, first.__context__ = first, second
    assert list(causes(second)) == [second, first]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (RuntimeError("CUDA out of memory. Tried"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("[enforce fail] not enough memory: you tried"), True),
        (RuntimeError("[malloc] Unable to allocate 4096 bytes."), True),
        (RuntimeError("[METAL] Command buffer failed: Insufficient Memory (00000008)"), True),
        (RuntimeError("[metal::malloc] Attempting to allocate 9 bytes"), True),
        (RuntimeError("no such file"), False),
    ],
)
def test_too_little_memory_is_known_by_its_words(error, expected):
    assert is_out_of_memory(error) is expected

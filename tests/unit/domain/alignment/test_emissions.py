import numpy as np
import pytest

from asrcore.domain.alignment.emissions import Alphabet, Emissions


@pytest.mark.parametrize(("blank", "separator"), [(0, None), (2, 1), (1, 1)])
def test_columns_that_exist_are_taken(blank: int, separator: int | None) -> None:
    alphabet = Alphabet(("", "|", "a"), blank, separator)
    assert (alphabet.blank, alphabet.separator) == (blank, separator)


@pytest.mark.parametrize(
    ("blank", "separator", "column"), [(3, None, 3), (-1, None, -1), (0, 3, 3), (0, -1, -1)]
)
def test_a_column_that_does_not_exist_is_named(
    blank: int, separator: int | None, column: int
) -> None:
    with pytest.raises(ValueError, match=rf"of 3 labels has no column {column}$"):
        Alphabet(("", "|", "a"), blank, separator)


def test_an_alphabet_without_labels_has_no_blank() -> None:
    with pytest.raises(ValueError, match="of 0 labels has no column 0"):
        Alphabet(())


@pytest.mark.parametrize("shape", [(4,), (1, 4, 3)])
def test_emissions_that_are_no_matrix_are_refused(shape: tuple) -> None:
    with pytest.raises(ValueError, match=r"\(frames, labels\), not"):
        Emissions(np.zeros(shape, np.float32))


@pytest.mark.parametrize("seconds", [0.0, -0.02, float("nan")])
def test_frames_that_take_no_time_are_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match=f"more than 0 s, not {seconds}"):
        Emissions(np.zeros((4, 3), np.float32), seconds)

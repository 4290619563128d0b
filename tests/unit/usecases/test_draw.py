import pytest

from asrcore.domain.scoring.evaluation import Evaluation
from asrcore.errors import OutputError
from asrcore.usecases.draw import draw


class Dot:
    """Draws a dot."""

    def draw(self, evaluation, directory):
        path = directory / "dot.txt"
        path.write_text(f". {len(evaluation.scored)}", encoding="utf-8")
        return [path]


def test_pictures_go_into_a_folder_made_for_them(tmp_path):
    directory = tmp_path / "some" / "pictures"
    assert draw(Evaluation(), directory, Dot()) == [directory / "dot.txt"]
    assert (directory / "dot.txt").read_text(encoding="utf-8") == ". 0"


def test_and_into_one_that_is_there(tmp_path):
    assert draw(Evaluation(), tmp_path, Dot()) == [tmp_path / "dot.txt"]


def test_a_folder_that_cannot_be_made_says_why(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file: no picture can be written there: "):
        draw(Evaluation(), tmp_path / "file", Dot())

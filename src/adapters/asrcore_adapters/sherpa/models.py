"""From a model's name to its file: a local one, the one of a folder, or one on the Hub."""

from __future__ import annotations

from pathlib import Path

from asrcore.errors import ModelError
from asrcore_adapters.sherpa import SherpaOptions
from asrcore_adapters.sherpa.hub import HubFile, Role, cached, downloaded

USUAL = "model.onnx"
"""The file that is meant where a folder holds several."""


def locate_model(role: Role, options: SherpaOptions) -> Path:
    """The file of a model; downloaded where it is not on this machine yet.

    Raises:
        ModelError: there is no such file, or it cannot be downloaded.
    """
    name: str = getattr(options, role)
    path = Path(name).expanduser()
    if path.is_file():
        return path
    if path.is_dir():
        return _only_model(path, role)
    file = HubFile.of(name)
    if file is None:
        raise ModelError(
            f"diarizer.options.{role}: there is no file {name}",
            "check the path, or name a file on the Hub: org/name:file.onnx",
        )
    return cached(file, options) or downloaded(file, role, options)


def _only_model(folder: Path, role: Role) -> Path:
    models = sorted(folder.glob("*.onnx"))
    usual = folder / USUAL
    if usual in models:
        return usual
    if len(models) != 1:
        held = ", ".join(path.name for path in models) or "no .onnx file"
        raise ModelError(
            f"diarizer.options.{role}: {folder} holds {held}", "name one file, not the folder"
        )
    return models[0]

"""References and hypotheses from a path: a document, or a folder of documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from asrcore.api import Engine
from asrcore.domain.annotation import Annotation
from asrcore.errors import ConfigError, InputError
from asrcore_cli.output import listed


@dataclass(frozen=True)
class Documents:
    """What a path tells.

    Attributes:
        path: as given.
        annotations: by the name of the recording.
        homes: name of the recording -> its document.
        unreadable: name -> why its document cannot be read.
    """

    path: Path
    annotations: Mapping[str, Annotation] = field(default_factory=dict)
    homes: Mapping[str, Path] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)

    @property
    def alone(self) -> bool:
        """Whether it is one document of one recording, which needs no name to be matched."""
        return len(self.annotations) == 1 and not self.path.is_dir()

    def called(self, name: str) -> Documents:
        """The one recording under another name."""
        (annotation,), (home,) = self.annotations.values(), self.homes.values()
        return replace(self, annotations={name: annotation}, homes={name: home})


def documents(engine: Engine, path: Path) -> Documents:
    """Read a document, or every document of a folder; in a folder a broken one is only noted.

    Raises:
        ConfigError: two documents of a folder tell of one recording, or there is none.
        InputError: the one document cannot be read.
    """
    if not path.is_dir():
        found = engine.read(path)
        return Documents(path, found, dict.fromkeys(found, path))
    told, unreadable = _read_all(engine, path)
    _refuse_doubles(path, told, unreadable)
    annotations = {name: found[name] for found, _ in told for name in found}
    if not (annotations or unreadable):
        raise ConfigError(
            f"{path}: there is no document in it that can be read", "asr backends lists the readers"
        )
    homes = {name: home for found, home in told for name in found}
    return Documents(path, annotations, homes, {home.stem: why for home, why in unreadable.items()})


def text_of(engine: Engine, path: Path, name: str) -> Annotation:
    """What a document tells of one recording.

    Raises:
        ConfigError: it tells of several, and of none of that name; or it is a folder.
        InputError: it cannot be read, or tells no text.
    """
    if path.is_dir():
        raise ConfigError(f"{path} is a folder", "name the document with the text")
    found = engine.read(path)
    annotation = found.get(name)
    if annotation is None and len(found) == 1:
        (annotation,) = found.values()
    if annotation is None:
        raise ConfigError(f"{path}: it tells of {listed(found)}, not of {name}")
    if annotation.utterances is None or annotation.silent:
        raise InputError(f"{path}: there is no text in it to align")
    return annotation


Told = list[tuple[Mapping[str, Annotation], Path]]


def _read_all(engine: Engine, folder: Path) -> tuple[Told, dict[Path, str]]:
    """What the documents of a folder tell; files that are none are passed over."""
    told: Told = []
    unreadable: dict[Path, str] = {}
    for path in _files(folder):
        try:
            told.append((engine.read(path), path))
        except ConfigError:  # no reader is for such files: sound, notes, pictures
            continue
        except InputError as error:
            unreadable[path] = str(error)
    return told, unreadable


def _files(folder: Path) -> list[Path]:
    """The visible files of a folder in alphabetical order."""
    return sorted(
        path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")
    )


def _refuse_doubles(folder: Path, told: Told, unreadable: Iterable[Path]) -> None:
    homes: defaultdict[str, list[str]] = defaultdict(list)
    for found, home in told:
        for name in found:
            homes[name].append(home.name)
    for home in unreadable:
        homes[home.stem].append(home.name)
    doubles = {name: files for name, files in homes.items() if len(files) > 1}
    if doubles:
        lines = (f"{name} is in {' and in '.join(files)}" for name, files in doubles.items())
        raise ConfigError(
            f"{folder}: {listed(lines, '; ', 3)}",
            "keep one document a recording in the folder, or name the two documents to compare",
        )


def sound_of(engine: Engine, references: Documents, given: Sequence[Path]) -> dict[str, Path]:
    """The sound of each reference: what is given, else the file that the reference names.

    Raises:
        ConfigError: there is none for any of them.
    """
    if given:
        return _matched(engine, references, given)
    found = {
        name: references.homes[name].parent / annotation.audio
        for name, annotation in references.annotations.items()
        if annotation.audio
    }
    if references.annotations and not found:
        raise ConfigError(
            f"{references.path}: it names no recording to transcribe",
            "add a HYPOTHESIS, or --audio with a file or a folder",
        )
    return found


def _matched(engine: Engine, references: Documents, given: Sequence[Path]) -> dict[str, Path]:
    names = references.annotations
    if references.alone and len(given) == 1 and not given[0].is_dir():
        return dict.fromkeys(names, given[0])
    found: defaultdict[str, list[Path]] = defaultdict(list)
    for path in given:
        for file in _files(path) if path.is_dir() else [path]:
            if file.stem in names and not (path.is_dir() and _is_document(engine, file)):
                found[file.stem].append(file)
    for name, files in found.items():
        if len(files) > 1:
            raise ConfigError(
                f"{name}: several files have its sound: {', '.join(map(str, files))}",
                "name one of them with --audio",
            )
    if names and not found:
        heard = [
            path.name for each in given for path in (_files(each) if each.is_dir() else [each])
        ]
        raise nothing_shared(references, ", ".join(map(str, given)), heard)
    return {name: files[0] for name, files in found.items()}


def _is_document(engine: Engine, path: Path) -> bool:
    try:
        engine.read(path)
    except ConfigError:
        return False
    except InputError:
        return True
    return True


def nothing_shared(references: Documents, place: str, names: Iterable[str]) -> ConfigError:
    """No recording is on both sides."""
    return ConfigError(
        f"no recording is on both sides: {references.path} has {listed(references.annotations)}; "
        f"{place} has {listed(names)}",
        "they match by the recording's name, else by the file's name without its extension",
    )

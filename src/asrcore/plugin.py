"""What a backend publishes under its entry point: enough to list, plan and build it.

A backend is one entry point in a group of `GROUPS` that names a `Plugin`. The module that holds
the plugin must be cheap: the engine is imported by the module that `target` names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from asrcore.domain.footprint import Footprint
from asrcore.errors import MissingEngineError

Stage = Literal[
    "transcriber",
    "aligner",
    "diarizer",
    "voice_activity",
    "audio_source",
    "sentence_splitter",
    "writer",
    "metric",
    "reader",
    "chart",
    "converter",
]

GROUPS: Mapping[Stage, str] = MappingProxyType(
    {
        "transcriber": "asrcore.transcribers",
        "aligner": "asrcore.aligners",
        "diarizer": "asrcore.diarizers",
        "voice_activity": "asrcore.voice_activity",
        "audio_source": "asrcore.audio_sources",
        "sentence_splitter": "asrcore.sentence_splitters",
        "writer": "asrcore.writers",
        "metric": "asrcore.metrics",
        "reader": "asrcore.readers",
        "chart": "asrcore.charts",
        "converter": "asrcore.converters",
    }
)


class Options(BaseModel):
    """Base of a backend's own options: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where and how a backend computes, as planned.

    Attributes:
        device: `cpu`, `cuda`, `cuda:1`, `metal`, `mps`.
        compute_type: the engine's name for a number format; None where it has no choice.
        memory: GiB that it may use there, beside other stages and the user's programs; None where
            that is not known.
    """

    device: str = "cpu"
    compute_type: str | None = None
    memory: float | None = None


@dataclass(frozen=True, slots=True)
class DeviceSupport:
    """How a backend does on one kind of device.

    Attributes:
        compute_types: number formats it takes there, the best first; empty where it has no choice.
        planned: whether the planner may choose this device; if not, only the user may.
        why: what speaks for or against it, in words: part of the plan's reasons.
    """

    compute_types: tuple[str, ...] = ()
    planned: bool = True
    why: str = ""


@dataclass(frozen=True)
class Plugin:
    """A backend as it is listed, planned and built.

    Attributes:
        name: as in a config file; the entry point's name.
        target: `package.module:Class`; called with `(options, placement)`.
        summary: one line for people.
        options: the class of its options.
        requires: modules that must be importable.
        install: the command that brings them.
        devices: device kind -> how it does there.
        rank: among backends that could do a stage on the same device, the highest is planned;
            0 means never without being named.
        batched: whether several chunks at once are faster than one after the other.
        attention: whether it is a transcriber that can align by its own attention, see
            `asrcore.ports.attentive`.
        word_times: whether it is a transcriber whose words come with exact times.
        footprint: tells what it would take of the memory with some options, at a device kind and
            number format; None where it does not know. It imports no engine and fetches nothing.
    """

    name: str
    target: str
    summary: str = ""
    options: type[Options] = Options
    requires: tuple[str, ...] = ()
    install: str = ""
    devices: Mapping[str, DeviceSupport] = field(default_factory=lambda: {"cpu": DeviceSupport()})
    rank: int = 0
    batched: bool = True
    attention: bool = False
    word_times: bool = False
    footprint: Callable[[Any, Placement], Footprint | None] | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """The required modules that cannot be found; no engine is imported to tell.

        The parents of a dotted name are: name no module inside a heavy package.
        """
        return tuple(module for module in self.requires if not _importable(module))

    @property
    def installed(self) -> bool:
        """Whether it could be built."""
        return not self.missing

    def build(self, options: Options, placement: Placement) -> Any:
        """Import the engine and make the backend.

        Raises:
            MissingEngineError: a required module is not installed.
            ModelError: its model cannot be had.
        """
        if self.missing:
            raise self._missing_engine(f"not installed: {', '.join(self.missing)}")
        module, _, attribute = self.target.partition(":")
        try:
            target = getattr(import_module(module), attribute)
        except (ImportError, OSError) as error:  # OSError: a library of the engine will not load
            raise self._missing_engine(str(error)) from error
        return target(options, placement)

    def _missing_engine(self, what: str) -> MissingEngineError:
        hint = f"run: {self.install}" if self.install else ""
        return MissingEngineError(f"backend {self.name} is not usable here: {what}", hint)


def _importable(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:  # the parent of a dotted name is missing, or broken
        return False
    except ValueError:  # it is loaded already, by someone who gave it no spec
        return True

"""A folder's model, as transformers loads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch.nn.utils import parametrize
from transformers import Wav2Vec2ForCTC

from asrcore.errors import ModelError
from asrcore_adapters.common.transformers_logging import quiet
from asrcore_adapters.wav2vec2.description import Description, describe


@dataclass(frozen=True)
class Checkpoint:
    """A model, and what its files tell of it."""

    model: Any
    description: Description


def load_checkpoint(folder: Path) -> Checkpoint:
    """A `Wav2Vec2ForCTC` on the CPU in float32, ready to be asked.

    Raises:
        ModelError: the folder holds another kind of model, or one that cannot align.
    """
    description = describe(folder)
    with quiet():
        model, report = Wav2Vec2ForCTC.from_pretrained(
            folder, local_files_only=True, output_loading_info=True
        )
    if any(key.startswith("lm_head") for key in report["missing_keys"]):
        raise ModelError("it was never trained to write: it has no weights for labels (lm_head)")
    return Checkpoint(_for_inference(model), description)


def _for_inference(model: Any) -> Any:
    """Without dropout, and with the weights of the positions computed once, not at each call."""
    positions = model.wav2vec2.encoder.pos_conv_embed.conv
    if parametrize.is_parametrized(positions):
        parametrize.remove_parametrizations(positions, "weight")
    return model.eval().requires_grad_(False)

"""Whisper over CTranslate2, with faster-whisper's features and tokenizer."""

from pydantic import Field

from asrcore.plugin import DeviceSupport, Plugin
from asrcore_adapters.common.options import HubOptions
from asrcore_adapters.common.whisper_options import WhisperOptions
from asrcore_adapters.common.whisper_sizes import whisper_footprint


class FasterWhisperOptions(WhisperOptions):
    """A Whisper over CTranslate2.

    Attributes:
        threads: CPU threads; 0 takes all cores of this process.
    """

    threads: int = Field(0, ge=0)


PLUGIN = Plugin(
    name="faster-whisper",
    target="asrcore_adapters.faster_whisper.transcriber:FasterWhisperTranscriber",
    summary="Whisper over CTranslate2: CUDA and CPU",
    options=FasterWhisperOptions,
    requires=("faster_whisper", "ctranslate2"),
    install="pip install --force-reinstall asrcore",
    devices={
        "cuda": DeviceSupport(
            ("float16", "int8_float16", "int8", "bfloat16", "int8_bfloat16", "float32"),
            why="CTranslate2 is fastest on CUDA in float16",
        ),
        "cpu": DeviceSupport(
            ("int8", "int8_float32", "float32", "int16"),
            why="CTranslate2 is fastest on CPUs in int8; it has no Metal device",
        ),
    },
    rank=10,
    attention=True,
    footprint=whisper_footprint,
)

CONVERTER = Plugin(
    name="ctranslate2",
    target="asrcore_adapters.faster_whisper.converting:CTranslate2Converter",
    summary="Whisper checkpoints for CTranslate2",
    options=HubOptions,
    requires=("ctranslate2", "torch", "transformers"),
    install="pip install 'asrcore[align]'",
    devices={
        "cpu": DeviceSupport(
            (
                "float16",
                "bfloat16",
                "float32",
                "int8",
                "int8_float16",
                "int8_bfloat16",
                "int8_float32",
            )
        )
    },
)

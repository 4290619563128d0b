"""Silero's voice activity model (v6, ONNX), as faster-whisper's wheel carries it."""

from pydantic import Field

from asrcore.plugin import Options, Plugin


class SileroOptions(Options):
    """When its probabilities count as speech; times in seconds, see `SpeechThresholds`."""

    onset: float = Field(0.5, gt=0, lt=1)
    offset: float = Field(0.35, gt=0, lt=1)
    min_speech: float = Field(0.1, ge=0)
    min_silence: float = Field(0.16, ge=0)
    pad: float = Field(0.4, ge=0)


PLUGIN = Plugin(
    name="silero",
    target="asrcore_adapters.silero.detector:SileroDetector",
    summary="Silero VAD v6, small and accurate",
    options=SileroOptions,
    requires=("faster_whisper", "onnxruntime"),
    install="pip install --force-reinstall asrcore",
    rank=10,
)

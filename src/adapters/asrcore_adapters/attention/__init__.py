"""The aligner that is part of a transcriber: its own attention, behind a plugin of its own.

The engine's adapter holds it (`asrcore.ports.attentive`), so there is nothing to build here.
"""

from asrcore.plugin import DeviceSupport, Plugin

PLUGIN = Plugin(
    name="attention",
    target="asrcore_adapters.faster_whisper.attention:AttentionAligner",
    summary="word times by the transcriber's own attention: no further model, less exact",
    devices={"cuda": DeviceSupport(), "metal": DeviceSupport(), "cpu": DeviceSupport()},
    rank=10,
)

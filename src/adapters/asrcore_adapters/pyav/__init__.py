"""Audio and video files of any kind, through PyAV: FFmpeg's libraries, no `ffmpeg` program."""

from asrcore.plugin import Plugin

PLUGIN = Plugin(
    name="pyav",
    target="asrcore_adapters.pyav.source:PyavAudioSource",
    summary="any audio or video file, through the FFmpeg libraries inside PyAV",
    requires=("av",),
    install="pip install --force-reinstall asrcore",
    rank=10,
)

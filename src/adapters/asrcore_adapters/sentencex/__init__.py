"""Sentences by sentencex: rules and abbreviations of many languages, nothing to download."""

from asrcore.plugin import Plugin

PLUGIN = Plugin(
    name="sentencex",
    target="asrcore_adapters.sentencex.splitter:SentencexSplitter",
    summary="knows the abbreviations and full stops of many languages",
    requires=("sentencex",),
    install="pip install --force-reinstall asrcore",
    rank=10,
)

"""Which published model hears which language, where the settings name none.

Fine-tuned `Wav2Vec2ForCTC` models whose labels are the language's own letters; the choice follows
the table of WhisperX (`whisperx/alignment.py`), with two differences: French, German, Spanish and
Italian have models that may be used commercially (theirs, of VoxPopuli, may not), and more
languages have one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from asrcore.domain.language import without_region
from asrcore.errors import ModelError
from asrcore_adapters.wav2vec2 import Wav2Vec2Options

XLSR = "jonatasgrosman/wav2vec2-large-xlsr-53-"

MODELS: Mapping[str, str] = MappingProxyType(
    {
        "ar": f"{XLSR}arabic",
        "bg": "infinitejoy/wav2vec2-large-xls-r-300m-bulgarian",
        "bn": "arijitx/wav2vec2-xls-r-300m-bengali",
        "ca": "softcatala/wav2vec2-large-xlsr-catala",
        "cs": "comodoro/wav2vec2-xls-r-300m-cs-250",
        "cy": "techiaith/wav2vec2-xlsr-ft-cy",
        "da": "saattrupdan/wav2vec2-xls-r-300m-ftspeech",
        "de": f"{XLSR}german",
        "el": f"{XLSR}greek",
        "en": "facebook/wav2vec2-base-960h",
        "es": f"{XLSR}spanish",
        "eu": "stefan-it/wav2vec2-large-xlsr-53-basque",
        "fa": f"{XLSR}persian",
        "fi": f"{XLSR}finnish",
        "fr": f"{XLSR}french",
        "gl": "ifrz/wav2vec2-large-xlsr-galician",
        "he": "imvladikon/wav2vec2-xls-r-300m-hebrew",
        "hi": "theainerd/Wav2Vec2-large-xlsr-hindi",
        "hr": "classla/wav2vec2-xls-r-parlaspeech-hr",
        "hu": f"{XLSR}hungarian",
        "id": "cahya/wav2vec2-large-xlsr-indonesian",
        "is": "carlosdanielhernandezmena/wav2vec2-large-xlsr-53-icelandic-ep10-1000h",
        "it": f"{XLSR}italian",
        "ja": f"{XLSR}japanese",
        "ka": "xsway/wav2vec2-large-xlsr-georgian",
        "ko": "kresnik/wav2vec2-large-xlsr-korean",
        "lv": "jimregan/wav2vec2-large-xlsr-latvian-cv",
        "ml": "gvs/wav2vec2-large-xlsr-malayalam",
        "nl": f"{XLSR}dutch",
        "nn": "NbAiLab/nb-wav2vec2-1b-nynorsk",
        "no": "NbAiLab/nb-wav2vec2-1b-bokmaal-v2",
        "pl": f"{XLSR}polish",
        "pt": f"{XLSR}portuguese",
        "ro": "gigant/romanian-wav2vec2",
        "ru": f"{XLSR}russian",
        "sk": "comodoro/wav2vec2-xls-r-300m-sk-cv8",
        "sl": "anton-l/wav2vec2-large-xlsr-53-slovenian",
        "sv": "KBLab/wav2vec2-large-voxrex-swedish",
        "te": "anuragshas/wav2vec2-large-xlsr-53-telugu",
        "th": "airesearch/wav2vec2-large-xlsr-53-th",
        "tl": "Khalsuu/filipino-wav2vec2-l-xls-r-300m-official",
        "tr": "mpoyraz/wav2vec2-xls-r-300m-cv7-turkish",
        "uk": "Yehor/wav2vec2-xls-r-300m-uk-with-small-lm",
        "ur": "kingabzpro/wav2vec2-large-xls-r-300m-Urdu",
        "vi": "nguyenvulebinh/wav2vec2-base-vi-vlsp2020",
        "yue": "ctl/wav2vec2-large-xlsr-cantonese",
        "zh": f"{XLSR}chinese-zh-cn",
    }
)
"""Language code -> Hub id."""


def languages(options: Wav2Vec2Options) -> frozenset[str] | None:
    """The languages with a model; None where one model serves all, or all others."""
    if options.model or options.fallback_model:
        return None
    return frozenset({*MODELS, *options.models})


def model_for(language: str | None, options: Wav2Vec2Options) -> str:
    """The Hub id or folder of a language's model; `zh-TW` has that of `zh`, or one of its own.

    Raises:
        ModelError: there is none.
    """
    known = {**MODELS, **options.models}
    for code in () if language is None else (language, without_region(language)):
        if code in options.models or (code in known and not options.model):
            return known[code]
    if remaining := options.model or options.fallback_model:
        return remaining
    raise _no_model(language)


def _no_model(language: str | None) -> ModelError:
    if language is None:
        return ModelError(
            "the alignment model depends on the language, and that is not known",
            "name it with --language, or a model with --set aligner.options.model=HUB_ID",
        )
    return ModelError(
        f"no alignment model is known for language {language}",
        f"name one with --set aligner.options.models.{language}=HUB_ID",
    )

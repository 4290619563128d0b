from dataclasses import is_dataclass
from importlib import import_module
from inspect import getmembers
from pkgutil import iter_modules

import pytest

from asrcore import domain

VALUES = sorted(
    {
        kind
        for module in iter_modules(domain.__path__, "asrcore.domain.")
        for _, kind in getmembers(import_module(module.name), is_dataclass)
    },
    key=lambda kind: kind.__name__,
)


@pytest.mark.parametrize("kind", VALUES)
def test_what_the_domain_hands_out_never_changes(kind: type) -> None:
    assert kind.__dataclass_params__.frozen

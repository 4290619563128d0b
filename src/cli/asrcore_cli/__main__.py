"""`python -m asrcore_cli` is `asr`."""

from asrcore_cli.main import main

main()

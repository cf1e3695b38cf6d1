"""`python -m service` is the command `ketenspoor`."""

from service.cli.entry import run

run()

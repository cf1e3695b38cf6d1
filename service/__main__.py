"""`python -m service` is the command `ketenspoor`."""

from service.cli import run

run()

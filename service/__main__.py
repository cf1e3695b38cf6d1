"""`python -m service` is the command `ketenspoor`."""

from service.cli.main import run

run()

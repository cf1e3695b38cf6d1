"""The version of the service and of its API."""

from importlib.metadata import version

VERSION = version("ketenspoor")

"""What the service is called, what it is, and its version, which is that of its API."""

from importlib.metadata import version

NAME = "Ketenspoor"
SUMMARY = "From permit to home to integration: what the chain reports, and how it is doing."
VERSION = version("ketenspoor")

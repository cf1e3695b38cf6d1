"""What the service is called, what it is, its version, which is that of its API, and how its event types begin."""

from importlib.metadata import version

NAME = "Ketenspoor"
SUMMARY = "From permit to home to integration: what the chain reports, and how it is doing."
VERSION = version("ketenspoor")
#: The `type` of a CloudEvent is the topic of a fact behind this.
TYPE_PREFIX = "nl.ketenspoor."

"""The `type` of a CloudEvent: the topic of a fact behind our prefix."""

from __future__ import annotations

TYPE_PREFIX = "nl.ketenspoor."

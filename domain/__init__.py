"""What the asylum-to-integration chain means: facts, journeys, norms and quotas; no clock, no storage, no HTTP."""

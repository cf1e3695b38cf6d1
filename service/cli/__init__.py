"""The command `ketenspoor`: every job an operator, a developer or an auditor has, one module a kind of work."""

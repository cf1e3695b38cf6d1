"""Who consulted what, when and for what purpose: the log of processing and the audit log."""

"""The event log: appended in order of commit, read by position and by stream; and the keys of what is personal."""

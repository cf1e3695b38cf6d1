"""What is asked of the log and of the figures: at which two times, by whom, why it is so, and in which form."""

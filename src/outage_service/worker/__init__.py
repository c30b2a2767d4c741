"""The processes' own motion: the scheduler's tick and the sender's loop. No rule lives here."""

"""Exercises on a virtual clock: a scenario file, its run through the real engine, and a mail catcher."""

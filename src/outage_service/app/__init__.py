"""The composition root: the only package that knows every part.

Kept in two so that a command which serves nobody does not wait for the web to be loaded: that takes a second.
"""

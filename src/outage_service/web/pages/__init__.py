"""Pages for people: plain HTML, both languages on each, no script."""

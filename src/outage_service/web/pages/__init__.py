"""Pages for people: plain HTML, each in English and in French; a script only adds to it."""

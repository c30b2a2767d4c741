"""E-mail: a letter is frozen once, thawed per recipient by byte splices, and sent over a pool of connections.

`letter` and `thawed` make the bytes, `relay` reads SMTP_URL, `session` opens a connection, `transaction`
speaks SMTP over it, `breaker` says when the relay must be left alone, `pool` is what the sender uses.
"""

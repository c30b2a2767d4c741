"""Tables of the operators' console: who may sign in, and their sessions."""

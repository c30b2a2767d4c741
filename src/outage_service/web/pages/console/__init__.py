"""The operators' console: every page is for who is signed in, in one language, never stored."""

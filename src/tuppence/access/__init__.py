"""Who may enter, and what is kept secret: users, sessions, one-time links, keys for programs, keys for providers."""

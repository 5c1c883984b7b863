"""How processes of one person on one machine ask each other to stop or to go back: by a socket that is theirs alone."""

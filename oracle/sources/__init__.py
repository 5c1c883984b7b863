"""Where quotes come from, behind one protocol."""

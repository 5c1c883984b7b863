"""What people have of prices, one file a format, behind one function that looks at the content (reading.py)."""

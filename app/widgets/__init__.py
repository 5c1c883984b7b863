"""The small parts that every panel is made of: labels, sheets, notices, the theme."""

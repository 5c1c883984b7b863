"""One file per headless command; none of them imports Qt."""

"""What stands on and over the globe: the viewport, its overlays and their layout."""

"""Draws the globe. Knows arrays; knows no market and no cluster."""

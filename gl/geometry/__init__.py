"""Pure geometry of the globe: no GPU, no clock, no I/O."""

"""One file per thing that is drawn; each owns its GPU buffers."""

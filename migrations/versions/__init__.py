"""One file per step, 0001 upwards."""

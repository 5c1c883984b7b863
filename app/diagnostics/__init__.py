"""What `doctor` looks at, one file per subject; each check is read-only."""

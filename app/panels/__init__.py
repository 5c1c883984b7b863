"""What stands beside the globe: table, inspector, timeline, dry run card."""

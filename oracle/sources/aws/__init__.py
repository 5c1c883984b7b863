"""What AWS says of its prices and its capacity, one file for each of its services."""

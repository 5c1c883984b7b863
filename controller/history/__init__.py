"""What happened: the ledger of decisions and moves."""

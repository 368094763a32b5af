"""What the ledger tells: stories, reasons, lineage, what happens now, and who waits."""

"""Pipes at work: what comes from the source goes through filter, enrichment and templates to the target."""

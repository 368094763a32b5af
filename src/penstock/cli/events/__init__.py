"""The commands about events: why, rules, replay, reconcile, tail, targets."""

"""What may go wrong around a server, done to one: ``make attack`` does it often, ``make test`` a few times."""

"""How readers say that what came in does not fit its type."""


class Malformed(ValueError):
    """A value does not fit its type; each codec turns it into its protocol's AwsError."""

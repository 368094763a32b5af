"""What the server measures, for Prometheus and for OpenTelemetry."""

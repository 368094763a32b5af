"""Delivery status: what became of messages, in CloudWatch Logs."""

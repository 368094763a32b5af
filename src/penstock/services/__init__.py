"""The AWS services. Siblings: none imports another; they meet through delivery and public operations."""

"""Connections: with which credentials EventBridge asks HTTP endpoints, and the tokens that it fetches for them."""

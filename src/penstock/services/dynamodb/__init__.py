"""DynamoDB: tables of items, and what is asked of them.

``values`` and ``expressions`` are pure: what items hold, and the expressions of requests.
"""

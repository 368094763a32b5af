"""What tests of several rooms share: policies, roles, functions, queues."""

"""Secrets Manager: secrets, their versions and stages, and random passwords.

It promises: a secret's value lies sealed in the store, each bound to its secret and version; a version keeps its value
for ever; a stage is on one version at a time; who may read a secret is said by its policy and the caller's, as in AWS.
May import: server, access, store, wire, the ground.
"""

from penstock.services.secretsmanager.service import SecretsManager

__all__ = ["SecretsManager"]

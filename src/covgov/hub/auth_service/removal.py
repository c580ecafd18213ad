"""Deletes a repository together with all access to it."""

from __future__ import annotations

from covgov.hub.auth_service.oidc import bindings
from covgov.hub.auth_service.tokens import tokens
from covgov.hub.eventlog import audit
from covgov.hub.eventlog.vocabulary import AuditEvent
from covgov.hub.store import repositories
from covgov.hub.store.repositories import Deletion, HubRepository
from covgov.hub.store.work import UnitOfWork


def remove(work: UnitOfWork, repository: HubRepository) -> Deletion:
    """Delete it, its bindings, and its name in every token: no old token works for a later repository of that name.

    Raises InputError (`repository-unknown`).
    """
    repositories.lock(work.connection, repository)
    for binding in bindings.bound(work.connection, repository.id):
        bindings.unbind(work, repository.id, binding.id)
    tokens.withdraw(work, repository.full_name)
    gone = repositories.delete(work.connection, repository)
    counted = {"files": gone.files, "runs": gone.runs, "blobs": gone.blobs}
    audit.account(work, AuditEvent.REPOSITORY_DELETED, {"repository": repository.full_name, **counted})
    return gone

"""`/v1/repositories`: create, list, change and delete repositories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from covgov.errors import CovgovError
from covgov.hub.api.http import conditional, paging
from covgov.hub.api.http.bodies import documented, json_body
from covgov.hub.api.http.parameters import NO_CONTROL, Name, Owner
from covgov.hub.api.repository import named
from covgov.hub.auth_service.guard import requires
from covgov.hub.auth_service.permissions import Permission
from covgov.hub.auth_service.principals import Principal, visible
from covgov.hub.auth_service.removal import remove
from covgov.hub.deps import deps_of, settings_of, unit
from covgov.hub.eventlog import audit
from covgov.hub.eventlog.diagnostics import logger
from covgov.hub.eventlog.vocabulary import AuditEvent, FieldValue
from covgov.hub.store import repositories
from covgov.hub.store.engine import erase
from covgov.hub.store.repositories import HubRepository
from covgov.hub.store.work import stamp

router = APIRouter(prefix="/v1/repositories", tags=["repositories"])

READ_AT_ONCE = 500
PART = r"^[A-Za-z0-9_.-]{1,100}$"
BranchName = Annotated[str, Field(min_length=1, max_length=255, pattern=NO_CONTROL)]


class RepositoryInfo(BaseModel):
    """created_at: UTC, ISO 8601."""

    owner: str
    name: str
    default_branch: str
    private: bool
    created_at: str


class RepositoryPage(BaseModel):
    """next: the cursor of the next page, null on the last."""

    items: list[RepositoryInfo]
    next: str | None


class RepositoryCreation(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    owner: Annotated[str, Field(pattern=PART)]
    name: Annotated[str, Field(pattern=PART)]
    default_branch: BranchName = "main"
    private: bool = True


class RepositoryUpdate(BaseModel):
    """Fields that are left out do not change."""

    model_config = ConfigDict(extra="forbid", strict=True)

    default_branch: BranchName | None = None
    private: bool | None = None


class RepositoryDeletion(BaseModel):
    """Counts of deleted objects. erased: the bytes are already overwritten in the database's files."""

    runs: int
    files: int
    blobs: int
    erased: bool


@router.get(
    "", summary="Repositories that the caller can read", response_model=RepositoryPage, responses=conditional.CACHED
)
def list_(
    request: Request,
    principal: Annotated[Principal, Depends(requires(Permission.REPOSITORY_LIST))],
    limit: paging.Limit = 50,
    after: paging.After = "",
) -> Response:
    """By owner and name. Repositories that the caller cannot read are left out."""
    listing = ("repositories",)
    begin = paging.decode(listing, after, str) or ""
    most = min(limit, settings_of(request).limits.page)
    with unit(request, principal, write=False) as work:
        found: list[HubRepository] = []
        while len(found) <= most:
            batch = repositories.list_(work.connection, after=begin, limit=READ_AT_ONCE)
            seen = set(visible(principal, [(one.full_name, one.private) for one in batch]))
            found += [one for one in batch if one.full_name in seen]
            if len(batch) < READ_AT_ONCE:
                break
            begin = batch[-1].full_name
    cursor = paging.encode(listing, found[most - 1].full_name) if len(found) > most else None
    page = RepositoryPage(items=[_shown(one) for one in found[:most]], next=cursor)
    return conditional.answer(request, page, headers=paging.link(request, cursor))


@router.post("", summary="Create a repository", status_code=201, openapi_extra=documented(RepositoryCreation))
def create(
    request: Request,
    principal: Annotated[Principal, Depends(requires(Permission.REPOSITORY_CREATE))],
    new: Annotated[RepositoryCreation, Depends(json_body(RepositoryCreation))],
) -> RepositoryInfo:
    """A new repository with an empty history."""
    with unit(request, principal, write=True) as work:
        made = repositories.create(
            work.connection,
            new.owner,
            new.name,
            at=work.now,
            default_branch=new.default_branch,
            private=new.private,
        )
        audit.account(work, AuditEvent.REPOSITORY_CREATED, _settings(made))
    return _shown(made)


@router.get("/{owner}/{name}", summary="One repository", response_model=RepositoryInfo, responses=conditional.CACHED)
def get(
    request: Request,
    owner: Owner,
    name: Name,
    principal: Annotated[Principal, Depends(requires(Permission.REPOSITORY_READ))],
) -> Response:
    """The repository's settings."""
    with unit(request, principal, write=False) as work:
        found = named(work.connection, owner, name)
    return conditional.answer(request, _shown(found))


@router.patch("/{owner}/{name}", summary="Change a repository's settings", openapi_extra=documented(RepositoryUpdate))
def change(
    request: Request,
    owner: Owner,
    name: Name,
    principal: Annotated[Principal, Depends(requires(Permission.REPOSITORY_UPDATE))],
    changed: Annotated[RepositoryUpdate, Depends(json_body(RepositoryUpdate))],
) -> RepositoryInfo:
    """Change the default branch or the visibility."""
    with unit(request, principal, write=True) as work:
        before = named(work.connection, owner, name)
        after = repositories.change(
            work.connection,
            before,
            default_branch=before.default_branch if changed.default_branch is None else changed.default_branch,
            private=before.private if changed.private is None else changed.private,
        )
        audit.account(work, AuditEvent.REPOSITORY_CHANGED, _settings(after))
    return _shown(after)


@router.delete("/{owner}/{name}", summary="Delete a repository")
def delete(
    request: Request,
    owner: Owner,
    name: Name,
    principal: Annotated[Principal, Depends(requires(Permission.REPOSITORY_DELETE))],
) -> RepositoryDeletion:
    """Delete history, policy, register and bindings, and remove the repository from every token.

    A token without any other repository is revoked. The audit trail is kept.
    """
    with unit(request, principal, write=True) as work:
        gone = remove(work, named(work.connection, owner, name))
    return RepositoryDeletion(runs=gone.runs, files=gone.files, blobs=gone.blobs, erased=_erased(request))


def _settings(found: HubRepository) -> Mapping[str, FieldValue]:
    """The fields of the repository in the audit trail."""
    return {"repository": found.full_name, "default_branch": found.default_branch, "private": found.private}


def _erased(request: Request) -> bool:
    """Whether the deleted bytes are overwritten; a reader can block it for a while (`covgov hub erase` repeats it)."""
    try:
        erase(deps_of(request).engine)
    except CovgovError as error:
        logger.warning("erase-incomplete", reason=error.code)
        return False
    return True


def _shown(found: HubRepository) -> RepositoryInfo:
    return RepositoryInfo(
        owner=found.owner,
        name=found.name,
        default_branch=found.default_branch,
        private=found.private,
        created_at=stamp(found.created_at),
    )

"""The readers of reviews by the names of the CI systems."""

from __future__ import annotations

from covgov.reviews import github, gitlab
from covgov.reviews.ask import ReviewReader

READERS: dict[str, ReviewReader] = {"github": github.read, "gitlab": gitlab.read}

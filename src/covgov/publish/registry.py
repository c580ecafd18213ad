"""Every way to say a verdict, by the name that `check --format` takes."""

from __future__ import annotations

from covgov.publish.interface import Renderer
from covgov.publish.render.github import GithubRenderer
from covgov.publish.render.gitlab import GitlabRenderer
from covgov.publish.render.junit import JunitRenderer
from covgov.publish.render.markdown import MarkdownRenderer
from covgov.publish.render.sarif import SarifRenderer
from covgov.publish.render.text import TextRenderer
from covgov.publish.render.wire import JsonRenderer

RENDERERS: dict[str, Renderer] = {
    "text": TextRenderer(),
    "json": JsonRenderer(),
    "markdown": MarkdownRenderer(),
    "github": GithubRenderer(),
    "gitlab": GitlabRenderer(),
    "junit": JunitRenderer(),
    "sarif": SarifRenderer(),
}

"""Every way to say a verdict, by the name that `check --format` takes."""

from __future__ import annotations

from covgov.publish.interface import Renderer
from covgov.publish.render_github import GithubRenderer
from covgov.publish.render_gitlab import GitlabRenderer
from covgov.publish.render_json import JsonRenderer
from covgov.publish.render_junit import JunitRenderer
from covgov.publish.render_markdown import MarkdownRenderer
from covgov.publish.render_sarif import SarifRenderer
from covgov.publish.render_text import TextRenderer

RENDERERS: dict[str, Renderer] = {
    "text": TextRenderer(),
    "json": JsonRenderer(),
    "markdown": MarkdownRenderer(),
    "github": GithubRenderer(),
    "gitlab": GitlabRenderer(),
    "junit": JunitRenderer(),
    "sarif": SarifRenderer(),
}

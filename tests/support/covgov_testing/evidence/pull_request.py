"""A pull request against the shop, judged as CI judges it: its comment, as `covgov publish github` composes it."""

from __future__ import annotations

import json

from covgov_testing.evidence import shop
from covgov_testing.evidence.stage import Stage

TITLE = "Refund a part of an order"
STRICT = shop.POLICY.replace("fail_under_patch = 0", "fail_under_patch = 80")
CART = shop.part("cart", 43)
REFUND = """

def refund(paid, amount):
    if amount > paid:
        raise ValueError(amount)
    return paid - amount
"""
CHANGE = {
    **CART,
    "shop/cart.py": CART["shop/cart.py"] + REFUND,
    "covgov.toml": STRICT.replace("fail_under = 85", "fail_under = 80"),
}


def comment(stage: Stage) -> str:
    """Markdown: new code without tests, two tests fewer, a lower bar. Leaves the shop on the branch of the request."""
    stage.push({"covgov.toml": STRICT}, "expect tests of every change")
    git = stage.work.git
    git("checkout", "--quiet", "-b", "refunds", env=stage.env)
    stage.work.write(CHANGE)
    git("add", "--all", env=stage.env)
    git("commit", "--quiet", "-m", TITLE, env=stage.env)
    env = _environment(stage)
    done = stage.covgov("run", env=env)
    assert done.code == 10, done.text
    published = json.loads(stage.covgov("publish", "github", "--dry-run", "--json", env=env).out)
    return str(next(each["body"]["text"] for each in published["parcels"] if each["destination"] == "github:comment"))


def _environment(stage: Stage) -> dict[str, str]:
    """What GitHub tells a job of pull request 7."""
    base, head = (stage.work.git("rev-parse", name, env=stage.env) for name in ("main", "refunds"))
    ci = stage.ci("0" * 40)
    request = {"number": 7, "base": {"ref": "main", "sha": base}, "head": {"ref": "refunds", "sha": head}}
    event = {"pull_request": request, "repository": {"default_branch": "main"}}
    (stage.root / "event.json").write_text(json.dumps(event), encoding="utf-8")
    server = {"GITHUB_SERVER_URL": "https://github.com"}
    return {**ci, **server, "GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge"}

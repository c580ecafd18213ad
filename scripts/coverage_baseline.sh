#!/usr/bin/env bash
# Measure one suite and check it: scripts/coverage_baseline.sh --suite NAME [--fail-under N]
# Bars in order: --fail-under, COVERAGE_FAIL_UNDER, covgov.toml. Exits with covgov's own codes (docs/errors.md).
set -euo pipefail

suite="" bar=()
while (($#)); do
  case "$1 ${2:-}" in
    "--suite "?*) suite="$2" ;;
    "--fail-under "?*) bar=(--fail-under "$2") ;;
    *) echo "usage: $0 --suite NAME [--fail-under N]" >&2; exit 2 ;;
  esac
  shift 2
done
[[ -n "$suite" ]] || { echo "usage: $0 --suite NAME [--fail-under N]" >&2; exit 2; }

python="${COVGOV_PYTHON:-$([[ -x .venv/bin/python ]] && echo .venv/bin/python || echo python3)}"
"$python" -m covgov --version >/dev/null 2>&1 || {
  echo "$0: $python is not a Python 3.11 or newer with covgov: install covgov, or name one with COVGOV_PYTHON" >&2
  exit 127
}

code=0
"$python" -m covgov run --measure-only "$suite" || code=$?
case "$code" in 0 | 10 | 11) ;; *) exit "$code" ;; esac # tests that fail, or did not run, are reported by the check
exec "$python" -m covgov check "$suite" ${bar[@]+"${bar[@]}"}

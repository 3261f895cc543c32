#!/usr/bin/env bash
# The gate for any CI system: compares two versions, and its exit code is the verdict's.
#
#   ci/gate.sh BASE CANDIDATE [any option of perf compare]
#
#   exit code   meaning                                    what a pipeline does
#   0           no regression                              go on
#   1           regression                                 stop; report.html shows what, by how much and where
#   2           bad usage                                  stop; the pipeline's file is wrong
#   3           inconclusive                               stop, unless ON_INCONCLUSIVE=pass (it then exits with 0)
#   4           the measurement failed                     stop; it says nothing about the candidate
#   130         interrupted                                stop; perf compare --resume goes on where it was
#
# From the environment:
#   PERF             the program (default: perf of this checkout's .venv where there is one, else chronik-perf)
#   OUT              the run's folder, which must not exist or be empty (default: chronik-perf-run)
#   ON_INCONCLUSIVE  fail (default) or pass
#
# For the CI system to publish, OUT holds report.html, summary.md and junit.xml. Where no verdict was reached
# (exit codes 4 and 130), summary.md says that, so that a pull request never shows an empty page.
set -euo pipefail

if (($# < 2)) || [[ $1 == -* || $2 == -* ]]; then
  echo "usage: $0 BASE CANDIDATE [options of perf compare]" >&2
  exit 2
fi

here=$(cd "$(dirname "$0")" && pwd)
program=${PERF:-$here/../.venv/bin/perf}
# Not plain perf: on Linux that may be the kernel's.
[[ -n ${PERF:-} || -x $program ]] || program=chronik-perf
if ! command -v "$program" >/dev/null; then
  echo "$0: $program was not found; run make environment, or set PERF to the program" >&2
  exit 2
fi

case ${ON_INCONCLUSIVE:-fail} in
  fail | pass) ;;
  *)
    echo "$0: ON_INCONCLUSIVE is '$ON_INCONCLUSIVE'; it must be fail or pass" >&2
    exit 2
    ;;
esac

out=${OUT:-chronik-perf-run}
code=0
"$program" compare "$@" --out "$out" </dev/null || code=$?

case $code in
  0) words="no regression" ;;
  1) words="regression: $2 is worse than $1" ;;
  2) words="bad usage: nothing was measured" ;;
  3) words="inconclusive: neither a regression nor its absence could be shown" ;;
  4) words="the measurement failed, which says nothing about $2" ;;
  130) words="interrupted" ;;
  *) words="$program ended with exit code $code, which it does not document" ;;
esac
echo "gate: $words (exit code $code)" >&2
if [[ $code != 2 && ! -e $out/summary.md ]]; then
  mkdir -p "$out"
  printf '**%s ÷ %s: %s** (exit code %s). The log of the job says why.\n' "$2" "$1" "$words" "$code" >"$out/summary.md"
fi
if [[ $code == 3 && ${ON_INCONCLUSIVE:-fail} == pass ]]; then
  echo "gate: let through, because ON_INCONCLUSIVE is pass" >&2
  exit 0
fi
exit "$code"

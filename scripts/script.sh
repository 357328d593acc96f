#!/usr/bin/env bash
# The commands of `datastreamer inference`, under the name that some know them by.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
program="$root/.venv/bin/datastreamer"

if [[ ! -x $program || ! -e $root/.venv/.ready ]]; then
  make -C "$root" setup >&2
fi

# Without going to the repository's folder: a file named on the command line lies where the caller is.
DATASTREAMER_CALLED_AS="$0" exec "$program" inference "$@"

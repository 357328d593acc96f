#!/usr/bin/env bash
# Send simulated readings to a stage until Ctrl+C.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: ./scripts/sensor.sh STAGE [OPTION...]

Send simulated temperature readings to STAGE (prod, staging or local) until Ctrl+C.

Options go on to `python -m datastreamer.sensor temperature`, for example:
  ./scripts/sensor.sh prod --devices 500 --rate 1000
  ./scripts/sensor.sh local --rate 0 --count 100000 --dirty 0.01

`./scripts/sensor.sh --options` lists them all.
TEXT
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=.venv/bin/python

case "${1:-}" in
  -h | --help)
    usage
    exit 0
    ;;
  '' | -*)
    if [[ "${1:-}" != --options ]]; then
      usage >&2
      exit 2
    fi
    ;;
esac

if [[ ! -x $python || ! -e .venv/.ready ]]; then
  make setup >&2
fi

if [[ $1 == --options ]]; then
  exec "$python" -m datastreamer.sensor temperature --help
fi
stage=$1
shift
exec "$python" -m datastreamer.sensor temperature --stage "$stage" "$@"

#!/bin/sh
# Start what a working container of an image runs: start_image.sh FOLDER CONTAINER
set -eu
case "$1" in
  components) set -- "$2" python -c "import kfp, components.export_sales.step, components.train_churn_model.step" ;;
  generators) set -- "$2" python -m generators.sales --help ;;
  orchestrator) set -- "$2" python -m orchestrator --help ;;
esac
container=$1
shift
buildah run --isolation chroot --user 900 "$container" -- "$@" >/dev/null

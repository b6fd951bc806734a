#!/bin/sh
# From a clone to figures: installs what is missing, builds, runs the baseline and the headline policies, prints the comparison.
set -eu
cd "$(dirname "$0")/.."
sh tests/setup.sh
cmake --preset release
cmake --build --preset release --target arraigo arraigo-viewer
arraigo=build/release/arraigo
# Whatever stands in runs/ is made anew and replaced.
$arraigo run scenarios/baseline.yaml scenarios/regularisation.yaml scenarios/quota_exemption.yaml \
  scenarios/service_expansion.yaml scenarios/combined.yaml --area lima_callao --detail districts -o runs --force "$@"
$arraigo compare runs/baseline.h5 runs/regularisation.h5 runs/quota_exemption.h5 runs/service_expansion.h5 runs/combined.h5
echo
echo "Visor / viewer: $arraigo view runs/baseline.h5 runs/regularisation.h5"

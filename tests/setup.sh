#!/bin/sh
# Installs the Debian packages that building, testing and reading results need; does nothing else, and little when all is there.
set -eu

packages="
  g++ cmake ninja-build pkg-config git
  libtbb-dev libboost-dev libeigen3-dev libnlopt-cxx-dev libhdf5-dev zlib1g-dev libyaml-cpp-dev libfmt-dev libcli11-dev nlohmann-json3-dev
  librandom123-dev libssl-dev libgtest-dev libbenchmark-dev
  libimgui-dev libglfw3-dev libgl-dev libopengl-dev libegl-dev libfreetype-dev libstb-dev fonts-dejavu-core
  libgl1-mesa-dri libegl-mesa0 libglx-mesa0 xvfb xauth xdotool imagemagick
  libjs-vega nodejs
  slurmctld slurmd slurm-client munge
  python3 python3-h5py python3-xarray python3-netcdf4 python3-h5netcdf python3-matplotlib r-cran-ncdf4"

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "setup: this machine has no dpkg; install by hand what these Debian 12 packages contain:" $packages >&2
  exit 1
fi

missing=""
for package in $packages; do
  case "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" in
    installed) ;;
    *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "setup: packages are missing and this user is neither root nor has sudo; ask an administrator for: apt-get install$missing" >&2
    exit 1
  fi
  as_root="sudo"
fi

echo "setup: installing$missing"
install() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $missing; }
# A fresh machine has no package lists yet, and old lists name versions that the mirror no longer has.
if ! { $as_root apt-get update && install; }; then
  echo "setup: apt could not install$missing (see its message above); check the network and the package sources, then run this again." >&2
  exit 1
fi

#!/usr/bin/env bash
# The system half of an installation, for Debian 12 and Ubuntu 24.04 or newer.
#
# Run by `make install` on a laptop and by cluster.yaml on every node. Needs root or sudo only when
# something is missing; says nothing and touches nothing when all of it is there.
set -euo pipefail

packages=(
  libgl1        # OpenGL: the CAD kernel (cadquery, through VTK) and open3d are linked against it
  libegl1       # open3d: OpenGL without a screen
  libx11-6      # cadquery and open3d: linked against X11, no X server is needed
  libexpat1     # cadquery, through VTK: XML
  libusb-1.0-0  # open3d: its import fails without it (depth cameras)
  libudev1      # open3d: the same cameras
  libidn2-0     # open3d: its download helper
  libgomp1      # open3d, scipy, torch: OpenMP
)

if ! command -v dpkg-query >/dev/null; then
  echo "not Debian or Ubuntu: install the equivalents of ${packages[*]} yourself" >&2
  exit 0
fi

installed() { [[ "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null)" == *" installed" ]]; }

missing=()
for package in "${packages[@]}"; do
  installed "$package" || missing+=("$package")
done
# Debian ships python3 without what creates environments; other Pythons bring it.
python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
((${#missing[@]})) || exit 0

as_root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "error: system packages are missing and this is neither root nor a machine with sudo;" \
      "ask for: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "system libraries: ${missing[*]}"
# DEBIAN_FRONTEND through env: sudo drops the environment.
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >/dev/null; }
apt update
apt install -y --no-install-recommends "${missing[@]}"

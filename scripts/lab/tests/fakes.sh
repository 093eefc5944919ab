#!/bin/bash
# Names of stand-ins for other vendors' GPUs: those that there are, and what is said of others, at once.
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/.."

names=$(bash -c 'source ./lab.sh; fakes_names' | LC_ALL=C sort | tr '\n' ' ')
[[ $names == 'amdgpu i915 mtgpu nouveau nvidia-drm xe ' ]] || {
    echo "there are: $names"
    exit 1
}
names=$(bash -c 'source ./lab.sh; fakes_names pci' | LC_ALL=C sort | tr '\n' ' ')
[[ $names == 'amdgpu xe ' ]] || {
    echo "on PCI there are: $names"
    exit 1
}
bash -c 'source ./lab.sh; check_fakes --vendors all,nvidia,nvidia-drm,xe,xe; check_fakes --p2p xe,amdgpu pci'

refuse() { # WORDS LISTED COMMAND...
    local words=$1 listed=$2 text
    shift 2
    if text=$("$@" 2>&1) || [[ $text != *"$words"* || $text != *"$listed"* ]]; then
        printf '%s: wanted "%s" and "%s", got\n%s\n' "$*" "$words" "$listed" "$text"
        exit 1
    fi
}
refuse "--vendors: there is no stand-in called 'foo'" 'amdgpu, i915, mtgpu' ./vm --vendors amdgpu,foo -- true
refuse "--vendors: there is no stand-in called ''" amdgpu ./vm --vendors amdgpu,,xe -- true
refuse "--p2p: there is no stand-in called 'nouveau' that can be on PCI" 'amdgpu, xe' ./vm --p2p nouveau -- true
refuse "--p2p: there is no stand-in called 'all' that can be on PCI" 'amdgpu, xe' ./vm --p2p all -- true
refuse "VENDORS: there is no stand-in called 'foo'" nvidia-drm ../demo 1 foo

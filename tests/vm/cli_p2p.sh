#!/bin/bash
# mvgal info --p2p of GPUs behind a PCIe switch, and of one that is not: what is to be expected, and
# what it is when it was tried.
# vm: --gpus none --modprobe vgem --p2p amdgpu,xe,amdgpu
source "$(dirname -- "${BASH_SOURCE[0]}")/lib"

mvgal=${MVGAL_E2E%/*}/mvgal
amd_since_zen=$(awk -F': ' '/^vendor_id/ { amd = $2 == "AuthenticAMD" } /^cpu family/ { if (amd && $2 >= 23) print 1; exit }' /proc/cpuinfo)

for tried in no yes; do
    option=()
    [[ $tried == no ]] || option=(--try)
    paths=$("$mvgal" info --p2p "${option[@]}") || fail "info --p2p ${option[*]}: $paths"
    for pair in '2 \(amdgpu\) +3 \(xe\)' '3 \(xe\) +2 \(amdgpu\)'; do
        grep -Eq "^ +$pair +p2p +$tried +4 +PCI lets" <<<"$paths" || fail "the switch does not let them (tried: $tried): $paths"
    done
    # Of AMD's processors since Zen the kernel knows that they pass everything on.
    if [[ -z $amd_since_zen ]]; then
        for pair in '2 \(amdgpu\) +4 \(amdgpu\)' '4 \(amdgpu\) +3 \(xe\)'; do
            grep -Eq "^ +$pair +import +$tried +- +PCI does not let" <<<"$paths" || fail "who is not behind the switch (tried: $tried): $paths"
        done
    fi
    grep -Eq "^ +1 \(vgem\) +2 \(amdgpu\) +import +$tried +- +member 1 is not on PCI" <<<"$paths" || fail "vgem (tried: $tried): $paths"
done
json=$("$mvgal" info --json) || fail "info --json: $json"
grep -q '"distance": 4' <<<"$json" || fail "no distance in JSON: $json"

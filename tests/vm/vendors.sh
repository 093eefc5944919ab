#!/bin/bash
# What mvgal does with the drivers of GPU vendors, as far as the stand-ins for them go:
# memory, its placement and contents, NATIVE jobs, priorities, refusals.
# vm: --gpus none --modprobe vgem --vendors all
source "$(dirname -- "${BASH_SOURCE[0]}")/lib"

results=$("$MVGAL_E2E" vendors:: vendor_native:: alloc::) || fail "$(grep -A 1 '^not ok' <<<"$results")"
# A stand-in that is there is not passed over.
for gpu in /sys/bus/platform/devices/fake-*; do
    driver=${gpu##*/fake-}
    grep "# SKIP no ${driver%.*}\$" <<<"$results" && fail "no test of $driver ran"
done
exit 0

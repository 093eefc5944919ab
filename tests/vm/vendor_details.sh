#!/bin/bash
# What the crate asks of the drivers of all vendors, answered by the stand-ins for them.
# vm: --gpus none --modprobe vgem --vendors all
source "$(dirname -- "${BASH_SOURCE[0]}")/lib"

mvgal=${MVGAL_E2E%/*}/mvgal

results=$("$MVGAL_E2E" details) || fail "$results"
info=$("$mvgal" info) || fail "info: $info"
# Each stand-in is driven as what it stands for, and answers all that is asked.
for node in /sys/bus/platform/devices/fake-*/drm/renderD*; do
    driver=$(basename -- "$(dirname -- "$(dirname -- "$node")")")
    driver=${driver#fake-}
    driver=${driver%.*}
    grep -q "^ok [0-9]* - details::${driver%%[-_]*}_tells[a-z_]* # [0-9]* ms" <<<"$results" ||
        fail "no test of $driver ran: $results"
done
# What mtgpu answers is not published.
grep 'not a\(nswered\|sked\)' <<<"$info" | grep -qv MTGPU_ && fail "info: $info"
# All of them together have a priority for native jobs, or say why not.
grep -q '^ *[0-9]* *amdgpu *0-3 → -1023, 4-7 → -512, 8-11 → 0, 12-13 → 512, 14-15 → 1023$' <<<"$info" ||
    fail "priorities: $info"
exit 0

#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The node comes and goes with the module, which stays while a file of it is open and
# can go as soon as a client with jobs queued is killed.
. "${0%/*}/lib"

drivers
unload
load
grep -q ' mvgal0$' /proc/devices || fail "mvgal0 is not in /proc/devices"

for _ in 1 2 3; do
    start blocked
    rmmod mvgal 2>/dev/null && fail "the module went while a file of it is open"
    kill -9 "$client"
    wait "$client" 2>/dev/null
    client=
    unload
    load
done
quietly "$e2e" client exercise vgem vkms virtio_gpu
unload
grep -q " mvgal0\$" /proc/devices && fail "mvgal0 is still in /proc/devices"
exit 0

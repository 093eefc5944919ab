#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# mvgal's own device is unbound while a client has buffers, mappings, queued jobs and
# a waiting thread; it can be bound again, and unloaded.
. "${0%/*}/lib"

drivers
load
sysfs=/sys/bus/platform/drivers/mvgal
device=
for path in "$sysfs"/*/driver_override "$sysfs"/mvgal*; do
    [ -e "$path" ] && device=${path#"$sysfs"/} && device=${device%%/*}
done
[ -n "$device" ] || fail "no device is bound to mvgal's driver"

for _ in 1 2 3; do
    start gone
    echo "$device" >"$sysfs/unbind" || fail "unbind"
    [ ! -e /dev/mvgal0 ] || fail "unbound, but /dev/mvgal0 is there"
    finish
    echo "$device" >"$sysfs/bind" || fail "bind"
    [ -c /dev/mvgal0 ] || fail "bound, but there is no /dev/mvgal0"
    quietly "$e2e" client exercise vgem
done

# Unloading while unbound, with nobody left.
echo "$device" >"$sysfs/unbind" || fail "unbind"
unload
load
quietly "$e2e" client exercise vgem

#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# A virtio-gpu is taken from its driver while a client has buffers, mappings and jobs
# on it, and given back.
#
# The driver destroys a lock in its deinit that it takes again to free objects which
# outlived it; that warns, with and without mvgal.
# known: virtio_gpu_free_object
. "${0%/*}/lib"

drivers
load
sysfs=/sys/bus/virtio/drivers/virtio_gpu

for _ in 1 2 3; do
    line=$("$e2e" client members | grep ' virtio_gpu ' | head -n 1)
    [ -n "$line" ] || fail "there is no virtio-gpu"
    id=${line%% *}
    address=${line##* }
    device=
    for path in "$sysfs"/virtio*; do
        case $(readlink -f "$path") in
            */"$address"/*) device=${path##*/} ;;
        esac
    done
    [ -n "$device" ] || fail "no virtio device at $address"

    start unplug virtio_gpu
    echo "$device" >"$sysfs/unbind" || fail "unbind $device"
    "$e2e" client members | grep -q "^$id " && fail "$device is gone, but still a member"
    finish

    echo "$device" >"$sysfs/bind" || fail "bind $device"
    "$e2e" client members | grep -q " virtio_gpu $address\$" || fail "$device came back, but is no member"
    "$e2e" client members | grep -q "^$id " && fail "the id $id is used again"
    quietly "$e2e" client exercise virtio_gpu
done

#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Loads and unloads the module 100 times while members come and go. What leaks is
# found by kmemleak at the end of the run.
. "${0%/*}/lib"

unload
drivers
# Read from the host's file system once, not a hundred times.
cp "$MVGAL_KO" "${step%/*}/mvgal.ko" || fail "cannot copy $MVGAL_KO"
on_host=$MVGAL_KO
MVGAL_KO=${step%/*}/mvgal.ko
n=0
while [ "$n" -lt 100 ]; do
    # A member goes or comes before, and another one while the module is loaded.
    case $((n % 4)) in
        0) quietly rmmod vgem ;;
        3) quietly modprobe vkms ;;
    esac
    load
    case $((n % 4)) in
        1) quietly modprobe vgem ;;
        2) quietly rmmod vkms ;;
    esac
    [ $((n % 20)) -ne 10 ] || quietly "$e2e" client exercise
    unload
    n=$((n + 1))
done
MVGAL_KO=$on_host

#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Loads and unloads the module 100 times while members come and go. What leaks is
# found by kmemleak at the end of the run.
. "${0%/*}/lib"

unload
drivers
n=0
while [ "$n" -lt 100 ]; do
    case $((n % 4)) in
        0) quietly rmmod vgem ;;
        1) quietly modprobe vgem ;;
        2) quietly rmmod vkms ;;
        3) quietly modprobe vkms ;;
    esac
    load
    case $((n % 8)) in
        0) quietly modprobe vgem ;;
        1) quietly rmmod vgem ;;
        2) quietly modprobe vkms ;;
        3) quietly rmmod vkms ;;
        4) quietly "$e2e" client exercise ;;
    esac
    unload
    # As the next round expects them.
    case $((n % 4)) in
        0 | 1) quietly modprobe vgem ;;
        2 | 3) quietly modprobe vkms ;;
    esac
    n=$((n + 1))
    case $((n % 4)) in
        1) quietly rmmod vgem ;;
        3) quietly rmmod vkms ;;
    esac
done

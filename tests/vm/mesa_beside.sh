#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Programs that render by Mesa's driver, one on each virgl GPU, and clients of mvgal
# with jobs on the same GPUs at the same time: every pixel and every byte is right.
# vm: --gpus virgl2
. "${0%/*}/lib"

gl=${e2e%/*}/mvgal-gl-client
dir=${step%/*}
pids=

# The virtio GPUs by their address, which is the order in which the lab has them.
nodes() {
    for node in /sys/class/drm/renderD*; do
        [ "$(basename "$(readlink -f "$node/device/driver")")" = virtio-pci ] &&
            echo "$(readlink -f "$node/device") ${node##*/}"
    done | sort | while read -r _ name; do echo "$name"; done
}

unharmed() {
    for pid in $pids; do
        kill -0 "$pid" 2>/dev/null || fail "an OpenGL client ended early: $(cat "$dir"/gl.*)"
    done
}

done_with_gl() {
    for pid in $pids; do kill "$pid" 2>/dev/null; done
    clean
}
trap done_with_gl EXIT

drivers
load
case ${MVGAL_LAB_GPUS:-} in
    virgl2) gpus=2 ;;
    virgl) gpus=1 ;;
    *) fail "it needs a virgl GPU: run it with --gpus virgl or virgl2" ;;
esac
[ -x "$gl" ] || fail "there is no $gl: cargo build -p mvgal-gl-client"

names=$(nodes | head -n "$gpus")
[ "$(echo "$names" | wc -w)" -eq "$gpus" ] || fail "$gpus virtio GPUs should render, found: $names"
for name in $names; do
    "$gl" --seconds 300 --ready "$dir/ready.$name" --stop "$dir/stop" "/dev/dri/$name" >"$dir/gl.$name" 2>&1 &
    pids="$pids $!"
done
for name in $names; do
    tries=0
    while [ ! -e "$dir/ready.$name" ]; do
        unharmed
        tries=$((tries + 1))
        [ "$tries" -lt 1200 ] || fail "no right frame on $name within a minute"
        sleep 0.05
    done
done

"$e2e" jobs:: native:: >"$dir/e2e" 2>&1 || fail "$(cat "$dir/e2e")"
unharmed
: >"$dir/stop"
for pid in $pids; do
    wait "$pid" || fail "$(cat "$dir"/gl.*)"
done
pids=
# Both were at work at the same time only if the clients had more than a frame to draw.
for name in $names; do
    frames=$(sed -n 's/.*: \([0-9]*\) frames in .*/\1/p' "$dir/gl.$name")
    [ "${frames:-0}" -ge 10 ] || fail "too few frames beside the jobs: $(cat "$dir/gl.$name")"
done

#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The fake vendors' drivers themselves, through their ioctls and without mvgal: what is right
# gives the right data, what is wrong the vendor's errno. Then each GPU is unplugged with its
# engines busy, and comes back; and the module goes with nothing left behind.
# vm: --gpus none --modprobe vgem --module none --vendors all,amdgpu --vendor-params timeout_ms=2000
set -u
tests=${MVGAL_FAKES_KO%/*}/test
driver=/sys/bus/platform/drivers/mvgal_fake_vendors

fail() {
    echo "${0##*/}: $*"
    exit 1
}

"$tests" || fail "see above"

for gpu in "$driver"/fake-*; do
    name=${gpu##*/}
    echo 1000000 >"$gpu/fault/slow_us"
    echo "$name" >"$driver/unbind" || fail "$name: cannot be unbound"
    echo "$name" >"$driver/bind" || fail "$name: does not come back"
    [ -e "$gpu/fault/slow_us" ] || fail "$name came back, but not as it was"
done
rmmod mvgal_fake_vendors || fail "the module is still in use"
insmod "$MVGAL_FAKES_KO" vendors=amdgpu,nothing 2>/dev/null && fail "it knows a driver that there is not"
insmod "$MVGAL_FAKES_KO" vendors=amdgpu,amdgpu || fail "it cannot be loaded again"
rmmod mvgal_fake_vendors || fail "the module is still in use"

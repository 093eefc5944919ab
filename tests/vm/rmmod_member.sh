#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# A member's driver stays while a client has the member attached, and can go when it
# is detached, with mvgal's file still open. When it comes back it has another id.
. "${0%/*}/lib"

drivers
load
id=$(id_of vgem)
[ -n "$id" ] || fail "vgem is no member"

start hold vgem
rmmod vgem 2>/dev/null && fail "vgem was removed under a client that has it attached"
finish

before=$(generation)
start detached vgem
quietly rmmod vgem
[ -z "$(id_of vgem)" ] || fail "vgem is gone, but still a member"
finish
[ "$(generation)" != "$before" ] || fail "the generation is still $before"

quietly modprobe vgem
again=$(id_of vgem)
[ -n "$again" ] || fail "vgem came back, but is no member"
[ "$again" != "$id" ] || fail "vgem came back under its old id, $id"
quietly "$e2e" client exercise vgem

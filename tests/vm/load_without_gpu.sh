#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The module loads on a machine without any GPU, and works there on the host alone.
. "${0%/*}/lib"

unload
for module in vkms vgem virtio_gpu; do
    loaded "$module" && quietly rmmod "$module"
done
load
[ -z "$("$e2e" client members)" ] || fail "members where there are none"
quietly "$e2e" client exercise
# GPUs that come later are found.
drivers
[ -n "$(id_of vgem)" ] || fail "vgem is not found"
quietly "$e2e" client exercise vgem vkms
unload

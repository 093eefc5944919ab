#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# A vkms device is made, and taken away while a client has buffers, mappings and jobs
# on it, all of which the client lets go afterwards.
. "${0%/*}/lib"

drivers
load
dir=/sys/kernel/config/vkms/e2e
mkdir "$dir" || fail "vkms has no configfs"
mkdir "$dir/planes/p" "$dir/crtcs/c" "$dir/encoders/e" "$dir/connectors/n"
echo 1 >"$dir/planes/p/type"
ln -s "$dir/crtcs/c" "$dir/planes/p/possible_crtcs"
ln -s "$dir/crtcs/c" "$dir/encoders/e/possible_crtcs"
ln -s "$dir/encoders/e" "$dir/connectors/n/possible_encoders"

last=0
for _ in 1 2 3 4 5; do
    echo 1 >"$dir/enabled" || fail "the device cannot be made"
    line=$("$e2e" client members | grep ' e2e$')
    [ -n "$line" ] || fail "the new device is no member"
    [ "${line%% *}" -gt "$last" ] || fail "the id ${line%% *} is not above $last"
    last=${line%% *}
    start unplug e2e
    echo 0 >"$dir/enabled" || fail "the device cannot be taken away"
    "$e2e" client members | grep -q ' e2e$' && fail "it is gone, but still a member"
    finish
done

rm "$dir/planes/p/possible_crtcs/c" "$dir/encoders/e/possible_crtcs/c" \
    "$dir/connectors/n/possible_encoders/e"
rmdir "$dir/planes/p" "$dir/crtcs/c" "$dir/encoders/e" "$dir/connectors/n" "$dir"
unload

#!/bin/bash
# Copies between all kinds of memory are right by each method, and the fastest is used. The
# stand-ins for nvidia-drm map their memory as I/O memory.
# vm: --gpus none --vendors nvidia-drm,nvidia-drm
source "$(dirname -- "${BASH_SOURCE[0]}")/lib"

mvgal=${MVGAL_E2E%/*}/mvgal
methods=/sys/kernel/debug/mvgal/copy_methods
mountpoint -q /sys/kernel/debug || mount -t debugfs debugfs /sys/kernel/debug

# The methods of a kind of memory.
of() {
    sed -n "/^$1:/,/^[^ ]/ s/^  //p" $methods
}

mapfile -t io < <("$mvgal" info | awk '/ fake-nvidia-drm\./ { print $1 }')
[[ ${#io[@]} == 2 ]] || fail "$("$mvgal" info)"
[[ $(grep -c '^[a-zI].*:$' $methods) == 4 && $(grep -c ': not measured$' $methods) == 9 ]] ||
    fail "before any copy: $(cat $methods)"

# Enough for each method, and none of it in whole slices or pages.
head -c 20000003 /dev/urandom >"$step.in"
while read -r kind from to; do
    kind=${kind//-/ }
    quietly "$mvgal" copy --from "$from" --to "$to" "$step.in" "$step.out"
    cmp "$step.in" "$step.out" || fail "$kind: $(cat $methods)"
    rm "$step.out"
    [[ -z $(of "$kind" | grep -Ev ': [0-9]+\.[0-9]{2} bytes/ns(, in use)?$') &&
        $(of "$kind" | grep -c ', in use$') == 1 ]] || fail "$kind: $(cat $methods)"
done <<END
system-to-system host vgem
system-to-I\/O vgem ${io[0]}
I\/O-to-system ${io[0]} vgem
I\/O-to-I\/O ${io[0]} ${io[1]}
END

#!/bin/bash
# check-dmesg: a clean log passes, each kind of complaint does not.
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/.."
dir=$(mktemp -d)
trap 'rm -rf -- "$dir"' EXIT

check() { # ok|bad DMESG TAINT [KMEMLEAK]
    local verdict=ok
    printf '%s\n' "$2" >"$dir/dmesg"
    printf '%s\n' "$3" >"$dir/tainted"
    printf '%s' "${4:-}" >"$dir/kmemleak"
    ./check-dmesg "$dir" 2>/dev/null || verdict=bad
    if [[ $verdict != "$1" ]]; then
        echo "said '$verdict' to: $2 / taint $3 / ${4:-}"
        exit 1
    fi
}

check ok '[    1.0] mvgal: loading out-of-tree module taints kernel.' 4096
check ok '[    1.0] fine' $((4096 + 262144))
check ok '[    1.0] kmemleak: Kernel memory leak detector initialized' 4096
check bad '[    1.0] fine' $((4096 + 512))
check bad '[    1.0] fine' 4096 'unreferenced object 0xffff888003c2a000 (size 64):'
for splat in 'BUG: KASAN: slab-use-after-free in f+0x1/0x2' 'WARNING: CPU: 0 PID: 1 at lib/refcount.c:28' \
    'WARNING: possible recursive locking detected' 'INFO: task mvgal:1 blocked for more than 60 seconds.' \
    'refcount_t: underflow; use-after-free.' 'DEBUG_LOCKS_WARN_ON(1)' \
    'BUG: sleeping function called from invalid context at mm/slab.h:1' \
    'kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)' \
    'Oops: general protection fault, probably for non-canonical address' \
    'UBSAN: shift-out-of-bounds in x.c:1:2'; do
    check bad "[    1.0] $splat" 4096
done

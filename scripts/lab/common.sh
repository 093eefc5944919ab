# shellcheck shell=bash
# Paths, messages and locks that every script of the lab shares.  Source it first.

set -Eeuo pipefail
shopt -s inherit_errexit
umask 022
export LC_ALL=C.UTF-8

LAB_DIR=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
REPO=${LAB_DIR%/scripts/lab}
CACHE=${MVGAL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mvgal}
LOGS=$CACHE/log
# shellcheck disable=SC2034  # for the files that source this one
JOBS=${MVGAL_JOBS:-$(nproc)}
mkdir -p "$CACHE"/{lock,work} "$LOGS"

# Environment of a calling make would change how the kernel's makefiles behave.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES KBUILD_OUTPUT CDPATH

say() { printf '%s\n' "$*" >&2; }
warn() { printf 'mvgal: %s\n' "$*" >&2; }
die() {
    printf 'mvgal: error: %s\n' "$1" >&2
    shift
    (($# == 0)) || printf '       %s\n' "$@" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# with_lock NAME COMMAND...: run COMMAND, in a subshell, while no other run of ours
# holds NAME.  The kernel drops the lock when the last process of COMMAND is gone: an
# interrupted run leaves no lock behind, and a compiler it left behind keeps it.
# Never call this in a condition: bash ignores errors (set -e) inside one.
with_lock() {
    local name=$1
    shift
    (
        exec 9>"$CACHE/lock/$name"
        if ! flock -n 9; then
            say "    waiting for another run of the lab that is busy with '$name' ..."
            flock 9
        fi
        "$@"
    )
}

# hash_of FILE-OR-STRING...: 12 hex digits that change with any of them.
hash_of() {
    local item
    for item in "$@"; do
        if [[ -f $item ]]; then cat -- "$item"; else printf '%s\n' "$item"; fi
    done | sha256sum | cut -c1-12
}

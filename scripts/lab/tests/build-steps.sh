#!/bin/bash
# run, step and with_lock: a failure stops the script with the right message, even
# inside a function, and a lock does not outlive its holder.
set -euo pipefail
lab=$(cd "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
MVGAL_CACHE=$(mktemp -d)
export MVGAL_CACHE
trap 'rm -rf -- "$MVGAL_CACHE"' EXIT

attempt() { # SCRIPT: runs it with the lab's functions; output in $got, status in $status
    status=0
    got=$(bash -c "source '$lab/common.sh'; source '$lab/progress.sh'; $1" 2>&1) || status=$?
}
fail() {
    printf '%s\nstatus %s, output:\n%s\n' "$1" "$status" "$got"
    exit 1
}

attempt 'f() { echo one; false; echo two; }; run -h "buy milk" x f; echo never'
((status == 1)) && [[ $got == *'| one'* && $got == *'buy milk'* && $got == *"$MVGAL_CACHE/log/x.log"* ]] &&
    [[ $got != *two* && $got != *never* ]] || fail 'a failing function under run'

attempt 'f() { false; echo two; }; run x with_lock l f; echo never'
((status == 1)) && [[ $got != *two* && $got != *never* ]] || fail 'a failing function under a lock'

attempt 'with_lock l true; with_lock l echo again'
((status == 0)) && [[ $got == again ]] || fail 'a lock taken twice in turn'

attempt 'with_lock l sleep 2 & sleep 0.5; with_lock l echo mine; wait'
((status == 0)) && [[ $got == *waiting*mine* ]] || fail 'a lock that another holds'

attempt 'with_lock l bash -c "echo \$\$ >$CACHE/pid; exec sleep 60" & sleep 0.5
    kill -KILL $! "$(cat "$CACHE/pid")"; with_lock l echo mine'
((status == 0)) && [[ $got == *mine* ]] || fail 'a lock whose holder was killed'

#!/bin/bash
# prepare_virgl2: a failure is told and remembered, so that it costs its time once; an
# interruption is not; who waits for another run that fails does not try again.
set -euo pipefail
lab=$(cd "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
MVGAL_CACHE=$(mktemp -d)
export MVGAL_CACHE
trap 'rm -rf -- "$MVGAL_CACHE"' EXIT

attempt() { # SCRIPT, with a fetch_virgl2 that needs no network
    status=0
    got=$(bash -c "source '$lab/common.sh'; source '$lab/progress.sh'; source '$lab/virgl2.sh'
        try_virgl2() { touch \"\$(virgl2_tree).works\"; }
        fetched() { mkdir -p \"\$(virgl2_tree)\"; }
        $1; prepare_virgl2; echo prepared; virgl2_there && echo there" 2>&1) || status=$?
}
expect() { # WANTED-STATUS PATTERN WHAT
    # shellcheck disable=SC2053
    if ((status != $1)) || [[ $got != $2 ]]; then
        printf '%s: status %s, output:\n%s\n' "$3" "$status" "$got"
        exit 1
    fi
}

attempt 'fetch_virgl2() { exit 143; }'
expect 143 '*interrupted*' 'an interruption'
attempt 'fetch_virgl2() { echo no network here; false; }'
expect 1 '*no network here*' 'a failure'
attempt 'fetch_virgl2() { fetched; }'
expect 1 '*it failed at*rm *virgl2/failed*' 'a failure a moment ago'

touch -d '1 hour ago' "$MVGAL_CACHE/virgl2/failed"
attempt 'fetch_virgl2() { sleep 2; false; }; (prepare_virgl2 2>/dev/null) & sleep 1'
expect 1 '*waiting*it failed at*' 'the failure of another run'

rm -- "$MVGAL_CACHE/virgl2/failed"
attempt 'fetch_virgl2() { fetched; }'
expect 0 '*prepared*there' 'a success'
attempt 'fetch_virgl2() { echo again; false; }'
expect 0 '*prepared*there' 'what is there already'

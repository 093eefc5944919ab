#!/bin/bash
# The readers of test output: what they count, and what they must not miss.
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/.."

expect() { # NAME PARSER INPUT WANTED
    local got
    got=$(printf '%s\n' "$3" | "./$2" | cut -f1,2 | tr '\t' ' ' | LC_ALL=C sort)
    if [[ $got != "$4" ]]; then
        printf '%s: wanted\n%s\ngot\n%s\n' "$1" "$4" "$got"
        exit 1
    fi
}

expect 'plain TAP' parse-tap '1..3
ok 1 - a
not ok 2 - b is bad
ok 3 - c # SKIP no GPU' 'fail b is bad
ok a
skip c'

got=$(printf '%s\n' '# before' 'not ok 1 - a' '# panicked at x.rs' 'ok 2 - b' | ./parse-tap | head -n 1)
if [[ $got != *before*panicked* ]]; then
    echo "the reason of a failure is lost: $got"
    exit 1
fi

got=$(printf '%s\n' 'ok 1 - a # SKIP no GPU' | ./parse-tap)
if [[ $got != $'skip\ta\tno GPU' ]]; then
    echo "the reason of a skip is lost: $got"
    exit 1
fi

expect 'an unfinished plan' parse-tap '1..3
ok 1 - a' 'fail the plan of 3 tests
ok a'

expect 'KTAP: leaves count, sums do not' parse-tap 'KTAP version 1
    KTAP version 1
    # Subtest: queue
    1..2
    # one: ASSERTION FAILED at x.rs:1
    not ok 1 one
    ok 2 two
not ok 1 queue
    KTAP version 1
    # Subtest: fence
    1..2
        KTAP version 1
        # Subtest: each
        ok 1 0
        ok 2 1
    ok 1 each
    ok 2 whole
ok 2 fence' 'fail queue.one
ok fence.each.0
ok fence.each.1
ok fence.whole
ok queue.two'

expect 'KTAP: a suite that died in the middle' parse-tap '    # Subtest: queue
    1..2
    ok 1 one
not ok 1 queue' 'fail queue
fail queue: the plan of 2 tests
ok queue.one'

expect 'KTAP: a suite that failed for no test' parse-tap '    # Subtest: queue
    1..1
    ok 1 one
not ok 1 queue' 'fail queue
ok queue.one'

expect 'cargo test' parse-libtest '     Running unittests src/lib.rs (target/debug/deps/mvgal-1)

running 3 tests
test a::b ... ok
test a::c ... FAILED
test a::d ... ignored

failures:

---- a::c stdout ----
boom

failures:
    a::c

test result: FAILED. 1 passed; 1 failed
   Doc-tests mvgal

running 1 test
test src/lib.rs - (line 3) ... ok' 'fail src/lib.rs: a::c
ok doc mvgal: src/lib.rs - (line 3)
ok src/lib.rs: a::b
skip src/lib.rs: a::d'

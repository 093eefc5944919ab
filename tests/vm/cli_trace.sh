#!/bin/bash
# mvgal trace and mvgal top, on jobs that run.
# vm: --gpus virgl
source "$(dirname -- "${BASH_SOURCE[0]}")/lib"

mvgal=${MVGAL_E2E%/*}/mvgal
tracefs=/sys/kernel/tracing
mountpoint -q "$tracefs" || mount -t tracefs tracefs "$tracefs"
dir=$(mktemp -d)
cd "$dir" || exit

"$mvgal" trace -o rec --json -- "$MVGAL_E2E" jobs:: native:: timeout:: >e2e.log 2>trace.log ||
    fail "trace: $(grep -A 3 -e '^not ok' -e '^Bail' e2e.log; tail -n 5 e2e.log trace.log)"
summary=$(sed -n '/^{/,$p' e2e.log)
field() { sed -n "s/^ *\"$1\": \([0-9]*\),*$/\1/p" <<<"$summary"; }
[[ $(field jobs) -gt 200 && $(field unfinished) == 0 && $(field lost) == 0 ]] || fail "summary: $summary"
ran=$(field ran | awk '{ sum += $1 } END { print sum }')
slices=$(grep -o '"ph":"X"' rec.json | wc -l)
[[ $ran -gt 100 && $slices == "$ran" ]] || fail "$ran jobs ran, $slices are in the trace"
grep -q '"name":"virtio_gpu-' rec.json || fail "no track of a virtio GPU"
grep -q '^</svg>$' rec.svg && [[ $(grep -o '<rect' rec.svg | wc -l) -gt $ran ]] || fail "the chart is not whole"
[[ -z $(ls "$tracefs/instances") ]] || fail "an instance is left: $(ls $tracefs/instances)"

# A signal ends it, and all is written and cleaned up.
"$mvgal" trace -o int >/dev/null 2>&1 &
pid=$!
for _ in {1..100}; do
    [[ -n $(ls "$tracefs/instances") ]] && break
    sleep 0.1
done
sleep 0.5
kill -INT $pid
wait $pid || fail "trace ended with $? after a signal"
[[ -s int.json && -s int.svg && -z $(ls "$tracefs/instances") ]] || fail "after a signal"
# A command that fails is told, and one that is not there.
fails() { # STATUS WORDS ARGUMENT...
    local status=$1 words=$2
    shift 2
    "$mvgal" trace "$@" >/dev/null 2>err
    local rc=$?
    [[ $rc == "$status" ]] && grep -qF -- "$words" err || fail "trace $*: $rc, $(cat err)"
}
fails 1 'exit status: 1' -o failed -- false
[[ -s failed.json && -s failed.svg ]] || fail "what was recorded of a command that failed is not written"
fails 42 'exit status: 42' -o failed -- sh -c 'exit 42'
fails 137 'SIGKILL' -o failed -- sh -c 'kill -9 $$'
fails 1 '/nonexistent/command' -o no -- /nonexistent/command
[[ ! -e no.json && ! -e no.svg ]] || fail "files are left of what did not run"
# A command that is not over in time is ended, and waited for.
fails 124 'still running after --duration' -o late --duration 0.5 -- sh -c 'trap "echo ended >ended; exit 3" TERM; while :; do sleep 0.1; done'
[[ $(<ended) == ended && -s late.json && -s late.svg ]] || fail "what was recorded until the time was up"
"$mvgal" trace -o soon --duration 60 -- true >/dev/null || fail "a command that is over in time: $?"
# So it is by a signal; one more kills it.
ended_by() { # STATUS COMMAND [SIGNAL...]: one after the other
    local status=$1 command=$2 signal
    shift 2
    rm -f running
    "$mvgal" trace -o int -- sh -c "$command" >/dev/null 2>err &
    pid=$!
    for _ in {1..100}; do
        [[ -e running ]] && break
        sleep 0.1
    done
    for signal; do
        kill -"$signal" $pid
        sleep 1
    done
    wait $pid
    local rc=$?
    [[ $rc == "$status" ]] || fail "trace -- $command after $*: $rc, $(cat err)"
}
ended_by 143 'touch running; exec sleep 600' INT
ended_by 137 'trap "" TERM; touch running; while :; do sleep 0.1; done' TERM TERM
[[ -z $(ls "$tracefs/instances") ]] || fail "an instance is left: $(ls "$tracefs/instances")"
# Before the command runs.
fails 1 'writing /nonexistent/no.json: No such file' -o /nonexistent/no -- touch ran
[[ ! -e ran ]] || fail "the command ran, and nothing can be written"
[[ -z $(ls "$tracefs/instances") ]] || fail "an instance is left after a failure"
"$mvgal" trace -o no --duration 0.5 >/dev/null || fail "trace for half a second"

# Who may not trace is told so.
if setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null; then
    text=$(setpriv --reuid 65534 --regid 65534 --clear-groups "$mvgal" trace -o no --duration 0.1 2>&1)
    rc=$?
    [[ $rc == 1 && $text == *root* ]] || fail "trace of nobody: $rc, $text"
fi

# One that is killed leaves its instance, which the next one removes; not that of one that runs.
"$mvgal" trace -o killed >/dev/null 2>&1 &
killed=$!
"$mvgal" trace -o other >/dev/null 2>&1 &
other=$!
for _ in {1..100}; do
    [[ -e $tracefs/instances/mvgal-$killed/trace_pipe && -e $tracefs/instances/mvgal-$other/trace_pipe ]] && break
    sleep 0.1
done
sleep 0.5
kill -KILL $killed
wait $killed 2>/dev/null
[[ -d $tracefs/instances/mvgal-$killed ]] || fail "nothing is left of what was killed: this tests nothing"
"$mvgal" trace -o no --duration 0.1 >/dev/null || fail "trace after one that was killed"
[[ $(ls "$tracefs/instances") == "mvgal-$other" ]] || fail "instances: $(ls "$tracefs/instances")"
kill -INT $other
wait $other || fail "trace ended with $? after another one"
[[ -z $(ls "$tracefs/instances") ]] || fail "an instance is left: $(ls "$tracefs/instances")"

start blocked
"$mvgal" top -b -n 2 -d 0.3 >top.txt || fail "top: $(cat top.txt)"
grep -Eq '^ *[0-9]+ +[0-9]+ +mvgal-e2e +[1-9][0-9]* ' top.txt || fail "top does not show the client: $(cat top.txt)"
[[ $(grep -B 1 '^ *member ' top.txt | grep -c '^$') == 1 ]] || fail "no blank line between looks: $(cat top.txt)"
"$mvgal" top --json -n 3 -d 0.2 | grep -c '"schema":"mvgal.top/1"' | grep -qx 3 || fail "top --json"
finish

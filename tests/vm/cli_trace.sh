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
"$mvgal" trace -o no -- false >/dev/null 2>err && fail "the command failed, and trace did not"
grep -q 'exit status: 1' err || fail "no word of the status: $(cat err)"
"$mvgal" trace -o no -- /nonexistent/command >/dev/null 2>err && fail "no command, and trace did not fail"
grep -q '/nonexistent/command' err || fail "no word of the command: $(cat err)"
[[ -z $(ls "$tracefs/instances") ]] || fail "an instance is left after a failure"
"$mvgal" trace -o no --duration 0.5 >/dev/null || fail "trace for half a second"

"$MVGAL_E2E" client blocked "$step" &
client=$!
for _ in {1..200}; do
    [[ -e $step.ready ]] && break
    sleep 0.1
done
"$mvgal" top -b -n 2 -d 0.3 >top.txt || fail "top: $(cat top.txt)"
grep -Eq '^ *[0-9]+ +[0-9]+ +mvgal-e2e +[1-9][0-9]* ' top.txt || fail "top does not show the client: $(cat top.txt)"
"$mvgal" top --json -n 3 -d 0.2 | grep -c '"schema":"mvgal.top/1"' | grep -qx 3 || fail "top --json"
touch "$step.go"
wait $client || fail "the client"

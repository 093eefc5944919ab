#!/bin/bash
# The tracepoints: every job is there, once, in order; and nothing when they are off.
# vm: --gpus virgl
source "$(dirname -- "${BASH_SOURCE[0]}")/lib"

tracefs=/sys/kernel/tracing
mountpoint -q "$tracefs" || mount -t tracefs tracefs "$tracefs"
instance=$tracefs/instances/mvgal-test
mkdir "$instance"
echo mono >"$instance/trace_clock"
echo 16384 >"$instance/buffer_size_kb"

"$MVGAL_E2E" client exercise
[[ -z $(grep -v '^#' "$instance/trace") ]] || fail "events although they are off"

echo 1 >"$instance/events/mvgal/enable"
"$MVGAL_E2E" client exercise
"$MVGAL_E2E" sched timeout native >/dev/null
echo 0 >"$instance/events/mvgal/enable"

grep -q 'entries-in-buffer' "$instance/trace" || fail "no trace"
# Each job: submit, then ready or not, then dispatch and complete, or cancel.
grep -v '^#' "$instance/trace" | awk '
    function bad(what) { print what ": " $0; failed = 1 }
    {
        if (!match($0, /mvgal_job_[a-z]+/)) { bad("no event"); next }
        event = substr($0, RSTART + 10, RLENGTH - 10)
        if (!match($0, / job=[0-9]+/)) { bad("no job"); next }
        job = substr($0, RSTART + 5, RLENGTH - 5)
        seen[event]++
        if (event == "submit") { if (job in state) bad("submitted twice"); state[job] = "s" }
        else if (!(job in state)) bad("not submitted")
        else if (event == "ready") { if (state[job] != "s") bad("ready after " state[job]); state[job] = "r" }
        else if (event == "dispatch") { if (state[job] != "r") bad("dispatched after " state[job]); state[job] = "d" }
        else if (event == "complete") { if (state[job] != "d") bad("complete after " state[job]); state[job] = "c" }
        else if (event == "cancel") { if (state[job] !~ /[sr]/) bad("cancelled after " state[job]); state[job] = "x" }
        else bad("unknown event")
    }
    END {
        for (job in state) if (state[job] !~ /[cx]/) { print "job " job " is at " state[job]; failed = 1 }
        if (seen["submit"] < 200 || !seen["cancel"]) { print "too few jobs"; failed = 1 }
        exit failed
    }' || fail "the events do not fit together"
for kind in COPY FILL NATIVE BARRIER; do
    grep -q "kind=$kind " "$instance/trace" || fail "no $kind"
done
rmdir "$instance"

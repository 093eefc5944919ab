#!/bin/bash
# Which jobs the system waits for before it sleeps, which ones wait until it is awake, and that nobody
# uses a device meanwhile.
# vm: --gpus none --vendors amdgpu --vendor-params timeout_ms=30000 --modprobe vgem
source "$(dirname -- "${BASH_SOURCE[0]}")/lib"
source "$(dirname -- "${BASH_SOURCE[0]}")/lib_suspend"

# NATIVE jobs that their driver does not have yet wait, however long it would take to run them all.
for level in devices freezer; do
    start native_queue amdgpu
    sleeps $level
    finish
done

# While the system waits for a job, SUBMIT waits for the system.
start held
(sleeps freezer) >"$step.sleeps" &
sleeper=$!
sleep 1
finish
wait $sleeper || fail "$(<"$step.sleeps")"

# Nobody closes a file of a device that is suspended, or frees memory there.
echo 3 >/sys/module/suspend/parameters/pm_test_delay
for way in direct queued; do
    start let_go amdgpu $way
    sleeps devices
    finish
done
echo 1 >/sys/module/suspend/parameters/pm_test_delay
[[ $(sum disturbed) == 0 ]] || fail "used while they were suspended: $(grep . "${gpus[@]/%//fault/disturbed}")"

# With a job that does not end it stays awake, whether it is waited for to the end or not.
start due
echo freezer >/sys/power/pm_test
timeout -s INT 2 bash -c 'echo mem >/sys/power/state' 2>/dev/null && fail "it slept beside a job, interrupted"
began=$SECONDS
output=$( (echo mem >/sys/power/state) 2>&1) && fail "it slept beside a job"
[[ $output == *"resource busy"* ]] || fail "beside a job: $output"
((SECONDS - began >= 19)) || fail "it waited for $((SECONDS - began)) s only"
dmesg | grep -q 'mvgal: no sleep: jobs are not over after 20000 ms' || fail "$(dmesg | tail)"
finish
sleeps devices
nothing_lost "at the end"

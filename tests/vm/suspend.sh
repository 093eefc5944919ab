#!/bin/bash
# The system sleeps: nothing of mvgal keeps buffers in VRAM, which loses its contents, nor runs while
# devices are suspended; and nothing that was there is lost.
# vm: --gpus none --vendors amdgpu,i915 --modprobe vgem
source "$(dirname -- "${BASH_SOURCE[0]}")/lib"

[[ -e /sys/power/pm_test ]] || fail "the kernel has no /sys/power/pm_test"
gpus=(/sys/bus/platform/drivers/mvgal_fake_vendors/fake-*)
keep=/sys/module/mvgal_fake_vendors/parameters/keep
echo 1 >/sys/module/suspend/parameters/pm_test_delay

# All but what the guest is made of: its files and its output.
for device in /sys/bus/virtio/devices/*; do
    device=$(readlink -f "$device/..")
    echo "${device##*/}" >$keep || fail "$device: cannot be kept"
done

# Sleeps as far as a level of pm_test.
sleeps() {
    echo "$1" >/sys/power/pm_test
    # Echo by itself says nothing of an error that the shell says.
    output=$( (echo mem >/sys/power/state) 2>&1 ) || fail "$1: $output; $(dmesg | tail -n 20)"
}

# Number of a stand-in, of all of them together.
sum() {
    total=0
    for gpu in "${gpus[@]}"; do total=$((total + $(<"$gpu/fault/$1"))); done
    echo $total
}

nothing_lost() {
    [[ $(sum lost) == 0 ]] || fail "$1: lost $(grep . "${gpus[@]/%//fault/lost}")"
}

for level in devices freezer; do
    # Jobs run when it falls asleep, and their buffers are mapped for the next ones.
    start busy amdgpu vgem i915
    [[ $(sum vram_pinned) != 0 ]] || fail "nothing is mapped"
    for _ in 1 2 3; do
        sleeps $level
        nothing_lost "jobs, $level"
        sleep 0.3
    done
    finish

    # Jobs that wait for user space have their buffers mapped before, and not again until they go on.
    start asleep amdgpu
    [[ $(sum vram_pinned) != 0 ]] || fail "nothing is mapped"
    sleeps $level
    nothing_lost "jobs that wait, $level"
    [[ $(sum vram_pinned) == 0 ]] || fail "jobs that wait, $level: $(sum vram_pinned) bytes are pinned"
    finish
done

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

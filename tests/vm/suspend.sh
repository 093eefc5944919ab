#!/bin/bash
# The system sleeps: nothing of mvgal keeps buffers in VRAM, which loses its contents, nor runs while
# devices are suspended; and nothing that was there is lost.
# vm: --gpus none --vendors amdgpu,i915 --modprobe vgem
source "$(dirname -- "${BASH_SOURCE[0]}")/lib"
source "$(dirname -- "${BASH_SOURCE[0]}")/lib_suspend"

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

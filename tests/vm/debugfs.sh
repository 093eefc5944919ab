#!/bin/bash
# What debugfs says of members, queues and jobs.
# vm: --gpus virgl
source "$(dirname -- "${BASH_SOURCE[0]}")/lib"

dir=/sys/kernel/debug/mvgal
mountpoint -q /sys/kernel/debug || mount -t debugfs debugfs /sys/kernel/debug

"$MVGAL_E2E" client exercise
grep -q '^member 0 (host): 0 queued, 0 running, 0 in flight, [1-9][0-9]* done' $dir/members ||
    fail "members: $(cat $dir/members)"
[[ $(grep -c '^member [1-9]' $dir/members) == $("$MVGAL_E2E" client members | wc -l) ]] ||
    fail "members: $(cat $dir/members)"
[[ ! -s <(cat $dir/queues) && -z $(cat $dir/queues) ]] || fail "queues: $(cat $dir/queues)"
[[ -z $(cat $dir/jobs) ]] || fail "jobs: $(cat $dir/jobs)"

# Jobs that wait for a point of their client are listed with it.
start blocked
grep -Eq '^client [0-9]+ job [0-9]+ (FILL|COPY) priority [0-9]+ member [0-9]+: waiting, [0-9]+ us old; for point [0-9]+ without a fence$' $dir/jobs ||
    fail "jobs: $(head $dir/jobs)"
# Read again and again while jobs come and go.
for _ in {1..30}; do cat $dir/jobs $dir/queues $dir/members >/dev/null & done
for _ in {1..5}; do "$MVGAL_E2E" client exercise virtio_gpu vgem; done
finish
wait
[[ -z $(cat $dir/jobs) ]] || fail "jobs after all: $(cat $dir/jobs)"

quietly rmmod mvgal
[[ ! -e $dir ]] || fail "the directory is still there"
load

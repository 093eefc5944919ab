#!/bin/bash
# mvgal info and mvgal status: what drivers and sysfs tell of the members.
# vm: --gpus virgl
source "$(dirname -- "${BASH_SOURCE[0]}")/lib"

mvgal=${MVGAL_E2E%/*}/mvgal

info=$("$mvgal" info) || fail "info: $info"
json=$("$mvgal" info --json) || fail "info --json: $json"
# The first virtio GPU has virgl, the second nothing of the kind; both by their driver's word.
grep -Eq '^ +1 +virtio_gpu +driver +virtio GPU, UAPI [0-9]+\.[0-9]+\.[0-9]+$' <<<"$info" || fail "no driver: $info"
grep -Eq '^ +chip +LLVMPIPE \(LLVM ' <<<"$info" || fail "the renderer of the host is not told: $info"
grep -Eq '^ +abilities +3-D' <<<"$info" || fail "no 3-D: $info"
grep -Eq '^ +capability sets +virgl \(version [0-9]+\), virgl2 \(version [0-9]+\)' <<<"$info" || fail "no sets: $info"
grep -Eq '^ +abilities +none$' <<<"$info" || fail "3-D where there is none: $info"
grep -q 'not a\(nswered\|sked\)' <<<"$info" && fail "a driver of today refuses a question: $info"
[[ $(grep -c '"details": {' <<<"$json") == $(grep -c '"bus_address"' <<<"$json") ]] || fail "no details: $json"
[[ $(grep -c '"vram": null' <<<"$json") == $(grep -c '"bus_address"' <<<"$json") ]] || fail "VRAM from nowhere: $json"
grep -q '"renders": true' <<<"$json" && grep -q '"renders": false' <<<"$json" || fail "3-D in JSON: $json"

# A path for each pair, with a reason.
paths=$("$mvgal" info --p2p) || fail "info --p2p: $paths"
members=$(grep -c '"bus_address"' <<<"$json")
[[ $(grep -c ' \(copy\|import\) .*member [0-9]* \(is not on PCI\|does not import\)' <<<"$paths") == $((members * (members - 1))) ]] ||
    fail "paths: $paths"
# What is copied in any case is not tried, also if all that can be is.
for option in '' --try; do
    paths=$("$mvgal" info --p2p $option) || fail "info --p2p $option: $paths"
    grep -Eq '\(vgem\) +1 \(virtio_gpu\) +copy +- +- ' <<<"$paths" || fail "copies (${option:-not tried}): $paths"
done
grep -Eq '\(virtio_gpu\) +[0-9]+ \(vgem\) +import +yes ' <<<"$paths" || fail "nothing was tried: $paths"

# Who may not open a node is told so with its own group, and sees the rest.
nodes=(/dev/dri/renderD*)
if setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null; then
    chmod 666 /dev/mvgal0
    chmod 660 "${nodes[@]}"
    chgrp audio "${nodes[@]}"
    info=$(setpriv --reuid 65534 --regid 65534 --clear-groups "$mvgal" info) || fail "info of nobody: $info"
    grep -q 'not asked .*Permission denied' <<<"$info" || fail "nobody is not told: $info"
    grep -q 'usermod -aG audio' <<<"$info" || fail "nobody is told another group: $info"
    chgrp root "${nodes[@]}"
    info=$(setpriv --reuid 65534 --regid 65534 --clear-groups "$mvgal" info) || fail "info of nobody: $info"
    grep -q 'only root may' <<<"$info" || fail "nobody is told a group that does not help: $info"
    grep -q '^Limits' <<<"$info" || fail "nobody sees nothing: $info"
    chmod 666 "${nodes[@]}"
fi

# No virtual GPU has sensors.
status=$("$mvgal" status) || fail "status: $status"
looks=$(timeout -s INT 5 "$mvgal" status --watch 0.3)
[[ $(grep -B 1 '^ *id ' <<<"$looks" | grep -c '^$') -ge 1 ]] || fail "no blank line between looks: $looks"
grep -q '^No sensors in sysfs: 1 (virtio_gpu), 2 (virtio_gpu)' <<<"$status" || fail "sensors: $status"
grep -q '^Health' <<<"$status" && fail "health from nowhere: $status"

# A directory in place of sysfs gives the first some, as amdgpu and xe lay them out.
minor() { sed -n "/^      \"id\": $1,/,/\"numa_node\"/s,.*\"/dev/dri/card\([0-9]*\)\".*,\1,p" <<<"$json"; }
fake=$(mktemp -d)
device=$fake/226:$(minor 1)/device
mkdir -p "$device"/{power,hwmon/hwmon0,tile0/gt0/freq0} "$fake/226:$(minor 2)/device/power"
put() { echo "$2" >"$device/$1"; }
put power/runtime_status active
put hwmon/hwmon0/temp1_input 93500
put hwmon/hwmon0/temp1_crit 100000
put hwmon/hwmon0/temp1_label edge
put hwmon/hwmon0/temp2_input nonsense
put hwmon/hwmon0/energy1_input 1000000
put hwmon/hwmon0/fan1_input 1500
put tile0/gt0/freq0/act_freq 1900
put gpu_busy_percent 42
put mem_info_vram_total 1073741824
put mem_info_vram_used 1063741824
echo suspended >"$fake/226:$(minor 2)/device/power/runtime_status"
mount --bind "$fake" /sys/dev/char || fail "cannot mount"
status=$("$mvgal" status)
rc=$?
health=$("$mvgal" status --json)
umount /sys/dev/char
[[ $rc == 0 ]] || fail "status: $status"
grep -Eq '^ +1 +virtio_gpu +critical +93.5 °C +0 W +1500 +1900 MHz +42 % +99 %$' <<<"$status" ||
    fail "row: $status"
grep -Eq '^ +2 +virtio_gpu +asleep' <<<"$status" || fail "asleep: $status"
grep -q '^1 (virtio_gpu): edge at 93.5 °C, warm from 90 °C on$' <<<"$status" || fail "warm: $status"
grep -q '^1 (virtio_gpu): 99 % of VRAM in use, critical from 98 % on$' <<<"$status" || fail "VRAM: $status"
grep -q 'temp2_input: "nonsense" is not a number' <<<"$status" || fail "nonsense: $status"
grep -q '"millidegrees": 93500' <<<"$health" && grep -q '"suspended": true' <<<"$health" || fail "JSON: $health"

# The pages that are made of the command line.
man=$(mktemp -d)
"$mvgal" man "$man" || fail "man"
grep -q 'p2p' "$man/mvgal-info.1" || fail "no --p2p in the man page: $(ls "$man")"
"$mvgal" completions bash | grep -q -- --p2p || fail "no --p2p in the completions"

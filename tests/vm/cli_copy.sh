#!/bin/bash
# mvgal copy: the bytes arrive whichever way they take, which is said with the reason; and
# mvgal demo takes in members that only their engines copy for.
# vm: --gpus none --vendors amdgpu,xe,nvidia,mtgpu,nouveau --vendor-params timeout_ms=2000
source "$(dirname -- "${BASH_SOURCE[0]}")/lib"

mvgal=${MVGAL_E2E%/*}/mvgal
cd "$(mktemp -d)" || fail "no directory"
# Several chunks, and no multiple of anything.
head -c 3333333 /dev/urandom >a

copy() { # WORDS ARGUMENT...
    local words=$1
    shift
    rm -f b
    text=$("$mvgal" copy "$@" a b 2>&1) || fail "copy $*: $text"
    cmp a b || fail "copy $*: the files differ"
    grep -qF -- "$words" <<<"$text" || fail "copy $*: no '$words' in: $text"
}
copy '(amdgpu) → 2 (vkms): by the engine of member' --from amdgpu --to vkms
copy '(amdgpu): by the engine of member' --from amdgpu --to xe
copy 'without a copy between' --from xe --to amdgpu --by engine
copy "by the engine of member" --from xe --to xe
copy 'by the CPU, as it was asked for' --from amdgpu --to host --by cpu
copy 'through memory of the host, by the CPU and by the engine of member' --from nvidia-drm --to xe
copy 'through memory of the host, by the engine of member' --from xe --to nvidia-drm
copy 'by the CPU, as neither side has a copy engine to use' --from vgem --to mtgpu
copy 'through memory of the host, by the CPU and by the CPU' --from vgem --to vkms --by staged
copy '(xe) → host: by the engine of member' --from host --via vgem --via amdgpu --to xe

json=$("$mvgal" copy --json --from amdgpu --to xe a b) || fail "json: $json"
cmp a b || fail "json: the files differ"
grep -q '"schema": "mvgal.copy/1"' <<<"$json" && grep -q '"bytes": 3333333' <<<"$json" || fail "json: $json"
[[ $(grep -c '"way": "engine"' <<<"$json") == 3 ]] || fail "ways: $json"

refuse() { # STATUS WORDS ARGUMENT...
    local status=$1 words=$2
    shift 2
    text=$("$mvgal" copy "$@" a b 2>&1)
    local rc=$?
    [[ $rc == "$status" && $text == *"$words"* ]] || fail "copy $*: $rc, $text"
}
refuse 1 '(nouveau): this library writes no command streams for the driver nouveau' --from nouveau --to vgem --by engine
refuse 1 'it takes no native jobs' --from mtgpu --to host --by engine
refuse 1 'the CPU cannot copy what is in memory of member' --from xe --to host --by cpu
refuse 2 'possible values: auto, cpu, engine, staged' --from xe --to host --by magic

# What fails before a byte has arrived leaves the file as it was, and none that was not there.
echo precious >b
refuse 1 'let its engine do it' --from xe --to xe --by cpu
refuse 1 'this library writes no command streams' --from nouveau --to vgem --by engine
refuse 2 'no member is called' --from bogus --to vgem
[[ $(<b) == precious ]] || fail "an error destroys the file: $(od -c b | head)"
rm b
refuse 1 'let its engine do it' --from xe --to xe --by cpu
[[ ! -e b ]] || fail "an error leaves a file"
# An empty file is copied as any other.
echo precious >c
"$mvgal" copy --from vgem --to vkms /dev/null c 2>/dev/null && [[ -e c && ! -s c ]] || fail "nothing is not copied"

# What is no file is 1, whichever side it is on.
refuse_files() { # WORDS INPUT OUTPUT
    local text rc
    text=$("$mvgal" copy --from vgem --to vkms "$2" "$3" 2>&1)
    rc=$?
    [[ $rc == 1 && $text == *"$1"* ]] || fail "copy $2 $3: $rc, $text"
}
refuse_files 'reading /tmp: Is a directory' /tmp b
refuse_files 'writing /tmp: Is a directory' a /tmp
refuse_files 'a is input and output' a a
refuse_files 'writing /nonexistent/b: No such file' a /nonexistent/b
[[ -s a && ! -e b ]] || fail "an error leaves or destroys a file"

# An engine that fails is told, and the next copy works.
fault=$(echo /sys/bus/platform/devices/fake-xe.*/fault)
echo 99 >"$fault/eio"
refuse 1 'EIO' --from nvidia-drm --to xe
[[ $text == *'by the engine of member'* && $text != *'--by auto'* ]] || fail "not why: $text"
echo 0 >"$fault/eio"
copy 'by the engine of member' --from nvidia-drm --to xe

# An engine that stops to see a buffer: what is sent again is counted, too.
mkfifo pipe
fault=$(echo /sys/bus/platform/devices/fake-amdgpu.*/fault)
jobs() { # FAULT: the number of jobs with that from the third chunk on
    "$mvgal" copy --json --from amdgpu --to amdgpu pipe b >json &
    local pid=$!
    exec 3>pipe
    head -c 2M a >&3
    sleep 1
    echo "$1" >"$fault/map"
    tail -c +$((2 * 1024 * 1024 + 1)) a >&3
    exec 3>&-
    wait $pid || fail "copy from a pipe: $?"
    echo 0 >"$fault/map"
    cmp a b || fail "map $1: the files differ"
    sed -n 's/^ *"jobs": \([0-9]*\),$/\1/p' json
}
usual=$(jobs 0)
again=$(jobs "1 12")
[[ $again -gt $usual ]] || fail "$usual jobs, and $again if a chunk is sent again: $(cat json)"

# Whoever ends it, a file appears whole or not at all.
interrupted() { # OUTPUT
    "$mvgal" copy --from amdgpu --to vgem pipe "$1" 2>/dev/null &
    local pid=$!
    exec 3>pipe
    head -c 3M a >&3
    sleep 1
    # Not SIGINT, which a shell has its background jobs ignore.
    kill -TERM $pid
    wait $pid
    [[ $? == 143 ]] || fail "copy was not ended by the signal"
    exec 3>&-
}
echo precious >c
rm -f new
before=$(ls -A)
interrupted new
[[ $(ls -A) == "$before" ]] || fail "files are left: $(ls -A)"
interrupted c
[[ $(<c) == precious && $(ls -A) == "$before" ]] || fail "what was there is gone: $(ls -lA)"
# What is no file is written as it comes.
"$mvgal" copy --from amdgpu --to vgem a - 2>/dev/null | cmp - a || fail "to a pipe"
cat pipe >b &
"$mvgal" copy --from amdgpu --to vgem a pipe 2>/dev/null && wait $! && cmp a b || fail "to a named pipe"
"$mvgal" copy --from amdgpu --to vgem a /dev/null 2>/dev/null && [[ -c /dev/null ]] || fail "to a device"
refuse_files 'writing /dev/full: No space left' a /dev/full

text=$("$mvgal" demo) || fail "demo: $text"
grep -q '^verified: .* 0 wrong$' <<<"$text" || fail "demo: $text"
grep -q 'by its own copy engine: the kernel cannot map its buffers' <<<"$text" || fail "demo: $text"
grep -q 'left out' <<<"$text" && fail "demo: $text"
exit 0

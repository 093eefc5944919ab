#!/bin/bash
# mvgal render: the picture is right, what is wrong is told, and files are pictures.
# vm: --gpus virgl
source "$(dirname -- "${BASH_SOURCE[0]}")/lib"

mvgal=${MVGAL_E2E%/*}/mvgal
cd "$(mktemp -d)" || fail "no directory"

for size in 512x384 16x16 333x77 1024x1024; do
    text=$("$mvgal" render -o "$size.png" --size "$size") || fail "$size: $text"
    pixels=$((${size%x*} * ${size#*x}))
    grep -q "^$pixels pixels compared .* 0 wrong$" <<<"$text" || fail "$size: $text"
    grep -q '^Worst difference [0-2] of 255' <<<"$text" || fail "$size: $text"
    grep -q "^written to $size.png$" <<<"$text" || fail "$size: $text"
    # The header of a PNG file of that size, red, green, blue and alpha of 8 bits each.
    head=$(printf '89504e470d0a1a0a0000000d49484452%08x%08x0806' "${size%x*}" "${size#*x}")
    [[ $(head -c 26 "$size.png" | od -An -v -tx1 | tr -d ' \n') == "$head" ]] || fail "$size.png is no such PNG"
    # Not all of one colour: that would take a few hundred bytes.
    (($(stat -c %s "$size.png") > pixels / 50)) || fail "$size.png is too small"
done

json=$("$mvgal" render --json --member 1) || fail "json: $json"
grep -q '"schema": "mvgal.render/1"' <<<"$json" && grep -q '"wrong": 0' <<<"$json" || fail "json: $json"
[[ $(grep -c '"kind": "\(backdrop\|cube\|board\|glass\)"' <<<"$json") == 4 ]] || fail "draws: $json"

refuse() { # STATUS WORDS ARGUMENT...
    local status=$1 words=$2
    shift 2
    text=$("$mvgal" render "$@" 2>&1)
    local rc=$?
    [[ $rc == "$status" && $text == *"$words"* ]] || fail "render $*: $rc, $text"
}
refuse 1 'without 3-D' --member 2
refuse 2 'cannot render here' --member vgem
refuse 2 'no member is called' --member 99
refuse 2 'each 16 to 16384' --size 1x1
# At once, before anything is rendered.
refuse 1 'writing /nonexistent/a.png: No such file' -o /nonexistent/a.png
[[ $text != *virtio_gpu* ]] || fail "it renders before the file is opened: $text"
# Afterwards, with the verdict.
refuse 1 'writing /dev/full: No space left' -o /dev/full --size 16x16
[[ $text == *' 0 wrong'* && $text != *'written to'* ]] || fail "no verdict if the disk is full: $text"
# A file is left as it was by what fails before there is a picture.
echo precious >keep
refuse 1 'without 3-D' --member 2 -o keep
[[ $(<keep) == precious ]] || fail "an error destroys the file"

# The picture alone on standard output, the texts beside it.
"$mvgal" render -o - --size 16x16 >out.png 2>texts || fail "render -o -: $(<texts)"
cmp out.png 16x16.png || fail "standard output has another picture"
grep -q ' 0 wrong$' texts || fail "no texts: $(<texts)"
"$mvgal" render --json -o - --size 16x16 2>json >out.png || fail "render --json -o -: $(<json)"
cmp out.png 16x16.png && grep -q '"schema": "mvgal.render/1"' json || fail "JSON and a picture: $(<json)"
[[ ! -e ./- ]] || fail "a file is called -"

# A machine where nothing renders.
quietly modprobe -r virtio_gpu
refuse 1 'no member renders'
drivers
exit 0

# shellcheck shell=bash
# Two virgl GPUs in one guest, for `vm --gpus virgl2`, and one with blob resources, for
# `--gpus blob`.  QEMU makes one virgl GPU at most by itself.  From version 8 on it also
# takes, without KVM, GPUs that are processes of their own: vhost-user-gpu, one for each.
# It has blobs with virgl from version 9.2 on.
#
# Debian 12's is older, so QEMU and what renders come from a newer Debian.  They are
# unpacked into a tree in the cache and run from there by its own dynamic loader; nothing
# of it is installed, and nothing of this system's libraries is used.

VIRGL2_SUITE=trixie
# With all they depend on, by apt's own resolution.
VIRGL2_PACKAGES=(qemu-system-x86 qemu-system-modules-opengl libegl1 libegl-mesa0 libgl1-mesa-dri libsdl2-2.0-0)
# Without: vhost-user-gpu is in it, beside what shows windows.
VIRGL2_ALONE=(qemu-system-gui)

virgl2_tree() { echo "$CACHE/virgl2/$VIRGL2_SUITE-$(hash_of 1 "${VIRGL2_PACKAGES[@]}" "${VIRGL2_ALONE[@]}")"; }
virgl2_preload() { echo "$CACHE/virgl2/offscreen-$(hash_of "$LAB_DIR/virgl-offscreen.c").so"; }
virgl2_there() { [[ -e $(virgl2_tree).works && -e $(virgl2_preload) ]]; }

# virgl2_run [-p PRELOAD] PROGRAM ARGUMENT...: replaces this shell by a program of the
# tree.  It ends with the shell that called it, however that ends.
virgl2_run() {
    local tree libs loader preload=()
    if [[ $1 == -p ]]; then
        preload=(--preload "$2")
        shift 2
    fi
    tree=$(virgl2_tree)
    libs=$tree/usr/lib/x86_64-linux-gnu
    loader=$tree/usr/lib64/ld-linux-x86-64.so.2
    export QEMU_MODULE_DIR=$libs/qemu LIBGL_ALWAYS_SOFTWARE=1 LIBGL_DRIVERS_PATH=$libs/dri \
        GBM_BACKENDS_PATH=$libs/gbm __EGL_VENDOR_LIBRARY_FILENAMES=$tree/usr/share/glvnd/egl_vendor.d/50_mesa.json
    exec setpriv --pdeathsig KILL -- "$loader" --inhibit-cache --library-path "$libs:$libs/pulseaudio" "${preload[@]}" "$tree/$1" "${@:2}"
}

# As words: what goes in front of QEMU's own arguments.
virgl2_firmware() { printf -- '-L %s\n' "$(virgl2_tree)"/usr/share/{seabios,qemu}; }

# virgl2_resolve: all that is to be fetched, as lines `FILE BYTES`.
virgl2_resolve() {
    # With an empty status file everything counts as missing.
    suite_apt "$VIRGL2_SUITE" apt-get -o Dir::State::status=/dev/null -o APT::Install-Recommends=0 \
        --print-uris -y install "${VIRGL2_PACKAGES[@]}" | awk '/^\047/ { print $2, $3 }'
    suite_apt "$VIRGL2_SUITE" apt-get -o Dir::State::status=/dev/null --print-uris download "${VIRGL2_ALONE[@]}" |
        awk '/^\047/ { print $2, $3 }'
}

fetch_virgl2() {
    local work dir=$CACHE/apt/$VIRGL2_SUITE file bytes version deb total=0 wanted=()
    [[ ! -d $(virgl2_tree) ]] || return 0
    open_suite "$VIRGL2_SUITE"
    rm -f -- "$dir"/*.deb
    work=$(mktemp -d "$CACHE/work/virgl2.XXXXXX")
    # This runs in with_lock's subshell, so the trap is its own.
    # shellcheck disable=SC2064
    trap "rm -rf -- $(printf %q "$work")" EXIT
    virgl2_resolve >"$work/list"
    while read -r file bytes; do
        # NAME_VERSION_ARCHITECTURE.deb, with the version's colon as %3a
        version=${file#*_}
        version=${version%_*}
        wanted+=("${file%%_*}=${version//%3a/:}")
        total=$((total + bytes))
    done <"$work/list"
    ((${#wanted[@]})) || {
        echo "Debian $VIRGL2_SUITE has not got all of: ${VIRGL2_PACKAGES[*]} ${VIRGL2_ALONE[*]}"
        return 1
    }
    echo "fetching ${#wanted[@]} packages, $((total / 1000000)) MB"
    suite_apt "$VIRGL2_SUITE" apt-get -o Dir::State::status=/dev/null download "${wanted[@]}"
    mkdir "$work/tree"
    for deb in "$dir"/*.deb; do
        # No set-uid programs, no owners: only files to read and to run.
        dpkg --fsys-tarfile "$deb" | tar -x -C "$work/tree" --no-same-owner --no-same-permissions \
            --exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/locale' \
            --exclude='./etc' --exclude='./var'
        rm -f -- "$deb"
        echo "unpacked ${deb##*/}"
    done
    mkdir -p "$CACHE/virgl2"
    mv -T -- "$work/tree" "$(virgl2_tree)"
}

build_virgl2_preload() {
    local new
    mkdir -p "$CACHE/virgl2"
    new=$(mktemp "$CACHE/work/offscreen.XXXXXX")
    cc -O2 -Wall -Wextra -Werror -shared -fPIC -o "$new" "$LAB_DIR/virgl-offscreen.c" -ldl
    mv -- "$new" "$(virgl2_preload)"
}

# Does what was unpacked run on this machine?
try_virgl2() {
    local devices
    # shellcheck disable=SC2046  # words
    devices=$(virgl2_run usr/bin/qemu-system-x86_64 $(virgl2_firmware) -device help)
    grep -F vhost-user-gpu-pci <<<"$devices"
    # shellcheck disable=SC2046  # words
    grep -xF sdl <<<"$(virgl2_run usr/bin/qemu-system-x86_64 $(virgl2_firmware) -display help)"
    (virgl2_run -p "$(virgl2_preload)" usr/lib/qemu/vhost-user-gpu --help) | grep -F -e --virgl
    touch "$(virgl2_tree).works"
}

ensure_virgl2() {
    if virgl2_there; then
        note "QEMU of Debian $VIRGL2_SUITE: there"
        return
    fi
    if [[ ! -d $(virgl2_tree) ]]; then
        note "fetching QEMU, virglrenderer and Mesa of Debian $VIRGL2_SUITE for a second virgl GPU (100 MB; 350 MB on disk)"
        have apt-get || die "this needs apt-get, to fetch packages of Debian $VIRGL2_SUITE"
        run -t 265 -p '^(Get:|unpacked )' \
            -h "It needs Debian's archive. Without it the lab has one virgl GPU, and the second one is 2-D." \
            virgl2 with_lock apt fetch_virgl2
    fi
    run virgl2-preload build_virgl2_preload
    run -h "QEMU of Debian $VIRGL2_SUITE does not run on this machine: see above. It is in $(virgl2_tree)." \
        virgl2-try try_virgl2
}

# prepare_virgl2: as ensure_virgl2, but give up at once if it failed a moment ago, so
# that a test run without a network does not wait for it again and again.
prepare_virgl2() {
    if virgl2_there; then ensure_virgl2; else with_lock virgl2 prepare_virgl2_alone; fi
}

prepare_virgl2_alone() {
    local failed=$CACHE/virgl2/failed
    if [[ -n $(find "$failed" -mmin -30 2>/dev/null) ]]; then
        die "it failed at $(date -r "$failed" +%H:%M); see $LOGS/virgl2*.log" "To try again now: rm $failed"
    fi
    mkdir -p "$CACHE/virgl2"
    # An interruption tells nothing about the next try.
    # shellcheck disable=SC2154
    trap 'status=$?; if ((status > 0 && status < 128)); then touch "$CACHE/virgl2/failed"; fi' EXIT
    ensure_virgl2
    rm -f -- "$failed"
}

# start_virgl2 DIR: start two GPUs, listening on DIR/gpu0 and DIR/gpu1; their process
# ids are in GPU_PIDS.  Fails, with a reason, where one does not come up.
GPU_PIDS=()
start_virgl2() {
    local dir=$1 at i n
    exec {at}<"$dir"
    for i in 0 1; do
        rm -f -- "$dir/gpu$i"
        # The path of a socket can not be long; that of DIR may be.
        virgl2_run -p "$(virgl2_preload)" usr/lib/qemu/vhost-user-gpu --virgl \
            --socket-path="/proc/self/fd/$at/gpu$i" </dev/null >"$dir/gpu$i.log" 2>&1 &
        GPU_PIDS+=($!)
    done
    exec {at}<&-
    for i in 0 1; do
        for ((n = 0; n < 100; n++)); do
            [[ ! -S $dir/gpu$i ]] || continue 2
            kill -0 "${GPU_PIDS[i]}" 2>/dev/null || break
            sleep 0.1
        done
        warn "vhost-user-gpu does not come up:"
        tail -n 5 -- "$dir/gpu$i.log" >&2
        return 1
    done
}

# shellcheck shell=bash
# The lab's kernels: one source tree, and a build tree for each flavour.

# How many lines with a command name each flavour's build writes, for the percentage.
declare -A KERNEL_LINES=([release]=2000 [debug]=2000)
KERNEL_LINE='^  [A-Z]'

source_link() { echo "$CACHE/src/linux-$LINUX_SERIES"; }

fetch_source() {
    local suite version work tarball
    if [[ -e $(source_link)/Kbuild ]]; then return; fi
    mkdir -p "$CACHE/src"
    for suite in "${SUITES[@]}"; do
        open_suite "$suite"
        version=$(package_versions "$suite" "linux-source-$LINUX_SERIES" | head -n 1)
        [[ -n $version ]] || continue
        work=$(mktemp -d "$CACHE/work/source.XXXXXX")
        fetch_package "$suite" "linux-source-$LINUX_SERIES" "$version" "$work"
        tarball=$(find "$work" -name "linux-source-$LINUX_SERIES.tar.*" -print -quit)
        echo "unpacking $tarball"
        mkdir "$work/tree"
        tar -C "$work/tree" --strip-components=1 -xf "$tarball"
        rm -rf -- "$CACHE/src/$version"
        mv -T -- "$work/tree" "$CACHE/src/$version"
        ln -sfn -- "$version" "$(source_link)"
        rm -rf -- "$work"
        return
    done
    echo "no linux-source-$LINUX_SERIES in ${SUITES[*]}"
    return 1
}

ensure_source() {
    if [[ -e $(source_link)/Kbuild ]]; then
        note "linux-source-$LINUX_SERIES $(readlink "$(source_link)"): there"
        return
    fi
    note "fetching and unpacking linux-source-$LINUX_SERIES (170 MB)"
    run -h "Looked for: package linux-source-$LINUX_SERIES in Debian ${SUITES[*]}. If newer kernels have replaced
       it there, name another series in scripts/lab/versions.sh, or pass KDIR=<your own kernel's tree>." \
        source with_lock apt fetch_source
}

# kernel_key FLAVOUR: changes with the source, the options, the toolchain, this recipe.
kernel_key() {
    if [[ -n ${MVGAL_KDIR:-} ]]; then
        hash_of "$MVGAL_KDIR"
        return
    fi
    hash_of 1 "$(readlink "$(source_link)")" "$LAB_DIR/base.config" "$LAB_DIR/$1.config" "$(toolchain_id)"
}
kernel_dir() { echo "${MVGAL_KDIR:-$CACHE/kernel/$1-$(kernel_key "$1")}"; }
kernel_image() { echo "$(kernel_dir "$1")/arch/x86/boot/bzImage"; }
kernel_built() { [[ -e $1/.mvgal-complete || (-n ${MVGAL_KDIR:-} && -d $(modules_root "$1")) ]]; }

# Where the modules of the kernel built in DIR are installed for the guest.
modules_root() {
    if [[ -n ${MVGAL_KDIR:-} ]]; then echo "$CACHE/kdir/$(hash_of "$1")"; else echo "$1/modules-root"; fi
}

# Make arguments that match the compiler of the kernel built in DIR.
kernel_llvm() { if grep -qsx CONFIG_CC_IS_CLANG=y "$1/include/config/auto.conf"; then echo LLVM=1; fi; }

# ensure_kdir: may the user's own kernel serve in the place of ours?
ensure_kdir() {
    local dir=$MVGAL_KDIR option missing=() work
    [[ -e $dir/include/config/auto.conf ]] || die "KDIR=$dir is no configured kernel tree"
    [[ -e $dir/arch/x86/boot/bzImage ]] || die "KDIR=$dir has no kernel to boot (arch/x86/boot/bzImage)" \
        "A distribution's headers are enough for 'make' but not for a VM. Without KDIR= the lab builds a kernel."
    for option in RUST DRM 9P_FS NET_9P_VIRTIO VIRTIO_PCI VIRTIO_CONSOLE OVERLAY_FS DEVTMPFS TMPFS \
        SERIAL_8250_CONSOLE BLK_DEV_INITRD; do
        grep -qx "CONFIG_$option=y" "$dir/include/config/auto.conf" || missing+=("CONFIG_$option=y")
    done
    ((${#missing[@]} == 0)) || die "KDIR=$dir can not be used in the VM; it lacks: ${missing[*]}"
    work=$(modules_root "$dir")
    run kdir-modules make -C "$dir" INSTALL_MOD_PATH="$work" modules_install
}

# Is every option in .config as the fragments say?
check_config() { # FRAGMENTS CONFIG
    local line name bad=0
    while read -r line; do
        case $line in
            CONFIG_*=*) grep -qxF -- "$line" "$2" && continue ;;
            '# CONFIG_'*' is not set')
                name=${line#\# }
                grep -q -- "^${name%% *}=" "$2" || continue
                ;;
            *) continue ;;
        esac
        echo "the kernel did not take the option: $line"
        bad=1
    done <"$1"
    return $bad
}

kernel_make() { # DIR ARGUMENT...
    local dir=$1
    shift
    make -C "$(source_link)/" O="$dir" LLVM=1 KBUILD_BUILD_TIMESTAMP='' KBUILD_BUILD_USER=mvgal \
        KBUILD_BUILD_HOST=lab "$@"
}

build_kernel() { # FLAVOUR
    local dir
    dir=$(kernel_dir "$1")
    kernel_built "$dir" && return
    mkdir -p "$dir"
    cat -- "$LAB_DIR/base.config" "$LAB_DIR/$1.config" >"$dir/fragments.config"
    # A later line wins, but an option may be wanted in one way only.
    kernel_make "$dir" KCONFIG_ALLCONFIG="$dir/fragments.config" allnoconfig
    check_config "$dir/fragments.config" "$dir/.config"
    # Make picks up where an interrupted run left off.
    kernel_make "$dir" -j"$JOBS"
    rm -rf -- "$dir/modules-root"
    kernel_make "$dir" INSTALL_MOD_PATH="$dir/modules-root" modules_install
    touch "$dir/.mvgal-complete"
}

ensure_kernel() { # FLAVOUR
    local dir
    if [[ -n ${MVGAL_KDIR:-} ]]; then
        ensure_kdir
        return
    fi
    dir=$(kernel_dir "$1")
    mkdir -p "$CACHE/kernel"
    if kernel_built "$dir"; then
        note "$1 kernel: there"
    else
        note "building the $1 kernel in $dir"
        run -t "${KERNEL_LINES[$1]}" -p "$KERNEL_LINE" "kernel-$1" with_lock "kernel-$1" build_kernel "$1"
    fi
    ln -sfn -- "${dir##*/}" "$CACHE/kernel/$1"
}

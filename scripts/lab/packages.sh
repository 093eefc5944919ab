# shellcheck shell=bash
# System packages: what is missing, and how to get it.

# One requirement a line: how to see that it is there, and Debian's package for it.
#   cmd:NAME     a program       file:PATTERN  a file       llvm:  clang, lld and llvm tools
lab_requirements() {
    cat <<'LIST'
cmd:make            make
cmd:gcc             gcc
file:/usr/include/stdlib.h                          libc6-dev
cmd:flex            flex
cmd:bison           bison
cmd:bc              bc
cmd:perl            perl
cmd:cpio            cpio
cmd:rsync           rsync
cmd:xz              xz-utils
cmd:kmod            kmod
cmd:pkill           procps
file:/usr/include/gelf.h                            libelf-dev
llvm:               LLVM
cmd:setpriv         util-linux
cmd:qemu-system-x86_64                              qemu-system-x86
file:/usr/lib*/{x86_64-linux-gnu/,}qemu/ui-sdl.so   qemu-system-gui
file:/usr/lib*/{x86_64-linux-gnu/,}libEGL_mesa.so.0 libegl-mesa0
file:/usr/lib*/{x86_64-linux-gnu/,}libEGL.so.1      libegl1
file:/usr/lib*/{x86_64-linux-gnu/,}dri/swrast_dri.so libgl1-mesa-dri
static-busybox:     busybox-static
LIST
}

# The newest LLVM between 17 and 22 that has all the kernel build needs, as its bin/.
llvm_bin() {
    local dir tool
    while read -r dir; do
        for tool in clang ld.lld llvm-ar llvm-nm llvm-objcopy llvm-strip llvm-readelf; do
            [[ -x $dir/$tool ]] || continue 2
        done
        echo "$dir"
        return
    done < <(
        printf '%s\n' /usr/lib/llvm-{19,20,21,22,18,17}/bin
        dirname -- "$(command -v clang || echo /nonexistent/clang)"
    )
    return 1
}

requirement_met() {
    local what=${1#*:} found
    case $1 in
        cmd:*) have "$what" || [[ -x /usr/sbin/$what || -x /sbin/$what ]] ;;
        file:*)
            # The pattern comes from the list above.
            found=$(eval "ls -d $what" 2>/dev/null | head -n 1 || :)
            [[ -n $found ]]
            ;;
        llvm:) llvm_bin >/dev/null ;;
        static-busybox:) have busybox && ! ldd "$(command -v busybox)" >/dev/null 2>&1 ;;
    esac
}

missing_packages() {
    local probe package
    while read -r probe package; do
        requirement_met "$probe" || echo "$package"
    done < <(lab_requirements)
}

as_root() {
    if ((EUID == 0)); then "$@"; else sudo -- "$@"; fi
}

# The newest LLVM that the distribution has, as package names.
llvm_packages() {
    local v
    for v in 19 20 21 22 18 17; do
        if [[ -n $(apt-cache madison "clang-$v" 2>/dev/null) ]]; then
            echo "clang-$v lld-$v llvm-$v libclang1-$v"
            return
        fi
    done
    echo "clang lld llvm libclang-dev"
}

install_packages() {
    export DEBIAN_FRONTEND=noninteractive
    local list=("$@") i extra
    as_root apt-get -o DPkg::Lock::Timeout=300 update
    for i in "${!list[@]}"; do
        if [[ ${list[i]} == LLVM ]]; then
            unset "list[i]"
            read -ra extra <<<"$(llvm_packages)"
            list+=("${extra[@]}")
        fi
    done
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
        install -y --no-install-recommends "${list[@]}"
}

ensure_packages() {
    local missing
    mapfile -t missing < <(missing_packages)
    if ((${#missing[@]} == 0)); then
        note "all there"
        return
    fi
    if ! have apt-get; then
        die "these packages are missing (by their names in Debian): ${missing[*]//LLVM/clang lld llvm libclang (17 or newer)}" \
            "Only Debian and its relatives are set up by this script. Install them with your" \
            "distribution's package manager, and run the same command again."
    fi
    if ((EUID != 0)) && ! have sudo; then
        die "these packages are missing: ${missing[*]//LLVM/$(llvm_packages)}" \
            "Install them as root (apt-get install ...), or run this as root or with sudo present."
    fi
    note "installing: ${missing[*]//LLVM/clang, lld and llvm}"
    if ((EUID != 0)); then sudo -v || die "sudo is needed to install packages"; fi
    run -h "Install the packages above by hand (apt-get install), then run the same command again." \
        packages install_packages "${missing[@]}"
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]} == 0)) || die "still missing after the installation: ${missing[*]}"
}

# shellcheck shell=bash
# All parts of the lab, in the order in which they need each other.

for part in common versions progress packages suites toolchain kernel module userspace accel virgl2; do
    # shellcheck source=/dev/null
    source "$(dirname -- "${BASH_SOURCE[0]}")/$part.sh"
done

# Number of steps that prepare_lab shows for as many kernels.
lab_steps() { echo $((3 + $1)); }

# prepare_lab FLAVOUR...: everything up to and including the kernels.
prepare_lab() {
    local flavour
    [[ $(uname -sm) == 'Linux x86_64' ]] || die "the lab needs Linux on x86-64; this is $(uname -sm)"
    step "System packages"
    ensure_packages
    step "Rust tools: rust-src, bindgen"
    check_rust
    ensure_rust_src
    PATH="$PATH" LIBCLANG_PATH="$(llvm_bin)/../lib" ensure_bindgen
    step "Kernel source"
    if [[ -n ${MVGAL_KDIR:-} ]]; then note "not needed: KDIR=$MVGAL_KDIR"; else ensure_source; fi
    use_toolchain
    for flavour in "$@"; do
        step "Kernel: $flavour"
        ensure_kernel "$flavour"
    done
}

# open_lab FLAVOUR: take what is prepared already, in well under a second; say what
# to do when it is not.
open_lab() {
    if [[ -z ${MVGAL_KDIR:-} && ! -e $(source_link)/Kbuild ]]; then die "the lab is not set up" "Run: make lab"; fi
    use_toolchain
    kernel_built "$(kernel_dir "$1")" || die "the $1 kernel is not built" "Run: make lab"
}

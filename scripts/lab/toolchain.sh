# shellcheck shell=bash
# What the kernel's Rust support needs besides packages: the standard library's
# source that matches rustc, and bindgen.

rustc_version() { rustc --version | awk '{ print $2 }'; }

check_rust() {
    local version lowest
    { have rustc && have cargo; } || die "rustc and cargo are not in PATH" \
        "Install Rust $RUSTC_MINIMUM or newer (rustup, or your distribution's packages), then run this again."
    version=$(rustc_version)
    lowest=$(printf '%s\n%s\n' "$RUSTC_MINIMUM" "${version%%-*}" | sort -V | head -n 1)
    [[ $lowest == "$RUSTC_MINIMUM" ]] || die "rustc is $version; mvgal needs $RUSTC_MINIMUM or newer" \
        "Install it by rustup, or Debian's packages rustc-web, cargo-web and rust-web-src."
}

rust_src_dir() { echo "$CACHE/rust-src/$(rustc_version)"; }

# The library's source, from where the toolchain has it or from our cache.
rust_lib_src() {
    local dir
    for dir in "$(rustc --print sysroot)/lib/rustlib/src/rust/library" "$(rust_src_dir)/library"; do
        if [[ -f $dir/core/src/lib.rs ]]; then
            echo "$dir"
            return
        fi
    done
    return 1
}

fetch_rust_src() {
    local version suite found work lib
    version=$(rustc_version)
    work=$(mktemp -d "$CACHE/work/rust-src.XXXXXX")
    for suite in "${SUITES[@]}"; do
        open_suite "$suite"
        for found in $(package_versions "$suite" rust-src); do
            [[ $found == "$version"+* || $found == "$version"-* ]] || continue
            fetch_package "$suite" rust-src "$found" "$work"
            lib=$(compgen -G "$work/usr/src/rustc-*/library")
            [[ -f $lib/core/src/lib.rs ]]
            mkdir -p "$CACHE/rust-src"
            rm -rf -- "$(rust_src_dir)"
            mkdir "$work/new"
            mv -- "$lib" "$work/new/library"
            mv -T -- "$work/new" "$(rust_src_dir)"
            rm -rf -- "$work"
            return
        done
    done
    rm -rf -- "$work"
    echo "no rust-src $version in ${SUITES[*]}"
    return 1
}

ensure_rust_src() {
    if rust_lib_src >/dev/null; then
        note "rust-src $(rustc_version): there"
        return
    fi
    note "fetching rust-src $(rustc_version)"
    run -h "The kernel compiles Rust's core library itself and needs its source for exactly rustc $(rustc_version).
       Looked for: package rust-src $(rustc_version) in Debian ${SUITES[*]}, and the toolchain's own component.
       Ways out: 'rustup component add rust-src'; or use Debian's own, 'apt-get install rustc-web cargo-web
       rust-web-src', with that rustc first in PATH." \
        rust-src with_lock apt fetch_rust_src
}

bindgen_dir() { echo "$CACHE/tools/bindgen-$BINDGEN_VERSION"; }

build_bindgen() {
    local work
    [[ -x $(bindgen_dir)/bin/bindgen ]] && return
    work=$CACHE/work/bindgen
    mkdir -p "$work"
    # It runs for seconds in all: compiling it fast matters more than its speed.
    CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        cargo install --locked --version "$BINDGEN_VERSION" --root "$work/root" --target-dir "$work/target" \
        --no-track --force bindgen-cli
    mkdir -p "$CACHE/tools"
    rm -rf -- "$(bindgen_dir)"
    mv -T -- "$work/root" "$(bindgen_dir)"
    rm -rf -- "$work"
}

ensure_bindgen() {
    if [[ -x $(bindgen_dir)/bin/bindgen ]]; then
        note "bindgen $BINDGEN_VERSION: there"
        return
    fi
    note "building bindgen $BINDGEN_VERSION"
    run -t 75 -p '^ *(Compiling|Downloaded)' \
        -h "cargo needs a crate registry it can reach (see 'cargo help config')." \
        bindgen with_lock bindgen build_bindgen
}

# Put the tools in front.  Everything that compiles calls this first.
use_toolchain() {
    local llvm
    llvm=$(llvm_bin) || die "no LLVM in sight" "Run: make lab"
    PATH=$(bindgen_dir)/bin:$llvm:$PATH:/usr/sbin:/sbin
    export PATH
    export LIBCLANG_PATH="${llvm%/bin}/lib"
    RUST_LIB_SRC=$(rust_lib_src) || die "no rust-src in sight" "Run: make lab"
    export RUST_LIB_SRC
}

# Changes when any compiler does.
toolchain_id() {
    hash_of "$(clang --version)" "$(rustc --version --verbose)" "$(bindgen --version)" "$RUST_LIB_SRC"
}

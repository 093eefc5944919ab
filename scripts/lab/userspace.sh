# shellcheck shell=bash
# The cargo workspace under userspace/.

build_userspace() { # release|debug
    local profile=()
    [[ $1 == debug ]] || profile=(--release)
    cd -- "$REPO/userspace" || exit
    cargo build --locked --workspace "${profile[@]}"
}

ensure_userspace() { # release|debug
    run -h "Mend the crate, or see what cargo lacks (a crate registry it can reach, for one)." \
        "userspace-$1" build_userspace "$1"
}

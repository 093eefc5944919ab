# shellcheck shell=bash
# mvgal.ko for a lab kernel, built outside the checkout (MO=): the two flavours do not
# get in each other's way, nor in that of a `make` in the checkout.

module_dir() { # FLAVOUR KUNIT
    echo "$CACHE/module/$(hash_of "$REPO")/$1-$(kernel_key "$1")-kunit$2"
}

# module_source: where to build from.  With MO= kbuild wants no objects of another
# build in the source, so once somebody ran `make` in the checkout it is a copy.
module_source() {
    local copy
    if [[ ! -e $REPO/modules.order ]]; then
        echo "$REPO"
        return
    fi
    copy=$CACHE/module/$(hash_of "$REPO")/source
    mkdir -p "$copy/tests"
    # What bindgen made in the checkout is for another kernel.
    rsync -a --delete --exclude='*_generated.rs' --include='*/' --include='*.rs' --include='*.[ch]' --include='bindgen_parameters' \
        --exclude='*' "$REPO"/{rust,vendors,mvgal_ko,uapi} "$copy"
    rsync -a --delete "$REPO/tests/kunit" "$copy/tests"
    cp -p -- "$REPO/Kbuild" "$copy"
    echo "$copy"
}

# build_module FLAVOUR KUNIT [MAKE-ARGUMENT...]: KUNIT is 1 to build the suites in.
build_module() {
    local flavour=$1 kunit=$2 dir value=n
    shift 2
    dir=$(module_dir "$flavour" "$kunit")
    mkdir -p "$dir"
    [[ $kunit == 1 ]] && value=y
    (($#)) || set -- modules
    # shellcheck disable=SC2046  # nothing, or one word
    make -C "$(kernel_dir "$flavour")" M="$(module_source)" MO="$dir" $(kernel_llvm "$(kernel_dir "$flavour")") \
        MVGAL_KUNIT="$value" -j"$JOBS" "$@"
}

ensure_module() { # FLAVOUR KUNIT
    run -h "Mend the module's source, or what its log says." \
        "module-$1" with_lock "module-$1-$2" build_module "$1" "$2"
}

# shellcheck shell=bash
# mvgal.ko for a lab kernel, built outside the checkout (MO=): the two flavours do not
# get in each other's way, nor in that of a `make` in the checkout.

# VARIANT is 0 for the module as users get it, 1 with the KUnit suites in it, or
# "bench" with the measurements of benches/kernel.
module_dir() { # FLAVOUR VARIANT
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
    mkdir -p "$copy/tests" "$copy/benches"
    # What bindgen made in the checkout is for another kernel.
    rsync -a --delete --exclude='*_generated.rs' --include='*/' --include='*.rs' --include='*.[ch]' --include='bindgen_parameters' \
        --exclude='*' "$REPO"/{rust,vendors,mvgal_ko,uapi} "$copy"
    rsync -a --delete "$REPO/tests/kunit" "$copy/tests"
    rsync -a --delete "$REPO/benches/kernel" "$copy/benches"
    cp -p -- "$REPO/Kbuild" "$copy"
    echo "$copy"
}

build_module() { # FLAVOUR VARIANT [MAKE-ARGUMENT...]
    local flavour=$1 variant=$2 dir kunit=n bench=n
    shift 2
    dir=$(module_dir "$flavour" "$variant")
    mkdir -p "$dir"
    case $variant in
        0) ;;
        1) kunit=y ;;
        bench) bench=y ;;
        *) die "variant of the module: 0, 1 or bench, not '$variant'" ;;
    esac
    (($#)) || set -- modules
    # shellcheck disable=SC2046  # nothing, or one word
    make -C "$(kernel_dir "$flavour")" M="$(module_source)" MO="$dir" $(kernel_llvm "$(kernel_dir "$flavour")") \
        MVGAL_KUNIT="$kunit" MVGAL_BENCH="$bench" -j"$JOBS" "$@"
}

ensure_module() { # FLAVOUR VARIANT
    run -h "Mend the module's source, or what its log says." \
        "module-$1" with_lock "module-$1-$2" build_module "$1" "$2"
}

# The fake vendors' drivers (tests/fake_vendors), a module of its own; and the program that
# tests them, against the same kernel's headers.
fakes_dir() { echo "$CACHE/module/$(hash_of "$REPO")/$1-$(kernel_key "$1")-fakes"; } # FLAVOUR

build_fakes() { # FLAVOUR [MAKE-ARGUMENT...]
    local flavour=$1 dir kernel source
    shift
    dir=$(fakes_dir "$flavour")
    kernel=$(kernel_dir "$flavour")
    source=$REPO/tests/fake_vendors
    mkdir -p "$dir"
    (($#)) || set -- modules
    # shellcheck disable=SC2046  # nothing, or one word
    make -C "$kernel" M="$source" MO="$dir" $(kernel_llvm "$kernel") W=1 -j"$JOBS" "$@"
    if [[ $* == modules ]]; then
        "$(llvm_bin)/clang" -O1 -g -Wall -Werror -D__EXPORTED_HEADERS__ -D__user= \
            -I"$kernel/source/include/uapi" -I"$kernel/source/arch/x86/include/uapi" \
            -I"$kernel/arch/x86/include/generated/uapi" -o "$dir/test" "$source"/test/*.c
    fi
}

# Names of the drivers that there are stand-ins for; with "pci", those that can be on PCI.
fakes_names() { # [pci]
    local sources=$REPO/tests/fake_vendors
    if [[ ${1:-} == pci ]]; then
        grep -l '\.on_pci = true' "$sources"/*.c | sed 's,.*/,,; s,\.c$,,; s,_,-,g'
    else
        sed -n 's/^\t{ "fake-\(.*\)" },$/\1/p' "$sources/module.c"
    fi
}

# check_fakes OPTION LIST [pci]: leave if a name of LIST is none of them, with those that are.
check_fakes() {
    local names name wanted
    names=$(fakes_names "${3:-}")
    IFS=, read -ra wanted <<<"$2"
    # What is not on PCI has names in short, too: see is_named() of tests/fake_vendors/module.c.
    for name in "${wanted[@]}"; do
        [[ ${3:-} != pci && ($name == all || $name == nvidia) ]] && continue
        grep -qxF -- "$name" <<<"$names" || die "$1: there is no stand-in called '$name'${3:+ that can be on PCI}" \
            "There are: ${names//$'\n'/, }$([[ ${3:-} == pci ]] || echo '; and all')"
    done
}

ensure_fakes() { # FLAVOUR
    run -h "Mend tests/fake_vendors, or what its log says." \
        "fakes-$1" with_lock "fakes-$1" build_fakes "$1"
}

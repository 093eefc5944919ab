# shellcheck shell=bash
# Single packages out of newer Debian suites, without touching the system's own apt:
# private sources, lists and cache; signatures are checked with Debian's own keys.

SUITES=(trixie-backports forky sid)
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# The mirror this system uses, whatever the style of its sources.
debian_mirror() {
    apt-get indextargets --format '$(ORIGIN)|$(CODENAME)|$(REPO_URI)' 'Created-By: Packages' |
        awk -F'|' '$1 == "Debian" && $2 !~ /security|debug/ && !seen[$3]++ { print $3; exit }'
}

suite_apt() { # SUITE TOOL ARGUMENT...
    local dir=$CACHE/apt/$1 tool=$2
    shift 2
    (
        cd -- "$dir" || exit
        "$tool" -q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$dir/parts" \
            -o Dir::State::Lists="$dir/lists" -o Dir::Cache="$dir/cache" \
            -o APT::Sandbox::User=root -o APT::Get::List-Cleanup=0 \
            -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
    )
}

open_suite() { # SUITE: make its package lists current
    local dir=$CACHE/apt/$1 mirror
    [[ -z $(find "$dir/opened" -mmin -60 2>/dev/null) ]] || return 0
    mirror=$(debian_mirror)
    [[ -n $mirror ]] || die "apt knows no Debian mirror" \
        "linux-source and rust-src come from Debian's archive. See: apt-get indextargets"
    [[ -r $KEYRING ]] || die "Debian's archive keys are missing ($KEYRING)" "apt-get install debian-archive-keyring"
    mkdir -p "$dir"/{parts,lists/partial,cache/archives/partial}
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nArchitectures: amd64\nSigned-By: %s\n' \
        "$mirror" "$1" "$KEYRING" >"$dir/parts/lab.sources"
    # By itself apt-get takes a list that it can not fetch for a warning.  Whether that
    # matters is seen when a package is looked for; another suite may have it.
    if suite_apt "$1" apt-get -o APT::Update::Error-Mode=any update; then touch "$dir/opened"; fi
}

# package_versions SUITE PACKAGE
package_versions() {
    suite_apt "$1" apt-cache madison "$2" 2>/dev/null | awk -F'|' '{ gsub(/ /, "", $2); print $2 }'
}

# fetch_package SUITE PACKAGE VERSION DIR: unpack the package into DIR
fetch_package() {
    local dir=$CACHE/apt/$1/cache deb
    suite_apt "$1" apt-get -o Dir::Cache::archives="$dir/archives" download "$2=$3"
    deb=$(find "$CACHE/apt/$1" -maxdepth 1 -name "$2_*.deb" -print -quit)
    dpkg -x "$deb" "$4"
    rm -f -- "$deb"
}

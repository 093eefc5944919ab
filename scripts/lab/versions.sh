# shellcheck shell=bash
# What the lab is built from.  Moving to the next kernel starts here.

# shellcheck disable=SC2034
LINUX_SERIES=7.3          # of Debian's linux-source-<series>
BINDGEN_VERSION=0.72.1    # of the crate bindgen-cli
RUSTC_MINIMUM=1.88        # rust-version of userspace/Cargo.toml; that kernel takes 1.85

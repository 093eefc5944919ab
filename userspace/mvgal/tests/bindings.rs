// SPDX-License-Identifier: MIT OR Apache-2.0

//! Regenerates `src/sys.rs` from `uapi/mvgal_drm.h` and compares.
//!
//! `MVGAL_BLESS=1 cargo test --test bindings` writes the file instead. It needs
//! libclang and the headers of libdrm, which users of the crate do not.

use std::path::Path;
use std::process::Command;

const PROLOGUE: &str = "\
// SPDX-License-Identifier: MIT OR Apache-2.0
// Generated from uapi/mvgal_drm.h by tests/bindings.rs. Do not edit:
// MVGAL_BLESS=1 cargo test --test bindings
";

/// Where `drm.h` is, as clang arguments: what pkg-config says, or the usual place.
fn libdrm_cflags() -> Vec<String> {
    match Command::new("pkg-config")
        .args(["--cflags", "libdrm"])
        .output()
    {
        Ok(out) if out.status.success() => String::from_utf8_lossy(&out.stdout)
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        _ => vec!["-I/usr/include/libdrm".to_owned()],
    }
}

fn generate(header: &Path) -> String {
    let bindings = bindgen::Builder::default()
        .header(header.to_str().expect("path of the header is UTF-8"))
        .clang_args(libdrm_cflags())
        .allowlist_type("drm_mvgal_.*")
        .allowlist_var("DRM_MVGAL_.*")
        .allowlist_var("DRM_IOCTL_MVGAL_.*")
        .prepend_enum_name(false)
        .derive_default(true)
        .derive_eq(true)
        .layout_tests(true)
        .disable_header_comment()
        .formatter(bindgen::Formatter::Prettyplease)
        .generate()
        .expect("bindgen reads the header")
        .to_string();
    // The one anonymous enum, whose name depends on how many drm.h has.
    let anonymous = bindings
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .find(|word| word.starts_with("_bindgen_ty_"))
        .expect("the ioctl numbers are an anonymous enum")
        .to_owned();
    let bindings = bindings.replace(&anonymous, "drm_mvgal_ioctl_nr");
    format!("{PROLOGUE}\n{bindings}")
}

#[test]
fn checked_in_bindings_match_the_header() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let header = root.join("../../uapi/mvgal_drm.h");
    let checked_in = root.join("src/sys.rs");

    // Without libclang bindgen panics; there is no way to ask it beforehand.
    let generated = match std::panic::catch_unwind(|| generate(&header)) {
        Ok(text) => text,
        Err(cause) => {
            let cause = cause
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| cause.downcast_ref::<&str>().copied())
                .unwrap_or_default();
            if cause.contains("libclang") && std::env::var_os("CI").is_none() {
                eprintln!("SKIPPED: no libclang to generate bindings with: {cause}");
                return;
            }
            panic!("cannot generate the bindings: {cause}");
        }
    };

    if std::env::var_os("MVGAL_BLESS").is_some() {
        std::fs::write(&checked_in, generated).expect("src/sys.rs is writable");
        return;
    }
    let found = std::fs::read_to_string(&checked_in).expect("src/sys.rs is readable");
    if let Some((number, (want, got))) = generated
        .lines()
        .zip(found.lines())
        .enumerate()
        .find(|(_, (want, got))| want != got)
    {
        panic!(
            "src/sys.rs is not what uapi/mvgal_drm.h gives; first at line {}:\n\
             header:     {want}\nchecked in: {got}\n\
             Run: MVGAL_BLESS=1 cargo test --test bindings",
            number + 1
        );
    }
    assert_eq!(
        generated.len(),
        found.len(),
        "src/sys.rs is longer or shorter than what uapi/mvgal_drm.h gives; \
         run: MVGAL_BLESS=1 cargo test --test bindings"
    );
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! Regenerates `src/sys.rs` from `uapi/mvgal_drm.h`, and `src/vendor/sys.rs`
//! from the drivers' headers in a kernel source, and compares.
//!
//! `MVGAL_BLESS=1 cargo test --test bindings` writes the files instead. It needs
//! libclang, the headers of libdrm and, for the second, the kernel source that
//! the lab unpacks or `MVGAL_KERNEL_SOURCE` names; users of the crate do not.

use std::env;
use std::fs;
use std::panic;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROLOGUE: &str = "\
// SPDX-License-Identifier: MIT OR Apache-2.0
// Generated from uapi/mvgal_drm.h by tests/bindings.rs. Do not edit:
// MVGAL_BLESS=1 cargo test --test bindings
";

const VENDOR_PROLOGUE: &str = "\
// SPDX-License-Identifier: MIT AND BSD-3-Clause
// Generated from headers of Linux 7.3 in include/uapi (drm: MIT; virtio_gpu.h: BSD)
// by tests/bindings.rs. Do not edit: MVGAL_BLESS=1 cargo test --test bindings
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

/// What both have in common.
fn builder(header: &Path) -> bindgen::Builder {
    bindgen::Builder::default()
        .header(header.to_str().expect("path of the header is UTF-8"))
        .prepend_enum_name(false)
        .derive_default(true)
        .layout_tests(true)
        .disable_header_comment()
        .formatter(bindgen::Formatter::Prettyplease)
}

fn generate(root: &Path) -> String {
    let bindings = builder(&root.join("../../uapi/mvgal_drm.h"))
        .clang_args(libdrm_cflags())
        .allowlist_type("drm_mvgal_.*")
        .allowlist_var("DRM_MVGAL_.*")
        .allowlist_var("DRM_IOCTL_MVGAL_.*")
        .derive_eq(true)
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

/// Where the drivers' headers are: in the source that is named, or in the lab's.
fn kernel_uapi() -> Option<PathBuf> {
    let dir = |variable| env::var_os(variable).map(PathBuf::from);
    // The lab's cache is where scripts/lab/common.sh has it.
    let cache = dir("MVGAL_CACHE")
        .or_else(|| Some(dir("XDG_CACHE_HOME")?.join("mvgal")))
        .or_else(|| Some(dir("HOME")?.join(".cache/mvgal")));
    let source = dir("MVGAL_KERNEL_SOURCE").or_else(|| Some(cache?.join("src/linux-7.3")))?;
    let uapi = source.join("include/uapi");
    uapi.join("drm/xe_drm.h").exists().then_some(uapi)
}

fn generate_vendor(root: &Path, uapi: &Path) -> String {
    let bindings = builder(&root.join("tests/vendor_uapi.h"))
        .clang_arg(format!("-iquote{}", uapi.join("drm").display()))
        .clang_arg(format!("-iquote{}", uapi.join("linux").display()))
        // For headers that an older C library does not bring.
        .clang_arg(format!("-idirafter{}", uapi.display()))
        .generate_comments(false)
        .derive_debug(false)
        .allowlist_type("drm_amdgpu_(info|info_device|info_hw_ip|info_vram_gtt|memory_info)")
        .allowlist_type("drm_amdgpu_(ctx|gem_va|cs|cs_chunk|cs_chunk_ib|cs_chunk_sem)")
        .allowlist_type("drm_amdgpu_(bo_list_in|bo_list_entry)")
        .allowlist_type("drm_i915_gem_(exec_object2|exec_fence|execbuffer2|context_param)")
        .allowlist_type("drm_xe_(vm_(create|destroy|bind)|exec_queue_(create|destroy)|sync|exec)")
        .allowlist_type("drm_i915_(getparam|query|query_item|engine_info|query_engine_info)")
        .allowlist_type("drm_i915_(memory_region_info|query_memory_regions|query_topology_info)")
        .allowlist_type("drm_i915_gem_(engine_class|memory_class)")
        .allowlist_type("drm_nouveau_getparam")
        .allowlist_type("drm_virtgpu_.*")
        .allowlist_type("drm_xe_(device_query|engine|query_engines|mem_region|query_mem_regions)")
        .allowlist_type("drm_xe_(memory_class|gt|query_gt_list|query_config|query_topology_mask)")
        .allowlist_type("vendor_ioctl")
        .allowlist_var("AMDGPU_(HW_IP|INFO|VRAM_TYPE)_.*")
        .allowlist_var("AMDGPU_IDS_FLAGS_FUSION")
        .allowlist_var("(DRM_AMDGPU_CS|AMDGPU_CTX_OP_(ALLOC|FREE)_CTX|AMDGPU_VA_OP_(MAP|UNMAP))")
        .allowlist_var("AMDGPU_VM_PAGE_(READABLE|WRITEABLE|EXECUTABLE)")
        .allowlist_var("AMDGPU_CHUNK_ID_(IB|BO_HANDLES|SYNCOBJ_OUT)")
        .allowlist_var("(DRM_I915_GEM_EXECBUFFER2|I915_CONTEXT_PARAM_GTT_SIZE)")
        .allowlist_var("EXEC_OBJECT_(WRITE|PINNED|SUPPORTS_48B_ADDRESS)")
        .allowlist_var("I915_EXEC_(BLT|NO_RELOC|FENCE_ARRAY|FENCE_SIGNAL)")
        .allowlist_var("(DRM_XE_EXEC|DRM_XE_VM_BIND_OP_(MAP|UNMAP)|DRM_XE_SYNC_.*)")
        .allowlist_var("I915_PARAM_.*")
        .allowlist_var("DRM_I915_QUERY_.*")
        .allowlist_var("NOUVEAU_GETPARAM_.*")
        .allowlist_var("(DRM_)?VIRTGPU_.*")
        .allowlist_var("VIRTIO_GPU_CAPSET_.*")
        .allowlist_var("DRM_XE_(DEVICE_QUERY|ENGINE_CLASS|QUERY_CONFIG|QUERY_GT|TOPO)_.*")
        .generate()
        .expect("bindgen reads the headers")
        .to_string();
    format!("{VENDOR_PROLOGUE}\n{bindings}")
}

/// Compares a file with what is generated for it, or writes it.
fn check(file: &str, source: &str, generate: impl FnOnce(&Path) -> String + panic::UnwindSafe) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let checked_in = root.join(file);

    // Without libclang bindgen panics; there is no way to ask it beforehand.
    let generated = match panic::catch_unwind(|| generate(root)) {
        Ok(text) => text,
        Err(cause) => {
            let cause = cause
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| cause.downcast_ref::<&str>().copied())
                .unwrap_or_default();
            if cause.contains("libclang") && env::var_os("CI").is_none() {
                eprintln!("SKIPPED: no libclang to generate bindings with: {cause}");
                return;
            }
            panic!("cannot generate the bindings: {cause}");
        }
    };

    if env::var_os("MVGAL_BLESS").is_some() {
        fs::write(&checked_in, generated).expect("the bindings are writable");
        return;
    }
    let found = fs::read_to_string(&checked_in).expect("the bindings are readable");
    if let Some((number, (want, got))) = generated
        .lines()
        .zip(found.lines())
        .enumerate()
        .find(|(_, (want, got))| want != got)
    {
        panic!(
            "{file} is not what {source} gives; first at line {}:\n\
             header:     {want}\nchecked in: {got}\n\
             Run: MVGAL_BLESS=1 cargo test --test bindings",
            number + 1
        );
    }
    assert_eq!(
        generated.len(),
        found.len(),
        "{file} is longer or shorter than what {source} gives; \
         run: MVGAL_BLESS=1 cargo test --test bindings"
    );
}

#[test]
fn checked_in_bindings_match_the_header() {
    check("src/sys.rs", "uapi/mvgal_drm.h", generate);
}

#[test]
fn checked_in_vendor_bindings_match_the_kernel() {
    let Some(uapi) = kernel_uapi() else {
        assert!(
            env::var_os("CI").is_none(),
            "no source of Linux 7.3: set MVGAL_KERNEL_SOURCE"
        );
        eprintln!(
            "SKIPPED: no source of Linux 7.3; set MVGAL_KERNEL_SOURCE, or run make demo once"
        );
        return;
    };
    check("src/vendor/sys.rs", "the kernel", move |root| {
        generate_vendor(root, &uapi)
    });
}

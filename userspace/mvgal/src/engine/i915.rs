// SPDX-License-Identifier: MIT OR Apache-2.0

//! Copies by the blitter of i915, whose streams are in `blitter.rs`.

use std::os::fd::AsFd;

use drm::control::syncobj;

use super::blitter::{self, Fields};
use super::driver::{Argument, Driver, Kept, Object, Submission};
use super::error::{NoEngine, asked, failed};
use super::span::Span;
use crate::error::Result;
use crate::member_node::MemberNode;
use crate::vendor::query::Driver as Calls;
use crate::vendor::{i915, sys};

/// Broadwell, the one generation without `XY_FAST_COPY_BLT` whose address space has more
/// than 32 bits: `INTEL_BDW_IDS` of `include/drm/intel/pciids.h` are 0x16xx. The address
/// spaces are `ppgtt_size` in `i915_pci.c`.
const BROADWELL: u32 = 0x16;

// SAFETY: Integers alone, without padding.
unsafe impl Argument for sys::drm_i915_gem_execbuffer2 {}

/// The default context of a file.
#[derive(Debug)]
pub(super) struct I915 {
    /// Bytes of its address space.
    space: u64,
}

impl I915 {
    pub(super) fn new(node: &MemberNode) -> Result<Self> {
        let file = node.as_fd();
        let calls = Calls::new(&file);
        let too_old = |found| NoEngine::Generation {
            found,
            known: "Gen9 and later",
        };
        let id = asked(
            "I915_PARAM_CHIPSET_ID",
            i915::getparam(&calls, sys::I915_PARAM_CHIPSET_ID),
        )?
        .cast_unsigned();
        let mut arg = sys::drm_i915_gem_context_param {
            param: sys::I915_CONTEXT_PARAM_GTT_SIZE.into(),
            ..Default::default()
        };
        // SAFETY: This parameter is a number.
        unsafe { calls.call(sys::IOCTL_I915_GEM_CONTEXT_GETPARAM, &mut arg) }
            .map_err(|errno| failed("I915_GEM_CONTEXT_GETPARAM", "GTT_SIZE", errno))?;
        if arg.value <= 1 << 32 || id >> 8 == BROADWELL {
            return Err(too_old(format!("PCI device {id:#06x}")).into());
        }
        // The driver writes caches back when it gets memory of others, and not for each copy.
        if !asked("I915_PARAM_HAS_LLC", i915::is_coherent(&calls))? {
            return Err(NoEngine::Generation {
                found: format!("PCI device {id:#06x}, which shares no cache with the CPU"),
                known: "cards, and GPUs that share the last level of the CPU's cache",
            }
            .into());
        }
        Ok(I915 { space: arg.value })
    }
}

impl Driver for I915 {
    fn unit(&self) -> u64 {
        blitter::UNIT
    }

    /// Addresses in the upper half would have to be made canonical.
    fn end(&self) -> u64 {
        self.space / 2
    }

    /// A submission says where objects are to be.
    fn bind(
        &self,
        _node: &MemberNode,
        _object: Object,
        _size: u64,
    ) -> Result<Option<syncobj::Handle>> {
        Ok(None)
    }

    /// What a submission says ends with the object's handle.
    fn unbind(&self, _node: &MemberNode, _object: Object, _size: u64) -> Result<()> {
        Ok(())
    }

    /// The default context is the file's.
    fn close(&self, _node: &MemberNode) {}

    fn words(&self, span: Span) -> u64 {
        blitter::words(span)
    }

    fn stream(&self, src: u64, dst: u64, span: Span) -> Vec<u32> {
        blitter::copy(src, dst, span, Fields::default())
    }

    fn submission(
        &self,
        code: Object,
        bytes: u32,
        reads: &[Object],
        writes: &[Object],
        syncobj: u32,
    ) -> Submission {
        let mut kept = Kept::default();
        let entry = |object: &Object, write: u32| sys::drm_i915_gem_exec_object2 {
            handle: object.handle,
            offset: object.address,
            flags: (sys::EXEC_OBJECT_PINNED | sys::EXEC_OBJECT_SUPPORTS_48B_ADDRESS | write).into(),
            ..Default::default()
        };
        // What is written may be read, too, and is listed once; the batch comes last.
        let reads = reads
            .iter()
            .filter(|read| !writes.iter().any(|write| write.handle == read.handle));
        let objects: Vec<_> = reads
            .map(|object| entry(object, 0))
            .chain(writes.iter().map(|o| entry(o, sys::EXEC_OBJECT_WRITE)))
            .chain([entry(&code, 0)])
            .collect();
        let fences = vec![sys::drm_i915_gem_exec_fence {
            handle: syncobj,
            flags: sys::I915_EXEC_FENCE_SIGNAL,
        }];
        let arg = sys::drm_i915_gem_execbuffer2 {
            buffer_count: objects.len() as u32,
            buffers_ptr: kept.keep(objects),
            batch_len: bytes,
            num_cliprects: fences.len() as u32,
            cliprects_ptr: kept.keep(fences),
            flags: (sys::I915_EXEC_BLT | sys::I915_EXEC_NO_RELOC | sys::I915_EXEC_FENCE_ARRAY)
                .into(),
            ..Default::default()
        };
        Submission {
            nr: sys::DRM_I915_GEM_EXECBUFFER2,
            argument: arg.to_bytes(),
            kept,
        }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! `I915_GEM_EXECBUFFER2`.

use super::CODE;
use super::Fence;
use super::Submission;
use super::TARGET;
use super::Vendor;
use super::Work;
use crate::drm::Node;
use crate::drm::nr;
use crate::drm::uapi;
use crate::raw;
use crate::raw::Result;
use crate::virgl::job;

uapi! {
    /// `struct drm_i915_gem_context_create_ext`
    ContextCreate { ctx_id: u32, flags: u32, extensions: u64 }
    /// `struct drm_i915_gem_context_param`
    ContextParam { ctx_id: u32, size: u32, param: u64, value: i64 }
    /// `struct drm_i915_gem_exec_object2`
    Object {
        handle: u32, relocation_count: u32, relocs_ptr: u64, alignment: u64, offset: u64,
        flags: u64, rsvd1: u64, rsvd2: u64,
    }
    /// `struct drm_i915_gem_exec_fence`
    ExecFence { handle: u32, flags: u32 }
    /// `struct drm_i915_gem_execbuffer2`
    Exec {
        buffers_ptr: u64, buffer_count: u32, batch_start_offset: u32, batch_len: u32, dr1: u32,
        dr4: u32, num_cliprects: u32, cliprects_ptr: u64, flags: u64, rsvd1: u64, rsvd2: u64,
    }
}

/// i915.
pub struct I915;

/// `DRM_I915_GEM_EXECBUFFER2`
pub const EXECBUFFER2: u32 = 0x29;

impl Vendor for I915 {
    fn context(&self, node: &Node, priority: i32) -> Result<u32> {
        const PARAM_PRIORITY: u64 = 6;

        let mut arg = ContextCreate::default();
        node.ioctl(nr::<ContextCreate>(0x6d), &mut arg)?;
        let mut param = ContextParam {
            ctx_id: arg.ctx_id,
            param: PARAM_PRIORITY,
            value: priority.into(),
            ..Default::default()
        };
        node.ioctl(nr::<ContextParam>(0x75), &mut param)?;
        Ok(arg.ctx_id)
    }

    /// A submission names the addresses.
    fn bind(&self, _node: &Node, _handle: u32, _address: u64, _size: u64) {}

    fn submission(&self, work: &Work<'_>, fence: Fence) -> Submission {
        const BLT_NO_RELOC: u64 = 3 | 1 << 11;
        const FENCE_ARRAY: u64 = 1 << 19;
        const SIGNAL: u32 = 2;
        const WRITE: u64 = 1 << 2;
        const PINNED_48B: u64 = 1 << 4 | 1 << 3;

        let object = |handle, offset, flags| Object {
            handle,
            offset,
            flags: flags | PINNED_48B,
            ..Default::default()
        };
        // The last is the batch.
        let objects = Box::new([
            object(work.objects[0], TARGET, WRITE),
            object(work.objects[1], CODE, 0),
        ]);
        let fences: Box<Vec<ExecFence>> = Box::new(match fence {
            Fence::Syncobj(handle) => vec![ExecFence {
                handle,
                flags: SIGNAL,
            }],
            Fence::Target => Vec::new(),
        });
        let mut arg = Box::new(Exec {
            buffers_ptr: raw::address(&*objects),
            buffer_count: objects.len() as u32,
            flags: BLT_NO_RELOC,
            rsvd1: work.context.into(),
            ..Default::default()
        });
        if !fences.is_empty() {
            arg.flags |= FENCE_ARRAY;
            arg.num_cliprects = fences.len() as u32;
            arg.cliprects_ptr = raw::address(&fences[..]);
        }
        let job = job(work.member, EXECBUFFER2, &*arg, fence.of(work));
        Submission {
            job,
            _keep: vec![objects, fences, arg],
        }
    }
}

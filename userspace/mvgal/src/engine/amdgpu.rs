// SPDX-License-Identifier: MIT OR Apache-2.0

//! Copies by the SDMA engines of amdgpu, whose streams are in `sdma.rs`.

use std::os::fd::AsFd;

use drm::control::syncobj;

use super::driver::{Argument, Driver, Kept, Object, Submission};
use super::error::{NoEngine, asked, failed};
use super::sdma::{self, Packet};
use super::span::Span;
use crate::error::Result;
use crate::member_node::MemberNode;
use crate::vendor::query::Driver as Calls;
use crate::vendor::{amdgpu, sys};

/// The oldest version of SDMA whose packets are known here.
const OLDEST: u32 = 4;
/// Less than the lower half of what any GPU has.
const END: u64 = 1 << 46;
/// `bo_list_in` in a chunk is of no list that was made before.
const NO_LIST: u32 = u32::MAX;

// SAFETY: Integers alone; of the union, `in_` is all.
unsafe impl Argument for sys::drm_amdgpu_cs {}

/// A context on a file.
#[derive(Debug)]
pub(super) struct Amdgpu {
    context: u32,
    packet: Packet,
}

impl Amdgpu {
    pub(super) fn new(node: &MemberNode) -> Result<Self> {
        let file = node.as_fd();
        let calls = Calls::new(&file);
        let packet = match asked("AMDGPU_INFO_HW_IP_INFO", amdgpu::sdma_version(&calls))? {
            Some((7, 0)) => Packet::Sdma7_0,
            Some((OLDEST.., _)) => Packet::Sdma4,
            Some((major, minor)) => {
                return Err(NoEngine::Generation {
                    found: format!("SDMA {major}.{minor}"),
                    known: "SDMA 4 and later",
                }
                .into());
            }
            None => return Err(NoEngine::NoneThere.into()),
        };
        let mut arg = sys::drm_amdgpu_ctx {
            in_: sys::drm_amdgpu_ctx_in {
                op: sys::AMDGPU_CTX_OP_ALLOC_CTX,
                ..Default::default()
            },
        };
        // SAFETY: The union has no pointers.
        unsafe { calls.call(sys::IOCTL_AMDGPU_CTX, &mut arg) }
            .map_err(|errno| failed("AMDGPU_CTX", "a context", errno))?;
        // SAFETY: The driver has written the answer to this operation.
        let context = unsafe { arg.out.alloc.ctx_id };
        Ok(Amdgpu { context, packet })
    }

    fn gem_va(node: &MemberNode, operation: u32, object: Object, size: u64) -> Result<()> {
        let mut arg = sys::drm_amdgpu_gem_va {
            handle: object.handle,
            operation,
            flags: sys::AMDGPU_VM_PAGE_READABLE
                | sys::AMDGPU_VM_PAGE_WRITEABLE
                | sys::AMDGPU_VM_PAGE_EXECUTABLE,
            va_address: object.address,
            map_size: size,
            ..Default::default()
        };
        // SAFETY: The pointer to handles of syncobjs is for none.
        unsafe { Calls::new(&node.as_fd()).call(sys::IOCTL_AMDGPU_GEM_VA, &mut arg) }
            .map_err(|errno| failed("AMDGPU_GEM_VA", object.subject(size), errno))
    }
}

impl Driver for Amdgpu {
    fn unit(&self) -> u64 {
        1
    }

    fn end(&self) -> u64 {
        END
    }

    /// Without a syncobj for its end, the driver has later submissions wait for it.
    fn bind(
        &self,
        node: &MemberNode,
        object: Object,
        size: u64,
    ) -> Result<Option<syncobj::Handle>> {
        Self::gem_va(node, sys::AMDGPU_VA_OP_MAP, object, size).map(|()| None)
    }

    fn unbind(&self, node: &MemberNode, object: Object, size: u64) -> Result<()> {
        Self::gem_va(node, sys::AMDGPU_VA_OP_UNMAP, object, size)
    }

    fn close(&self, node: &MemberNode) {
        let mut arg = sys::drm_amdgpu_ctx {
            in_: sys::drm_amdgpu_ctx_in {
                op: sys::AMDGPU_CTX_OP_FREE_CTX,
                ctx_id: self.context,
                ..Default::default()
            },
        };
        // A context that cannot be freed goes with the file.
        // SAFETY: The union has no pointers.
        let _ = unsafe { Calls::new(&node.as_fd()).call(sys::IOCTL_AMDGPU_CTX, &mut arg) };
    }

    fn words(&self, span: Span) -> u64 {
        sdma::words(span, self.packet)
    }

    fn stream(&self, src: u64, dst: u64, span: Span) -> Vec<u32> {
        sdma::copy(src, dst, span, self.packet)
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
        let mut chunks = Vec::new();
        let ib = sys::drm_amdgpu_cs_chunk_ib {
            va_start: code.address,
            ib_bytes: bytes,
            ip_type: sys::AMDGPU_HW_IP_DMA,
            ..Default::default()
        };
        chunks.push(chunk(sys::AMDGPU_CHUNK_ID_IB, kept.keep(vec![ib]), &ib));
        let mut objects: Vec<u32> = [&[code], reads, writes]
            .concat()
            .iter()
            .map(|object| object.handle)
            .collect();
        // Older drivers refuse what they are told twice.
        objects.sort_unstable();
        objects.dedup();
        let entries: Vec<_> = objects
            .into_iter()
            .map(|bo_handle| sys::drm_amdgpu_bo_list_entry {
                bo_handle,
                bo_priority: 0,
            })
            .collect();
        let list = sys::drm_amdgpu_bo_list_in {
            operation: NO_LIST,
            list_handle: NO_LIST,
            bo_number: entries.len() as u32,
            bo_info_size: size_of::<sys::drm_amdgpu_bo_list_entry>() as u32,
            bo_info_ptr: kept.keep(entries),
        };
        let at = kept.keep(vec![list]);
        chunks.push(chunk(sys::AMDGPU_CHUNK_ID_BO_HANDLES, at, &list));
        let out = sys::drm_amdgpu_cs_chunk_sem { handle: syncobj };
        let at = kept.keep(vec![out]);
        chunks.push(chunk(sys::AMDGPU_CHUNK_ID_SYNCOBJ_OUT, at, &out));

        let num_chunks = chunks.len() as u32;
        let first = kept.keep(chunks);
        let size = size_of::<sys::drm_amdgpu_cs_chunk>() as u64;
        let pointers = (0..u64::from(num_chunks))
            .map(|n| first + n * size)
            .collect();
        let arg = sys::drm_amdgpu_cs {
            in_: sys::drm_amdgpu_cs_in {
                ctx_id: self.context,
                num_chunks,
                chunks: kept.keep::<u64>(pointers),
                ..Default::default()
            },
        };
        Submission {
            nr: sys::DRM_AMDGPU_CS,
            argument: arg.to_bytes(),
            kept,
        }
    }
}

/// A chunk of a submission, whose content is at an address.
fn chunk<T>(chunk_id: u32, chunk_data: u64, _content: &T) -> sys::drm_amdgpu_cs_chunk {
    sys::drm_amdgpu_cs_chunk {
        chunk_id,
        length_dw: (size_of::<T>() / 4) as u32,
        chunk_data,
    }
}

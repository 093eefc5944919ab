// SPDX-License-Identifier: MIT OR Apache-2.0

//! `AMDGPU_CS`.

use super::CODE;
use super::CODE_BYTES;
use super::Fence;
use super::Submission;
use super::Vendor;
use super::Work;
use crate::drm::Node;
use crate::drm::nr;
use crate::drm::uapi;
use crate::raw;
use crate::raw::Result;
use crate::virgl::job;

uapi! {
    /// `struct drm_amdgpu_ctx_in`; its first word is the id afterwards.
    Ctx { op: u32, flags: u32, ctx_id: u32, priority: i32 }
    /// `struct drm_amdgpu_gem_va`
    GemVa {
        handle: u32, pad: u32, operation: u32, flags: u32, va_address: u64, offset_in_bo: u64,
        map_size: u64, vm_timeline_point: u64, vm_timeline_syncobj_out: u32,
        num_syncobj_handles: u32, input_fence_syncobj_handles: u64,
    }
    /// `struct drm_amdgpu_cs_in`
    Cs { ctx_id: u32, bo_list_handle: u32, num_chunks: u32, flags: u32, chunks: u64 }
    /// `struct drm_amdgpu_cs_chunk`
    Chunk { chunk_id: u32, length_dw: u32, chunk_data: u64 }
    /// `struct drm_amdgpu_cs_chunk_ib`
    Ib {
        pad: u32, flags: u32, va_start: u64, ib_bytes: u32, ip_type: u32, ip_instance: u32,
        ring: u32,
    }
    /// `struct drm_amdgpu_bo_list_in`
    BoList {
        operation: u32, list_handle: u32, bo_number: u32, bo_info_size: u32, bo_info_ptr: u64,
    }
    /// `struct drm_amdgpu_bo_list_entry`
    Bo { bo_handle: u32, bo_priority: u32 }
}

/// amdgpu.
pub struct Amdgpu;

impl Vendor for Amdgpu {
    fn context(&self, node: &Node, priority: i32) -> Result<u32> {
        const ALLOC: u32 = 1;

        let mut arg = Ctx {
            op: ALLOC,
            priority,
            ..Default::default()
        };
        node.ioctl(nr::<Ctx>(0x42), &mut arg)?;
        Ok(arg.op)
    }

    fn bind(&self, node: &Node, handle: u32, address: u64, size: u64) {
        const MAP: u32 = 1;
        const READABLE_WRITEABLE_EXECUTABLE: u32 = 7 << 1;

        let mut arg = GemVa {
            handle,
            operation: MAP,
            flags: READABLE_WRITEABLE_EXECUTABLE,
            va_address: address,
            map_size: size,
            ..Default::default()
        };
        let number = raw::iow(b'd', 0x48, size_of::<GemVa>());
        node.ioctl(number, &mut arg).expect("AMDGPU_GEM_VA");
    }

    fn submission(&self, work: &Work<'_>, fence: Fence) -> Submission {
        const DMA: u32 = 2;
        const CHUNK_IB: u32 = 1;
        const CHUNK_SYNCOBJ_OUT: u32 = 5;
        const CHUNK_BO_HANDLES: u32 = 6;

        let ib = Box::new(Ib {
            va_start: CODE,
            ib_bytes: CODE_BYTES as u32,
            ip_type: DMA,
            ..Default::default()
        });
        let bos = work.objects.iter().map(|bo_handle| Bo {
            bo_handle: *bo_handle,
            ..Default::default()
        });
        let bos: Box<Vec<Bo>> = Box::new(bos.collect());
        let list = Box::new(BoList {
            operation: u32::MAX,
            list_handle: u32::MAX,
            bo_number: bos.len() as u32,
            bo_info_size: size_of::<Bo>() as u32,
            bo_info_ptr: raw::address(&bos[..]),
        });
        let out = Box::new(match fence {
            Fence::Syncobj(handle) => handle,
            Fence::Target => 0,
        });
        let mut chunks = vec![chunk(CHUNK_IB, &*ib), chunk(CHUNK_BO_HANDLES, &*list)];
        if matches!(fence, Fence::Syncobj(_)) {
            chunks.push(chunk(CHUNK_SYNCOBJ_OUT, &*out));
        }
        let pointers: Vec<u64> = chunks.iter().map(raw::address).collect();
        let arg = Box::new(Cs {
            ctx_id: work.context,
            num_chunks: pointers.len() as u32,
            chunks: raw::address(&pointers[..]),
            ..Default::default()
        });
        let job = job(work.member, 4, &*arg, fence.of(work));
        Submission {
            job,
            _keep: vec![
                ib,
                bos,
                list,
                out,
                Box::new(chunks),
                Box::new(pointers),
                arg,
            ],
        }
    }
}

fn chunk<T>(chunk_id: u32, data: &T) -> Chunk {
    Chunk {
        chunk_id,
        length_dw: size_of::<T>() as u32 / 4,
        chunk_data: raw::address(data),
    }
}

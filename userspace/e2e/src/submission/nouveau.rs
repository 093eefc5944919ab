// SPDX-License-Identifier: MIT OR Apache-2.0

//! `NOUVEAU_EXEC`, of the newer UAPI.

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
    /// `struct drm_nouveau_vm_init`
    VmInit { kernel_managed_addr: u64, kernel_managed_size: u64 }
    /// `struct drm_nouveau_channel_alloc`
    ChannelAlloc {
        fb_ctxdma_handle: u32, tt_ctxdma_handle: u32, channel: i32, pushbuf_domains: u32,
        notifier_handle: u32, subchan: [u32; 16], nr_subchan: u32,
    }
    /// `struct drm_nouveau_vm_bind_op`
    VmBindOp {
        op: u32, flags: u32, handle: u32, pad: u32, addr: u64, bo_offset: u64, range: u64,
    }
    /// `struct drm_nouveau_vm_bind`
    VmBind {
        op_count: u32, flags: u32, wait_count: u32, sig_count: u32, wait_ptr: u64, sig_ptr: u64,
        op_ptr: u64,
    }
    /// `struct drm_nouveau_sync`
    Sync { flags: u32, handle: u32, timeline_value: u64 }
    /// `struct drm_nouveau_exec_push`
    Push { va: u64, va_len: u32, flags: u32 }
    /// `struct drm_nouveau_exec`
    Exec {
        channel: u32, push_count: u32, wait_count: u32, sig_count: u32, wait_ptr: u64,
        sig_ptr: u64, push_ptr: u64,
    }
}

/// nouveau.
pub struct Nouveau;

/// A channel of nouveau's graphics engine.
pub fn channel(node: &Node) -> Result<u32> {
    const ENGINE_GR: u32 = 1;

    let mut arg = ChannelAlloc {
        fb_ctxdma_handle: u32::MAX,
        tt_ctxdma_handle: ENGINE_GR,
        ..Default::default()
    };
    node.ioctl(nr::<ChannelAlloc>(0x42), &mut arg)?;
    Ok(arg.channel as u32)
}

impl Vendor for Nouveau {
    /// Takes the newer UAPI.
    fn opened(&self, node: &Node) {
        let mut arg = VmInit {
            kernel_managed_addr: 1 << 46,
            kernel_managed_size: 1 << 46,
        };
        node.ioctl(nr::<VmInit>(0x50), &mut arg)
            .expect("NOUVEAU_VM_INIT");
    }

    /// A channel, which has no priority.
    fn context(&self, node: &Node, _priority: i32) -> Result<u32> {
        channel(node)
    }

    fn bind(&self, node: &Node, handle: u32, address: u64, size: u64) {
        let op = VmBindOp {
            handle,
            addr: address,
            range: size,
            ..Default::default()
        };
        let mut arg = VmBind {
            op_count: 1,
            op_ptr: raw::address(&op),
            ..Default::default()
        };
        node.ioctl(nr::<VmBind>(0x51), &mut arg)
            .expect("NOUVEAU_VM_BIND");
    }

    fn submission(&self, work: &Work<'_>, fence: Fence) -> Submission {
        let push = Box::new(Push {
            va: CODE,
            va_len: CODE_BYTES as u32,
            ..Default::default()
        });
        let signals: Box<Vec<Sync>> = Box::new(match fence {
            Fence::Syncobj(handle) => vec![Sync {
                handle,
                ..Default::default()
            }],
            Fence::Target => Vec::new(),
        });
        let arg = Box::new(Exec {
            channel: work.context,
            push_count: 1,
            push_ptr: raw::address(&*push),
            sig_count: signals.len() as u32,
            sig_ptr: raw::address(&signals[..]),
            ..Default::default()
        });
        let job = job(work.member, 0x12, &*arg, fence.of(work));
        Submission {
            job,
            _keep: vec![push, signals, arg],
        }
    }
}

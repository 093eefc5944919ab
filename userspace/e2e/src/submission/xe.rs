// SPDX-License-Identifier: MIT OR Apache-2.0

//! `XE_EXEC`.

use super::CODE;
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
use std::cell::Cell;

uapi! {
    /// `struct drm_xe_vm_create`
    VmCreate { extensions: u64, flags: u32, vm_id: u32, reserved: [u64; 2] }
    /// `struct drm_xe_vm_bind_op`
    VmBindOp {
        extensions: u64, obj: u32, pat_index: u16, pad: u16, obj_offset: u64, range: u64,
        addr: u64, op: u32, flags: u32, prefetch_mem_region_instance: u32, pad2: u32,
        reserved: [u64; 3],
    }
    /// `struct drm_xe_vm_bind`
    VmBind {
        extensions: u64, vm_id: u32, exec_queue_id: u32, pad: u32, num_binds: u32,
        bind: VmBindOp, pad2: u32, num_syncs: u32, syncs: u64, reserved: [u64; 2],
    }
    /// `struct drm_xe_engine_class_instance`
    Engine { engine_class: u16, engine_instance: u16, gt_id: u16, pad: u16 }
    /// `struct drm_xe_ext_set_property`
    SetProperty {
        next_extension: u64, name: u32, pad: u32, property: u32, pad2: u32, value: u64,
        reserved: [u64; 2],
    }
    /// `struct drm_xe_exec_queue_create`
    QueueCreate {
        extensions: u64, width: u16, num_placements: u16, vm_id: u32, flags: u32,
        exec_queue_id: u32, instances: u64, reserved: [u64; 2],
    }
    /// `struct drm_xe_sync`
    Sync {
        extensions: u64, kind: u32, flags: u32, handle: u64, timeline_value: u64,
        reserved: [u64; 2],
    }
    /// `struct drm_xe_exec`
    Exec {
        extensions: u64, exec_queue_id: u32, num_syncs: u32, syncs: u64, address: u64,
        num_batch_buffer: u16, pad: [u16; 3], reserved: [u64; 2],
    }
}

/// xe, with the VM of the file, once it has one.
#[derive(Default)]
pub struct Xe(Cell<Option<u32>>);

/// `DRM_XE_EXEC`
const EXEC: u32 = 9;

impl Xe {
    fn vm(&self, node: &Node) -> u32 {
        if let Some(vm) = self.0.get() {
            return vm;
        }
        let mut arg = VmCreate::default();
        node.ioctl(nr::<VmCreate>(0x43), &mut arg)
            .expect("XE_VM_CREATE");
        self.0.set(Some(arg.vm_id));
        arg.vm_id
    }
}

impl Vendor for Xe {
    /// Its fences in buffers are only for the driver's own memory management.
    fn fences(&self, node: &Node) -> Vec<Fence> {
        vec![Fence::Syncobj(node.syncobj())]
    }

    /// An exec queue.
    fn context(&self, node: &Node, priority: i32) -> Result<u32> {
        let property = SetProperty {
            value: priority as u64,
            ..Default::default()
        };
        let engine = Engine::default();
        let mut arg = QueueCreate {
            extensions: raw::address(&property),
            width: 1,
            num_placements: 1,
            vm_id: self.vm(node),
            instances: raw::address(&engine),
            ..Default::default()
        };
        node.ioctl(nr::<QueueCreate>(0x46), &mut arg)?;
        Ok(arg.exec_queue_id)
    }

    fn bind(&self, node: &Node, handle: u32, address: u64, size: u64) {
        let mut arg = VmBind {
            vm_id: self.vm(node),
            num_binds: 1,
            bind: VmBindOp {
                obj: handle,
                range: size,
                addr: address,
                ..Default::default()
            },
            ..Default::default()
        };
        let number = raw::iow(b'd', 0x45, size_of::<VmBind>());
        node.ioctl(number, &mut arg).expect("XE_VM_BIND");
    }

    fn submission(&self, work: &Work<'_>, fence: Fence) -> Submission {
        const SIGNAL: u32 = 1;

        let syncobj = match fence {
            Fence::Syncobj(handle) => handle,
            Fence::Target => work.node.syncobj(),
        };
        let sync = Box::new(Sync {
            flags: SIGNAL,
            handle: syncobj.into(),
            ..Default::default()
        });
        let arg = Box::new(Exec {
            exec_queue_id: work.context,
            num_syncs: 1,
            syncs: raw::address(&*sync),
            address: CODE,
            num_batch_buffer: 1,
            ..Default::default()
        });
        let job = job(work.member, EXEC, &*arg, fence.of(work));
        Submission {
            job,
            _keep: vec![sync, arg],
        }
    }
}

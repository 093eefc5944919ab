// SPDX-License-Identifier: MIT OR Apache-2.0

//! Copies by the blitter of xe, whose streams are in `blitter.rs`.

use std::os::fd::AsFd;

use drm::control::{Device as _, syncobj};

use super::blitter::{self, Fields};
use super::driver::{Argument, Driver, Kept, Object, Submission};
use super::error::{NoEngine, asked, failed};
use super::span::Span;
use crate::error::{Call, Error, Result};
use crate::member_node::MemberNode;
use crate::vendor::query::Driver as Calls;
use crate::vendor::{sys, xe};

/// Less than the lower half of what any of them has: `va_bits` in `xe_pci.c` are 48 or 57.
const END: u64 = 1 << 46;

// SAFETY: Integers alone, without padding.
unsafe impl Argument for sys::drm_xe_exec {}

/// What depends on the generation of the hardware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Generation {
    /// The entry of the page attribute table that is coherent with the CPU's caches, at least
    /// one way: what the driver asks for with memory of others and with cached memory. See
    /// the tables in `xe_pat.c`.
    pat_index: u16,
    /// `uc_index` of `xe_mocs.c` where commands have a field for it, and what 12.50 and later
    /// ones have.
    fields: Fields,
}

impl Generation {
    /// By the PCI device id and the version of the GT, which is 0 before Meteor Lake.
    fn of(id: u16, version: (u16, u16)) -> Option<Self> {
        let (pat_index, mocs, tile4) = match version {
            // Ponte Vecchio, INTEL_PVC_IDS, whose engine has no such command.
            (0, _) if id >> 8 == 0x0b => return None,
            // 12.55: INTEL_DG2_IDS.
            (0, _) => (0, 0, id >> 8 == 0x56 || id >> 8 == 0x4f),
            (12, 70..) => (3, 0, true),
            // Xe2 and Xe3.
            (20..35, _) => (1, 3, true),
            _ => return None,
        };
        let fields = Fields { mocs, tile4 };
        Some(Generation { pat_index, fields })
    }
}

/// An address space and a queue of a file.
#[derive(Debug)]
pub(super) struct Xe {
    vm: u32,
    queue: u32,
    generation: Generation,
}

impl Xe {
    pub(super) fn new(node: &MemberNode) -> Result<Self> {
        let file = node.as_fd();
        let calls = Calls::new(&file);
        let (id, version) = asked("DRM_XE_DEVICE_QUERY", xe::generation(&calls))?;
        let generation = Generation::of(id, version).ok_or_else(|| NoEngine::Generation {
            found: format!(
                "PCI device {id:#06x} of version {}.{}",
                version.0, version.1
            ),
            known: "Xe-LP to Xe3, without Ponte Vecchio",
        })?;
        let engine = asked("DRM_XE_DEVICE_QUERY_ENGINES", xe::copy_engine(&calls))?
            .ok_or(NoEngine::NoneThere)?;

        let mut vm = sys::drm_xe_vm_create::default();
        // SAFETY: There are no extensions, and so no pointers.
        unsafe { calls.call(sys::IOCTL_XE_VM_CREATE, &mut vm) }
            .map_err(|errno| failed("XE_VM_CREATE", "an address space", errno))?;
        let mut queue = sys::drm_xe_exec_queue_create {
            width: 1,
            num_placements: 1,
            vm_id: vm.vm_id,
            instances: (&raw const engine).expose_provenance() as u64,
            ..Default::default()
        };
        // SAFETY: `instances` is one engine, which lives until after the call.
        let created = unsafe { calls.call(sys::IOCTL_XE_EXEC_QUEUE_CREATE, &mut queue) };
        if let Err(errno) = created {
            destroy_vm(&calls, vm.vm_id);
            return Err(failed("XE_EXEC_QUEUE_CREATE", "a queue", errno));
        }
        Ok(Xe {
            vm: vm.vm_id,
            queue: queue.exec_queue_id,
            generation,
        })
    }

    /// Changes page tables, behind the changes that were asked for before. Gives a new syncobj
    /// that signals when it is done: submissions do not wait for it.
    fn vm_bind(&self, node: &MemberNode, op: sys::drm_xe_vm_bind_op) -> Result<syncobj::Handle> {
        let done = node
            .create_syncobj(false)
            .map_err(|error| Error::io(Call::Syncobj, "a new syncobj", &error))?;
        let sync = signal(done.into());
        let mut arg = sys::drm_xe_vm_bind {
            vm_id: self.vm,
            num_binds: 1,
            num_syncs: 1,
            syncs: (&raw const sync).expose_provenance() as u64,
            ..Default::default()
        };
        arg.__bindgen_anon_1.bind = op;
        // SAFETY: `syncs` is one, which lives until after the call; what is bound is an object.
        let called = unsafe { Calls::new(&node.as_fd()).call(sys::IOCTL_XE_VM_BIND, &mut arg) };
        match called {
            Ok(()) => Ok(done),
            Err(errno) => {
                // The handle is ours; that it is gone already is no loss.
                let _ = node.destroy_syncobj(done);
                let subject = format!("{} bytes at {:#x}", op.range, op.addr);
                Err(failed("XE_VM_BIND", subject, errno))
            }
        }
    }
}

impl Driver for Xe {
    fn unit(&self) -> u64 {
        blitter::UNIT
    }

    fn end(&self) -> u64 {
        END
    }

    fn bind(
        &self,
        node: &MemberNode,
        object: Object,
        size: u64,
    ) -> Result<Option<syncobj::Handle>> {
        let op = sys::drm_xe_vm_bind_op {
            pat_index: self.generation.pat_index,
            range: size,
            addr: object.address,
            op: sys::DRM_XE_VM_BIND_OP_MAP,
            __bindgen_anon_1: Default::default(),
            obj: object.handle,
            ..Default::default()
        };
        self.vm_bind(node, op).map(Some)
    }

    fn unbind(&self, node: &MemberNode, object: Object, size: u64) -> Result<()> {
        let op = sys::drm_xe_vm_bind_op {
            pat_index: self.generation.pat_index,
            range: size,
            addr: object.address,
            op: sys::DRM_XE_VM_BIND_OP_UNMAP,
            ..Default::default()
        };
        let done = self.vm_bind(node, op)?;
        // The handle is ours; that it is gone already is no loss.
        let _ = node.destroy_syncobj(done);
        Ok(())
    }

    fn close(&self, node: &MemberNode) {
        let file = node.as_fd();
        let calls = Calls::new(&file);
        let mut queue = sys::drm_xe_exec_queue_destroy {
            exec_queue_id: self.queue,
            ..Default::default()
        };
        // What cannot be destroyed goes with the file.
        // SAFETY: The structure has no pointers.
        let _ = unsafe { calls.call(sys::IOCTL_XE_EXEC_QUEUE_DESTROY, &mut queue) };
        destroy_vm(&calls, self.vm);
    }

    fn words(&self, span: Span) -> u64 {
        blitter::words(span)
    }

    fn stream(&self, src: u64, dst: u64, span: Span) -> Vec<u32> {
        blitter::copy(src, dst, span, self.generation.fields)
    }

    /// It uses what is bound, whatever that is.
    fn submission(
        &self,
        code: Object,
        _bytes: u32,
        _reads: &[Object],
        _writes: &[Object],
        syncobj: u32,
    ) -> Submission {
        let mut kept = Kept::default();
        let arg = sys::drm_xe_exec {
            exec_queue_id: self.queue,
            num_syncs: 1,
            syncs: kept.keep(vec![signal(syncobj)]),
            address: code.address,
            num_batch_buffer: 1,
            ..Default::default()
        };
        Submission {
            nr: sys::DRM_XE_EXEC,
            argument: arg.to_bytes(),
            kept,
        }
    }
}

fn destroy_vm(calls: &Calls<'_>, vm_id: u32) {
    let mut arg = sys::drm_xe_vm_destroy {
        vm_id,
        ..Default::default()
    };
    // SAFETY: The structure has no pointers.
    let _ = unsafe { calls.call(sys::IOCTL_XE_VM_DESTROY, &mut arg) };
}

/// A sync by which a binary syncobj is signalled.
fn signal(syncobj: u32) -> sys::drm_xe_sync {
    let mut sync = sys::drm_xe_sync {
        type_: sys::DRM_XE_SYNC_TYPE_SYNCOBJ,
        flags: sys::DRM_XE_SYNC_FLAG_SIGNAL,
        ..Default::default()
    };
    // All eight bytes of the union; the driver looks at the lower half, and wants the upper 0.
    sync.__bindgen_anon_1.addr = syncobj.into();
    sync
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_are_those_of_the_kernels_tables() {
        let of = |id, version| {
            let found = Generation::of(id, version)?;
            Some((found.pat_index, found.fields.mocs, found.fields.tile4))
        };
        // Alder Lake, DG2; Ponte Vecchio; Meteor Lake; Lunar Lake, Battlemage; Panther Lake.
        assert_eq!(of(0x46a6, (0, 0)), Some((0, 0, false)));
        assert_eq!(of(0x56a5, (0, 0)), Some((0, 0, true)));
        assert_eq!(of(0x4f80, (0, 0)), Some((0, 0, true)));
        assert_eq!(of(0x0bd5, (0, 0)), None);
        assert_eq!(of(0x7d55, (12, 70)), Some((3, 0, true)));
        assert_eq!(of(0x64a0, (20, 4)), Some((1, 3, true)));
        assert_eq!(of(0xe20b, (20, 1)), Some((1, 3, true)));
        assert_eq!(of(0xb080, (30, 0)), Some((1, 3, true)));
        // Xe3p, whose tables are others.
        assert_eq!(of(0xd740, (35, 10)), None);
    }
}

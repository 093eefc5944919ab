// SPDX-License-Identifier: MIT OR Apache-2.0

//! A file of mvgal, its ioctls with good arguments, and its buffers.

use crate::drm::Node;
use crate::raw;
use crate::raw::Map;
use crate::raw::Result;
use crate::sys::*;
use nix::errno::Errno;
use nix::libc;
use std::ops::Deref;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;

/// The stable name of mvgal's node.
pub const DEVICE: &str = "/dev/mvgal0";
/// One page.
pub const PAGE: u64 = 4096;
/// How long something may take that should happen at once, in ms. Generous, as
/// the lab emulates its CPUs.
pub const SOON: i64 = 60_000;

/// An array argument of any elements.
pub fn array<T>(elements: &[T]) -> drm_mvgal_obj_array {
    drm_mvgal_obj_array {
        stride: size_of::<T>() as u32,
        count: elements.len() as u32,
        array: elements.as_ptr() as u64,
    }
}

/// An array argument that the kernel writes to.
pub fn array_mut<T>(elements: &mut [T]) -> drm_mvgal_obj_array {
    drm_mvgal_obj_array {
        stride: size_of::<T>() as u32,
        count: elements.len() as u32,
        array: elements.as_mut_ptr() as u64,
    }
}

/// A NUL-terminated name out of a structure.
pub fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| *b == 0);
    let end = end.expect("the name is NUL-terminated");
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// A buffer of a client.
#[derive(Clone, Copy, Debug)]
pub struct Buffer {
    /// GEM handle.
    pub handle: u32,
    /// Size in bytes.
    pub size: u64,
    /// Offset for mmap, 0 if it cannot be mapped.
    pub offset: u64,
    /// Id of the member that holds it.
    pub member: u32,
    /// Bytes from row to row of an image.
    pub pitch: u32,
}

/// A dma-buf that was exported for a member.
pub struct Exported {
    /// The dma-buf.
    pub fd: OwnedFd,
    /// How the member gets at the buffer by it.
    pub reach: u32,
    /// Why not better.
    pub limit: u32,
    /// Whose memory it is.
    pub home: u32,
}

impl Exported {
    /// Checks whose memory it is, and how the member gets at the buffer by it.
    #[track_caller]
    pub fn assert_way(&self, home: u32, reach: u32, limit: u32) {
        assert_eq!(
            (self.home, self.reach, self.limit),
            (home, reach, limit),
            "home, reach and limit"
        );
    }

    /// Maps it.
    pub fn map(&self, len: u64) -> Map {
        let prot = libc::PROT_READ | libc::PROT_WRITE;
        Map::new(self.fd.as_fd(), 0, len as usize, prot)
            .unwrap_or_else(|error| panic!("mmap of a dma-buf of member {}: {error}", self.home))
    }
}

/// A file of mvgal; core ioctls come from [`Node`].
pub struct Client(Node);

impl Deref for Client {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.0
    }
}

impl Client {
    /// Opens `/dev/mvgal0`.
    pub fn open() -> Self {
        Self::open_as(DEVICE).unwrap_or_else(|error| panic!("open {DEVICE}: {error}"))
    }

    /// Opens mvgal under the name given.
    pub fn open_as(path: &str) -> Result<Self> {
        Node::open(path).map(Self)
    }

    /// The generation and all members.
    pub fn devices(&self) -> (u64, Vec<drm_mvgal_device>) {
        let mut devices = vec![drm_mvgal_device::default(); 64];
        let mut arg = drm_mvgal_query_devices {
            devices: array_mut(&mut devices),
            ..Default::default()
        };
        self.ioctl(DRM_IOCTL_MVGAL_QUERY_DEVICES, &mut arg)
            .expect("QUERY_DEVICES");
        devices.truncate(arg.devices.count as usize);
        (arg.generation, devices)
    }

    /// QUERY_CAPABILITIES without the pairs.
    pub fn capabilities(&self) -> drm_mvgal_query_capabilities {
        let mut arg = drm_mvgal_query_capabilities::default();
        self.ioctl(DRM_IOCTL_MVGAL_QUERY_CAPABILITIES, &mut arg)
            .expect("QUERY_CAPABILITIES");
        arg
    }

    /// SET_GPU_AFFINITY: some operations, and fields as `arg` has them.
    pub fn affinity(
        &self,
        members: &[drm_mvgal_member_op],
        mut arg: drm_mvgal_set_gpu_affinity,
    ) -> Result<drm_mvgal_set_gpu_affinity> {
        // It is written to.
        let mut members = members.to_vec();
        arg.members = array_mut(&mut members);
        self.ioctl(DRM_IOCTL_MVGAL_SET_GPU_AFFINITY, &mut arg)?;
        Ok(arg)
    }

    /// The affinity as it stands.
    pub fn current_affinity(&self) -> drm_mvgal_set_gpu_affinity {
        self.affinity(&[], Default::default())
            .expect("SET_GPU_AFFINITY as a query")
    }

    /// Attaches a member's file.
    pub fn attach(&self, member: u32, file: &Node) -> Result<()> {
        self.attach_numbered(member, file).map(drop)
    }

    /// Attaches a member's file, and returns the number of the attachment.
    pub fn attach_numbered(&self, member: u32, file: &Node) -> Result<u64> {
        let mut op = [drm_mvgal_member_op {
            member,
            op: DRM_MVGAL_MEMBER_ATTACH,
            fd: file.number(),
            ..Default::default()
        }];
        let mut arg = drm_mvgal_set_gpu_affinity {
            members: array_mut(&mut op),
            ..Default::default()
        };
        self.ioctl(DRM_IOCTL_MVGAL_SET_GPU_AFFINITY, &mut arg)?;
        Ok(op[0].attachment)
    }

    /// Detaches a member.
    pub fn detach(&self, member: u32) -> Result<()> {
        let op = drm_mvgal_member_op {
            member,
            op: DRM_MVGAL_MEMBER_DETACH,
            fd: -1,
            ..Default::default()
        };
        self.affinity(&[op], Default::default()).map(drop)
    }

    /// Sets the allowed mask.
    pub fn set_mask(&self, allowed_mask: u64) -> Result<()> {
        let arg = drm_mvgal_set_gpu_affinity {
            flags: DRM_MVGAL_AFFINITY_MASK,
            allowed_mask,
            ..Default::default()
        };
        self.affinity(&[], arg).map(drop)
    }

    /// Sets the placement policy.
    pub fn set_policy(&self, policy: u32) -> Result<()> {
        let arg = drm_mvgal_set_gpu_affinity {
            flags: DRM_MVGAL_AFFINITY_POLICY,
            policy,
            ..Default::default()
        };
        self.affinity(&[], arg).map(drop)
    }

    /// Sets the priority ceiling.
    pub fn set_ceiling(&self, priority_ceiling: u32) -> Result<()> {
        let arg = drm_mvgal_set_gpu_affinity {
            flags: DRM_MVGAL_AFFINITY_PRIORITY_CEILING,
            priority_ceiling,
            ..Default::default()
        };
        self.affinity(&[], arg).map(drop)
    }

    /// Sets the preferred member.
    pub fn set_preferred(&self, preferred: u32) -> Result<()> {
        let arg = drm_mvgal_set_gpu_affinity {
            flags: DRM_MVGAL_AFFINITY_PREFERRED,
            preferred,
            ..Default::default()
        };
        self.affinity(&[], arg).map(drop)
    }

    /// ALLOC_MEMORY with the arguments given.
    pub fn alloc_with(&self, mut arg: drm_mvgal_alloc_memory) -> Result<Buffer> {
        self.ioctl(DRM_IOCTL_MVGAL_ALLOC_MEMORY, &mut arg)?;
        Ok(Buffer {
            handle: arg.handle,
            size: arg.size,
            offset: arg.mmap_offset,
            member: arg.member,
            pitch: arg.pitch,
        })
    }

    /// A linear buffer with the flags given.
    pub fn alloc_flags(&self, member: u32, size: u64, flags: u32) -> Result<Buffer> {
        self.alloc_with(drm_mvgal_alloc_memory {
            member,
            size,
            flags,
            ..Default::default()
        })
    }

    /// A linear buffer that can be mapped and exported.
    pub fn alloc(&self, member: u32, size: u64) -> Buffer {
        let flags = DRM_MVGAL_BUFFER_HOST_VALID | DRM_MVGAL_BUFFER_DMA_BUF;
        self.alloc_flags(member, size, flags)
            .unwrap_or_else(|error| panic!("ALLOC_MEMORY of {size} on member {member}: {error}"))
    }

    /// FREE_MEMORY
    pub fn free(&self, handle: u32) -> Result<()> {
        let mut arg = drm_mvgal_free_memory { handle, pad: 0 };
        self.ioctl(DRM_IOCTL_MVGAL_FREE_MEMORY, &mut arg)
    }

    /// IMPORT_DMABUF
    pub fn import(&self, fd: BorrowedFd<'_>) -> Result<Buffer> {
        let mut arg = drm_mvgal_import_dmabuf {
            fd: fd.as_raw_fd(),
            ..Default::default()
        };
        self.ioctl(DRM_IOCTL_MVGAL_IMPORT_DMABUF, &mut arg)?;
        Ok(Buffer {
            handle: arg.handle,
            size: arg.size,
            offset: arg.mmap_offset,
            member: arg.member,
            pitch: 0,
        })
    }

    /// EXPORT_DMABUF
    pub fn export(&self, handle: u32) -> Result<OwnedFd> {
        let mut arg = drm_mvgal_export_dmabuf {
            handle,
            fd: -1,
            ..Default::default()
        };
        self.ioctl(DRM_IOCTL_MVGAL_EXPORT_DMABUF, &mut arg)?;
        Ok(raw::own(arg.fd))
    }

    /// EXPORT_DMABUF for a member, with more flags.
    pub fn export_for(&self, handle: u32, member: u32, flags: u32) -> Result<Exported> {
        let mut arg = drm_mvgal_export_dmabuf {
            handle,
            flags: DRM_MVGAL_EXPORT_FOR_MEMBER | flags,
            fd: -1,
            member,
            ..Default::default()
        };
        self.ioctl(DRM_IOCTL_MVGAL_EXPORT_DMABUF, &mut arg)?;
        Ok(Exported {
            fd: raw::own(arg.fd),
            reach: arg.reach,
            limit: arg.limit,
            home: arg.home,
        })
    }

    /// Exports a buffer for a member, which must work.
    #[track_caller]
    pub fn export_to(&self, buffer: &Buffer, member: u32) -> Exported {
        self.export_for(buffer.handle, member, 0)
            .unwrap_or_else(|error| panic!("EXPORT_DMABUF for member {member}: {error}"))
    }

    /// Exports it once more, as the member's driver has refused what came first.
    #[track_caller]
    pub fn export_after_refusal(&self, buffer: &Buffer, member: u32) -> Exported {
        self.export_for(buffer.handle, member, DRM_MVGAL_EXPORT_REFUSED)
            .unwrap_or_else(|error| {
                panic!("EXPORT_DMABUF for member {member}, which refused: {error}")
            })
    }

    /// What QUERY_CAPABILITIES says of a pair.
    pub fn pair(&self, exporter: u32, importer: u32) -> drm_mvgal_p2p {
        let pairs = self.pairs();
        let pair = pairs
            .into_iter()
            .find(|pair| (pair.exporter, pair.importer) == (exporter, importer));
        pair.expect("two members")
    }

    /// What QUERY_CAPABILITIES says of all pairs.
    pub fn pairs(&self) -> Vec<drm_mvgal_p2p> {
        let mut pairs = vec![drm_mvgal_p2p::default(); 64 * 64];
        let mut arg = drm_mvgal_query_capabilities {
            p2p: array_mut(&mut pairs),
            ..Default::default()
        };
        self.ioctl(DRM_IOCTL_MVGAL_QUERY_CAPABILITIES, &mut arg)
            .expect("QUERY_CAPABILITIES");
        pairs.truncate(arg.p2p.count as usize);
        pairs
    }

    /// Maps all of a buffer.
    pub fn map(&self, buffer: &Buffer) -> Map {
        let prot = libc::PROT_READ | libc::PROT_WRITE;
        Map::new(self.as_fd(), buffer.offset, buffer.size as usize, prot)
            .unwrap_or_else(|error| panic!("mmap of {buffer:?}: {error}"))
    }

    /// WAIT_FENCE, once, with the elements given; the index of the first
    /// signalled one.
    pub fn wait_many(
        &self,
        waits: &mut [drm_mvgal_fence_wait],
        flags: u32,
        timeout_ns: i64,
    ) -> Result<u32> {
        let mut arg = drm_mvgal_wait_fence {
            flags,
            timeout_ns,
            waits: array_mut(waits),
            ..Default::default()
        };
        self.ioctl(DRM_IOCTL_MVGAL_WAIT_FENCE, &mut arg)?;
        Ok(arg.first_signaled)
    }

    /// WAIT_FENCE for one point.
    pub fn wait(&self, point: (u32, u64), timeout_ns: i64) -> Result<drm_mvgal_fence_wait> {
        let mut waits = [wait_for(point)];
        loop {
            match self.wait_many(&mut waits, 0, timeout_ns) {
                Err(Errno::EINTR) => continue,
                outcome => return outcome.map(|_| waits[0]),
            }
        }
    }

    /// Waits for a point that must signal soon, without an error.
    #[track_caller]
    pub fn done(&self, point: (u32, u64)) -> drm_mvgal_fence_wait {
        let wait = self.ended(point);
        assert_eq!(wait.error, 0, "error of {point:?}");
        wait
    }

    /// Waits for a point that must signal soon, with or without an error.
    #[track_caller]
    pub fn ended(&self, point: (u32, u64)) -> drm_mvgal_fence_wait {
        match self.wait(point, raw::in_ms(SOON)) {
            Ok(wait) => {
                assert_eq!(wait.signaled, 1, "signaled of {point:?}");
                wait
            }
            Err(error) => panic!("waiting for {point:?}: {error}"),
        }
    }

    /// Checks that a point does not signal now nor in a little while.
    #[track_caller]
    pub fn pending(&self, point: (u32, u64)) {
        match self.wait(point, raw::in_ms(60)) {
            Err(Errno::ETIME) => {}
            Err(error) => panic!("waiting for {point:?}: {error}"),
            Ok(wait) => panic!("{point:?} has signalled: {wait:?}"),
        }
    }

    /// SIGNAL_FENCE for the elements given.
    pub fn signal_many(&self, signals: &[drm_mvgal_fence_signal]) -> Result<()> {
        let mut arg = drm_mvgal_signal_fence {
            signals: array(signals),
            ..Default::default()
        };
        self.ioctl(DRM_IOCTL_MVGAL_SIGNAL_FENCE, &mut arg)
    }

    /// SIGNAL_FENCE for one point.
    pub fn signal(&self, point: (u32, u64), error: i32) -> Result<()> {
        self.signal_many(&[drm_mvgal_fence_signal {
            handle: point.0,
            point: point.1,
            error,
        }])
    }
}

/// An element of WAIT_FENCE.
pub fn wait_for(point: (u32, u64)) -> drm_mvgal_fence_wait {
    drm_mvgal_fence_wait {
        handle: point.0,
        point: point.1,
        ..Default::default()
    }
}

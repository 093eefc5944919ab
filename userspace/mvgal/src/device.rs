// SPDX-License-Identifier: MIT OR Apache-2.0

//! The logical device.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use drm::Device as _;
use nix::errno::Errno;

use crate::affinity::{Affinity, AffinityChange, Attachment};
use crate::batch::Batch;
use crate::buffer::{Allocation, Buffer};
use crate::capabilities::Capabilities;
use crate::deadline::Deadline;
use crate::error::{Call, Error, Result};
use crate::member::{MemberId, Members};
use crate::node::Node;
use crate::syncobj::{Point, Syncobj};
use crate::timeline::Timeline;
use crate::wait::{self, WaitMode, Waited, array_mut};
use crate::{ioctls, sys};

/// An open mvgal device: one client.
///
/// Clones share the open file. The file stays open until the last clone, and
/// the last buffer, timeline and syncobj made of it, are gone; the kernel then
/// cancels what is still queued.
#[derive(Debug, Clone)]
pub struct Device {
    node: Arc<Node>,
}

impl Device {
    /// The stable name of the render node.
    pub const PATH: &'static str = "/dev/mvgal0";
    /// Name of the kernel's driver.
    pub const DRIVER: &'static str = "mvgal";

    /// Opens [`PATH`](Self::PATH), or the first render node of the driver.
    ///
    /// # Errors
    ///
    /// [`Error::NotLoaded`], [`Error::NoNode`], [`Error::Open`].
    pub fn open() -> Result<Self> {
        match Self::open_path(Self::PATH) {
            Err(Error::Open { source, .. })
                if matches!(
                    source.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) => {}
            other => return other,
        }
        let mut failure = None;
        for path in render_nodes() {
            match Self::open_path(&path) {
                Ok(device) => return Ok(device),
                // Of a node that may not be opened one cannot tell the driver;
                // it is worth saying only if sysfs names ours.
                Err(error @ Error::Open { .. })
                    if sysfs_driver(&path) == Some(Self::DRIVER.into()) =>
                {
                    failure = Some(error);
                }
                Err(_) => {}
            }
        }
        let path = PathBuf::from(Self::PATH);
        Err(failure.unwrap_or_else(|| {
            if Path::new("/sys/module/mvgal").exists() {
                Error::NoNode { path }
            } else {
                Error::NotLoaded { path }
            }
        }))
    }

    /// Opens one node, which must be of the driver mvgal.
    ///
    /// # Errors
    ///
    /// [`Error::Open`], [`Error::NotDrm`] and [`Error::WrongDriver`].
    ///
    /// ```
    /// let error = mvgal::Device::open_path("/dev/null").unwrap_err();
    /// assert!(error.to_string().contains("/dev/null"), "{error}");
    /// ```
    pub fn open_path(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(|source| Error::Open {
                path: path.to_owned(),
                source,
            })?;
        Self::from_file(file, path)
    }

    fn from_file(file: File, path: &Path) -> Result<Self> {
        let node = Node::new(OwnedFd::from(file), path.to_owned());
        let driver = match node.get_driver() {
            Ok(driver) => driver,
            // It is no DRM node at all.
            Err(error) if error.raw_os_error() == Some(Errno::ENOTTY as i32) => {
                return Err(Error::NotDrm {
                    path: path.to_owned(),
                });
            }
            Err(source) => {
                return Err(Error::Open {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        let found = driver.name().to_string_lossy();
        if found != Self::DRIVER {
            return Err(Error::WrongDriver {
                path: path.to_owned(),
                found: found.into_owned(),
                wanted: Self::DRIVER.to_owned(),
            });
        }
        Ok(Device {
            node: Arc::new(node),
        })
    }

    /// The open file.
    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.node.path
    }

    /// The members, as they are now.
    ///
    /// # Errors
    ///
    /// `ENODEV` if mvgal was unplugged.
    pub fn members(&self) -> Result<Members> {
        let mut list: Vec<sys::drm_mvgal_device> = Vec::new();
        loop {
            let room = list.len();
            let mut arg = sys::drm_mvgal_query_devices {
                devices: array_mut(&mut list, "number of members")?,
                ..Default::default()
            };
            // SAFETY: `list` is as long as its array says and lives until after
            // the call.
            unsafe { self.node.call(ioctls::query_devices, &mut arg) }
                .map_err(|errno| Error::call(Call::QueryDevices, "all members", errno))?;
            let count = checked_count(Call::QueryDevices, arg.devices.count, 1 << 16)?;
            if count <= room {
                return Ok(Members::from_raw(arg.generation, &list[..count]));
            }
            // One may come between the two calls.
            list.resize(count + 1, Default::default());
        }
    }

    /// What the logical device can do, its limits, and the P2P distances.
    ///
    /// # Errors
    ///
    /// `ENODEV` if mvgal was unplugged.
    pub fn capabilities(&self) -> Result<Capabilities> {
        let mut p2p: Vec<sys::drm_mvgal_p2p> = Vec::new();
        loop {
            let room = p2p.len();
            let mut arg = sys::drm_mvgal_query_capabilities {
                p2p: array_mut(&mut p2p, "number of pairs")?,
                ..Default::default()
            };
            // SAFETY: `p2p` is as long as its array says and lives until after
            // the call.
            unsafe { self.node.call(ioctls::query_capabilities, &mut arg) }
                .map_err(|errno| Error::call(Call::QueryCapabilities, "the device", errno))?;
            let count = checked_count(Call::QueryCapabilities, arg.p2p.count, 1 << 24)?;
            if count <= room {
                return Ok(Capabilities::from_raw(&arg, &p2p[..count]));
            }
            p2p.resize(count, Default::default());
        }
    }

    /// The number that changes whenever a member comes or goes.
    ///
    /// # Errors
    ///
    /// `ENODEV` if mvgal was unplugged.
    pub fn generation(&self) -> Result<u64> {
        let mut arg = sys::drm_mvgal_query_devices::default();
        // SAFETY: The array is empty.
        unsafe { self.node.call(ioctls::query_devices, &mut arg) }
            .map_err(|errno| Error::call(Call::QueryDevices, "the generation", errno))?;
        Ok(arg.generation)
    }

    /// Which members this client uses, and how.
    ///
    /// # Errors
    ///
    /// `ENODEV` if mvgal was unplugged.
    pub fn affinity(&self) -> Result<Affinity> {
        AffinityChange::new().apply(&self.node)
    }

    /// Changes which members this client uses, and how.
    ///
    /// # Errors
    ///
    /// [`Error::Call`] with `EINVAL` (the file is not of that member, or the
    /// mask or preferred member not allowed), `ENOENT` (no such member, or not
    /// attached), `ENODEV` (unplugged), `EACCES` (the file may not render),
    /// `EPERM` (a ceiling above 11 without `CAP_SYS_NICE`), `E2BIG`.
    pub fn change_affinity(&self, change: &AffinityChange<'_>) -> Result<Affinity> {
        change.apply(&self.node)
    }

    /// Attaches a member by a file that the client opened on its node.
    ///
    /// # Errors
    ///
    /// As [`change_affinity`](Self::change_affinity).
    pub fn attach(&self, member: MemberId, node: impl AsFd) -> Result<Affinity> {
        AffinityChange::new()
            .attach(member, &node)
            .apply(&self.node)
    }

    /// Attaches a member as [`attach`](Self::attach) does, and returns what tells this file
    /// from others of the member: native commands that
    /// [name it](crate::NativeCommand::through) are refused once another was attached.
    ///
    /// # Errors
    ///
    /// As [`change_affinity`](Self::change_affinity).
    pub fn attach_file(&self, member: MemberId, node: impl AsFd) -> Result<Attachment> {
        Attachment::new(&self.node, member, node.as_fd())
    }

    /// Detaches a member; buffers and jobs that exist live on.
    ///
    /// # Errors
    ///
    /// `ENOENT` if it is not attached.
    pub fn detach(&self, member: MemberId) -> Result<Affinity> {
        AffinityChange::new().detach(member).apply(&self.node)
    }

    /// Allocates a buffer. Its contents are zero.
    ///
    /// # Errors
    ///
    /// [`Error::Call`] with `EINVAL` (flags, size or image), `ENOENT` (no such
    /// member), `EACCES` (not attached or not allowed), `ENODEV` (unplugged),
    /// `EOPNOTSUPP` (its driver or this module cannot do it), `ENOSPC`, `E2BIG`,
    /// and what the member's driver answers.
    pub fn alloc(&self, allocation: &Allocation) -> Result<Buffer> {
        Buffer::alloc(&self.node, *allocation)
    }

    /// Makes a buffer of a dma-buf of any exporter.
    ///
    /// Of several imports of one dma-buf all have the same handle, which lives
    /// until the last of them is dropped.
    ///
    /// # Errors
    ///
    /// `EINVAL` if it is not a dma-buf, `E2BIG` if it is too large.
    pub fn import(&self, dma_buf: impl AsFd) -> Result<Buffer> {
        Buffer::import(&self.node, dma_buf.as_fd())
    }

    /// Makes a timeline.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn timeline(&self) -> Result<Timeline> {
        Ok(Timeline::new(Syncobj::create(&self.node, false)?))
    }

    /// Makes a timeline of an exported syncobj, of any driver or process.
    ///
    /// # Errors
    ///
    /// `EINVAL` if the file is not a syncobj.
    pub fn import_timeline(&self, syncobj: impl AsFd) -> Result<Timeline> {
        Ok(Timeline::new(self.import_syncobj(syncobj)?))
    }

    /// Makes a syncobj; `signalled` gives it a fence that has signalled.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn syncobj(&self, signalled: bool) -> Result<Syncobj> {
        Syncobj::create(&self.node, signalled)
    }

    /// Makes a syncobj of an exported one, of any driver or process.
    ///
    /// # Errors
    ///
    /// `EINVAL` if the file is not a syncobj.
    pub fn import_syncobj(&self, syncobj: impl AsFd) -> Result<Syncobj> {
        Syncobj::import(&self.node, syncobj.as_fd())
    }

    /// Starts a batch of jobs.
    pub fn batch(&self) -> Batch<'_> {
        Batch::new(&self.node)
    }

    /// Waits for points.
    ///
    /// That the time is up is no error, nor is an error that a fence carries:
    /// see [`Waited`]. [`Timeline::wait`] makes errors of both.
    ///
    /// # Errors
    ///
    /// [`Error::Foreign`], and [`Error::Call`] with `EINVAL` (no points),
    /// `E2BIG` (more than `max_waits`), `EBUSY` (too many waits for shared
    /// syncobjs).
    pub fn wait(&self, points: &[Point<'_>], mode: WaitMode, deadline: Deadline) -> Result<Waited> {
        wait::wait(&self.node, points, mode, deadline)
    }

    /// Signals points from the CPU, each with an error or none: all, or nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Foreign`], and [`Error::Call`] with `EINVAL` (no points, or one
    /// that does not increase) or `E2BIG` (more than `max_waits`).
    pub fn signal(&self, points: &[(Point<'_>, Option<Errno>)]) -> Result<()> {
        wait::signal(&self.node, points)
    }
}

impl AsFd for Device {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.node.as_fd()
    }
}

impl drm::Device for Device {}
impl drm::control::Device for Device {}

/// A count of the kernel's that is not absurd, so that nothing huge is
/// allocated for it.
fn checked_count(call: Call, count: u32, limit: u32) -> Result<usize> {
    usize::try_from(count)
        .ok()
        .filter(|_| count <= limit)
        .ok_or(Error::BadAnswer {
            call,
            what: "count",
            value: count.into(),
        })
}

/// All render nodes, in the order of their numbers.
fn render_nodes() -> Vec<PathBuf> {
    let mut nodes: Vec<(u32, PathBuf)> = std::fs::read_dir("/dev/dri")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let number = name.to_str()?.strip_prefix("renderD")?.parse().ok()?;
            Some((number, entry.path()))
        })
        .collect();
    nodes.sort();
    nodes.into_iter().map(|(_, path)| path).collect()
}

/// The driver of a node's parent device, as sysfs has it.
fn sysfs_driver(node: &Path) -> Option<std::ffi::OsString> {
    let link = Path::new("/sys/class/drm")
        .join(node.file_name()?)
        .join("device/driver");
    Some(std::fs::read_link(link).ok()?.file_name()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_counts_are_refused() {
        assert_eq!(checked_count(Call::QueryDevices, 64, 1 << 16).unwrap(), 64);
        let error = checked_count(Call::QueryDevices, u32::MAX, 1 << 16).unwrap_err();
        assert!(error.to_string().contains("count 4294967295"), "{error}");
    }

    #[test]
    fn not_drm_is_said() {
        let error = Device::open_path("/dev/null").unwrap_err();
        assert!(matches!(error, Error::NotDrm { .. }), "{error}");
        let error = Device::open_path("/nonexistent/node").unwrap_err();
        assert!(error.to_string().ends_with("modprobe mvgal"), "{error}");
    }
}

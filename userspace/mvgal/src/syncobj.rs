// SPDX-License-Identifier: MIT OR Apache-2.0

//! Syncobjs and their points.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use drm::control::{Device as _, syncobj};

use crate::error::{Call, Error, Result};
use crate::event::Event;
use crate::node::Node;

/// A syncobj on the mvgal file; dropping it drops the handle.
///
/// It holds one fence ([`binary`](Self::binary)) or a line of numbered ones
/// ([`point`](Self::point)). [`Timeline`](crate::Timeline) is the comfortable
/// way to the latter.
#[derive(Debug)]
pub struct Syncobj {
    pub(crate) node: Arc<Node>,
    handle: syncobj::Handle,
}

impl Syncobj {
    pub(crate) fn create(node: &Arc<Node>, signalled: bool) -> Result<Self> {
        let handle = node
            .create_syncobj(signalled)
            .map_err(|error| Error::io(Call::Syncobj, "a new syncobj", &error))?;
        Ok(Syncobj {
            node: node.clone(),
            handle,
        })
    }

    pub(crate) fn import(node: &Arc<Node>, fd: BorrowedFd<'_>) -> Result<Self> {
        let handle = node
            .fd_to_syncobj(fd, false)
            .map_err(|error| Error::io(Call::Syncobj, "an imported descriptor", &error))?;
        Ok(Syncobj {
            node: node.clone(),
            handle,
        })
    }

    /// A syncobj that no kernel knows of.
    #[cfg(test)]
    pub(crate) fn for_test(node: &Arc<Node>, handle: u32) -> Self {
        let handle = drm::control::RawResourceHandle::new(handle).unwrap();
        Syncobj {
            node: node.clone(),
            handle: handle.into(),
        }
    }

    /// Handle on the mvgal file; never 0.
    pub fn handle(&self) -> u32 {
        self.handle.into()
    }

    /// Handle for the calls of the drm crate.
    pub fn drm_handle(&self) -> syncobj::Handle {
        self.handle
    }

    /// The one fence of a binary syncobj.
    pub fn binary(&self) -> Point<'_> {
        self.point(0)
    }

    /// A point of a timeline; 0 is the same as [`binary`](Self::binary).
    pub fn point(&self, value: u64) -> Point<'_> {
        Point {
            syncobj: self,
            value,
        }
    }

    /// Exports the syncobj, for another driver or process.
    ///
    /// # Errors
    ///
    /// `EMFILE` if too many files are open.
    pub fn export(&self) -> Result<SyncobjFd> {
        let fd = self
            .node
            .syncobj_to_fd(self.handle, false)
            .map_err(|error| self.error(&error))?;
        Ok(SyncobjFd { fd })
    }

    /// The highest point that has signalled; of a binary syncobj, 0 or 1.
    ///
    /// # Errors
    ///
    /// `ENODEV` if mvgal was unplugged.
    pub fn query(&self) -> Result<u64> {
        self.query_points(false)
    }

    /// The highest point that has a fence, signalled or not.
    ///
    /// # Errors
    ///
    /// `ENODEV` if mvgal was unplugged.
    pub fn query_submitted(&self) -> Result<u64> {
        self.query_points(true)
    }

    fn query_points(&self, last_submitted: bool) -> Result<u64> {
        let mut points = [0];
        self.node
            .syncobj_timeline_query(&[self.handle], &mut points, last_submitted)
            .map_err(|error| self.error(&error))?;
        Ok(points[0])
    }

    fn error(&self, error: &std::io::Error) -> Error {
        Error::io(Call::Syncobj, format!("syncobj {}", self.handle()), error)
    }
}

impl Drop for Syncobj {
    fn drop(&mut self) {
        // The handle is ours; that it is gone already is no loss.
        let _ = self.node.destroy_syncobj(self.handle);
    }
}

/// A syncobj as a file, to hand to another driver or process.
#[derive(Debug)]
pub struct SyncobjFd {
    fd: OwnedFd,
}

impl AsFd for SyncobjFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl From<SyncobjFd> for OwnedFd {
    fn from(syncobj: SyncobjFd) -> Self {
        syncobj.fd
    }
}

/// A point of a syncobj: what jobs wait for and signal.
#[derive(Debug, Clone, Copy)]
pub struct Point<'a> {
    syncobj: &'a Syncobj,
    value: u64,
}

impl<'a> Point<'a> {
    /// The syncobj.
    pub fn syncobj(self) -> &'a Syncobj {
        self.syncobj
    }

    /// The number of the point; 0 for a binary syncobj.
    pub fn value(self) -> u64 {
        self.value
    }

    /// Something to `poll()` for: it becomes readable when the point signals.
    ///
    /// The point may have no fence yet.
    ///
    /// # Errors
    ///
    /// `EMFILE` if too many files are open.
    pub fn event(self) -> Result<Event> {
        let event = Event::new()?;
        self.syncobj
            .node
            .syncobj_eventfd(self.syncobj.handle, self.value, event.as_fd(), false)
            .map_err(|error| self.syncobj.error(&error))?;
        Ok(event)
    }

    pub(crate) fn on(self, node: &Arc<Node>) -> Result<Self> {
        if Arc::ptr_eq(&self.syncobj.node, node) {
            Ok(self)
        } else {
            Err(Error::Foreign {
                what: "syncobj",
                handle: self.syncobj.handle(),
            })
        }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! An open node of a member.

use std::fs::{File, OpenOptions};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use drm::Device as _;
use nix::sys::stat::{major, minor};

use crate::error::{Error, Result};

/// An open node of a member's own driver: `/dev/dri/renderD128`, say.
///
/// It is the client's own file: contexts and handles it makes there are valid
/// in what mvgal does through it. mvgal keeps its own reference once it is
/// attached; dropping this does not detach the member.
#[derive(Debug)]
pub struct MemberNode {
    file: File,
    path: PathBuf,
    driver: String,
}

impl MemberNode {
    /// Opens a node and checks that it is of the driver `driver`.
    ///
    /// # Errors
    ///
    /// [`Error::OpenMember`] and [`Error::WrongDriver`].
    pub fn open(path: &Path, driver: &str) -> Result<Self> {
        let failed = |source| Error::OpenMember {
            path: path.to_owned(),
            driver: driver.to_owned(),
            source,
        };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(failed)?;
        let node = MemberNode {
            file,
            path: path.to_owned(),
            driver: driver.to_owned(),
        };
        let found = node.get_driver().map_err(failed)?;
        let found = found.name().to_string_lossy();
        if found != driver {
            return Err(Error::WrongDriver {
                path: path.to_owned(),
                found: found.into_owned(),
                wanted: driver.to_owned(),
            });
        }
        Ok(node)
    }

    /// Name of its driver.
    pub fn driver(&self) -> &str {
        &self.driver
    }

    /// A file that refuses every call with `ENOTTY`.
    #[cfg(test)]
    pub(crate) fn for_test() -> Self {
        MemberNode {
            file: File::open("/dev/null").unwrap(),
            path: "/dev/null".into(),
            driver: "virtio_gpu".into(),
        }
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory of its device in sysfs; `None` if the node has been removed.
    pub fn sysfs_path(&self) -> Option<PathBuf> {
        let number = self.file.metadata().ok()?.rdev();
        let (major, minor) = (major(number), minor(number));
        let device = format!("/sys/dev/char/{major}:{minor}/device");
        std::fs::canonicalize(device).ok()
    }
}

impl AsFd for MemberNode {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl From<MemberNode> for OwnedFd {
    fn from(node: MemberNode) -> Self {
        node.file.into()
    }
}

impl drm::Device for MemberNode {}
impl drm::control::Device for MemberNode {}

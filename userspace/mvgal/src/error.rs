// SPDX-License-Identifier: MIT OR Apache-2.0

//! What can go wrong, and what to do about it.

use std::fmt;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::unistd::Group;

use crate::engine::NoEngine;
use crate::member::MemberId;
use crate::refusal::Refusal;
use crate::virgl;

/// A [`Result`](std::result::Result) with the [`Error`] of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A call into the kernel, as [`CallError`] names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Call {
    /// `DRM_IOCTL_MVGAL_QUERY_DEVICES`
    QueryDevices,
    /// `DRM_IOCTL_MVGAL_QUERY_CAPABILITIES`
    QueryCapabilities,
    /// `DRM_IOCTL_MVGAL_SUBMIT_WORKLOAD`
    SubmitWorkload,
    /// `DRM_IOCTL_MVGAL_ALLOC_MEMORY`
    AllocMemory,
    /// `DRM_IOCTL_MVGAL_FREE_MEMORY`
    FreeMemory,
    /// `DRM_IOCTL_MVGAL_IMPORT_DMABUF`
    ImportDmabuf,
    /// `DRM_IOCTL_MVGAL_EXPORT_DMABUF`
    ExportDmabuf,
    /// `DRM_IOCTL_MVGAL_WAIT_FENCE`
    WaitFence,
    /// `DRM_IOCTL_MVGAL_SIGNAL_FENCE`
    SignalFence,
    /// `DRM_IOCTL_MVGAL_SET_GPU_AFFINITY`
    SetGpuAffinity,
    /// One of the syncobj ioctls of the DRM core.
    Syncobj,
    /// `mmap()` of a buffer.
    Mmap,
    /// `eventfd()` or `poll()`.
    Event,
    /// A call of a member's own driver, or of the DRM core on its file.
    Driver(&'static str),
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Call::QueryDevices => "QUERY_DEVICES",
            Call::QueryCapabilities => "QUERY_CAPABILITIES",
            Call::SubmitWorkload => "SUBMIT_WORKLOAD",
            Call::AllocMemory => "ALLOC_MEMORY",
            Call::FreeMemory => "FREE_MEMORY",
            Call::ImportDmabuf => "IMPORT_DMABUF",
            Call::ExportDmabuf => "EXPORT_DMABUF",
            Call::WaitFence => "WAIT_FENCE",
            Call::SignalFence => "SIGNAL_FENCE",
            Call::SetGpuAffinity => "SET_GPU_AFFINITY",
            Call::Syncobj => "SYNCOBJ",
            Call::Mmap => "mmap",
            Call::Event => "eventfd",
            Call::Driver(name) => name,
        })
    }
}

/// The kernel refused a call.
///
/// Its text names the call, what it was about, the error and, where the UAPI
/// says so, what the error means there and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// The call.
    pub call: Call,
    /// What it was about: "4096 bytes on member 3", say.
    pub subject: String,
    /// What the kernel answered.
    pub errno: Errno,
}

impl CallError {
    /// What the error means for this call and what to do, if that is known.
    pub fn advice(&self) -> Option<&'static str> {
        advice(self.call, self.errno)
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {}: {} ({:?})",
            self.call,
            self.subject,
            self.errno.desc(),
            self.errno
        )?;
        match self.advice() {
            Some(advice) => write!(f, ": {advice}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for CallError {}

/// What the UAPI header says an error of a call means, and what to do.
fn advice(call: Call, errno: Errno) -> Option<&'static str> {
    use Call::*;
    Some(match (call, errno) {
        // What they mean there is the driver's.
        (Driver(_), _) => return None,
        (AllocMemory | SubmitWorkload, Errno::EACCES) => {
            "the member is not attached or not in the allowed mask; attach it first"
        }
        (AllocMemory, Errno::ENOENT) => {
            "there is no such member; it may have been unplugged: list the members again"
        }
        (AllocMemory, Errno::EOPNOTSUPP) => {
            "the member's driver cannot do it; try without HOST_VALID or SHARED, or another member"
        }
        (AllocMemory, Errno::EINVAL) => {
            "size, image or flags are out of range; GPU_VALID is not for the host"
        }
        (AllocMemory | ImportDmabuf, Errno::E2BIG) => {
            "larger than max_buffer_size of the capabilities"
        }
        (AllocMemory, Errno::ENOSPC) => "no placement fits; free something or use another member",
        (AllocMemory | SubmitWorkload | SetGpuAffinity, Errno::ENODEV) => {
            "the member or mvgal itself was unplugged; list the members again"
        }
        (SubmitWorkload, Errno::EPERM) => {
            "a priority above 11 needs CAP_SYS_NICE, and none may be above the client's ceiling"
        }
        (SubmitWorkload, Errno::ENOENT) => "no such buffer, syncobj or member",
        (SubmitWorkload, Errno::ESTALE) => {
            "another file of the member has been attached since, whose handles and contexts are \
             others: attach this one again, or make what is to be submitted anew on that"
        }
        (SubmitWorkload, Errno::E2BIG) => {
            "more jobs or syncs than the limits in the capabilities; split the batch"
        }
        (SubmitWorkload, Errno::EBUSY) => {
            "too many unfinished jobs of this client; wait for some and submit again"
        }
        (SubmitWorkload, Errno::EINVAL) => {
            "a range outside of a buffer, overlapping ranges, a bad pitch, or points of a timeline \
             that do not increase"
        }
        (SubmitWorkload, Errno::EOPNOTSUPP) => {
            "the member takes no jobs of that kind, the kernel cannot map a buffer that it is to \
             copy or fill, or implicit sync is not for one of the buffers"
        }
        (ExportDmabuf, Errno::EACCES) => {
            "the buffer was allocated without DMA_BUF; add that flag to the allocation"
        }
        (ExportDmabuf, Errno::EMFILE) => "too many open files; see ulimit -n",
        (ImportDmabuf, Errno::EINVAL) => "the descriptor is not a dma-buf",
        (FreeMemory | ExportDmabuf, Errno::ENOENT) => "no such buffer in this client",
        (WaitFence | SignalFence, Errno::ENOENT) => "no such syncobj in this client",
        (WaitFence | SignalFence, Errno::E2BIG) => {
            "more points than max_waits of the capabilities; split the call"
        }
        (WaitFence, Errno::EBUSY) => {
            "more waits for shared syncobjs without a fence than the driver can watch"
        }
        (SignalFence, Errno::EINVAL) => {
            "a point must be above all that the timeline has or will get, and an error from 1 to 4095"
        }
        (SetGpuAffinity, Errno::ENOENT) => "no such member, or it is not attached",
        (SetGpuAffinity, Errno::EACCES) => {
            "the file may not render: open the render node, or authenticate the primary one"
        }
        (SetGpuAffinity, Errno::EPERM) => "a ceiling above 11 needs CAP_SYS_NICE",
        (SetGpuAffinity, Errno::EINVAL) => {
            "the file is not a DRM file of that member, a slot of the mask is not attached, or the \
             preferred member is not allowed"
        }
        (SetGpuAffinity, Errno::E2BIG) => "more members than max_members of the capabilities",
        (_, Errno::ENOTTY) => {
            "the loaded module does not know the call; it is older than this library: update it"
        }
        (_, Errno::ENODEV) => "mvgal was unplugged or unloaded; open the device again",
        (_, Errno::ENOMEM) => "the kernel is out of memory",
        _ => return None,
    })
}

/// What can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no mvgal device, because the module is not loaded.
    #[error(
        "no mvgal device: {} does not exist and no render node has the driver mvgal; \
         load the module: modprobe mvgal",
        path.display()
    )]
    NotLoaded {
        /// The node looked for first.
        path: PathBuf,
    },

    /// The module is loaded, but there is no node of it.
    #[error(
        "no mvgal device: the module is loaded, but {} does not exist and no render node has the \
         driver mvgal; see dmesg | grep mvgal",
        path.display()
    )]
    NoNode {
        /// The node looked for first.
        path: PathBuf,
    },

    /// A device node cannot be opened.
    #[error("cannot open {}: {}{}", path.display(), system(source), open_advice(path, source))]
    Open {
        /// The node.
        path: PathBuf,
        /// What the kernel answered.
        source: io::Error,
    },

    /// A node of a member cannot be opened.
    #[error(
        "cannot open {} of the driver {driver}: {}{}",
        path.display(),
        system(source),
        member_advice(path, source)
    )]
    OpenMember {
        /// The node.
        path: PathBuf,
        /// The member's driver.
        driver: String,
        /// What the kernel answered.
        source: io::Error,
    },

    /// A node is not of the driver it should be.
    #[error("{} is a node of the driver {found:?}, not of {wanted:?}", path.display())]
    WrongDriver {
        /// The node.
        path: PathBuf,
        /// The driver it belongs to.
        found: String,
        /// The driver it should belong to.
        wanted: String,
    },

    /// A file is no node of a DRM driver.
    #[error("{} is not a DRM device", path.display())]
    NotDrm {
        /// The file.
        path: PathBuf,
    },

    /// A member has neither a render nor a primary node.
    #[error(
        "member {id} ({driver}) has no node in /dev/dri that could be opened; it cannot be attached"
    )]
    NoMemberNode {
        /// Id of the member.
        id: u32,
        /// Its driver.
        driver: String,
    },

    /// The kernel refused a call.
    #[error(transparent)]
    Call(#[from] CallError),

    /// A value is outside of what it may be; no call was made.
    #[error("{what} is {value}; it must be {allowed}")]
    Range {
        /// What has the value.
        what: &'static str,
        /// The value.
        value: u64,
        /// What it may be.
        allowed: String,
    },

    /// A buffer or syncobj of one open device was used with another.
    #[error(
        "{what} {handle} belongs to another open mvgal device; handles are per open file: \
         export it there and import it here"
    )]
    Foreign {
        /// "buffer" or "syncobj".
        what: &'static str,
        /// Its handle there.
        handle: u32,
    },

    /// A buffer has no mapping for the CPU.
    #[error("buffer {handle} cannot be mapped: it was allocated without HOST_VALID; add that flag")]
    NotMappable {
        /// Its handle.
        handle: u32,
    },

    /// The time was up first. What was waited for goes on, and can be waited for again.
    #[error("timed out waiting for {what}")]
    TimedOut {
        /// What was waited for.
        what: String,
    },

    /// The point signalled with an error: the job behind it did not do its work.
    #[error(
        "point {point} of syncobj {handle} signalled with an error: {} ({errno:?}){}",
        errno.desc(),
        fence_advice(*errno)
    )]
    Fence {
        /// Handle of the syncobj.
        handle: u32,
        /// The point.
        point: u64,
        /// The error its fence carries.
        errno: Errno,
    },

    /// There is no copy engine to use on a member.
    #[error(transparent)]
    NoEngine(#[from] NoEngine),

    /// A virtio GPU that renders did not do what it was asked for.
    #[error(transparent)]
    Virgl(Box<virgl::Error>),

    /// Jobs that the CPU does cannot get at a member's memory.
    #[error(
        "the CPU cannot copy what is in memory of member {member}: {refusal}; \
         let its engine do it, if it has one"
    )]
    NotByCpu {
        /// The member.
        member: MemberId,
        /// Why not.
        refusal: Refusal,
    },

    /// A step of a transfer failed.
    #[error("{step}: {} ({errno:?}){}", errno.desc(), step_advice(*errno))]
    Step {
        /// What was being done.
        step: String,
        /// The member whose engine did it; `None` if it was the CPU.
        engine: Option<MemberId>,
        /// The error that its fence carries.
        errno: Errno,
    },

    /// A job of an [`EngineCopy`](crate::engine::EngineCopy) was submitted before.
    #[error("the copy was submitted before; prepare another one")]
    SubmittedBefore,

    /// A route is in use: the range before has not ended.
    #[error("the route is in use: the range before has not ended; wait for it first")]
    Unfinished,

    /// The kernel answered what it never should.
    #[error(
        "{call} answered with {what} {value}, which cannot be; \
         do the loaded module and this library belong together?"
    )]
    BadAnswer {
        /// The call.
        call: Call,
        /// What is wrong.
        what: &'static str,
        /// Its value.
        value: u64,
    },
}

/// What the system answered, with the name of the error and not its number.
fn system(error: &io::Error) -> String {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(errno) => format!("{} ({errno:?})", errno.desc()),
        None => error.to_string(),
    }
}

/// What to do for permission to open a node: its group is what the distribution has given it.
fn join_group(path: &Path) -> String {
    let Ok(metadata) = std::fs::metadata(path) else {
        let usual = match path.file_name().and_then(|name| name.to_str()) {
            Some(name) if name.starts_with("card") => "video",
            _ => "render",
        };
        return format!(
            "; add yourself to the group that owns it, usually: usermod -aG {usual} $USER"
        );
    };
    let (mode, gid) = (metadata.mode(), metadata.gid());
    if gid == 0 || mode & 0o060 != 0o060 {
        return "; only root may: have udev give it to a group, or run this as root".to_owned();
    }
    let name = match Group::from_gid(gid.into()) {
        Ok(Some(group)) => group.name,
        // usermod takes numbers, too.
        _ => gid.to_string(),
    };
    format!("; add yourself to the group that owns it: usermod -aG {name} $USER")
}

fn member_advice(path: &Path, error: &io::Error) -> String {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::EACCES | Errno::EPERM) => return join_group(path),
        Some(Errno::ENOENT | Errno::ENXIO | Errno::ENODEV) => "; was the member unplugged?",
        Some(Errno::EMFILE) => "; see ulimit -n",
        _ => "",
    }
    .to_owned()
}

fn open_advice(path: &Path, error: &io::Error) -> String {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::EACCES | Errno::EPERM) => return join_group(path),
        Some(Errno::ENOENT | Errno::ENXIO | Errno::ENODEV) => {
            "; is the module loaded? modprobe mvgal"
        }
        Some(Errno::EMFILE) => "; see ulimit -n",
        _ => "",
    }
    .to_owned()
}

fn fence_advice(errno: Errno) -> &'static str {
    match errno {
        Errno::ECANCELED => ": the job was cancelled, because one that it waited for failed",
        Errno::ENODEV => ": the member was unplugged",
        Errno::ETIME | Errno::ETIMEDOUT => ": the job took too long",
        _ => "",
    }
}

fn step_advice(errno: Errno) -> &'static str {
    match errno {
        Errno::ENODEV => ": the member was unplugged",
        Errno::ETIME | Errno::ETIMEDOUT => {
            ": it took too long, or the engine met an address or a command that it cannot use"
        }
        Errno::ECANCELED => {
            ": it was cancelled, or the engine takes no more after an earlier failure; make a new one"
        }
        _ => "",
    }
}

impl Error {
    /// The errno behind this error, if the kernel gave one.
    ///
    /// ```
    /// use mvgal::{Call, CallError, Errno, Error};
    ///
    /// let error = Error::from(CallError {
    ///     call: Call::AllocMemory,
    ///     subject: "4096 bytes on member 3".into(),
    ///     errno: Errno::EACCES,
    /// });
    /// assert_eq!(error.errno(), Some(Errno::EACCES));
    /// assert!(error.to_string().ends_with("attach it first"));
    /// ```
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Error::Call(call) => Some(call.errno),
            Error::Open { source, .. } | Error::OpenMember { source, .. } => {
                source.raw_os_error().map(Errno::from_raw)
            }
            Error::Fence { errno, .. } | Error::Step { errno, .. } => Some(*errno),
            Error::Virgl(error) => error.errno(),
            Error::TimedOut { .. } => Some(Errno::ETIME),
            _ => None,
        }
    }

    pub(crate) fn range(what: &'static str, value: u64, allowed: impl Into<String>) -> Self {
        Error::Range {
            what,
            value,
            allowed: allowed.into(),
        }
    }

    pub(crate) fn call(call: Call, subject: impl Into<String>, errno: Errno) -> Self {
        Error::Call(CallError {
            call,
            subject: subject.into(),
            errno,
        })
    }

    /// For the calls of the drm crate, which give [`io::Error`].
    pub(crate) fn io(call: Call, subject: impl Into<String>, error: &io::Error) -> Self {
        let errno = error
            .raw_os_error()
            .map_or(Errno::UnknownErrno, Errno::from_raw);
        Error::call(call, subject, errno)
    }
}

impl From<virgl::Error> for Error {
    fn from(error: virgl::Error) -> Self {
        Error::Virgl(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_was_wrong_and_what_to_do() {
        let open = |errno: Errno| Error::Open {
            path: "/dev/mvgal0".into(),
            source: errno.into(),
        };
        let errors = [
            Error::NotLoaded {
                path: "/dev/mvgal0".into(),
            },
            Error::NoNode {
                path: "/dev/mvgal0".into(),
            },
            open(Errno::EACCES),
            open(Errno::ENOENT),
            Error::OpenMember {
                path: "/dev/dri/renderD128".into(),
                driver: "i915".into(),
                source: Errno::ENOENT.into(),
            },
            Error::WrongDriver {
                path: "/dev/dri/renderD128".into(),
                found: "i915".into(),
                wanted: "mvgal".into(),
            },
            Error::call(Call::AllocMemory, "4096 bytes on member 3", Errno::EACCES),
            Error::call(Call::SubmitWorkload, "a batch of 1 job", Errno::EPERM),
            Error::call(Call::ExportDmabuf, "buffer 5", Errno::EACCES),
            Error::call(Call::QueryDevices, "all members", Errno::ENOTTY),
            Error::call(Call::Mmap, "4096 bytes of buffer 5", Errno::EPERM),
            Error::NotMappable { handle: 5 },
            Error::Foreign {
                what: "buffer",
                handle: 5,
            },
            Error::TimedOut {
                what: "point 7 of syncobj 2".into(),
            },
            Error::Fence {
                handle: 2,
                point: 7,
                errno: Errno::ECANCELED,
            },
            Error::BadAnswer {
                call: Call::AllocMemory,
                what: "handle",
                value: 0,
            },
        ];
        let texts: Vec<String> = errors.iter().map(Error::to_string).collect();
        insta::assert_snapshot!(texts.join("\n"));
    }

    #[test]
    fn who_may_not_open_a_node_is_told_its_own_group() {
        use std::os::unix::fs::{PermissionsExt, chown};

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("card3");
        let text = || {
            Error::OpenMember {
                path: path.clone(),
                driver: "vkms".into(),
                source: Errno::EACCES.into(),
            }
            .to_string()
        };
        assert!(
            text().ends_with("usually: usermod -aG video $USER"),
            "{}",
            text()
        );

        std::fs::write(&path, b"").unwrap();
        let mode = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode));
        mode(0o600).unwrap();
        assert!(text().contains("only root may"), "{}", text());
        mode(0o660).unwrap();
        let video = Group::from_name("video").unwrap();
        let Some(gid) = video.map(|group| group.gid.as_raw()) else {
            return;
        };
        // Without the permission to give it away it is in a group of this user.
        let name = match chown(&path, None, Some(gid)) {
            Ok(()) => "video".to_owned(),
            Err(_) => match std::fs::metadata(&path).unwrap().gid() {
                0 => return,
                own => Group::from_gid(own.into()).unwrap().unwrap().name,
            },
        };
        let expected = format!("owns it: usermod -aG {name} $USER");
        assert!(text().ends_with(&expected), "{}", text());
    }
}

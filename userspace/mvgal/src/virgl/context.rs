// SPDX-License-Identifier: MIT OR Apache-2.0

//! Rendering contexts.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use super::capset::{self, Caps, CapsetId};
use super::commands::{Commands, Direction, command};
use super::error::{Call, Error, Result};
use super::features::Features;
use super::file::File;
use super::format::{Bind, Box3d, Format};
use super::resource::{BlobInfo, Resource, ResourceInfo};
use super::state::Clear;
use super::submission::Submission;
use super::transfer::Transfer;
use super::{ioctls, sys};
use crate::deadline::Deadline;
use crate::member_node::MemberNode;

/// A rendering context of the host: one open file of a virtio GPU that renders.
///
/// The driver has one context a file, and destroys it with the file: when the last
/// of the context, its resources, fences and sub-contexts is gone, and mvgal has
/// let go of the file if it was attached. As an [`AsFd`] it is that file, for
/// [`Device::attach`](crate::Device::attach).
#[derive(Debug)]
pub struct Context {
    file: Arc<File>,
}

impl Context {
    /// A context of the driver's choice, which it makes when it is first used.
    ///
    /// # Errors
    ///
    /// [`Error::No3d`], and those of [`Features::query`].
    pub fn new(node: MemberNode) -> Result<Self> {
        let features = Features::query(&node)?;
        if !features.render {
            return Err(Error::No3d {
                node: node.path().display().to_string(),
            });
        }
        Ok(Context {
            file: Arc::new(File::new(node, features)),
        })
    }

    /// A context for one capability set, with a name that shows up in the host's
    /// messages, if hosts have names for contexts.
    ///
    /// For virgl on a host without `CONTEXT_INIT` it is the same as
    /// [`new`](Self::new).
    ///
    /// # Errors
    ///
    /// [`Error::No3d`], [`Error::NoCapset`], [`Error::Unsupported`] for sets other
    /// than virgl without `CONTEXT_INIT`.
    pub fn with_capset(node: MemberNode, id: CapsetId, name: Option<&CStr>) -> Result<Self> {
        let context = Self::new(node)?;
        let features = context.features();
        if !features.context_init {
            return match id {
                CapsetId::VIRGL | CapsetId::VIRGL2 => Ok(context),
                _ => Err(Error::Unsupported {
                    what: "a context for another capability set than virgl",
                    reason: "the host has no CONTEXT_INIT",
                }),
            };
        }
        if !features.has_capset(id) {
            return Err(Error::NoCapset(id));
        }
        let mut params = vec![sys::drm_virtgpu_context_set_param {
            param: sys::VIRTGPU_CONTEXT_PARAM_CAPSET_ID.into(),
            value: id.get().into(),
        }];
        if let Some(name) = name.filter(|_| features.debug_name) {
            params.push(sys::drm_virtgpu_context_set_param {
                param: sys::VIRTGPU_CONTEXT_PARAM_DEBUG_NAME.into(),
                value: name.as_ptr().expose_provenance() as u64,
            });
        }
        let mut arg = sys::drm_virtgpu_context_init {
            num_params: params.len() as u32,
            pad: 0,
            ctx_set_params: params.as_ptr().expose_provenance() as u64,
        };
        // SAFETY: `params` is as long as `arg` says, and the name ends with a zero.
        unsafe { context.file.call(ioctls::context_init, &mut arg) }.map_err(|errno| {
            Error::call(Call::ContextInit, format!("capability set {id}"), errno)
        })?;
        Ok(context)
    }

    /// What the device and its driver can do.
    pub fn features(&self) -> Features {
        self.file.features
    }

    /// Path of the node.
    pub fn path(&self) -> String {
        self.file.path()
    }

    /// What the host's renderer can do: of the two sets of virgl the better one.
    ///
    /// # Errors
    ///
    /// [`Error::NoCapset`], and `EBUSY` if the host does not answer within 5 s.
    pub fn caps(&self) -> Result<Caps> {
        capset::caps(&self.file)
    }

    /// The capability sets that there are.
    ///
    /// A driver that does not list them is asked for each that has a name.
    ///
    /// # Errors
    ///
    /// As [`capset_data`](Self::capset_data).
    pub fn capsets(&self) -> Result<Vec<CapsetId>> {
        let features = self.features();
        if features.capsets != 0 {
            return Ok((0..32)
                .map(CapsetId::new)
                .filter(|id| features.has_capset(*id))
                .collect());
        }
        let mut found = Vec::new();
        for id in CapsetId::NAMED {
            match self.capset_data(id, 0, 4) {
                Ok(_) => found.push(id),
                Err(Error::NoCapset(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// The first `size` bytes of a capability set, as the host gives them; those
    /// that it has not got are 0.
    ///
    /// # Errors
    ///
    /// [`Error::NoCapset`] for sets and versions that there are not,
    /// [`Error::Range`] for sizes of 0 and above 1 MiB, `EBUSY` if the host does
    /// not answer within 5 s.
    pub fn capset_data(&self, id: CapsetId, version: u32, size: usize) -> Result<Vec<u8>> {
        capset::data(&self.file, id, version, size)
    }

    /// Creates a 3-D resource with pages behind it, which are zero.
    ///
    /// The host creates its part later: what it does not like, it says in the
    /// kernel's log alone.
    ///
    /// # Errors
    ///
    /// [`Error::Range`], `ENOMEM`.
    pub fn create(&self, info: &ResourceInfo) -> Result<Resource> {
        Resource::create(&self.file, info)
    }

    /// Creates a blob resource.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where there are none or not of that kind,
    /// [`Error::Range`], and `EINVAL`.
    pub fn create_blob(&self, info: &BlobInfo) -> Result<Resource> {
        Resource::create_blob(&self.file, info)
    }

    /// Creates a 3-D resource as a blob: what [`create`](Self::create) makes, in memory
    /// that `blob` tells of. Memory of the host that is mapped is one with the CPU's, and
    /// takes no transfers; virglrenderer has it for buffers alone. With pages of the guest,
    /// too, the driver takes strides in transfers, but virglrenderer 1.1 no transfers.
    ///
    /// The host creates its part later: what it does not like, it says in the kernel's log
    /// alone, and gives the context up.
    ///
    /// # Errors
    ///
    /// As [`create_blob`](Self::create_blob); [`Error::Range`] if `blob` is smaller than
    /// `info`, names an object, or is of the guest's pages alone, which have no shape.
    pub fn create_blob_of(&self, info: &ResourceInfo, blob: &BlobInfo) -> Result<Resource> {
        Resource::create_blob_of(&self.file, info, blob)
    }

    /// Makes a resource of a dma-buf of a virtio GPU: of a buffer, say, that mvgal
    /// allocated on this member. `info` says what it is, which a dma-buf does not.
    ///
    /// # Errors
    ///
    /// [`Error::Range`] if it is smaller than `info`, and `EINVAL` for what the
    /// driver does not import.
    pub fn import(&self, dma_buf: impl AsFd, info: &ResourceInfo) -> Result<Resource> {
        Resource::import(&self.file, dma_buf.as_fd(), info)
    }

    /// How many resources there are.
    pub fn resources(&self) -> usize {
        self.file.handles_in_use()
    }

    /// Makes a sub-context: a pipeline with state and objects of its own.
    ///
    /// # Errors
    ///
    /// As [`Submission::submit`].
    pub fn sub_context(&self) -> Result<SubContext> {
        let sub = SubContext {
            id: self.file.next_sub_context(),
            names: Arc::new(AtomicU32::new(1)),
            file: self.file.clone(),
        };
        let mut commands = Commands::new(sub.names.clone());
        commands.sub_context(command::CREATE_SUB_CONTEXT, sub.id);
        Submission::new(&self.file, commands)?.submit()?;
        Ok(sub)
    }

    /// Prepares the submission of a command stream.
    ///
    /// # Errors
    ///
    /// [`Error::Foreign`] if it names a resource of another file.
    pub fn submission<'s>(&self, commands: Commands) -> Result<Submission<'s>> {
        Submission::new(&self.file, commands)
    }

    /// Asks the host whether it still runs the commands of this context.
    ///
    /// Of wrong commands neither the driver nor a fence tells: the host gives up
    /// the context and runs none of its commands any more. So a pixel is cleared,
    /// in a sub-context of its own, and read back.
    ///
    /// # Errors
    ///
    /// [`Error::Lost`] if it does not; a new context then goes on.
    /// [`Error::TimedOut`], and those of what it takes.
    pub fn check(&self, deadline: Deadline) -> Result<()> {
        const COLOR: [f32; 4] = [1.0, 0.0, 1.0, 1.0];
        const PIXEL: [u8; 4] = [255, 0, 255, 255];
        let format = Format::B8G8R8A8Unorm;
        let pixel = self.create(&ResourceInfo::image(1, 1, format, Bind::RENDER_TARGET))?;
        let sub = self.sub_context()?;
        let mut commands = sub.commands();
        let surface = commands.create_surface(&pixel, format, 0, (0, 0));
        commands.set_framebuffer(&[surface], None)?;
        commands.clear(&Clear {
            color: Some(COLOR),
            ..Default::default()
        });
        self.submission(commands)?.submit()?;
        let transfer = Transfer::of(&pixel, Box3d::rect(0, 0, 1, 1));
        pixel.transfer(&transfer, Direction::FromHost)?;
        pixel.wait(deadline)?;
        let mut found = [0; 4];
        pixel.map()?.read_at(0, &mut found)?;
        if found == PIXEL {
            Ok(())
        } else {
            Err(Error::Lost)
        }
    }
}

impl AsFd for Context {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// A pipeline of a context, with state and objects of its own.
///
/// Dropping it destroys it on the host, behind all that was submitted before. So
/// keep it until the NATIVE jobs that use it were dispatched.
#[derive(Debug)]
pub struct SubContext {
    id: u32,
    names: Arc<AtomicU32>,
    file: Arc<File>,
}

impl SubContext {
    /// The host's number of it.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Starts a command stream for it.
    pub fn commands(&self) -> Commands {
        let mut commands = Commands::new(self.names.clone());
        commands.sub_context(command::SET_SUB_CONTEXT, self.id);
        commands
    }
}

impl Drop for SubContext {
    fn drop(&mut self) {
        let mut commands = Commands::new(self.names.clone());
        commands.sub_context(command::DESTROY_SUB_CONTEXT, self.id);
        // If it fails, it goes with the context.
        let _ = Submission::new(&self.file, commands).and_then(Submission::submit);
    }
}

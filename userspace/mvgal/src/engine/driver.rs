// SPDX-License-Identifier: MIT OR Apache-2.0

//! What differs between drivers whose engines copy by GPU addresses.

use std::any::Any;
use std::fmt;

use drm::control::syncobj;

use crate::error::Result;
use crate::member_node::MemberNode;

use super::span::Span;

/// An object of the file, and where the GPU sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Object {
    /// Its GEM handle.
    pub handle: u32,
    /// Its first address.
    pub address: u64,
}

impl Object {
    /// What it is, for messages.
    pub(super) fn subject(self, size: u64) -> String {
        format!(
            "object {}, {size} bytes at {:#x}",
            self.handle, self.address
        )
    }
}

/// A driver of GPUs with copy engines.
pub(super) trait Driver: fmt::Debug + Send + Sync {
    /// What offsets, widths and pitches are multiples of; a power of two.
    fn unit(&self) -> u64;

    /// The end of the addresses that objects may have.
    fn end(&self) -> u64;

    /// Makes the GPU see all `size` bytes of an object at its address.
    ///
    /// Gives a new syncobj of the file that signals when it does, if submissions do not wait for
    /// that by themselves.
    fn bind(&self, node: &MemberNode, object: Object, size: u64)
    -> Result<Option<syncobj::Handle>>;

    /// Takes that back, without waiting until it is done: what is bound at the address later is
    /// so behind it.
    ///
    /// # Errors
    ///
    /// What the driver answers. It is not bound any more then if its handle is closed and no
    /// submission uses it, but its address is not to be used again.
    fn unbind(&self, node: &MemberNode, object: Object, size: u64) -> Result<()>;

    /// Gives back what was made on the file, as no copy is under way and nothing is bound.
    fn close(&self, node: &MemberNode);

    /// How many words [`stream`](Self::stream) has.
    fn words(&self, span: Span) -> u64;

    /// The command stream of a copy from one address to another, all of it in units.
    fn stream(&self, src: u64, dst: u64, span: Span) -> Vec<u32>;

    /// The submission of a stream, which is at the start of `code` and `bytes` long. It uses
    /// what is listed, and signals a syncobj of the file.
    fn submission(
        &self,
        code: Object,
        bytes: u32,
        reads: &[Object],
        writes: &[Object],
        syncobj: u32,
    ) -> Submission;
}

/// A call of a driver that submits, with what its argument points at.
#[derive(Debug)]
pub(super) struct Submission {
    /// Number of the ioctl, as the driver counts them.
    pub nr: u32,
    /// Its argument.
    pub argument: Vec<u8>,
    /// What that points at.
    pub kept: Kept,
}

/// Memory that a driver reads, and may write, when it gets a submission.
///
/// It stays where it is while this is moved about.
#[derive(Default)]
pub(super) struct Kept(Vec<Box<dyn Any + Send + Sync>>);

impl Kept {
    /// Keeps an array, and gives its address.
    pub(super) fn keep<T: Send + Sync + 'static>(&mut self, mut array: Vec<T>) -> u64 {
        // The elements of a vector stay where they are when it is moved.
        let address = array.as_mut_ptr().expose_provenance() as u64;
        self.0.push(Box::new(array));
        address
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} arrays", self.0.len())
    }
}

/// A structure of integers without padding, which can be given as bytes.
///
/// # Safety
///
/// The type must have no padding, and of its unions the largest field must be set.
pub(super) unsafe trait Argument: Sized {
    /// Its bytes.
    fn to_bytes(&self) -> Vec<u8> {
        // SAFETY: All bytes have a value: there is no padding, and unions are set.
        unsafe {
            std::slice::from_raw_parts((&raw const *self).cast::<u8>(), size_of::<Self>()).to_vec()
        }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! GEM handles of the mvgal file.

use std::sync::Arc;

use drm::control::RawResourceHandle;

use crate::error::{Call, Error, Result};
use crate::node::{Handles, Node};

/// One use of a GEM handle; with the last the handle is dropped.
#[derive(Debug)]
pub(crate) struct Handle {
    node: Arc<Node>,
    number: RawResourceHandle,
    freed: bool,
}

impl Handle {
    /// Takes a handle that a call has just returned, under the lock that was held since, if it
    /// may return the same again.
    pub(crate) fn returned(
        node: &Arc<Node>,
        handles: &mut Handles<'_>,
        call: Call,
        number: u32,
    ) -> Result<Self> {
        let valid = RawResourceHandle::new(number).ok_or(Error::BadAnswer {
            call,
            what: "handle",
            value: 0,
        })?;
        handles.acquire(number);
        Ok(Handle {
            node: node.clone(),
            number: valid,
            freed: false,
        })
    }

    /// A handle that no kernel knows of.
    #[cfg(test)]
    pub(crate) fn for_test(node: &Arc<Node>, number: u32) -> Self {
        Handle {
            node: node.clone(),
            number: RawResourceHandle::new(number).unwrap(),
            freed: true,
        }
    }

    /// The file in which it is valid.
    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// The handle; never 0.
    pub(crate) fn number(&self) -> RawResourceHandle {
        self.number
    }

    /// Drops it, and says whether that worked.
    ///
    /// # Errors
    ///
    /// `ENOENT` if someone dropped the handle behind its back.
    pub(crate) fn free(mut self) -> Result<()> {
        self.freed = true;
        self.node.release(self.number.get())
    }
}

impl Clone for Handle {
    fn clone(&self) -> Self {
        self.node.handles().acquire(self.number.get());
        Handle {
            node: self.node.clone(),
            number: self.number,
            freed: false,
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if !self.freed {
            // Nothing can be done about an error here: see `free`.
            let _ = self.node.release(self.number.get());
        }
    }
}

#[cfg(test)]
mod tests {
    use nix::errno::Errno;

    use super::*;

    #[test]
    fn the_last_use_frees_a_handle() {
        let node = Node::for_test();
        let handle = Handle::returned(&node, &mut node.handles(), Call::AllocMemory, 7).unwrap();
        handle.clone().free().unwrap();
        // Only now is the kernel asked, which here does not know the call.
        let error = handle.free().unwrap_err();
        assert_eq!(error.errno(), Some(Errno::ENOTTY));
    }

    #[test]
    fn no_handle_is_0() {
        let node = Node::for_test();
        let none = Handle::returned(&node, &mut node.handles(), Call::AllocMemory, 0);
        assert!(matches!(none, Err(Error::BadAnswer { .. })));
    }
}

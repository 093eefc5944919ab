// SPDX-License-Identifier: GPL-2.0

//! Whether a member is there, for those who are about to use its memory.
//!
//! When a device is unplugged its driver takes away what is mapped of its memory. So whoever
//! touches that enters first, for a bounded time, and who announces that the member goes waits
//! until they have left.

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full, //
        },
        Arc,
        Completion, //
    },
};

#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/presence.rs"]
mod test;

/// Added to [`Presence::users`] when the member goes. There are never so many users.
const GONE: u32 = 1 << 31;

/// Whether a member is there.
#[pin_data]
pub(crate) struct Presence {
    /// Id of the member.
    member: u32,
    /// Those who use its memory just now, and [`GONE`].
    users: Atomic<u32>,
    /// Completed when the last of them leaves after it is gone.
    #[pin]
    unused: Completion,
}

/// A time in which the memory of a member can be used.
pub(crate) struct Stay<'a>(&'a Presence);

impl Presence {
    /// The member of that id is there.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(member: u32) -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                member,
                users: Atomic::new(0),
                unused <- Completion::new(),
            }),
            GFP_KERNEL,
        )
    }

    /// Returns the id of the member.
    pub(crate) fn member(&self) -> u32 {
        self.member
    }

    /// Returns whether it is gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.users.load(Acquire) & GONE != 0
    }

    /// Keeps its memory from being taken away until the value is dropped, which must be soon: what
    /// removes the device waits. `None` if it is gone.
    pub(crate) fn enter(&self) -> Option<Stay<'_>> {
        let before = self.users.fetch_add(1, Full);
        let stay = Stay(self);
        (before & GONE == 0).then_some(stay)
    }

    /// Announces that it is gone, and waits for those who use its memory. Sleeps; called once.
    pub(crate) fn end(&self) {
        if self.users.fetch_add(GONE, Full) != 0 {
            self.unused.wait_for_completion();
        }
    }
}

impl Drop for Stay<'_> {
    fn drop(&mut self) {
        if self.0.users.fetch_sub(1, Full) == GONE + 1 {
            self.0.unused.complete_all();
        }
    }
}

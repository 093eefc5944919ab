// SPDX-License-Identifier: MIT OR Apache-2.0

//! Something to poll for.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::deadline::Deadline;
use crate::error::{Call, Error, Result};

/// An eventfd that becomes readable when a [`Point`](crate::Point) signals.
///
/// It fits into `poll()` and every event loop that is built on it.
#[derive(Debug)]
pub struct Event {
    fd: EventFd,
}

impl Event {
    pub(crate) fn new() -> Result<Self> {
        let fd = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)
            .map_err(|errno| Error::call(Call::Event, "a new event", errno))?;
        Ok(Event { fd })
    }

    /// Waits until the point has signalled; false if the time was up first.
    ///
    /// # Errors
    ///
    /// What `poll()` answers.
    pub fn wait(&self, deadline: Deadline) -> Result<bool> {
        loop {
            let timeout = match deadline {
                Deadline::NEVER => PollTimeout::NONE,
                Deadline::NOW => PollTimeout::ZERO,
                deadline => {
                    let left = deadline
                        .as_ns()
                        .saturating_sub(Deadline::now().as_ns())
                        .max(0);
                    // Rounded up, so that it does not wake too early.
                    let ms = (left / 1_000_000).saturating_add(i64::from(left % 1_000_000 != 0));
                    PollTimeout::try_from(ms).unwrap_or(PollTimeout::MAX)
                }
            };
            let mut fds = [PollFd::new(self.fd.as_fd(), PollFlags::POLLIN)];
            match poll(&mut fds, timeout) {
                Ok(0) if deadline == Deadline::NOW || Deadline::now() >= deadline => {
                    return Ok(false);
                }
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) => return Ok(true),
                Err(errno) => return Err(Error::call(Call::Event, "an event", errno)),
            }
        }
    }
}

impl AsFd for Event {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl From<Event> for OwnedFd {
    fn from(event: Event) -> Self {
        event.fd.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn waits_for_the_signal_or_the_deadline() {
        let event = Event::new().unwrap();
        assert!(!event.wait(Deadline::NOW).unwrap());
        assert!(
            !event
                .wait(Deadline::after(Duration::from_millis(2)))
                .unwrap()
        );
        event.fd.write(1).unwrap();
        assert!(event.wait(Deadline::NEVER).unwrap());
    }
}

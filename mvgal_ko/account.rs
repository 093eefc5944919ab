// SPDX-License-Identifier: GPL-2.0

//! What memory a client has, by where it is, and how much it may have.

use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    },
};
use kernel_ext::dmem;

struct Used {
    /// Bytes of all homes.
    bytes: u64,
    /// Bytes by the id of the home; none is 0.
    homes: KVec<(u32, u64)>,
}

impl Used {
    /// Adds bytes.
    ///
    /// # Errors
    ///
    /// `ENOSPC` if there would be more than `limit`, `ENOMEM`.
    fn add(&mut self, home: u32, bytes: u64, limit: u64) -> Result {
        let sum = self.bytes.checked_add(bytes).ok_or(ENOSPC)?;
        if sum > limit {
            return Err(ENOSPC);
        }
        match self.homes.iter_mut().find(|(id, _)| *id == home) {
            Some((_, there)) => *there += bytes,
            None => self.homes.push((home, bytes), GFP_KERNEL_ACCOUNT)?,
        }
        self.bytes = sum;
        Ok(())
    }

    fn take(&mut self, home: u32, bytes: u64) {
        self.bytes -= bytes;
        if let Some(index) = self.homes.iter().position(|(id, _)| *id == home) {
            if let Some((_, there)) = self.homes.get_mut(index) {
                *there -= bytes;
                if *there == 0 {
                    let _ = self.homes.remove(index);
                }
            }
        }
    }
}

/// The memory of one client.
///
/// It lives on with what was allocated on it.
#[pin_data]
pub(crate) struct Account {
    limit: u64,
    host: Arc<dmem::Region>,
    #[pin]
    used: Mutex<Used>,
}

impl Account {
    /// Makes one that `limit` bytes may be charged to, and memory of the host also to `host`.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(limit: u64, host: Arc<dmem::Region>) -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                limit,
                host,
                used <- new_mutex!(Used {
                    bytes: 0,
                    homes: KVec::new(),
                }, "mvgal::Account::used"),
            }),
            GFP_KERNEL,
        )
    }

    /// Charges memory that a member's driver or the host is going to be asked for, until the
    /// returned value is dropped.
    ///
    /// # Errors
    ///
    /// `ENOSPC` if it is more than the client may have, `ENOMEM`.
    pub(crate) fn charge(self: &Arc<Self>, home: u32, bytes: u64) -> Result<Charge> {
        self.used.lock().add(home, bytes, self.limit)?;
        Ok(Charge {
            account: self.clone(),
            home,
            bytes,
        })
    }

    /// Charges memory of the host to the cgroup of the current task.
    ///
    /// # Errors
    ///
    /// As [`dmem::Region::charge`].
    pub(crate) fn charge_group(&self, bytes: u64) -> Result<dmem::Charge> {
        dmem::Region::charge(&self.host, bytes)
    }

    /// Calls `f` with the id of each home of the memory, and the bytes there.
    pub(crate) fn for_each(&self, mut f: impl FnMut(u32, u64)) {
        for (home, bytes) in self.used.lock().homes.iter() {
            f(*home, *bytes);
        }
    }
}

/// Memory that is charged to a client.
pub(crate) struct Charge {
    account: Arc<Account>,
    home: u32,
    bytes: u64,
}

impl Charge {
    /// Charges more, up to `bytes` in all.
    ///
    /// # Errors
    ///
    /// As [`Account::charge`]; then all stays as it was.
    pub(crate) fn raise_to(&mut self, bytes: u64) -> Result {
        let more = bytes.saturating_sub(self.bytes);
        if more == 0 {
            return Ok(());
        }
        let account = &self.account;
        account.used.lock().add(self.home, more, account.limit)?;
        self.bytes += more;
        Ok(())
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.account.used.lock().take(self.home, self.bytes);
    }
}

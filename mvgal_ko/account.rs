// SPDX-License-Identifier: GPL-2.0

//! What memory a client has, by where it is, and how much it may have.
//!
//! Memory is charged to the client that has it allocated. That of the host is, until it is freed:
//! mvgal is its exporter, and knows. That of a member is as long as mvgal has use for it, by the
//! buffer or a job; who else keeps it has it from that member's driver, whose memory it is to
//! account for, and which every client that may use the member can ask for memory itself.

use kernel::{
    new_condvar,
    new_mutex,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        CondVar,
        CondVarTimeoutResult,
        Mutex, //
    },
    time::msecs_to_jiffies, //
};
use kernel_ext::dmem;

/// How long to wait for memory that is about to be freed, in ms.
const GIVE_BACK_MS: u32 = 100;

struct Used {
    /// Bytes of all homes.
    bytes: u64,
    /// Those of buffers that are gone: jobs may still use them, or they are just being freed.
    leaving: u64,
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

    /// Whether there will be room for bytes when those are gone that are leaving.
    fn may_fit(&self, bytes: u64, limit: u64) -> bool {
        let staying = self.bytes - self.leaving;
        self.leaving != 0 && staying.checked_add(bytes).is_some_and(|sum| sum <= limit)
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
    #[pin]
    given_back: CondVar,
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
                    leaving: 0,
                    homes: KVec::new(),
                }, "mvgal::Account::used"),
                given_back <- new_condvar!("mvgal::Account::given_back"),
            }),
            GFP_KERNEL,
        )
    }

    /// Charges memory that a member's driver or the host is going to be asked for, until the
    /// returned value is dropped.
    ///
    /// What a job that is over has used is given back a moment later: if only that is in the way, it
    /// is waited for.
    ///
    /// # Errors
    ///
    /// `ENOSPC` if it is more than the client may have, `ENOMEM`, `ERESTARTSYS`.
    pub(crate) fn charge(self: &Arc<Self>, home: u32, bytes: u64) -> Result<Charge> {
        let mut left = msecs_to_jiffies(GIVE_BACK_MS);
        let mut used = self.used.lock();
        loop {
            match used.add(home, bytes, self.limit) {
                Err(err) if err == ENOSPC && used.may_fit(bytes, self.limit) => {}
                added => break added?,
            }
            match self.given_back.wait_interruptible_timeout(&mut used, left) {
                CondVarTimeoutResult::Woken { jiffies } => left = jiffies,
                CondVarTimeoutResult::Timeout => return Err(ENOSPC),
                CondVarTimeoutResult::Signal { .. } => return Err(ERESTARTSYS),
            }
        }
        drop(used);
        Ok(Charge {
            account: self.clone(),
            home,
            bytes,
            leaving: Atomic::new(false),
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

/// Memory that is charged to a client. All that keeps the memory shares it.
pub(crate) struct Charge {
    account: Arc<Account>,
    home: u32,
    bytes: u64,
    /// Whether the buffer is gone; changed with the account locked.
    leaving: Atomic<bool>,
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
        let mut used = self.account.used.lock();
        used.take(self.home, self.bytes);
        if self.leaving.load(Relaxed) {
            used.leaving -= self.bytes;
        }
        drop(used);
        self.account.given_back.notify_all();
    }
}

/// The share that the buffer itself has in a charge.
pub(crate) struct Owned(Arc<Charge>);

impl Owned {
    /// Of the buffer that memory was charged for. There is one for a charge.
    pub(crate) fn new(charge: Arc<Charge>) -> Self {
        Self(charge)
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        let mut used = self.0.account.used.lock();
        used.leaving += self.0.bytes;
        self.0.leaving.store(true, Relaxed);
    }
}

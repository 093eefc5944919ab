// SPDX-License-Identifier: GPL-2.0

//! Clients: which members they use, how work is placed on those, and how urgent it may be.
//!
//! A client uses a member through a file that it opened itself and attached; that file is all that
//! mvgal ever touches of the member. The set of attached members is replaced as a whole, so that
//! who has picked it up works on a consistent one.

mod attached_set;
mod attachment;
mod placing;

pub(crate) use self::{
    attachment::Attachment,
    placing::Placing, //
};

use self::attached_set::AttachedSet;
use crate::{
    account::Account,
    client_jobs::ClientJobs,
    dispatch::Dispatcher,
    mappings::Mappings,
    member::{
        Member,
        Members, //
    },
    placement::{
        Credits,
        Placement,
        Policy, //
    },
    reach::{
        Lesson,
        Reached,
        Way,
        Ways, //
    },
    run_queue::Level, //
};
use core::mem;
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        Mutex, //
    },
};
use kernel_ext::{
    capability::{
        has_capability,
        Capability, //
    },
    uapi, //
};

/// Highest priority that needs no `CAP_SYS_NICE`.
pub(crate) const PRIORITY_MAX_UNPRIVILEGED: u32 = 11;

const PRIORITY_MAX: u32 = crate::run_queue::LEVELS as u32 - 1;

struct Affinity {
    set: Arc<AttachedSet>,
    policy: Policy,
    /// Id of the preferred member, 0 if there is none.
    preferred: u32,
    /// Whose turn it is; see [`Placement::next`].
    next: u32,
    /// See [`Placement::credits`].
    credits: Credits,
    ceiling: u32,
}

/// What an open file of mvgal stands for.
#[pin_data]
pub(crate) struct Client {
    members: Arc<Members>,
    jobs: Arc<ClientJobs>,
    account: Arc<Account>,
    /// The ways of this client's buffers where it is not the best one.
    #[pin]
    failed: Ways,
    reached: Reached,
    /// Number of files that were to be attached.
    attachments: Atomic<u64>,
    #[pin]
    affinity: Mutex<Affinity>,
}

impl Client {
    /// Makes a client of the current task.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(members: Arc<Members>) -> Result<Arc<Self>> {
        let jobs = ClientJobs::new(members.sched().clone())?;
        let limit = members.sched().limits().max_client_bytes;
        let account = Account::new(limit, members.host_memory().clone())?;
        let set = Arc::new(AttachedSet::none(), GFP_KERNEL)?;
        let ceiling = if has_capability(Capability::SysNice) {
            PRIORITY_MAX
        } else {
            PRIORITY_MAX_UNPRIVILEGED
        };

        Arc::pin_init(
            pin_init!(Self {
                members,
                jobs,
                account,
                failed <- Ways::new(),
                reached: Reached::new(),
                attachments: Atomic::new(0),
                affinity <- new_mutex!(
                    Affinity {
                        set,
                        policy: Policy::Single,
                        preferred: 0,
                        next: 0,
                        credits: Credits::none(),
                        ceiling,
                    },
                    "mvgal::Client::affinity"
                ),
            }),
            GFP_KERNEL,
        )
    }

    /// Returns the client's jobs.
    pub(crate) fn jobs(&self) -> &Arc<ClientJobs> {
        &self.jobs
    }

    /// Returns what its memory is charged to.
    pub(crate) fn account(&self) -> &Arc<Account> {
        &self.account
    }

    /// Returns whether the member with that id is there, attached or not; the host always is.
    pub(crate) fn is_there(&self, id: u32) -> bool {
        self.members.is_there(id)
    }

    /// Returns how a member gets at memory of the member or host with the id `exporter`, and
    /// whether that was tried.
    ///
    /// # Errors
    ///
    /// `ENODEV` if the exporter is gone.
    pub(crate) fn way(&self, exporter: u32, importer: &Member) -> Result<(Way, bool)> {
        let found = self.failed.get(exporter, importer.id());
        let found = found.or_else(|| self.members.ways().get(exporter, importer.id()));
        if let Some(way) = found {
            return Ok((way, true));
        }
        let way = match exporter {
            uapi::DRM_MVGAL_MEMBER_HOST => Way::expected(None, importer.info()),
            id => Way::expected(Some(self.members.find(id)?.info()), importer.info()),
        };
        Ok((way, false))
    }

    /// Returns how one member gets at memory of another, as far as is known. Of one that is gone
    /// nothing better is known than that it takes a copy.
    pub(crate) fn way_between(&self, exporter: u32, importer: u32) -> Way {
        let found = self.members.find(importer);
        let way = found.and_then(|importer| self.way(exporter, &importer));
        way.map_or(Way::BY_CPU, |(way, _)| way)
    }

    /// Returns how members got at the client's buffers.
    pub(crate) fn reached(&self) -> &Reached {
        &self.reached
    }

    /// Remembers, for all clients or for this one, how a member gets at memory of another.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn remember_way(
        &self,
        exporter: u32,
        importer: u32,
        way: Way,
        lesson: Lesson,
    ) -> Result {
        let ways = match lesson {
            Lesson::None => return Ok(()),
            Lesson::ForClient => &self.failed,
            Lesson::ForAll => self.members.ways(),
        };
        ways.remember(exporter, importer, way, |id| self.is_there(id))
    }

    /// Returns the mappings of buffers that are kept.
    pub(crate) fn mappings(&self) -> &Mappings {
        self.members.mappings()
    }

    /// Returns what runs the jobs of the host.
    pub(crate) fn host(&self) -> &Arc<Dispatcher> {
        self.members.host()
    }

    fn set(&self) -> Arc<AttachedSet> {
        self.affinity.lock().set.clone()
    }

    /// Returns the member with that id, to use it.
    ///
    /// # Errors
    ///
    /// `ENOENT` if there has never been one, `ENODEV` if it is gone, `EACCES` if it is not attached
    /// or not in the allowed mask.
    pub(crate) fn member(&self, id: u32) -> Result<Arc<Attachment>> {
        let set = self.set();
        let Some(attached) = set.find(id) else {
            return self.members.find(id).and(Err(EACCES));
        };

        if attached.attachment.member().is_gone() {
            return Err(ENODEV);
        }
        if !attached.allowed {
            return Err(EACCES);
        }
        Ok(attached.attachment.clone())
    }

    /// Calls `f` with each member that jobs and buffers may go to, until it fails.
    pub(crate) fn for_each_allowed(&self, mut f: impl FnMut(&Arc<Attachment>) -> Result) -> Result {
        self.set()
            .allowed()
            .try_for_each(|attached| f(&attached.attachment))
    }

    /// Calls `f` with the id and the driver's name of each member that is attached and there.
    pub(crate) fn for_each_attached(&self, mut f: impl FnMut(u32, &[u8])) {
        for attached in self.set().present() {
            let member = attached.attachment.member();
            f(member.id(), member.info().driver());
        }
    }

    /// Fails with `EPERM` if the current task may not submit jobs of that priority for the client.
    pub(crate) fn check_priority(&self, level: Level) -> Result {
        let level = u32::try_from(level.index())?;
        let ceiling = self.affinity.lock().ceiling;

        if level > ceiling
            || level > PRIORITY_MAX_UNPRIVILEGED && !has_capability(Capability::SysNice)
        {
            return Err(EPERM);
        }
        Ok(())
    }

    /// Starts to place jobs or buffers.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn placing(&self) -> Result<Placing> {
        let affinity = self.affinity.lock();

        Ok(Placing {
            placement: Placement {
                policy: affinity.policy,
                preferred: affinity.set.allowed_slot(affinity.preferred),
                next: affinity.next,
                credits: affinity.credits.try_clone(affinity.policy)?,
            },
            set: affinity.set.clone(),
        })
    }

    /// Makes what was placed count: the next one is placed after it.
    pub(crate) fn placed(&self, placing: Placing) {
        let mut affinity = self.affinity.lock();
        affinity.next = placing.placement.next;
        // They are of the members that there were then.
        if Arc::ptr_eq(&affinity.set, &placing.set) {
            affinity.credits = placing.placement.credits;
        }
    }

    /// Returns the number of an attachment to be made, which no other of the client's has and which
    /// is not 0.
    pub(crate) fn next_attachment(&self) -> u64 {
        self.attachments.fetch_add(1, Relaxed) + 1
    }

    /// Applies a request to change the affinity, all of it or nothing, and fills in what it is
    /// then.
    ///
    /// # Errors
    ///
    /// As `struct drm_mvgal_set_gpu_affinity` says.
    pub(crate) fn set_affinity(
        &self,
        data: &mut uapi::drm_mvgal_set_gpu_affinity,
        ops: &[uapi::drm_mvgal_member_op],
    ) -> Result {
        let mut affinity = self.affinity.lock();
        let mut set = affinity.set.change(&self.members, ops)?;

        if data.flags & uapi::DRM_MVGAL_AFFINITY_MASK != 0 {
            set.allow(data.allowed_mask)?;
        }
        let policy = if data.flags & uapi::DRM_MVGAL_AFFINITY_POLICY != 0 {
            Policy::from_uapi(data.policy).ok_or(EINVAL)?
        } else {
            affinity.policy
        };
        let preferred = if data.flags & uapi::DRM_MVGAL_AFFINITY_PREFERRED == 0 {
            affinity.preferred
        } else if data.preferred == 0 || set.allowed_slot(data.preferred).is_some() {
            data.preferred
        } else {
            return Err(EINVAL);
        };
        let ceiling = if data.flags & uapi::DRM_MVGAL_AFFINITY_PRIORITY_CEILING != 0 {
            check_ceiling(affinity.ceiling, data.priority_ceiling)?;
            data.priority_ceiling
        } else {
            affinity.ceiling
        };

        let set = Arc::new(set, GFP_KERNEL)?;
        // Nothing fails from here on.
        affinity.policy = policy;
        // One that is not allowed any more is preferred no more.
        affinity.preferred = match set.allowed_slot(preferred) {
            Some(_) => preferred,
            None => 0,
        };
        affinity.ceiling = ceiling;
        if data.flags != 0 || !ops.is_empty() {
            affinity.credits = Credits::none();
        }
        data.policy = policy.to_uapi();
        data.preferred = affinity.preferred;
        data.priority_ceiling = ceiling;
        data.attached_mask = set.attached_mask();
        data.allowed_mask = set.allowed_mask();

        // Files are closed when the lock is no longer held.
        let old = mem::replace(&mut affinity.set, set);
        drop(affinity);
        drop(old);
        Ok(())
    }
}

/// Fails if the current task may not set the ceiling of a client from `old` to `new`.
fn check_ceiling(old: u32, new: u32) -> Result {
    if new > PRIORITY_MAX {
        return Err(EINVAL);
    }
    if new > old && new > PRIORITY_MAX_UNPRIVILEGED && !has_capability(Capability::SysNice) {
        return Err(EPERM);
    }
    Ok(())
}

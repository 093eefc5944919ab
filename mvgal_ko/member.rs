// SPDX-License-Identifier: GPL-2.0

//! The members: the DRM devices of other drivers.
//!
//! A member exists from the registration of the first minor of its device to the removal of the
//! first. Whoever holds a reference for longer finds it gone. No reference is held to the device
//! itself, so that members come and go as if nobody looked.

use crate::{
    dispatch::Dispatcher,
    mappings::Mappings,
    member_info::MemberInfo,
    member_table::{
        Ids,
        MemberTable,
        MAX_MEMBERS, //
    },
    presence::Presence,
    reach::Ways,
    scheduler::Scheduler, //
};
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    },
};
use kernel_ext::{
    class_interface::DeviceObserver,
    dma_buf::DeviceKey,
    dmem,
    drm_device::ForeignDevice,
    uapi, //
};

// Of the module and not of the device, so that ids are unique even if the device is bound anew.
static IDS: Ids = Ids::new(0);

/// A member.
pub(crate) struct Member {
    id: u32,
    slot: u32,
    key: DeviceKey,
    info: MemberInfo,
    presence: Arc<Presence>,
    dispatcher: Arc<Dispatcher>,
}

impl Member {
    fn new(id: u32, slot: u32, dev: &ForeignDevice, sched: Arc<Scheduler>) -> Result<Arc<Self>> {
        Ok(Arc::new(
            Self {
                id,
                slot,
                key: dev.key(),
                info: MemberInfo::new(dev),
                presence: Presence::new(id)?,
                dispatcher: Dispatcher::new(id, sched)?,
            },
            GFP_KERNEL,
        )?)
    }

    /// Returns the id, which no other member ever has.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Returns the place in masks, which another may get once this member is gone.
    pub(crate) fn slot(&self) -> u32 {
        self.slot
    }

    /// Returns the place in masks as a bit.
    pub(crate) fn mask(&self) -> u64 {
        1 << self.slot
    }

    /// Returns what its device and driver told about themselves.
    pub(crate) fn info(&self) -> &MemberInfo {
        &self.info
    }

    /// Returns what runs its jobs.
    pub(crate) fn dispatcher(&self) -> &Arc<Dispatcher> {
        &self.dispatcher
    }

    /// Returns whether the device was unplugged, or mvgal itself.
    pub(crate) fn is_gone(&self) -> bool {
        self.presence.is_gone()
    }

    /// Returns what tells those who use its memory whether it is there.
    pub(crate) fn presence(&self) -> &Arc<Presence> {
        &self.presence
    }

    /// Returns whether the member is the device of that key. As long as it is not gone, no other
    /// device has its key.
    pub(crate) fn is_device(&self, key: DeviceKey) -> bool {
        self.key == key
    }

    /// Returns the member as `QUERY_DEVICES` describes it.
    pub(crate) fn to_uapi(&self) -> uapi::drm_mvgal_device {
        let load = self.dispatcher.load().snapshot();

        uapi::drm_mvgal_device {
            id: self.id,
            slot: self.slot,
            state: if self.dispatcher.is_hung() {
                uapi::drm_mvgal_member_state_DRM_MVGAL_MEMBER_HUNG
            } else {
                uapi::drm_mvgal_member_state_DRM_MVGAL_MEMBER_ONLINE
            },
            jobs_queued: load.queued,
            jobs_running: load.running,
            jobs_done: load.done,
            busy_ns: load.busy_ns,
            ..self.info.to_uapi()
        }
    }
}

/// All members, and the host.
#[pin_data]
pub(crate) struct Members {
    sched: Arc<Scheduler>,
    host: Arc<Dispatcher>,
    mappings: Mappings,
    #[pin]
    ways: Ways,
    host_memory: Arc<dmem::Region>,
    #[pin]
    table: Mutex<MemberTable<Arc<Member>>>,
}

/// The members at one time, by slot.
pub(crate) struct Snapshot {
    /// Changes whenever a member comes or goes.
    pub(crate) generation: u64,
    /// The members.
    pub(crate) members: KVec<Arc<Member>>,
}

impl Members {
    /// Makes the registry. It has no members until it is registered as an observer.
    pub(crate) fn new(sched: Arc<Scheduler>) -> Result<Arc<Self>> {
        let host = Dispatcher::new(uapi::DRM_MVGAL_MEMBER_HOST, sched.clone())?;
        let mappings = Mappings::new()?;
        let host_memory = dmem::Region::of_host_memory(c"mvgal/host")?;

        Arc::pin_init(
            pin_init!(Self {
                sched,
                host,
                mappings,
                ways <- Ways::new(),
                host_memory,
                table <- new_mutex!(MemberTable::new(), "mvgal::Members::table"),
            }),
            GFP_KERNEL,
        )
    }

    /// Returns the scheduler.
    pub(crate) fn sched(&self) -> &Arc<Scheduler> {
        &self.sched
    }

    /// Returns what runs the jobs of the host.
    pub(crate) fn host(&self) -> &Arc<Dispatcher> {
        &self.host
    }

    /// Returns what cgroups are charged with memory of the host for.
    pub(crate) fn host_memory(&self) -> &Arc<dmem::Region> {
        &self.host_memory
    }

    /// Returns the mappings of buffers that are kept.
    pub(crate) fn mappings(&self) -> &Mappings {
        &self.mappings
    }

    /// Returns how members get at one another's memory, as far as that was tried.
    pub(crate) fn ways(&self) -> &Ways {
        &self.ways
    }

    /// Returns whether the member with that id is there, as the host always is.
    pub(crate) fn is_there(&self, id: u32) -> bool {
        id == uapi::DRM_MVGAL_MEMBER_HOST || self.find(id).is_ok()
    }

    /// Returns the member with that id.
    ///
    /// # Errors
    ///
    /// `ENODEV` if it is gone, `ENOENT` if there has never been one.
    pub(crate) fn find(&self, id: u32) -> Result<Arc<Member>> {
        let table = self.table.lock();
        let member = table.iter().find(|member| member.id == id);

        member.cloned().ok_or_else(|| IDS.missing(id))
    }

    /// Returns the member that is the device of that key, if it is one.
    pub(crate) fn find_device(&self, key: DeviceKey) -> Option<Arc<Member>> {
        let table = self.table.lock();
        let member = table.iter().find(|member| member.is_device(key));

        member.cloned()
    }

    /// Returns all members.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn snapshot(&self) -> Result<Snapshot> {
        let mut members = KVec::with_capacity(MAX_MEMBERS, GFP_KERNEL)?;
        let table = self.table.lock();

        for member in table.iter() {
            members
                .push_within_capacity(member.clone())
                .map_err(|_| ENOMEM)?;
        }
        Ok(Snapshot {
            generation: table.generation(),
            members,
        })
    }

    fn add(&self, dev: &ForeignDevice) -> Result {
        let mut table = self.table.lock();
        if table.iter().any(|member| member.is_device(dev.key())) {
            return Ok(());
        }

        table.add(&IDS, |id, slot| {
            Member::new(id, slot, dev, self.sched.clone())
        })
    }

    fn remove(&self, key: DeviceKey) -> Option<Arc<Member>> {
        self.table.lock().remove(|member| member.is_device(key))
    }
}

/// What is told of the DRM devices of other drivers.
pub(crate) struct Discovery(pub(crate) Arc<Members>);

impl DeviceObserver for Discovery {
    fn added(&self, dev: &ForeignDevice) {
        if let Err(e) = self.0.add(dev) {
            // A device that is no member is used by its own driver as ever.
            pr_warn!("no member for {}: {:?}\n", dev.parent().name(), e);
        }
    }

    fn removed(&self, key: DeviceKey) {
        if let Some(member) = self.0.remove(key) {
            // Its driver may be about to take away what is mapped.
            member.presence.end();
            self.0.mappings.clear();
            member.dispatcher.remove();
        }
    }
}

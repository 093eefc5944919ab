// SPDX-License-Identifier: GPL-2.0

//! The driver: binds to the platform device and makes the DRM device and `/dev/mvgal0`.

use crate::{
    buffer::{
        self,
        Buffer, //
    },
    debugfs::Debugfs,
    fdinfo,
    file::File,
    ioctls::IOCTLS,
    member::{
        Discovery,
        Members, //
    },
    scheduler::{
        Limits,
        Running,
        Scheduler, //
    },
    sleep::Sleep, //
};
use kernel::{
    device::{
        Core,
        DeviceContext, //
    },
    drm::{
        self,
        gem,
        ioctl::DrmIoctlDescriptor, //
    },
    platform,
    prelude::*,
    sync::Arc, //
};
use kernel_ext::{
    chrdev::RenderAlias,
    class_interface,
    drm_driver::{
        self,
        DriverExt, //
    },
    fdinfo::FdInfo,
    gem::PrimeImport,
    pm_notifier,
    syncobj::Syncobj, //
};

/// The platform and DRM driver of mvgal.
pub(crate) struct MvgalDriver;

/// The DRM device of mvgal.
pub(crate) type MvgalDevice<Ctx = drm::Normal> = drm::Device<MvgalDriver, Ctx>;

/// What the platform driver holds while it is bound, in the order in which it is dropped; after it,
/// the DRM device is unplugged.
pub(crate) struct Binding {
    _debugfs: Pin<KBox<Debugfs>>,
    _alias: RenderAlias<MvgalDriver>,
    _discovery: class_interface::Registration<Discovery>,
    _sleep: pm_notifier::Registration<Sleep>,
    _running: Running,
}

/// What the DRM device holds as long as it exists, which is until the last file is closed.
pub(crate) struct DeviceData {
    members: Arc<Members>,
}

impl DeviceData {
    /// Returns the members.
    pub(crate) fn members(&self) -> &Arc<Members> {
        &self.members
    }
}

impl platform::Driver for MvgalDriver {
    type IdInfo = ();
    type Data<'bound> = Binding;

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        _id_info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self::Data<'bound>, Error> + 'bound {
        let sched = Scheduler::new(Limits::of_module())?;
        let running = Running::new(sched.clone());
        let members = Members::new(sched)?;
        let debugfs = Debugfs::new(&members)?;
        let data = DeviceData {
            members: members.clone(),
        };
        let drm = drm::UnregisteredDevice::<Self>::new(pdev, Ok(data))?;
        let dev = drm_driver::register::<Self>(pdev, drm)?;

        Ok(Binding {
            _debugfs: debugfs,
            _running: running,
            _sleep: pm_notifier::Registration::new(Sleep::new(members.clone()))?,
            _discovery: class_interface::Registration::new(&dev, Discovery(members))?,
            _alias: RenderAlias::new(&dev, c"mvgal", c"mvgal0")?,
        })
    }
}

#[vtable]
impl drm::Driver for MvgalDriver {
    type Data = DeviceData;
    type RegistrationData<'a> = ();
    type File = File;
    type Object = gem::Object<Buffer>;
    type ParentDevice<Ctx: DeviceContext> = platform::Device<Ctx>;

    const INFO: drm::DriverInfo = drm::DriverInfo {
        major: 1,
        minor: 0,
        patchlevel: 0,
        name: c"mvgal",
        desc: c"Multi-vendor GPU aggregation layer",
    };
    const IOCTLS: &'static [DrmIoctlDescriptor] = IOCTLS;
    const FEAT_RENDER: bool = true;
}

impl DriverExt for MvgalDriver {
    const PRIME_IMPORT: PrimeImport<Self> = PrimeImport::new::<Buffer>();

    fn opened(file: &drm::File<File>, id: u64) {
        file.inner().client().jobs().identify(id);
    }

    fn show_fdinfo(file: &drm::File<File>, info: &FdInfo) {
        fdinfo::show(file.inner().client(), info);
    }

    fn before_buffer_export(file: &drm::File<File>, handle: u32) -> Result {
        buffer::prepare_export(file, handle).map(|_| ())
    }

    fn before_syncobj_export(
        _dev: &MvgalDevice<drm::Ioctl>,
        file: &drm::File<File>,
        handle: u32,
    ) -> Result {
        // A handle that does not exist is for the core to refuse.
        match Syncobj::lookup(file, handle) {
            Ok(syncobj) => file.inner().client().jobs().share(syncobj),
            Err(_) => Ok(()),
        }
    }

    fn after_syncobj_import(_dev: &MvgalDevice<drm::Ioctl>, file: &drm::File<File>, handle: u32) {
        if let Ok(syncobj) = Syncobj::lookup(file, handle) {
            file.inner().client().jobs().share_imported(syncobj);
        }
    }

    fn after_syncobj_signal(dev: &MvgalDevice<drm::Ioctl>, _file: &drm::File<File>) {
        dev.members().sched().recheck();
    }
}

// SPDX-License-Identifier: GPL-2.0

//! The driver: binds to the platform device and makes the DRM device and `/dev/mvgal0`.

use crate::{
    buffer::Buffer,
    file::File, //
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
    prelude::*, //
};
use kernel_ext::{
    chrdev::RenderAlias,
    drm_driver::{
        self,
        DriverExt,
        SyncobjIoctl, //
    },
    drm_ioctl,
    gem::PrimeImport, //
};

/// The platform and DRM driver of mvgal.
pub(crate) struct MvgalDriver;

/// The DRM device of mvgal.
pub(crate) type MvgalDevice<Ctx = drm::Normal> = drm::Device<MvgalDriver, Ctx>;

/// What the platform driver holds while it is bound, in the order in which it is dropped; after it,
/// the DRM device is unplugged.
pub(crate) struct Binding {
    _alias: RenderAlias<MvgalDriver>,
}

impl platform::Driver for MvgalDriver {
    type IdInfo = ();
    type Data<'bound> = Binding;

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        _id_info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self::Data<'bound>, Error> + 'bound {
        let drm = drm::UnregisteredDevice::<Self>::new(pdev, Ok(()))?;
        let dev = drm_driver::register::<Self>(pdev, drm)?;

        Ok(Binding {
            _alias: RenderAlias::new(&dev, c"mvgal", c"mvgal0")?,
        })
    }
}

#[vtable]
impl drm::Driver for MvgalDriver {
    type Data = ();
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
    const IOCTLS: &'static [DrmIoctlDescriptor] = &drm_ioctl::table::<Self, 0>([]);
    const FEAT_RENDER: bool = true;
}

impl DriverExt for MvgalDriver {
    const PRIME_IMPORT: PrimeImport<Self> = PrimeImport::new::<Buffer>();

    fn before_syncobj_ioctl(
        _dev: &MvgalDevice<drm::Ioctl>,
        _file: &drm::File<File>,
        _kind: SyncobjIoctl,
    ) -> Result {
        Ok(())
    }

    fn after_syncobj_ioctl(
        _dev: &MvgalDevice<drm::Ioctl>,
        _file: &drm::File<File>,
        _kind: SyncobjIoctl,
    ) {
    }
}

// SPDX-License-Identifier: GPL-2.0

//! The table of the ten ioctls.

use crate::{
    buffer,
    driver::{
        MvgalDevice,
        MvgalDriver, //
    },
    file::File,
    gate::Gate,
    query,
    set_gpu_affinity,
    submit,
    wait, //
};
use kernel::{
    drm::{
        self,
        ioctl::{
            DrmIoctlDescriptor,
            RENDER_ALLOW, //
        },
    },
    platform,
    prelude::*, //
};
use kernel_ext::{
    drm_ioctl::{
        table,
        Command,
        Entry,
        Ioctl,
        UnguardedIoctl, //
    },
    uapi, //
};

/// Defines the type of an ioctl: its name, argument and number.
macro_rules! command {
    ($name:ident($arg:ident) = $cmd:ident) => {
        struct $name;

        impl Command for $name {
            type Driver = MvgalDriver;
            type Arg = uapi::$arg;

            const CMD: u32 = uapi::$cmd;
            const NAME: &'static CStr = kernel::c_str!(stringify!($cmd));
            const FLAGS: u32 = RENDER_ALLOW;
        }
    };
}

/// The same with its trait, device and handler.
macro_rules! ioctl {
    ($name:ident($arg:ident) = $cmd:ident, $kind:ident, $context:ident, $handler:expr) => {
        command!($name($arg) = $cmd);

        impl $kind for $name {
            fn run(
                dev: &MvgalDevice<drm::$context>,
                data: &mut Self::Arg,
                file: &drm::File<File>,
            ) -> Result<u32> {
                let handler: fn(&MvgalDevice, &mut Self::Arg, &drm::File<File>) -> Result<u32> =
                    $handler;

                handler(dev, data, file)
            }
        }
    };
}

ioctl!(
    QueryDevices(drm_mvgal_query_devices) = DRM_IOCTL_MVGAL_QUERY_DEVICES,
    Ioctl,
    Registered,
    |dev, data, _| query::query_devices(dev.members(), data)
);
ioctl!(
    QueryCapabilities(drm_mvgal_query_capabilities) = DRM_IOCTL_MVGAL_QUERY_CAPABILITIES,
    Ioctl,
    Registered,
    |dev, data, file| query::query_capabilities(dev.members(), file.inner().client(), data)
);
// A member's driver may sleep for long, which must not keep the device from being unplugged.
ioctl!(
    AllocMemory(drm_mvgal_alloc_memory) = DRM_IOCTL_MVGAL_ALLOC_MEMORY,
    UnguardedIoctl,
    Ioctl,
    buffer::alloc_memory
);
ioctl!(
    FreeMemory(drm_mvgal_free_memory) = DRM_IOCTL_MVGAL_FREE_MEMORY,
    Ioctl,
    Registered,
    |_, data, file| buffer::free_memory(data, file)
);
ioctl!(
    ImportDmabuf(drm_mvgal_import_dmabuf) = DRM_IOCTL_MVGAL_IMPORT_DMABUF,
    Ioctl,
    Registered,
    buffer::import_dmabuf
);
// It may have to allocate.
ioctl!(
    ExportDmabuf(drm_mvgal_export_dmabuf) = DRM_IOCTL_MVGAL_EXPORT_DMABUF,
    UnguardedIoctl,
    Ioctl,
    buffer::export_dmabuf
);
// It may sleep for long, which must not keep the device from being unplugged.
ioctl!(
    WaitFence(drm_mvgal_wait_fence) = DRM_IOCTL_MVGAL_WAIT_FENCE,
    UnguardedIoctl,
    Ioctl,
    |_, data, file| wait::wait_fence(file.inner().client().jobs(), data, file)
);
ioctl!(
    SignalFence(drm_mvgal_signal_fence) = DRM_IOCTL_MVGAL_SIGNAL_FENCE,
    Ioctl,
    Registered,
    |_, data, file| wait::signal_fence(file.inner().client().jobs(), data, file)
);
ioctl!(
    SetGpuAffinity(drm_mvgal_set_gpu_affinity) = DRM_IOCTL_MVGAL_SET_GPU_AFFINITY,
    Ioctl,
    Registered,
    |_, data, file| set_gpu_affinity::set_gpu_affinity(file.inner().client(), data)
);

command!(SubmitWorkload(drm_mvgal_submit_workload) = DRM_IOCTL_MVGAL_SUBMIT_WORKLOAD);

impl UnguardedIoctl for SubmitWorkload {
    fn run(
        dev: &MvgalDevice<drm::Ioctl>,
        data: &mut Self::Arg,
        file: &drm::File<File>,
    ) -> Result<u32> {
        let file_data = file.inner();
        let client = file_data.client();
        // As long as the system sleeps, which must not keep the device from being unplugged.
        let passage = Gate::admit(client.jobs().sched())?;
        let dev = dev.registration_guard().ok_or(ENODEV)?;
        let parent: &platform::Device = (*dev).as_ref();

        submit::submit_workload(parent.as_ref(), client, &passage, data, file)
    }
}

/// The table, in the order of the numbers.
pub(crate) const IOCTLS: &[DrmIoctlDescriptor] = &table::<MvgalDriver, 10>([
    Entry::guarded::<QueryDevices>(),
    Entry::guarded::<QueryCapabilities>(),
    Entry::unguarded::<SubmitWorkload>(),
    Entry::unguarded::<AllocMemory>(),
    Entry::guarded::<FreeMemory>(),
    Entry::guarded::<ImportDmabuf>(),
    Entry::unguarded::<ExportDmabuf>(),
    Entry::unguarded::<WaitFence>(),
    Entry::guarded::<SignalFence>(),
    Entry::guarded::<SetGpuAffinity>(),
]);

// SPDX-License-Identifier: MIT OR Apache-2.0

//! The ioctls of mvgal: the one table of their numbers.
//!
//! These are the bare calls, for tests and for those who build something of
//! their own. Everything else goes through [`Device`](crate::Device), which
//! calls them again after `EINTR` and explains what an error means.
//!
//! All take a pointer to their structure, read and write it, and return the
//! errno of the kernel.

use nix::ioctl_readwrite;

use crate::sys;

/// Letter of all DRM ioctls.
pub const DRM_IOCTL_BASE: u8 = b'd';
/// Number of the first ioctl of a DRM driver.
pub const DRM_COMMAND_BASE: u32 = 0x40;

macro_rules! table {
    ($($(#[$doc:meta])* $name:ident = $id:ident ($arg:ident);)*) => {
        $(
            ioctl_readwrite!(
                $(#[$doc])*
                $name,
                DRM_IOCTL_BASE,
                DRM_COMMAND_BASE + sys::$id,
                sys::$arg
            );
        )*
    };
}

table! {
    /// QUERY_DEVICES: lists the members.
    query_devices = DRM_MVGAL_QUERY_DEVICES(drm_mvgal_query_devices);
    /// QUERY_CAPABILITIES: the logical device as a whole.
    query_capabilities = DRM_MVGAL_QUERY_CAPABILITIES(drm_mvgal_query_capabilities);
    /// SUBMIT_WORKLOAD: queues a batch of jobs.
    submit_workload = DRM_MVGAL_SUBMIT_WORKLOAD(drm_mvgal_submit_workload);
    /// ALLOC_MEMORY: allocates a buffer.
    alloc_memory = DRM_MVGAL_ALLOC_MEMORY(drm_mvgal_alloc_memory);
    /// FREE_MEMORY: drops a buffer handle.
    free_memory = DRM_MVGAL_FREE_MEMORY(drm_mvgal_free_memory);
    /// IMPORT_DMABUF: makes a buffer of a dma-buf.
    import_dmabuf = DRM_MVGAL_IMPORT_DMABUF(drm_mvgal_import_dmabuf);
    /// EXPORT_DMABUF: gets the dma-buf of a buffer.
    export_dmabuf = DRM_MVGAL_EXPORT_DMABUF(drm_mvgal_export_dmabuf);
    /// WAIT_FENCE: waits for points.
    wait_fence = DRM_MVGAL_WAIT_FENCE(drm_mvgal_wait_fence);
    /// SIGNAL_FENCE: signals points from the CPU.
    signal_fence = DRM_MVGAL_SIGNAL_FENCE(drm_mvgal_signal_fence);
    /// SET_GPU_AFFINITY: attaches members and sets the policy.
    set_gpu_affinity = DRM_MVGAL_SET_GPU_AFFINITY(drm_mvgal_set_gpu_affinity);
}

#[cfg(test)]
mod tests {
    use nix::request_code_readwrite;

    use super::*;

    #[test]
    fn numbers_are_those_of_the_header() {
        macro_rules! check {
            ($($id:ident, $nr:ident, $arg:ident;)*) => {
                $(assert_eq!(
                    request_code_readwrite!(
                        DRM_IOCTL_BASE,
                        DRM_COMMAND_BASE + sys::$id,
                        size_of::<sys::$arg>()
                    ) as u64,
                    u64::from(sys::$nr),
                    stringify!($nr)
                );)*
            };
        }
        check! {
            DRM_MVGAL_QUERY_DEVICES, DRM_IOCTL_MVGAL_QUERY_DEVICES, drm_mvgal_query_devices;
            DRM_MVGAL_QUERY_CAPABILITIES, DRM_IOCTL_MVGAL_QUERY_CAPABILITIES, drm_mvgal_query_capabilities;
            DRM_MVGAL_SUBMIT_WORKLOAD, DRM_IOCTL_MVGAL_SUBMIT_WORKLOAD, drm_mvgal_submit_workload;
            DRM_MVGAL_ALLOC_MEMORY, DRM_IOCTL_MVGAL_ALLOC_MEMORY, drm_mvgal_alloc_memory;
            DRM_MVGAL_FREE_MEMORY, DRM_IOCTL_MVGAL_FREE_MEMORY, drm_mvgal_free_memory;
            DRM_MVGAL_IMPORT_DMABUF, DRM_IOCTL_MVGAL_IMPORT_DMABUF, drm_mvgal_import_dmabuf;
            DRM_MVGAL_EXPORT_DMABUF, DRM_IOCTL_MVGAL_EXPORT_DMABUF, drm_mvgal_export_dmabuf;
            DRM_MVGAL_WAIT_FENCE, DRM_IOCTL_MVGAL_WAIT_FENCE, drm_mvgal_wait_fence;
            DRM_MVGAL_SIGNAL_FENCE, DRM_IOCTL_MVGAL_SIGNAL_FENCE, drm_mvgal_signal_fence;
            DRM_MVGAL_SET_GPU_AFFINITY, DRM_IOCTL_MVGAL_SET_GPU_AFFINITY, drm_mvgal_set_gpu_affinity;
        }
    }
}

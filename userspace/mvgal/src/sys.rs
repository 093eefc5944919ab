// SPDX-License-Identifier: MIT OR Apache-2.0
// Generated from uapi/mvgal_drm.h by tests/bindings.rs. Do not edit:
// MVGAL_BLESS=1 cargo test --test bindings

pub const DRM_MVGAL_UAPI_MAJOR: u32 = 1;
pub const DRM_MVGAL_UAPI_MINOR: u32 = 5;
pub const DRM_MVGAL_MEMBER_HOST: u32 = 0;
pub const DRM_MVGAL_MEMBER_ANY: u32 = 4294967295;
pub const DRM_MVGAL_MINOR_NONE: u32 = 4294967295;
pub const DRM_MVGAL_FEATURE_RENDER: u32 = 1;
pub const DRM_MVGAL_FEATURE_MODESET: u32 = 2;
pub const DRM_MVGAL_FEATURE_COMPUTE: u32 = 4;
pub const DRM_MVGAL_FEATURE_GEM: u32 = 8;
pub const DRM_MVGAL_FEATURE_SYNCOBJ: u32 = 16;
pub const DRM_MVGAL_FEATURE_TIMELINE: u32 = 32;
pub const DRM_MVGAL_FEATURE_DUMB: u32 = 64;
pub const DRM_MVGAL_FEATURE_VENDOR_ALLOC: u32 = 128;
pub const DRM_MVGAL_FEATURE_EXPORT: u32 = 256;
pub const DRM_MVGAL_FEATURE_IMPORT: u32 = 512;
pub const DRM_MVGAL_FEATURE_P2PMEM: u32 = 1024;
pub const DRM_MVGAL_FEATURE_NATIVE: u32 = 2048;
pub const DRM_MVGAL_CAPABILITIES: u32 = 8;
pub const DRM_MVGAL_BUFFER_HOST_VALID: u32 = 1;
pub const DRM_MVGAL_BUFFER_GPU_VALID: u32 = 2;
pub const DRM_MVGAL_BUFFER_SHARED: u32 = 4;
pub const DRM_MVGAL_BUFFER_DMA_BUF: u32 = 8;
pub const DRM_MVGAL_BUFFER_P2P: u32 = 16;
pub const DRM_MVGAL_BUFFER_REPLICATED: u32 = 32;
pub const DRM_MVGAL_BUFFER_PERSISTENT: u32 = 64;
pub const DRM_MVGAL_BUFFER_LAZY_ALLOCATE: u32 = 128;
pub const DRM_MVGAL_EXPORT_FOR_MEMBER: u32 = 1;
pub const DRM_MVGAL_EXPORT_REFUSED: u32 = 2;
pub const DRM_MVGAL_JOB_IMPLICIT_SYNC: u32 = 1;
pub const DRM_MVGAL_JOB_REPORT: u32 = 2;
pub const DRM_MVGAL_JOB_REPORT_TRAFFIC: u32 = 4;
pub const DRM_MVGAL_WAIT_ANY: u32 = 1;
pub const DRM_MVGAL_MEMBER_ATTACH: u32 = 1;
pub const DRM_MVGAL_MEMBER_DETACH: u32 = 2;
pub const DRM_MVGAL_MEMBER_WEIGHT: u32 = 3;
pub const DRM_MVGAL_WEIGHT_DEFAULT: u32 = 100;
pub const DRM_MVGAL_WEIGHT_MAX: u32 = 10000;
pub const DRM_MVGAL_AFFINITY_MASK: u32 = 1;
pub const DRM_MVGAL_AFFINITY_POLICY: u32 = 2;
pub const DRM_MVGAL_AFFINITY_PREFERRED: u32 = 4;
pub const DRM_MVGAL_AFFINITY_PRIORITY_CEILING: u32 = 8;
pub type __u8 = ::std::os::raw::c_uchar;
pub type __u16 = ::std::os::raw::c_ushort;
pub type __s32 = ::std::os::raw::c_int;
pub type __u32 = ::std::os::raw::c_uint;
pub type __s64 = ::std::os::raw::c_longlong;
pub type __u64 = ::std::os::raw::c_ulonglong;
/// @DRM_MVGAL_QUERY_DEVICES: List the members.
pub const DRM_MVGAL_QUERY_DEVICES: drm_mvgal_ioctl_id = 0;
/// @DRM_MVGAL_QUERY_CAPABILITIES: The logical device as a whole.
pub const DRM_MVGAL_QUERY_CAPABILITIES: drm_mvgal_ioctl_id = 1;
/// @DRM_MVGAL_SUBMIT_WORKLOAD: Queue a batch of jobs.
pub const DRM_MVGAL_SUBMIT_WORKLOAD: drm_mvgal_ioctl_id = 2;
/// @DRM_MVGAL_ALLOC_MEMORY: Allocate a buffer.
pub const DRM_MVGAL_ALLOC_MEMORY: drm_mvgal_ioctl_id = 3;
/// @DRM_MVGAL_FREE_MEMORY: Drop a buffer handle.
pub const DRM_MVGAL_FREE_MEMORY: drm_mvgal_ioctl_id = 4;
/// @DRM_MVGAL_IMPORT_DMABUF: Make a buffer of a dma-buf.
pub const DRM_MVGAL_IMPORT_DMABUF: drm_mvgal_ioctl_id = 5;
/// @DRM_MVGAL_EXPORT_DMABUF: Get the dma-buf of a buffer.
pub const DRM_MVGAL_EXPORT_DMABUF: drm_mvgal_ioctl_id = 6;
/// @DRM_MVGAL_WAIT_FENCE: Wait for points.
pub const DRM_MVGAL_WAIT_FENCE: drm_mvgal_ioctl_id = 7;
/// @DRM_MVGAL_SIGNAL_FENCE: Signal points from the CPU.
pub const DRM_MVGAL_SIGNAL_FENCE: drm_mvgal_ioctl_id = 8;
/// @DRM_MVGAL_SET_GPU_AFFINITY: Attach members, set the policy.
pub const DRM_MVGAL_SET_GPU_AFFINITY: drm_mvgal_ioctl_id = 9;
/** enum drm_mvgal_ioctl_id - IOCTL IDs

 Not to be used directly: use the DRM_IOCTL_MVGAL_xxx definitions.*/
pub type drm_mvgal_ioctl_id = ::std::os::raw::c_uint;
/// struct drm_mvgal_obj_array - Array of objects.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_obj_array {
    /// @stride: Size of one element in bytes. Ignored if @count is 0.
    pub stride: __u32,
    /// @count: Number of elements.
    pub count: __u32,
    /// @array: User pointer to the first element. Ignored if @count is 0.
    pub array: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_mvgal_obj_array",
    ][::std::mem::size_of::<drm_mvgal_obj_array>() - 16usize];
    [
        "Alignment of drm_mvgal_obj_array",
    ][::std::mem::align_of::<drm_mvgal_obj_array>() - 8usize];
    [
        "Offset of field: drm_mvgal_obj_array::stride",
    ][::std::mem::offset_of!(drm_mvgal_obj_array, stride) - 0usize];
    [
        "Offset of field: drm_mvgal_obj_array::count",
    ][::std::mem::offset_of!(drm_mvgal_obj_array, count) - 4usize];
    [
        "Offset of field: drm_mvgal_obj_array::array",
    ][::std::mem::offset_of!(drm_mvgal_obj_array, array) - 8usize];
};
/// @DRM_MVGAL_MEMBER_ONLINE: Takes buffers and jobs.
pub const DRM_MVGAL_MEMBER_ONLINE: drm_mvgal_member_state = 1;
/** @DRM_MVGAL_MEMBER_HUNG: The fence of a NATIVE job did not come in the
 job's time-out. NATIVE jobs of this member end with EIO until it has
 come; ANY avoids the member meanwhile.*/
pub const DRM_MVGAL_MEMBER_HUNG: drm_mvgal_member_state = 2;
/// enum drm_mvgal_member_state - What a member can be asked to do.
pub type drm_mvgal_member_state = ::std::os::raw::c_uint;
/// @DRM_MVGAL_BUS_OTHER: Neither of the others: virtual, USB, ...
pub const DRM_MVGAL_BUS_OTHER: drm_mvgal_bus = 0;
/// @DRM_MVGAL_BUS_PCI: PCI or PCI Express.
pub const DRM_MVGAL_BUS_PCI: drm_mvgal_bus = 1;
/// @DRM_MVGAL_BUS_PLATFORM: The platform bus.
pub const DRM_MVGAL_BUS_PLATFORM: drm_mvgal_bus = 2;
/// enum drm_mvgal_bus - The bus a member sits on.
pub type drm_mvgal_bus = ::std::os::raw::c_uint;
/// @DRM_MVGAL_VENDOR_GENERIC: Those that work with any driver.
pub const DRM_MVGAL_VENDOR_GENERIC: drm_mvgal_vendor = 0;
/// @DRM_MVGAL_VENDOR_AMDGPU: amdgpu 3.
pub const DRM_MVGAL_VENDOR_AMDGPU: drm_mvgal_vendor = 1;
/// @DRM_MVGAL_VENDOR_I915: i915 1.6.
pub const DRM_MVGAL_VENDOR_I915: drm_mvgal_vendor = 2;
/// @DRM_MVGAL_VENDOR_XE: xe 1.
pub const DRM_MVGAL_VENDOR_XE: drm_mvgal_vendor = 3;
/// @DRM_MVGAL_VENDOR_NOUVEAU: nouveau 1.3 and later ones of 1.
pub const DRM_MVGAL_VENDOR_NOUVEAU: drm_mvgal_vendor = 4;
/// @DRM_MVGAL_VENDOR_NVIDIA_DRM: nvidia-drm 0.0.
pub const DRM_MVGAL_VENDOR_NVIDIA_DRM: drm_mvgal_vendor = 5;
/// @DRM_MVGAL_VENDOR_MTGPU: mtgpu 1.0.
pub const DRM_MVGAL_VENDOR_MTGPU: drm_mvgal_vendor = 6;
/// @DRM_MVGAL_VENDOR_VIRTIO_GPU: virtio_gpu 0.1.
pub const DRM_MVGAL_VENDOR_VIRTIO_GPU: drm_mvgal_vendor = 7;
/** enum drm_mvgal_vendor - The operations by which mvgal drives a member.

 They go by the name of the member's driver and the version of its UAPI.*/
pub type drm_mvgal_vendor = ::std::os::raw::c_uint;
/// @DRM_MVGAL_CAN_ALLOC: Allocate buffers.
pub const DRM_MVGAL_CAN_ALLOC: drm_mvgal_capability = 0;
/** @DRM_MVGAL_CAN_PLACE: Allocate them where %DRM_MVGAL_BUFFER_GPU_VALID
 and %DRM_MVGAL_BUFFER_HOST_VALID want them. A member that cannot
 allocates the memory that it has, and refuses HOST_VALID only where the
 CPU cannot map that.*/
pub const DRM_MVGAL_CAN_PLACE: drm_mvgal_capability = 1;
/// @DRM_MVGAL_CAN_EXPORT: Export them as dma-bufs.
pub const DRM_MVGAL_CAN_EXPORT: drm_mvgal_capability = 2;
/// @DRM_MVGAL_CAN_IMPORT: Import the dma-bufs of other drivers.
pub const DRM_MVGAL_CAN_IMPORT: drm_mvgal_capability = 3;
/// @DRM_MVGAL_CAN_NATIVE: Take NATIVE jobs.
pub const DRM_MVGAL_CAN_NATIVE: drm_mvgal_capability = 4;
/** @DRM_MVGAL_CAN_PRIORITIZE: Put contexts above one another, see
 drm_mvgal_device::context_priorities.*/
pub const DRM_MVGAL_CAN_PRIORITIZE: drm_mvgal_capability = 5;
/** @DRM_MVGAL_CAN_COPY: Have its memory read and written by COPY, FILL and
 REPLICATE jobs, which the CPU does: the driver maps dma-bufs into the
 kernel. Since 1.4.*/
pub const DRM_MVGAL_CAN_COPY: drm_mvgal_capability = 6;
/** enum drm_mvgal_capability - What a member may or may not be able to do.

 The numbers are indices into drm_mvgal_device::refusals.*/
pub type drm_mvgal_capability = ::std::os::raw::c_uint;
/// @DRM_MVGAL_REFUSAL_NONE: It can.
pub const DRM_MVGAL_REFUSAL_NONE: drm_mvgal_refusal = 0;
/// @DRM_MVGAL_REFUSAL_UNKNOWN_DRIVER: mvgal does not know the driver.
pub const DRM_MVGAL_REFUSAL_UNKNOWN_DRIVER: drm_mvgal_refusal = 1;
/** @DRM_MVGAL_REFUSAL_UNKNOWN_VERSION: mvgal knows the driver, but not this
 version of its UAPI.*/
pub const DRM_MVGAL_REFUSAL_UNKNOWN_VERSION: drm_mvgal_refusal = 2;
/// @DRM_MVGAL_REFUSAL_NOT_THERE: The driver has no such operation.
pub const DRM_MVGAL_REFUSAL_NOT_THERE: drm_mvgal_refusal = 3;
/// @DRM_MVGAL_REFUSAL_DRIVER_DECIDES: The driver leaves no choice.
pub const DRM_MVGAL_REFUSAL_DRIVER_DECIDES: drm_mvgal_refusal = 4;
/** @DRM_MVGAL_REFUSAL_CANNOT_ASK: Whether the driver can would be told only
 by a query that writes to user memory. It is taken that it cannot.*/
pub const DRM_MVGAL_REFUSAL_CANNOT_ASK: drm_mvgal_refusal = 5;
/** @DRM_MVGAL_REFUSAL_USER_MODE_SUBMIT: Work is handed to the GPU from user
 mode, past the kernel. Fences that the driver makes of it (sync_files,
 imported to syncobjs) can be waited for by jobs.*/
pub const DRM_MVGAL_REFUSAL_USER_MODE_SUBMIT: drm_mvgal_refusal = 6;
/** @DRM_MVGAL_REFUSAL_OWN_FENCES: The driver orders submissions by objects
 of its own, and not by fences that others know.*/
pub const DRM_MVGAL_REFUSAL_OWN_FENCES: drm_mvgal_refusal = 7;
/** @DRM_MVGAL_REFUSAL_NO_MODESET: The driver does it only with its kernel
 mode setting on (nvidia-drm.modeset=1).*/
pub const DRM_MVGAL_REFUSAL_NO_MODESET: drm_mvgal_refusal = 8;
/** @DRM_MVGAL_REFUSAL_NOT_PUBLISHED: The driver's vendor has not published
 how it is done.*/
pub const DRM_MVGAL_REFUSAL_NOT_PUBLISHED: drm_mvgal_refusal = 9;
/// enum drm_mvgal_refusal - Why a member cannot do something.
pub type drm_mvgal_refusal = ::std::os::raw::c_uint;
/// struct drm_mvgal_device - One member, as the kernel knows it.
#[repr(C)]
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_device {
    /// @id: Id, from 1 up; never used again while the module is loaded.
    pub id: __u32,
    /// @slot: Bit of this member in masks, 0-63; may be used again later.
    pub slot: __u32,
    /// @state: One of enum drm_mvgal_member_state.
    pub state: __u32,
    /// @bus: One of enum drm_mvgal_bus.
    pub bus: __u32,
    /// @features: DRM_MVGAL_FEATURE_* bits.
    pub features: __u64,
    /// @driver: Name of the member's DRM driver, NUL-terminated.
    pub driver: [__u8; 32usize],
    /// @bus_address: Name of its bus device (0000:03:00.0), NUL-terminated.
    pub bus_address: [__u8; 64usize],
    /// @driver_major: Major version of the driver.
    pub driver_major: __s32,
    /// @driver_minor: Minor version of the driver.
    pub driver_minor: __s32,
    /// @driver_patchlevel: Patch level of the driver.
    pub driver_patchlevel: __s32,
    /// @numa_node: NUMA node, -1 if unknown.
    pub numa_node: __s32,
    /** @primary_minor: Minor number of its primary node (/dev/dri/cardN), or
 %DRM_MVGAL_MINOR_NONE.*/
    pub primary_minor: __u32,
    /** @render_minor: Minor number of its render node (/dev/dri/renderDN), or
 %DRM_MVGAL_MINOR_NONE.*/
    pub render_minor: __u32,
    /// @pci_vendor: PCI vendor id; 0, as all pci fields, if not on PCI.
    pub pci_vendor: __u16,
    /// @pci_device: PCI device id.
    pub pci_device: __u16,
    /// @pci_subvendor: PCI subsystem vendor id.
    pub pci_subvendor: __u16,
    /// @pci_subdevice: PCI subsystem id.
    pub pci_subdevice: __u16,
    /// @pci_class: PCI class code, 24 bits.
    pub pci_class: __u32,
    /// @pci_revision: PCI revision.
    pub pci_revision: __u32,
    /// @link_speed: Current PCIe link speed in MT/s; 0 if unknown.
    pub link_speed: __u32,
    /// @link_width: Current PCIe link width in lanes; 0 if unknown.
    pub link_width: __u32,
    /// @link_speed_max: Highest PCIe link speed of the device in MT/s.
    pub link_speed_max: __u32,
    /// @link_width_max: Widest PCIe link of the device in lanes.
    pub link_width_max: __u32,
    /// @bar_size: Sizes of the memory BARs in bytes; 0 if there is none.
    pub bar_size: [__u64; 6usize],
    /// @jobs_queued: Jobs of all clients that wait for this member's turn.
    pub jobs_queued: __u32,
    /// @jobs_running: Jobs of all clients in flight on this member.
    pub jobs_running: __u32,
    /// @jobs_done: Jobs that ended on this member, in any way.
    pub jobs_done: __u64,
    /// @busy_ns: Time this member has spent on jobs, in ns.
    pub busy_ns: __u64,
    /// @vendor: One of enum drm_mvgal_vendor. Since 1.2.
    pub vendor: __u32,
    /// @pad: Zero. Since 1.2.
    pub pad: __u32,
    /** @refusals: By enum drm_mvgal_capability, why the member cannot do it: one
 of enum drm_mvgal_refusal. What is refused ends with EOPNOTSUPP. Since
 1.2.*/
    pub refusals: [__u32; 8usize],
    /** @context_priorities: By priority of jobs, the priority that a context of
 the member's driver should be created with for NATIVE jobs of it, as the
 driver's UAPI has it: drm_amdgpu_ctx_in::priority,
 I915_CONTEXT_PARAM_PRIORITY, DRM_XE_EXEC_QUEUE_SET_PROPERTY_PRIORITY.
 Those of priorities up to 11 are for everybody, those above take
 CAP_SYS_NICE there, too. All 0 if %DRM_MVGAL_CAN_PRIORITIZE is refused.
 Since 1.2.*/
    pub context_priorities: [__s32; 16usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_mvgal_device"][::std::mem::size_of::<drm_mvgal_device>() - 352usize];
    [
        "Alignment of drm_mvgal_device",
    ][::std::mem::align_of::<drm_mvgal_device>() - 8usize];
    [
        "Offset of field: drm_mvgal_device::id",
    ][::std::mem::offset_of!(drm_mvgal_device, id) - 0usize];
    [
        "Offset of field: drm_mvgal_device::slot",
    ][::std::mem::offset_of!(drm_mvgal_device, slot) - 4usize];
    [
        "Offset of field: drm_mvgal_device::state",
    ][::std::mem::offset_of!(drm_mvgal_device, state) - 8usize];
    [
        "Offset of field: drm_mvgal_device::bus",
    ][::std::mem::offset_of!(drm_mvgal_device, bus) - 12usize];
    [
        "Offset of field: drm_mvgal_device::features",
    ][::std::mem::offset_of!(drm_mvgal_device, features) - 16usize];
    [
        "Offset of field: drm_mvgal_device::driver",
    ][::std::mem::offset_of!(drm_mvgal_device, driver) - 24usize];
    [
        "Offset of field: drm_mvgal_device::bus_address",
    ][::std::mem::offset_of!(drm_mvgal_device, bus_address) - 56usize];
    [
        "Offset of field: drm_mvgal_device::driver_major",
    ][::std::mem::offset_of!(drm_mvgal_device, driver_major) - 120usize];
    [
        "Offset of field: drm_mvgal_device::driver_minor",
    ][::std::mem::offset_of!(drm_mvgal_device, driver_minor) - 124usize];
    [
        "Offset of field: drm_mvgal_device::driver_patchlevel",
    ][::std::mem::offset_of!(drm_mvgal_device, driver_patchlevel) - 128usize];
    [
        "Offset of field: drm_mvgal_device::numa_node",
    ][::std::mem::offset_of!(drm_mvgal_device, numa_node) - 132usize];
    [
        "Offset of field: drm_mvgal_device::primary_minor",
    ][::std::mem::offset_of!(drm_mvgal_device, primary_minor) - 136usize];
    [
        "Offset of field: drm_mvgal_device::render_minor",
    ][::std::mem::offset_of!(drm_mvgal_device, render_minor) - 140usize];
    [
        "Offset of field: drm_mvgal_device::pci_vendor",
    ][::std::mem::offset_of!(drm_mvgal_device, pci_vendor) - 144usize];
    [
        "Offset of field: drm_mvgal_device::pci_device",
    ][::std::mem::offset_of!(drm_mvgal_device, pci_device) - 146usize];
    [
        "Offset of field: drm_mvgal_device::pci_subvendor",
    ][::std::mem::offset_of!(drm_mvgal_device, pci_subvendor) - 148usize];
    [
        "Offset of field: drm_mvgal_device::pci_subdevice",
    ][::std::mem::offset_of!(drm_mvgal_device, pci_subdevice) - 150usize];
    [
        "Offset of field: drm_mvgal_device::pci_class",
    ][::std::mem::offset_of!(drm_mvgal_device, pci_class) - 152usize];
    [
        "Offset of field: drm_mvgal_device::pci_revision",
    ][::std::mem::offset_of!(drm_mvgal_device, pci_revision) - 156usize];
    [
        "Offset of field: drm_mvgal_device::link_speed",
    ][::std::mem::offset_of!(drm_mvgal_device, link_speed) - 160usize];
    [
        "Offset of field: drm_mvgal_device::link_width",
    ][::std::mem::offset_of!(drm_mvgal_device, link_width) - 164usize];
    [
        "Offset of field: drm_mvgal_device::link_speed_max",
    ][::std::mem::offset_of!(drm_mvgal_device, link_speed_max) - 168usize];
    [
        "Offset of field: drm_mvgal_device::link_width_max",
    ][::std::mem::offset_of!(drm_mvgal_device, link_width_max) - 172usize];
    [
        "Offset of field: drm_mvgal_device::bar_size",
    ][::std::mem::offset_of!(drm_mvgal_device, bar_size) - 176usize];
    [
        "Offset of field: drm_mvgal_device::jobs_queued",
    ][::std::mem::offset_of!(drm_mvgal_device, jobs_queued) - 224usize];
    [
        "Offset of field: drm_mvgal_device::jobs_running",
    ][::std::mem::offset_of!(drm_mvgal_device, jobs_running) - 228usize];
    [
        "Offset of field: drm_mvgal_device::jobs_done",
    ][::std::mem::offset_of!(drm_mvgal_device, jobs_done) - 232usize];
    [
        "Offset of field: drm_mvgal_device::busy_ns",
    ][::std::mem::offset_of!(drm_mvgal_device, busy_ns) - 240usize];
    [
        "Offset of field: drm_mvgal_device::vendor",
    ][::std::mem::offset_of!(drm_mvgal_device, vendor) - 248usize];
    [
        "Offset of field: drm_mvgal_device::pad",
    ][::std::mem::offset_of!(drm_mvgal_device, pad) - 252usize];
    [
        "Offset of field: drm_mvgal_device::refusals",
    ][::std::mem::offset_of!(drm_mvgal_device, refusals) - 256usize];
    [
        "Offset of field: drm_mvgal_device::context_priorities",
    ][::std::mem::offset_of!(drm_mvgal_device, context_priorities) - 288usize];
};
impl Default for drm_mvgal_device {
    fn default() -> Self {
        let mut s = ::std::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::std::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
/** struct drm_mvgal_query_devices - Arguments of DRM_IOCTL_MVGAL_QUERY_DEVICES

 Fills as many elements as there is room for; the total is always returned,
 so a first call with a count of 0 tells how much room to bring.*/
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_query_devices {
    /// @flags: Must be zero.
    pub flags: __u32,
    /// @pad: Must be zero.
    pub pad: __u32,
    /// @generation: Out: changes whenever a member comes or goes.
    pub generation: __u64,
    /** @devices: Array of &struct drm_mvgal_device. In: room in count. Out:
 number of members in count, which may be more than there was room for.*/
    pub devices: drm_mvgal_obj_array,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_mvgal_query_devices",
    ][::std::mem::size_of::<drm_mvgal_query_devices>() - 32usize];
    [
        "Alignment of drm_mvgal_query_devices",
    ][::std::mem::align_of::<drm_mvgal_query_devices>() - 8usize];
    [
        "Offset of field: drm_mvgal_query_devices::flags",
    ][::std::mem::offset_of!(drm_mvgal_query_devices, flags) - 0usize];
    [
        "Offset of field: drm_mvgal_query_devices::pad",
    ][::std::mem::offset_of!(drm_mvgal_query_devices, pad) - 4usize];
    [
        "Offset of field: drm_mvgal_query_devices::generation",
    ][::std::mem::offset_of!(drm_mvgal_query_devices, generation) - 8usize];
    [
        "Offset of field: drm_mvgal_query_devices::devices",
    ][::std::mem::offset_of!(drm_mvgal_query_devices, devices) - 16usize];
};
/// @DRM_MVGAL_TIER_NONE: There is no member.
pub const DRM_MVGAL_TIER_NONE: drm_mvgal_tier = 0;
/// @DRM_MVGAL_TIER_FULL: Every member renders.
pub const DRM_MVGAL_TIER_FULL: drm_mvgal_tier = 1;
/// @DRM_MVGAL_TIER_COMPUTE_ONLY: Every member is a compute accelerator.
pub const DRM_MVGAL_TIER_COMPUTE_ONLY: drm_mvgal_tier = 2;
/// @DRM_MVGAL_TIER_MIXED: Some render and some do not.
pub const DRM_MVGAL_TIER_MIXED: drm_mvgal_tier = 3;
/// enum drm_mvgal_tier - What the members are together.
pub type drm_mvgal_tier = ::std::os::raw::c_uint;
/// @DRM_MVGAL_PATH_HOST: Through host memory.
pub const DRM_MVGAL_PATH_HOST: drm_mvgal_path = 0;
/// @DRM_MVGAL_PATH_P2P: PCI peer-to-peer is possible.
pub const DRM_MVGAL_PATH_P2P: drm_mvgal_path = 1;
/// enum drm_mvgal_path - How data gets from one member to another.
pub type drm_mvgal_path = ::std::os::raw::c_uint;
/** @DRM_MVGAL_REACH_COPY: By a copy in memory of its own, see
 %DRM_MVGAL_EXPORT_FOR_MEMBER.*/
pub const DRM_MVGAL_REACH_COPY: drm_mvgal_reach = 0;
/** @DRM_MVGAL_REACH_IMPORT: It imports the dma-buf, without a copy, where
 the memory is system memory or its driver moves it there.*/
pub const DRM_MVGAL_REACH_IMPORT: drm_mvgal_reach = 1;
/** @DRM_MVGAL_REACH_P2P: It imports the dma-buf, and PCI lets it reach the
 other's own memory, so that nothing need be moved.*/
pub const DRM_MVGAL_REACH_P2P: drm_mvgal_reach = 2;
/// @DRM_MVGAL_REACH_OWN: The memory is its own. Since 1.3.
pub const DRM_MVGAL_REACH_OWN: drm_mvgal_reach = 3;
/** @DRM_MVGAL_REACH_NONE: In no way: it does not import it, and there can be
 no copy, as the exporter has no %DRM_MVGAL_CAN_COPY. What is left are NATIVE
 jobs of the exporter, whose engines may reach memory that both do. Before
 1.4 this was %DRM_MVGAL_REACH_COPY. Since 1.4.*/
pub const DRM_MVGAL_REACH_NONE: drm_mvgal_reach = 4;
/** enum drm_mvgal_reach - How the driver of a member gets at a buffer of another.

 Of memory that is another's, P2P is tried first, then IMPORT, then COPY. What a
 client does not know is to be taken for NONE. Since 1.2.*/
pub type drm_mvgal_reach = ::std::os::raw::c_uint;
/// @DRM_MVGAL_REACH_LIMIT_NONE: It is the best there is.
pub const DRM_MVGAL_REACH_LIMIT_NONE: drm_mvgal_reach_limit = 0;
/** @DRM_MVGAL_REACH_LIMIT_EXPORT: The exporter's driver has no
 %DRM_MVGAL_FEATURE_EXPORT.*/
pub const DRM_MVGAL_REACH_LIMIT_EXPORT: drm_mvgal_reach_limit = 1;
/** @DRM_MVGAL_REACH_LIMIT_IMPORT: The importer's driver has no
 %DRM_MVGAL_FEATURE_IMPORT.*/
pub const DRM_MVGAL_REACH_LIMIT_IMPORT: drm_mvgal_reach_limit = 2;
/// @DRM_MVGAL_REACH_LIMIT_EXPORTER_BUS: The exporter is not on PCI.
pub const DRM_MVGAL_REACH_LIMIT_EXPORTER_BUS: drm_mvgal_reach_limit = 3;
/// @DRM_MVGAL_REACH_LIMIT_IMPORTER_BUS: The importer is not on PCI.
pub const DRM_MVGAL_REACH_LIMIT_IMPORTER_BUS: drm_mvgal_reach_limit = 4;
/** @DRM_MVGAL_REACH_LIMIT_PCI: What is between them does not pass on what one
 sends to the other, or the kernel does not know that it does.*/
pub const DRM_MVGAL_REACH_LIMIT_PCI: drm_mvgal_reach_limit = 5;
/** @DRM_MVGAL_REACH_LIMIT_ATTACH: The exporter's driver refused when the
 importer's device was to be attached, or the memory to be mapped for it:
 &drm_mvgal_p2p.error. Since 1.3.*/
pub const DRM_MVGAL_REACH_LIMIT_ATTACH: drm_mvgal_reach_limit = 6;
/** @DRM_MVGAL_REACH_LIMIT_REFUSED: The client said so by
 %DRM_MVGAL_EXPORT_REFUSED. Since 1.3.*/
pub const DRM_MVGAL_REACH_LIMIT_REFUSED: drm_mvgal_reach_limit = 7;
/** @DRM_MVGAL_REACH_LIMIT_REPLICATED: The buffer was allocated with
 %DRM_MVGAL_BUFFER_REPLICATED. Of an export alone. Since 1.3.*/
pub const DRM_MVGAL_REACH_LIMIT_REPLICATED: drm_mvgal_reach_limit = 8;
/** @DRM_MVGAL_REACH_LIMIT_DRIVERS: PCI would let the one reach the other, but
 not both of the drivers do peer-to-peer by dma-bufs. Since 1.3.*/
pub const DRM_MVGAL_REACH_LIMIT_DRIVERS: drm_mvgal_reach_limit = 9;
/** @DRM_MVGAL_REACH_LIMIT_MAP: The exporter's driver maps its memory for no
 other device. Since 1.4.*/
pub const DRM_MVGAL_REACH_LIMIT_MAP: drm_mvgal_reach_limit = 10;
/** @DRM_MVGAL_REACH_LIMIT_IOMMU: The exporter's driver gives out physical
 addresses, and those of the importer's device are translated. It reaches the
 memory if its IOMMU passes them through, as with ``iommu=pt`` on the kernel's
 command line. Since 1.5.*/
pub const DRM_MVGAL_REACH_LIMIT_IOMMU: drm_mvgal_reach_limit = 11;
/** enum drm_mvgal_reach_limit - Why it is no better way.

 Where several hold, it is the first of them. Since 1.2.*/
pub type drm_mvgal_reach_limit = ::std::os::raw::c_uint;
/// struct drm_mvgal_p2p - Distance from one member to another.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_p2p {
    /// @exporter: Id of the member whose memory is read or written.
    pub exporter: __u32,
    /// @importer: Id of the member that reads or writes.
    pub importer: __u32,
    /** @distance: Distance by pci_p2pdma: the smaller the better; -1 if the
 pair cannot do peer-to-peer or is not on PCI.*/
    pub distance: __s32,
    /// @path: One of enum drm_mvgal_path.
    pub path: __u32,
    /// @reach: One of enum drm_mvgal_reach. Since 1.2.
    pub reach: __u32,
    /// @limit: One of enum drm_mvgal_reach_limit. Since 1.2.
    pub limit: __u32,
    /** @tried: 1 if an export for the importer has shown that @reach is as it
 says, 0 if it is what is to be expected. That it works is remembered for
 all clients, that it does not for the client whose buffer it was, until one
 of the members goes. Since 1.3.*/
    pub tried: __u32,
    /** @error: Negative errno with which a better way was refused when it was
 tried; 0 if none was. Since 1.3.*/
    pub error: __s32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_mvgal_p2p"][::std::mem::size_of::<drm_mvgal_p2p>() - 32usize];
    ["Alignment of drm_mvgal_p2p"][::std::mem::align_of::<drm_mvgal_p2p>() - 4usize];
    [
        "Offset of field: drm_mvgal_p2p::exporter",
    ][::std::mem::offset_of!(drm_mvgal_p2p, exporter) - 0usize];
    [
        "Offset of field: drm_mvgal_p2p::importer",
    ][::std::mem::offset_of!(drm_mvgal_p2p, importer) - 4usize];
    [
        "Offset of field: drm_mvgal_p2p::distance",
    ][::std::mem::offset_of!(drm_mvgal_p2p, distance) - 8usize];
    [
        "Offset of field: drm_mvgal_p2p::path",
    ][::std::mem::offset_of!(drm_mvgal_p2p, path) - 12usize];
    [
        "Offset of field: drm_mvgal_p2p::reach",
    ][::std::mem::offset_of!(drm_mvgal_p2p, reach) - 16usize];
    [
        "Offset of field: drm_mvgal_p2p::limit",
    ][::std::mem::offset_of!(drm_mvgal_p2p, limit) - 20usize];
    [
        "Offset of field: drm_mvgal_p2p::tried",
    ][::std::mem::offset_of!(drm_mvgal_p2p, tried) - 24usize];
    [
        "Offset of field: drm_mvgal_p2p::error",
    ][::std::mem::offset_of!(drm_mvgal_p2p, error) - 28usize];
};
/** struct drm_mvgal_query_capabilities - Arguments of
 DRM_IOCTL_MVGAL_QUERY_CAPABILITIES*/
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_query_capabilities {
    /// @flags: Must be zero.
    pub flags: __u32,
    /// @uapi_version: Out: DRM_MVGAL_UAPI_MAJOR << 16 | DRM_MVGAL_UAPI_MINOR.
    pub uapi_version: __u32,
    /// @generation: Out: as in &struct drm_mvgal_query_devices.
    pub generation: __u64,
    /// @tier: Out: one of enum drm_mvgal_tier.
    pub tier: __u32,
    /// @member_count: Out: number of members.
    pub member_count: __u32,
    /// @features_any: Out: features that at least one member has.
    pub features_any: __u64,
    /// @features_all: Out: features that every member has.
    pub features_all: __u64,
    /// @max_buffer_size: Out: largest buffer in bytes.
    pub max_buffer_size: __u64,
    /// @max_members: Out: most members at a time.
    pub max_members: __u32,
    /// @max_jobs_per_submit: Out: most jobs in one batch.
    pub max_jobs_per_submit: __u32,
    /// @max_syncs_per_job: Out: most in- and most out-syncs of one job.
    pub max_syncs_per_job: __u32,
    /// @max_jobs_per_client: Out: most unfinished jobs of one client.
    pub max_jobs_per_client: __u32,
    /// @max_waits: Out: most points in one WAIT_FENCE or SIGNAL_FENCE.
    pub max_waits: __u32,
    /// @priority_levels: Out: number of priorities; 0 is the lowest.
    pub priority_levels: __u32,
    /// @priority_max_unprivileged: Out: highest without CAP_SYS_NICE.
    pub priority_max_unprivileged: __u32,
    /** @max_passes: Out: most jobs of other levels that a member dispatches
 while a level with a waiting job is passed over.*/
    pub max_passes: __u32,
    /** @p2p: Array of &struct drm_mvgal_p2p, one for each ordered pair of
 different members. In: room in count. Out: number of pairs in count.*/
    pub p2p: drm_mvgal_obj_array,
    /** @max_job_timeout_ns: Out: longest time-out of a job in ns, and that of
 jobs that name none. Since 1.1.*/
    pub max_job_timeout_ns: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_mvgal_query_capabilities",
    ][::std::mem::size_of::<drm_mvgal_query_capabilities>() - 104usize];
    [
        "Alignment of drm_mvgal_query_capabilities",
    ][::std::mem::align_of::<drm_mvgal_query_capabilities>() - 8usize];
    [
        "Offset of field: drm_mvgal_query_capabilities::flags",
    ][::std::mem::offset_of!(drm_mvgal_query_capabilities, flags) - 0usize];
    [
        "Offset of field: drm_mvgal_query_capabilities::uapi_version",
    ][::std::mem::offset_of!(drm_mvgal_query_capabilities, uapi_version) - 4usize];
    [
        "Offset of field: drm_mvgal_query_capabilities::generation",
    ][::std::mem::offset_of!(drm_mvgal_query_capabilities, generation) - 8usize];
    [
        "Offset of field: drm_mvgal_query_capabilities::tier",
    ][::std::mem::offset_of!(drm_mvgal_query_capabilities, tier) - 16usize];
    [
        "Offset of field: drm_mvgal_query_capabilities::member_count",
    ][::std::mem::offset_of!(drm_mvgal_query_capabilities, member_count) - 20usize];
    [
        "Offset of field: drm_mvgal_query_capabilities::features_any",
    ][::std::mem::offset_of!(drm_mvgal_query_capabilities, features_any) - 24usize];
    [
        "Offset of field: drm_mvgal_query_capabilities::features_all",
    ][::std::mem::offset_of!(drm_mvgal_query_capabilities, features_all) - 32usize];
    [
        "Offset of field: drm_mvgal_query_capabilities::max_buffer_size",
    ][::std::mem::offset_of!(drm_mvgal_query_capabilities, max_buffer_size) - 40usize];
    [
        "Offset of field: drm_mvgal_query_capabilities::max_members",
    ][::std::mem::offset_of!(drm_mvgal_query_capabilities, max_members) - 48usize];
    [
        "Offset of field: drm_mvgal_query_capabilities::max_jobs_per_submit",
    ][::std::mem::offset_of!(drm_mvgal_query_capabilities, max_jobs_per_submit)
        - 52usize];
    [
        "Offset of field: drm_mvgal_query_capabilities::max_syncs_per_job",
    ][::std::mem::offset_of!(drm_mvgal_query_capabilities, max_syncs_per_job) - 56usize];
    [
        "Offset of field: drm_mvgal_query_capabilities::max_jobs_per_client",
    ][::std::mem::offset_of!(drm_mvgal_query_capabilities, max_jobs_per_client)
        - 60usize];
    [
        "Offset of field: drm_mvgal_query_capabilities::max_waits",
    ][::std::mem::offset_of!(drm_mvgal_query_capabilities, max_waits) - 64usize];
    [
        "Offset of field: drm_mvgal_query_capabilities::priority_levels",
    ][::std::mem::offset_of!(drm_mvgal_query_capabilities, priority_levels) - 68usize];
    [
        "Offset of field: drm_mvgal_query_capabilities::priority_max_unprivileged",
    ][::std::mem::offset_of!(drm_mvgal_query_capabilities, priority_max_unprivileged)
        - 72usize];
    [
        "Offset of field: drm_mvgal_query_capabilities::max_passes",
    ][::std::mem::offset_of!(drm_mvgal_query_capabilities, max_passes) - 76usize];
    [
        "Offset of field: drm_mvgal_query_capabilities::p2p",
    ][::std::mem::offset_of!(drm_mvgal_query_capabilities, p2p) - 80usize];
    [
        "Offset of field: drm_mvgal_query_capabilities::max_job_timeout_ns",
    ][::std::mem::offset_of!(drm_mvgal_query_capabilities, max_job_timeout_ns)
        - 96usize];
};
/** struct drm_mvgal_alloc_memory - Arguments of DRM_IOCTL_MVGAL_ALLOC_MEMORY

 Allocates a buffer on an attached member, by that member's driver, or in
 system memory. The contents are zero. Either @size is given, for a linear
 buffer, or @width, @height and @format, for an image; the others must be 0.

 Errors: EINVAL (bad flags, size or image, see there), ENOENT (no member with
 that id), EACCES (the member is not attached or not in the allowed mask),
 ENODEV (it was unplugged), EOPNOTSUPP (its driver or this version cannot do
 it), ENOSPC (no placement fits; or it is more than the module's parameter
 max_client_bytes allows one client, or, for memory of the host, dmem.max of the
 task's cgroup, where it is the region mvgal/host), E2BIG (larger than max_buffer_size), and
 whatever the member's driver answers.*/
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_alloc_memory {
    /** @size: In: size in bytes, not 0 unless an image is asked for. Out: size
 of the buffer, a multiple of the page size.*/
    pub size: __u64,
    /** @member: In: id of the member, %DRM_MVGAL_MEMBER_HOST or
 %DRM_MVGAL_MEMBER_ANY. Out: id of the member chosen;
 %DRM_MVGAL_MEMBER_ANY still, if the first use will choose it.*/
    pub member: __u32,
    /// @flags: DRM_MVGAL_BUFFER_* bits.
    pub flags: __u32,
    /// @width: Width of the image in pixels, 1-16384, or 0.
    pub width: __u32,
    /// @height: Height of the image in pixels, 1-16384, or 0.
    pub height: __u32,
    /** @format: DRM_FORMAT_XRGB8888, ARGB8888, XBGR8888 or ABGR8888 (see
 drm_fourcc.h), or 0.*/
    pub format: __u32,
    /// @pitch: Out: bytes from one row of the image to the next, or 0.
    pub pitch: __u32,
    /// @handle: Out: GEM handle of the buffer on the mvgal file.
    pub handle: __u32,
    /// @pad: Must be zero.
    pub pad: __u32,
    /** @mmap_offset: Out: offset for mmap() on the mvgal file, or 0 without
 %DRM_MVGAL_BUFFER_HOST_VALID.*/
    pub mmap_offset: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_mvgal_alloc_memory",
    ][::std::mem::size_of::<drm_mvgal_alloc_memory>() - 48usize];
    [
        "Alignment of drm_mvgal_alloc_memory",
    ][::std::mem::align_of::<drm_mvgal_alloc_memory>() - 8usize];
    [
        "Offset of field: drm_mvgal_alloc_memory::size",
    ][::std::mem::offset_of!(drm_mvgal_alloc_memory, size) - 0usize];
    [
        "Offset of field: drm_mvgal_alloc_memory::member",
    ][::std::mem::offset_of!(drm_mvgal_alloc_memory, member) - 8usize];
    [
        "Offset of field: drm_mvgal_alloc_memory::flags",
    ][::std::mem::offset_of!(drm_mvgal_alloc_memory, flags) - 12usize];
    [
        "Offset of field: drm_mvgal_alloc_memory::width",
    ][::std::mem::offset_of!(drm_mvgal_alloc_memory, width) - 16usize];
    [
        "Offset of field: drm_mvgal_alloc_memory::height",
    ][::std::mem::offset_of!(drm_mvgal_alloc_memory, height) - 20usize];
    [
        "Offset of field: drm_mvgal_alloc_memory::format",
    ][::std::mem::offset_of!(drm_mvgal_alloc_memory, format) - 24usize];
    [
        "Offset of field: drm_mvgal_alloc_memory::pitch",
    ][::std::mem::offset_of!(drm_mvgal_alloc_memory, pitch) - 28usize];
    [
        "Offset of field: drm_mvgal_alloc_memory::handle",
    ][::std::mem::offset_of!(drm_mvgal_alloc_memory, handle) - 32usize];
    [
        "Offset of field: drm_mvgal_alloc_memory::pad",
    ][::std::mem::offset_of!(drm_mvgal_alloc_memory, pad) - 36usize];
    [
        "Offset of field: drm_mvgal_alloc_memory::mmap_offset",
    ][::std::mem::offset_of!(drm_mvgal_alloc_memory, mmap_offset) - 40usize];
};
/** struct drm_mvgal_free_memory - Arguments of DRM_IOCTL_MVGAL_FREE_MEMORY

 Drops the handle, as DRM_IOCTL_GEM_CLOSE does. The memory lives on until the
 last job, mapping and exported file that use it are gone. Memory of the host
 counts as the client's as long (max_client_bytes, fdinfo); that of a member until
 no handle of mvgal and no job uses it, as what else keeps it does so by that
 member's driver.

 Errors: EINVAL (padding), ENOENT (no such handle).*/
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_free_memory {
    /// @handle: GEM handle.
    pub handle: __u32,
    /// @pad: Must be zero.
    pub pad: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_mvgal_free_memory",
    ][::std::mem::size_of::<drm_mvgal_free_memory>() - 8usize];
    [
        "Alignment of drm_mvgal_free_memory",
    ][::std::mem::align_of::<drm_mvgal_free_memory>() - 4usize];
    [
        "Offset of field: drm_mvgal_free_memory::handle",
    ][::std::mem::offset_of!(drm_mvgal_free_memory, handle) - 0usize];
    [
        "Offset of field: drm_mvgal_free_memory::pad",
    ][::std::mem::offset_of!(drm_mvgal_free_memory, pad) - 4usize];
};
/** struct drm_mvgal_import_dmabuf - Arguments of DRM_IOCTL_MVGAL_IMPORT_DMABUF

 Makes a buffer of a dma-buf of any exporter. Importing the same dma-buf again
 returns the handle that the file already has for it.

 Errors: EINVAL (flags, padding, or @fd is not a dma-buf), EBADF (@fd is not
 open), E2BIG (larger than max_buffer_size).*/
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_import_dmabuf {
    /// @fd: dma-buf file descriptor.
    pub fd: __s32,
    /// @flags: Must be zero.
    pub flags: __u32,
    /// @handle: Out: GEM handle.
    pub handle: __u32,
    /** @member: Out: id of the member whose driver exported it, or
 %DRM_MVGAL_MEMBER_HOST if it is no member's.*/
    pub member: __u32,
    /// @size: Out: size in bytes.
    pub size: __u64,
    /// @mmap_offset: Out: offset for mmap() on the mvgal file.
    pub mmap_offset: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_mvgal_import_dmabuf",
    ][::std::mem::size_of::<drm_mvgal_import_dmabuf>() - 32usize];
    [
        "Alignment of drm_mvgal_import_dmabuf",
    ][::std::mem::align_of::<drm_mvgal_import_dmabuf>() - 8usize];
    [
        "Offset of field: drm_mvgal_import_dmabuf::fd",
    ][::std::mem::offset_of!(drm_mvgal_import_dmabuf, fd) - 0usize];
    [
        "Offset of field: drm_mvgal_import_dmabuf::flags",
    ][::std::mem::offset_of!(drm_mvgal_import_dmabuf, flags) - 4usize];
    [
        "Offset of field: drm_mvgal_import_dmabuf::handle",
    ][::std::mem::offset_of!(drm_mvgal_import_dmabuf, handle) - 8usize];
    [
        "Offset of field: drm_mvgal_import_dmabuf::member",
    ][::std::mem::offset_of!(drm_mvgal_import_dmabuf, member) - 12usize];
    [
        "Offset of field: drm_mvgal_import_dmabuf::size",
    ][::std::mem::offset_of!(drm_mvgal_import_dmabuf, size) - 16usize];
    [
        "Offset of field: drm_mvgal_import_dmabuf::mmap_offset",
    ][::std::mem::offset_of!(drm_mvgal_import_dmabuf, mmap_offset) - 24usize];
};
/** struct drm_mvgal_export_dmabuf - Arguments of DRM_IOCTL_MVGAL_EXPORT_DMABUF

 Returns a file descriptor of the dma-buf behind a buffer. It is always the
 dma-buf of the driver that owns the memory, also for an imported buffer.
 The descriptor is close-on-exec.

 With %DRM_MVGAL_EXPORT_FOR_MEMBER it is the dma-buf by which a member's driver
 gets at the buffer best: PRIME_FD_TO_HANDLE on the file attached for the member
 makes a handle of it. The ways of enum drm_mvgal_reach are tried from the last
 to the first: whether the member's device can be attached to the memory and the
 memory be mapped for it is tried for each pair of members and then remembered,
 see &drm_mvgal_p2p.tried. What fails for want of memory, or for a time, is not
 remembered.

 If there is no way but %DRM_MVGAL_REACH_COPY, the buffer gets a copy in memory
 that the member can use, as those of %DRM_MVGAL_BUFFER_REPLICATED are: it is
 zero at first, and jobs that are submitted from then on keep it coherent. A
 REPLICATE job fills it. It stays for the life of the buffer, so that asking
 again returns the same. If its exporter wants CPU access bracketed, that holds
 for jobs with the buffer, too (see %DRM_MVGAL_JOB_IMPLICIT_SYNC).

 Errors: EINVAL (flags, padding), ENOENT (no such handle, no member with that
 id), EACCES (the buffer was allocated without %DRM_MVGAL_BUFFER_DMA_BUF; the
 member is not attached or not in the mask), ENODEV (it was unplugged), EMFILE,
 EOPNOTSUPP (the member has no way to it: there can be no copy because one of the
 memories cannot be mapped into the kernel, or the member can neither allocate
 nor import), and what allocating the buffer fails with if this is its first use,
 or the copy. ENODEV also if the memory was that of a member that is gone, and
 there is no copy for this one.*/
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_export_dmabuf {
    /// @handle: GEM handle.
    pub handle: __u32,
    /// @flags: DRM_MVGAL_EXPORT_* bits. Must be zero before 1.3.
    pub flags: __u32,
    /// @fd: Out: dma-buf file descriptor.
    pub fd: __s32,
    /// @pad: Must be zero.
    pub pad: __u32,
    /** @member: Id of the member with %DRM_MVGAL_EXPORT_FOR_MEMBER, else 0. Since
 1.3.*/
    pub member: __u32,
    /// @reach: Out: one of enum drm_mvgal_reach with @member, else 0. Since 1.3.
    pub reach: __u32,
    /** @limit: Out: with @member, why it is no better way: one of enum
 drm_mvgal_reach_limit, else 0. Since 1.3.*/
    pub limit: __u32,
    /** @home: Out: id of the member whose driver owns the memory of the dma-buf,
 or %DRM_MVGAL_MEMBER_HOST. Since 1.3.*/
    pub home: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_mvgal_export_dmabuf",
    ][::std::mem::size_of::<drm_mvgal_export_dmabuf>() - 32usize];
    [
        "Alignment of drm_mvgal_export_dmabuf",
    ][::std::mem::align_of::<drm_mvgal_export_dmabuf>() - 4usize];
    [
        "Offset of field: drm_mvgal_export_dmabuf::handle",
    ][::std::mem::offset_of!(drm_mvgal_export_dmabuf, handle) - 0usize];
    [
        "Offset of field: drm_mvgal_export_dmabuf::flags",
    ][::std::mem::offset_of!(drm_mvgal_export_dmabuf, flags) - 4usize];
    [
        "Offset of field: drm_mvgal_export_dmabuf::fd",
    ][::std::mem::offset_of!(drm_mvgal_export_dmabuf, fd) - 8usize];
    [
        "Offset of field: drm_mvgal_export_dmabuf::pad",
    ][::std::mem::offset_of!(drm_mvgal_export_dmabuf, pad) - 12usize];
    [
        "Offset of field: drm_mvgal_export_dmabuf::member",
    ][::std::mem::offset_of!(drm_mvgal_export_dmabuf, member) - 16usize];
    [
        "Offset of field: drm_mvgal_export_dmabuf::reach",
    ][::std::mem::offset_of!(drm_mvgal_export_dmabuf, reach) - 20usize];
    [
        "Offset of field: drm_mvgal_export_dmabuf::limit",
    ][::std::mem::offset_of!(drm_mvgal_export_dmabuf, limit) - 24usize];
    [
        "Offset of field: drm_mvgal_export_dmabuf::home",
    ][::std::mem::offset_of!(drm_mvgal_export_dmabuf, home) - 28usize];
};
/// struct drm_mvgal_sync - A point that a job waits for or signals.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_sync {
    /// @handle: Handle of a syncobj on the mvgal file.
    pub handle: __u32,
    /// @flags: Must be zero.
    pub flags: __u32,
    /// @point: Timeline point; 0 uses the syncobj as a binary one.
    pub point: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_mvgal_sync"][::std::mem::size_of::<drm_mvgal_sync>() - 16usize];
    ["Alignment of drm_mvgal_sync"][::std::mem::align_of::<drm_mvgal_sync>() - 8usize];
    [
        "Offset of field: drm_mvgal_sync::handle",
    ][::std::mem::offset_of!(drm_mvgal_sync, handle) - 0usize];
    [
        "Offset of field: drm_mvgal_sync::flags",
    ][::std::mem::offset_of!(drm_mvgal_sync, flags) - 4usize];
    [
        "Offset of field: drm_mvgal_sync::point",
    ][::std::mem::offset_of!(drm_mvgal_sync, point) - 8usize];
};
/// @DRM_MVGAL_JOB_COPY: Copies; payload is &struct drm_mvgal_copy.
pub const DRM_MVGAL_JOB_COPY: drm_mvgal_job_kind = 1;
/// @DRM_MVGAL_JOB_FILL: Fills; payload is &struct drm_mvgal_fill.
pub const DRM_MVGAL_JOB_FILL: drm_mvgal_job_kind = 2;
/** @DRM_MVGAL_JOB_NATIVE: Runs a submission of the member's own driver;
 payload is &struct drm_mvgal_native.*/
pub const DRM_MVGAL_JOB_NATIVE: drm_mvgal_job_kind = 3;
/** @DRM_MVGAL_JOB_BARRIER: Does nothing: signals its out-syncs when its
 in-syncs have signalled and it is its turn. There is no payload, and
 the payload fields must be 0. Since 1.1.*/
pub const DRM_MVGAL_JOB_BARRIER: drm_mvgal_job_kind = 4;
/** @DRM_MVGAL_JOB_REPLICATE: Copies what was written to one copy of a buffer
 to its others; payload is &struct drm_mvgal_replicate. Since 1.3.*/
pub const DRM_MVGAL_JOB_REPLICATE: drm_mvgal_job_kind = 5;
/// enum drm_mvgal_job_kind - What a job does.
pub type drm_mvgal_job_kind = ::std::os::raw::c_uint;
/** struct drm_mvgal_copy - Payload of a COPY job.

 Copies @height rows of @width bytes from one buffer to another, or within
 one if the two ranges do not overlap.*/
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_copy {
    /// @src: GEM handle of the buffer to read.
    pub src: __u32,
    /// @dst: GEM handle of the buffer to write.
    pub dst: __u32,
    /// @src_offset: First byte to read.
    pub src_offset: __u64,
    /// @dst_offset: First byte to write.
    pub dst_offset: __u64,
    /// @width: Bytes in a row, not 0.
    pub width: __u64,
    /// @height: Number of rows, not 0.
    pub height: __u32,
    /// @src_pitch: Bytes from row to row, >= @width; 0 if @height is 1.
    pub src_pitch: __u32,
    /// @dst_pitch: Bytes from row to row, >= @width; 0 if @height is 1.
    pub dst_pitch: __u32,
    /// @pad: Must be zero.
    pub pad: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_mvgal_copy"][::std::mem::size_of::<drm_mvgal_copy>() - 48usize];
    ["Alignment of drm_mvgal_copy"][::std::mem::align_of::<drm_mvgal_copy>() - 8usize];
    [
        "Offset of field: drm_mvgal_copy::src",
    ][::std::mem::offset_of!(drm_mvgal_copy, src) - 0usize];
    [
        "Offset of field: drm_mvgal_copy::dst",
    ][::std::mem::offset_of!(drm_mvgal_copy, dst) - 4usize];
    [
        "Offset of field: drm_mvgal_copy::src_offset",
    ][::std::mem::offset_of!(drm_mvgal_copy, src_offset) - 8usize];
    [
        "Offset of field: drm_mvgal_copy::dst_offset",
    ][::std::mem::offset_of!(drm_mvgal_copy, dst_offset) - 16usize];
    [
        "Offset of field: drm_mvgal_copy::width",
    ][::std::mem::offset_of!(drm_mvgal_copy, width) - 24usize];
    [
        "Offset of field: drm_mvgal_copy::height",
    ][::std::mem::offset_of!(drm_mvgal_copy, height) - 32usize];
    [
        "Offset of field: drm_mvgal_copy::src_pitch",
    ][::std::mem::offset_of!(drm_mvgal_copy, src_pitch) - 36usize];
    [
        "Offset of field: drm_mvgal_copy::dst_pitch",
    ][::std::mem::offset_of!(drm_mvgal_copy, dst_pitch) - 40usize];
    [
        "Offset of field: drm_mvgal_copy::pad",
    ][::std::mem::offset_of!(drm_mvgal_copy, pad) - 44usize];
};
/** struct drm_mvgal_fill - Payload of a FILL job.

 Writes a pattern over @height rows of @width bytes. The pattern starts anew
 in each row.*/
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_fill {
    /// @dst: GEM handle of the buffer to write.
    pub dst: __u32,
    /// @pattern_size: Bytes of @pattern that count: 1, 2, 4 or 8.
    pub pattern_size: __u32,
    /// @pattern: The pattern, little-endian; the bytes above must be 0.
    pub pattern: __u64,
    /// @offset: First byte to write.
    pub offset: __u64,
    /// @width: Bytes in a row, not 0, a multiple of @pattern_size.
    pub width: __u64,
    /// @height: Number of rows, not 0.
    pub height: __u32,
    /// @pitch: Bytes from row to row, >= @width; 0 if @height is 1.
    pub pitch: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_mvgal_fill"][::std::mem::size_of::<drm_mvgal_fill>() - 40usize];
    ["Alignment of drm_mvgal_fill"][::std::mem::align_of::<drm_mvgal_fill>() - 8usize];
    [
        "Offset of field: drm_mvgal_fill::dst",
    ][::std::mem::offset_of!(drm_mvgal_fill, dst) - 0usize];
    [
        "Offset of field: drm_mvgal_fill::pattern_size",
    ][::std::mem::offset_of!(drm_mvgal_fill, pattern_size) - 4usize];
    [
        "Offset of field: drm_mvgal_fill::pattern",
    ][::std::mem::offset_of!(drm_mvgal_fill, pattern) - 8usize];
    [
        "Offset of field: drm_mvgal_fill::offset",
    ][::std::mem::offset_of!(drm_mvgal_fill, offset) - 16usize];
    [
        "Offset of field: drm_mvgal_fill::width",
    ][::std::mem::offset_of!(drm_mvgal_fill, width) - 24usize];
    [
        "Offset of field: drm_mvgal_fill::height",
    ][::std::mem::offset_of!(drm_mvgal_fill, height) - 32usize];
    [
        "Offset of field: drm_mvgal_fill::pitch",
    ][::std::mem::offset_of!(drm_mvgal_fill, pitch) - 36usize];
};
/** struct drm_mvgal_replicate - Payload of a REPLICATE job.

 Copies @height rows of @width bytes of the copy that the job's member has of a
 buffer to all others that the buffer has when the job is submitted. The job
 must name a member that has one, or the host; EINVAL otherwise. With
 %DRM_MVGAL_MEMBER_ANY it is the memory of the buffer that is copied, wherever
 that is, or any copy if its member is gone (ENODEV if all are). If there are no
 others, there is nothing to do. Since 1.3.*/
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_replicate {
    /// @buffer: GEM handle.
    pub buffer: __u32,
    /// @height: Number of rows, not 0.
    pub height: __u32,
    /// @offset: First byte.
    pub offset: __u64,
    /// @width: Bytes in a row, not 0.
    pub width: __u64,
    /// @pitch: Bytes from row to row, >= @width; 0 if @height is 1.
    pub pitch: __u32,
    /// @pad: Must be zero.
    pub pad: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_mvgal_replicate",
    ][::std::mem::size_of::<drm_mvgal_replicate>() - 32usize];
    [
        "Alignment of drm_mvgal_replicate",
    ][::std::mem::align_of::<drm_mvgal_replicate>() - 8usize];
    [
        "Offset of field: drm_mvgal_replicate::buffer",
    ][::std::mem::offset_of!(drm_mvgal_replicate, buffer) - 0usize];
    [
        "Offset of field: drm_mvgal_replicate::height",
    ][::std::mem::offset_of!(drm_mvgal_replicate, height) - 4usize];
    [
        "Offset of field: drm_mvgal_replicate::offset",
    ][::std::mem::offset_of!(drm_mvgal_replicate, offset) - 8usize];
    [
        "Offset of field: drm_mvgal_replicate::width",
    ][::std::mem::offset_of!(drm_mvgal_replicate, width) - 16usize];
    [
        "Offset of field: drm_mvgal_replicate::pitch",
    ][::std::mem::offset_of!(drm_mvgal_replicate, pitch) - 24usize];
    [
        "Offset of field: drm_mvgal_replicate::pad",
    ][::std::mem::offset_of!(drm_mvgal_replicate, pad) - 28usize];
};
/// @DRM_MVGAL_NATIVE_FENCE_SYNCOBJ: In a syncobj that the command signals.
pub const DRM_MVGAL_NATIVE_FENCE_SYNCOBJ: drm_mvgal_native_fence = 1;
/** @DRM_MVGAL_NATIVE_FENCE_BUFFER: In the dma_resv of a GEM object that the
 command uses: the job is over when all have signalled that are there
 once the command is submitted.*/
pub const DRM_MVGAL_NATIVE_FENCE_BUFFER: drm_mvgal_native_fence = 2;
/** enum drm_mvgal_native_fence - Where the fence of a NATIVE job is found.

 Handles are those of the file that the client has attached for the member.*/
pub type drm_mvgal_native_fence = ::std::os::raw::c_uint;
/** struct drm_mvgal_native - Payload of a NATIVE job.

 Hands a submission of the client's own to the member's driver, through the
 file that the client has attached, when it is the job's turn: in the caller's
 own context if that is at once, else in a kernel thread that uses the caller's
 memory and the credentials of the attached file. Whatever @args points at must
 therefore stay as it is until the job has been dispatched. A job that ends with
 ETIME, or with ENODEV, may have a driver that is still reading that; it must stay
 until the driver's fence is there, unless &drm_mvgal_job_report.started_ns says
 that the driver was not given it. If the process is gone by then, or runs another
 program, the job ends with ECANCELED.

 What may be submitted:

 - virtio_gpu: DRM_VIRTGPU_EXECBUFFER without VIRTGPU_EXECBUF_FENCE_FD_IN and
   _OUT; DRM_VIRTGPU_TRANSFER_TO_HOST and DRM_VIRTGPU_TRANSFER_FROM_HOST, whose
   fences are in a buffer alone.
 - amdgpu: DRM_AMDGPU_CS.
 - i915: DRM_I915_GEM_EXECBUFFER2 without I915_EXEC_FENCE_IN, _FENCE_OUT,
   _FENCE_SUBMIT and _SECURE.
 - nouveau: DRM_NOUVEAU_EXEC; DRM_NOUVEAU_GEM_PUSHBUF without
   NOUVEAU_GEM_PUSHBUF_SYNC, whose fence is in a buffer alone.
 - xe: DRM_XE_EXEC with syncs; its fence is in a syncobj alone.

 The job must name its member, and may not ask for
 %DRM_MVGAL_JOB_IMPLICIT_SYNC: the member's driver sees to that. If the driver
 refuses the submission, the job ends with the driver's error. Its out-syncs
 get the driver's own fence, when the submission has been made and not before.

 Errors: EOPNOTSUPP (the driver of the member takes no NATIVE jobs), EINVAL (a
 command that may not be submitted, or that takes or returns file descriptors),
 E2BIG (@args_size is larger than the driver knows and the rest is not zero),
 ENOENT (no such syncobj or GEM object on the attached file), ESTALE (the file in
 @attachment is not the one that is attached now).*/
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_native {
    /** @nr: Number of the driver's ioctl as its header has it, from 0 up:
 DRM_VIRTGPU_EXECBUFFER, say.*/
    pub nr: __u32,
    /// @args_size: Size of what @args points at.
    pub args_size: __u32,
    /** @args: User pointer to the argument of that ioctl. It is read when the
 job is submitted, and what the driver returns in it is dropped.*/
    pub args: __u64,
    /// @fence: One of enum drm_mvgal_native_fence.
    pub fence: __u32,
    /// @handle: Handle of the syncobj or of the GEM object.
    pub handle: __u32,
    /** @point: Timeline point of the syncobj, 0 for a binary one; 0 with
 %DRM_MVGAL_NATIVE_FENCE_BUFFER.*/
    pub point: __u64,
    /** @attachment: &drm_mvgal_member_op.attachment of the file whose handles and
 contexts the submission names: the job is refused with ESTALE if another
 file of the member has been attached since. 0 takes whichever is. Since
 1.5.*/
    pub attachment: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_mvgal_native"][::std::mem::size_of::<drm_mvgal_native>() - 40usize];
    [
        "Alignment of drm_mvgal_native",
    ][::std::mem::align_of::<drm_mvgal_native>() - 8usize];
    [
        "Offset of field: drm_mvgal_native::nr",
    ][::std::mem::offset_of!(drm_mvgal_native, nr) - 0usize];
    [
        "Offset of field: drm_mvgal_native::args_size",
    ][::std::mem::offset_of!(drm_mvgal_native, args_size) - 4usize];
    [
        "Offset of field: drm_mvgal_native::args",
    ][::std::mem::offset_of!(drm_mvgal_native, args) - 8usize];
    [
        "Offset of field: drm_mvgal_native::fence",
    ][::std::mem::offset_of!(drm_mvgal_native, fence) - 16usize];
    [
        "Offset of field: drm_mvgal_native::handle",
    ][::std::mem::offset_of!(drm_mvgal_native, handle) - 20usize];
    [
        "Offset of field: drm_mvgal_native::point",
    ][::std::mem::offset_of!(drm_mvgal_native, point) - 24usize];
    [
        "Offset of field: drm_mvgal_native::attachment",
    ][::std::mem::offset_of!(drm_mvgal_native, attachment) - 32usize];
};
/** struct drm_mvgal_job_report - Written by a job when it ends.

 Written before the job's out-syncs signal, also when the job failed or was
 cancelled; that of a NATIVE job when its fence signals, so that who asks for
 the state of a point, and does not wait for it, may be a moment too early. Times
 are CLOCK_MONOTONIC in ns; 0 means it never came to that.*/
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_job_report {
    /// @submitted_ns: When the job was submitted.
    pub submitted_ns: __u64,
    /// @ready_ns: When its in-syncs were all signalled.
    pub ready_ns: __u64,
    /** @started_ns: When it was dispatched. Of a NATIVE job that ended with an
 error, 0 means that its driver was not given the submission and will not
 be, so that what &drm_mvgal_native.args points at is not read any more.
 Before 1.5 it was 0, too, if the driver had not returned from it yet.*/
    pub started_ns: __u64,
    /// @finished_ns: When it ended.
    pub finished_ns: __u64,
    /// @sequence: Number of the dispatch, over all members; 0 if none.
    pub sequence: __u64,
    /// @member: Id of the member it was placed on.
    pub member: __u32,
    /// @error: 0, or the negative errno that its fence carries.
    pub error: __s32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_mvgal_job_report",
    ][::std::mem::size_of::<drm_mvgal_job_report>() - 48usize];
    [
        "Alignment of drm_mvgal_job_report",
    ][::std::mem::align_of::<drm_mvgal_job_report>() - 8usize];
    [
        "Offset of field: drm_mvgal_job_report::submitted_ns",
    ][::std::mem::offset_of!(drm_mvgal_job_report, submitted_ns) - 0usize];
    [
        "Offset of field: drm_mvgal_job_report::ready_ns",
    ][::std::mem::offset_of!(drm_mvgal_job_report, ready_ns) - 8usize];
    [
        "Offset of field: drm_mvgal_job_report::started_ns",
    ][::std::mem::offset_of!(drm_mvgal_job_report, started_ns) - 16usize];
    [
        "Offset of field: drm_mvgal_job_report::finished_ns",
    ][::std::mem::offset_of!(drm_mvgal_job_report, finished_ns) - 24usize];
    [
        "Offset of field: drm_mvgal_job_report::sequence",
    ][::std::mem::offset_of!(drm_mvgal_job_report, sequence) - 32usize];
    [
        "Offset of field: drm_mvgal_job_report::member",
    ][::std::mem::offset_of!(drm_mvgal_job_report, member) - 40usize];
    [
        "Offset of field: drm_mvgal_job_report::error",
    ][::std::mem::offset_of!(drm_mvgal_job_report, error) - 44usize];
};
/** struct drm_mvgal_job_traffic - Written right behind the report of a job.

 What a COPY, FILL or REPLICATE job has moved, and how the driver of the one
 member gets at memory of the other: if that is not %DRM_MVGAL_REACH_COPY, an
 import could have been used in the place of a COPY. Since 1.3.*/
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_job_traffic {
    /// @bytes: Bytes written, to all copies; 0 if the job ended with an error.
    pub bytes: __u64,
    /** @exporter: Id of the member whose memory was read, or the host; of a FILL
 the same as @importer.*/
    pub exporter: __u32,
    /** @importer: Id of the member whose memory was written, or the host; the
 first one, if there are copies.*/
    pub importer: __u32,
    /** @reach: One of enum drm_mvgal_reach for that pair; with the host as
 importer %DRM_MVGAL_REACH_COPY, as the CPU is no driver.*/
    pub reach: __u32,
    /// @limit: One of enum drm_mvgal_reach_limit: why in no better way.
    pub limit: __u32,
    /// @copies: How many memories were written.
    pub copies: __u32,
    /// @pad: Zero.
    pub pad: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_mvgal_job_traffic",
    ][::std::mem::size_of::<drm_mvgal_job_traffic>() - 32usize];
    [
        "Alignment of drm_mvgal_job_traffic",
    ][::std::mem::align_of::<drm_mvgal_job_traffic>() - 8usize];
    [
        "Offset of field: drm_mvgal_job_traffic::bytes",
    ][::std::mem::offset_of!(drm_mvgal_job_traffic, bytes) - 0usize];
    [
        "Offset of field: drm_mvgal_job_traffic::exporter",
    ][::std::mem::offset_of!(drm_mvgal_job_traffic, exporter) - 8usize];
    [
        "Offset of field: drm_mvgal_job_traffic::importer",
    ][::std::mem::offset_of!(drm_mvgal_job_traffic, importer) - 12usize];
    [
        "Offset of field: drm_mvgal_job_traffic::reach",
    ][::std::mem::offset_of!(drm_mvgal_job_traffic, reach) - 16usize];
    [
        "Offset of field: drm_mvgal_job_traffic::limit",
    ][::std::mem::offset_of!(drm_mvgal_job_traffic, limit) - 20usize];
    [
        "Offset of field: drm_mvgal_job_traffic::copies",
    ][::std::mem::offset_of!(drm_mvgal_job_traffic, copies) - 24usize];
    [
        "Offset of field: drm_mvgal_job_traffic::pad",
    ][::std::mem::offset_of!(drm_mvgal_job_traffic, pad) - 28usize];
};
/// struct drm_mvgal_job - One job of a batch.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_job {
    /// @kind: One of enum drm_mvgal_job_kind.
    pub kind: __u32,
    /// @priority: 0 (lowest) to 15; above 11 needs CAP_SYS_NICE.
    pub priority: __u32,
    /** @member: Id of the member whose queue the job goes through,
 %DRM_MVGAL_MEMBER_HOST or %DRM_MVGAL_MEMBER_ANY. With ANY, the policy
 chooses among the members in the client's mask, and the host is taken
 if there is none.*/
    pub member: __u32,
    /// @flags: DRM_MVGAL_JOB_* flag bits.
    pub flags: __u32,
    /// @in_syncs: Array of &struct drm_mvgal_sync to wait for.
    pub in_syncs: drm_mvgal_obj_array,
    /// @out_syncs: Array of &struct drm_mvgal_sync to signal.
    pub out_syncs: drm_mvgal_obj_array,
    /// @payload: User pointer to the structure that belongs to @kind.
    pub payload: __u64,
    /// @payload_size: Its size; the rules are those of an array's stride.
    pub payload_size: __u32,
    /** @report: GEM handle of the buffer for the report; must be 0 without
 %DRM_MVGAL_JOB_REPORT. It must be a buffer of the host. A report is not
 written to copies of it.*/
    pub report: __u32,
    /// @report_offset: Where to write it, a multiple of 8; 0 without.
    pub report_offset: __u64,
    /** @timeout_ns: Time-out in ns; 0, and what is more than
 max_job_timeout_ns, stands for that. It bounds how long the job waits
 for its in-syncs, from its submission on, and again, for a NATIVE job,
 how long it takes from its dispatch to its fence; the driver has to take
 the submission within 10 s. What is late ends with ETIME. Since 1.1.*/
    pub timeout_ns: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_mvgal_job"][::std::mem::size_of::<drm_mvgal_job>() - 80usize];
    ["Alignment of drm_mvgal_job"][::std::mem::align_of::<drm_mvgal_job>() - 8usize];
    [
        "Offset of field: drm_mvgal_job::kind",
    ][::std::mem::offset_of!(drm_mvgal_job, kind) - 0usize];
    [
        "Offset of field: drm_mvgal_job::priority",
    ][::std::mem::offset_of!(drm_mvgal_job, priority) - 4usize];
    [
        "Offset of field: drm_mvgal_job::member",
    ][::std::mem::offset_of!(drm_mvgal_job, member) - 8usize];
    [
        "Offset of field: drm_mvgal_job::flags",
    ][::std::mem::offset_of!(drm_mvgal_job, flags) - 12usize];
    [
        "Offset of field: drm_mvgal_job::in_syncs",
    ][::std::mem::offset_of!(drm_mvgal_job, in_syncs) - 16usize];
    [
        "Offset of field: drm_mvgal_job::out_syncs",
    ][::std::mem::offset_of!(drm_mvgal_job, out_syncs) - 32usize];
    [
        "Offset of field: drm_mvgal_job::payload",
    ][::std::mem::offset_of!(drm_mvgal_job, payload) - 48usize];
    [
        "Offset of field: drm_mvgal_job::payload_size",
    ][::std::mem::offset_of!(drm_mvgal_job, payload_size) - 56usize];
    [
        "Offset of field: drm_mvgal_job::report",
    ][::std::mem::offset_of!(drm_mvgal_job, report) - 60usize];
    [
        "Offset of field: drm_mvgal_job::report_offset",
    ][::std::mem::offset_of!(drm_mvgal_job, report_offset) - 64usize];
    [
        "Offset of field: drm_mvgal_job::timeout_ns",
    ][::std::mem::offset_of!(drm_mvgal_job, timeout_ns) - 72usize];
};
/** struct drm_mvgal_submit_workload - Arguments of
 DRM_IOCTL_MVGAL_SUBMIT_WORKLOAD

 Queues a batch of jobs: all of them or none. Jobs of a batch are submitted in
 order, so a job may wait for what an earlier one of the batch signals.

 A job whose buffer is in memory of a member that goes before or while it runs
 ends with ENODEV, unless it only writes there and the buffer has copies.

 A job starts when all its in-syncs have signalled, in the order of priority
 and not of submission. An in-sync may name a timeline point that has no fence
 yet: the job then waits for that, too. If a fence that a job waits for
 carries an error, the job is not run and ends with ECANCELED (see
 &drm_mvgal_fence_wait.error for points that signalled before the job was
 submitted). If a job ends with an error, its out-syncs signal with that error.

 The out-syncs of a job get their fence as soon as its completion depends on
 nothing but fences: at submission, if all its in-syncs have fences then and
 the exporters of its buffers leave CPU access unbracketed (no
 begin_cpu_access), else later, at the latest when the job ends. Until then
 they are points without a fence, which WAIT_FENCE and jobs wait for like any
 other and SYNCOBJ_TIMELINE_WAIT does with
 DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT. Points of a timeline get their fences
 in the order of submission.

 From when the system is about to sleep until it is awake again, the call waits,
 whether the file has O_NONBLOCK or not, before it does anything; EINTR if a
 signal comes. Jobs that were submitted before and have no fence by then get none
 meanwhile, and jobs that are late end when the system is awake.

 Errors: EINVAL (flags, padding, kind, priority, payload, points of a timeline
 that do not increase, ranges outside of a buffer), ENOENT (no such buffer,
 syncobj or member), EACCES (the member is not attached or not in the mask),
 EPERM (priority above 11 without CAP_SYS_NICE, or above the client's
 ceiling), ENODEV (the member was unplugged), EOPNOTSUPP (see the flags and
 kinds; for NATIVE see &struct drm_mvgal_native, too), E2BIG (more jobs or syncs than the limits), EBUSY (more unfinished
 jobs than max_jobs_per_client, retry when some have ended; or more different
 points without a fence of syncobjs that are shared with other files than the
 driver can watch, which are 64 a client and 512 in all); and what allocating a
 buffer fails with that is used for the first time, see
 %DRM_MVGAL_BUFFER_LAZY_ALLOCATE.*/
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_submit_workload {
    /// @flags: Must be zero.
    pub flags: __u32,
    /// @pad: Must be zero.
    pub pad: __u32,
    /// @jobs: Array of &struct drm_mvgal_job, at least one.
    pub jobs: drm_mvgal_obj_array,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_mvgal_submit_workload",
    ][::std::mem::size_of::<drm_mvgal_submit_workload>() - 24usize];
    [
        "Alignment of drm_mvgal_submit_workload",
    ][::std::mem::align_of::<drm_mvgal_submit_workload>() - 8usize];
    [
        "Offset of field: drm_mvgal_submit_workload::flags",
    ][::std::mem::offset_of!(drm_mvgal_submit_workload, flags) - 0usize];
    [
        "Offset of field: drm_mvgal_submit_workload::pad",
    ][::std::mem::offset_of!(drm_mvgal_submit_workload, pad) - 4usize];
    [
        "Offset of field: drm_mvgal_submit_workload::jobs",
    ][::std::mem::offset_of!(drm_mvgal_submit_workload, jobs) - 8usize];
};
/// struct drm_mvgal_fence_wait - A point to wait for, and what became of it.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_fence_wait {
    /// @handle: Handle of a syncobj on the mvgal file.
    pub handle: __u32,
    /// @flags: Must be zero.
    pub flags: __u32,
    /// @point: Timeline point; 0 for a binary syncobj.
    pub point: __u64,
    /// @signaled: Out: 1 if it has signalled, else 0.
    pub signaled: __u32,
    /** @error: Out: negative errno the fence carries, 0 if none. It is certain
 to be told to who waits before the point signals: afterwards the kernel
 forgets the fence as soon as a later point of the timeline gets one, and
 what is reported may then be 0 or the error of an earlier point.*/
    pub error: __s32,
    /** @timestamp_ns: Out: when it signalled, CLOCK_MONOTONIC in ns; 0 if it
 did not, or so long ago that the kernel has forgotten.*/
    pub timestamp_ns: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_mvgal_fence_wait",
    ][::std::mem::size_of::<drm_mvgal_fence_wait>() - 32usize];
    [
        "Alignment of drm_mvgal_fence_wait",
    ][::std::mem::align_of::<drm_mvgal_fence_wait>() - 8usize];
    [
        "Offset of field: drm_mvgal_fence_wait::handle",
    ][::std::mem::offset_of!(drm_mvgal_fence_wait, handle) - 0usize];
    [
        "Offset of field: drm_mvgal_fence_wait::flags",
    ][::std::mem::offset_of!(drm_mvgal_fence_wait, flags) - 4usize];
    [
        "Offset of field: drm_mvgal_fence_wait::point",
    ][::std::mem::offset_of!(drm_mvgal_fence_wait, point) - 8usize];
    [
        "Offset of field: drm_mvgal_fence_wait::signaled",
    ][::std::mem::offset_of!(drm_mvgal_fence_wait, signaled) - 16usize];
    [
        "Offset of field: drm_mvgal_fence_wait::error",
    ][::std::mem::offset_of!(drm_mvgal_fence_wait, error) - 20usize];
    [
        "Offset of field: drm_mvgal_fence_wait::timestamp_ns",
    ][::std::mem::offset_of!(drm_mvgal_fence_wait, timestamp_ns) - 24usize];
};
/** struct drm_mvgal_wait_fence - Arguments of DRM_IOCTL_MVGAL_WAIT_FENCE

 Waits until all (or any) of the points have signalled. Points without a fence
 are waited for like others. The wait can be interrupted, and restarted with
 the same arguments. That a fence carries an error does not make the call
 fail: it is returned in the element.

 Errors: EINVAL (flags, no points), ENOENT (no such syncobj), E2BIG (more than
 max_waits), ETIME (the time is up; the elements are filled all the same),
 EBUSY (more points without a fence of shared syncobjs than the driver can
 watch, see &struct drm_mvgal_submit_workload).*/
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_wait_fence {
    /// @flags: DRM_MVGAL_WAIT_* bits.
    pub flags: __u32,
    /// @first_signaled: Out: index of the first signalled element, or ~0.
    pub first_signaled: __u32,
    /** @timeout_ns: Absolute CLOCK_MONOTONIC time in ns; what lies in the past
 (0, say) asks without waiting, INT64_MAX waits for ever. Negative values
 are refused with EINVAL.*/
    pub timeout_ns: __s64,
    /// @waits: Array of &struct drm_mvgal_fence_wait, at least one.
    pub waits: drm_mvgal_obj_array,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_mvgal_wait_fence",
    ][::std::mem::size_of::<drm_mvgal_wait_fence>() - 32usize];
    [
        "Alignment of drm_mvgal_wait_fence",
    ][::std::mem::align_of::<drm_mvgal_wait_fence>() - 8usize];
    [
        "Offset of field: drm_mvgal_wait_fence::flags",
    ][::std::mem::offset_of!(drm_mvgal_wait_fence, flags) - 0usize];
    [
        "Offset of field: drm_mvgal_wait_fence::first_signaled",
    ][::std::mem::offset_of!(drm_mvgal_wait_fence, first_signaled) - 4usize];
    [
        "Offset of field: drm_mvgal_wait_fence::timeout_ns",
    ][::std::mem::offset_of!(drm_mvgal_wait_fence, timeout_ns) - 8usize];
    [
        "Offset of field: drm_mvgal_wait_fence::waits",
    ][::std::mem::offset_of!(drm_mvgal_wait_fence, waits) - 16usize];
};
/// struct drm_mvgal_fence_signal - A point to signal.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_fence_signal {
    /// @handle: Handle of a syncobj on the mvgal file.
    pub handle: __u32,
    /// @error: 0, or the negative errno (-4095 to -1) the fence shall carry.
    pub error: __s32,
    /** @point: Timeline point, above all that have or will get a fence by
 jobs submitted before; 0 for a binary syncobj.*/
    pub point: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_mvgal_fence_signal",
    ][::std::mem::size_of::<drm_mvgal_fence_signal>() - 16usize];
    [
        "Alignment of drm_mvgal_fence_signal",
    ][::std::mem::align_of::<drm_mvgal_fence_signal>() - 8usize];
    [
        "Offset of field: drm_mvgal_fence_signal::handle",
    ][::std::mem::offset_of!(drm_mvgal_fence_signal, handle) - 0usize];
    [
        "Offset of field: drm_mvgal_fence_signal::error",
    ][::std::mem::offset_of!(drm_mvgal_fence_signal, error) - 4usize];
    [
        "Offset of field: drm_mvgal_fence_signal::point",
    ][::std::mem::offset_of!(drm_mvgal_fence_signal, point) - 8usize];
};
/** struct drm_mvgal_signal_fence - Arguments of DRM_IOCTL_MVGAL_SIGNAL_FENCE

 Gives each point a fence that has signalled already: all of them or none.

 Errors: EINVAL (flags, no points, error out of range, point that does not
 increase), ENOENT (no such syncobj), E2BIG (more than max_waits).*/
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_signal_fence {
    /// @flags: Must be zero.
    pub flags: __u32,
    /// @pad: Must be zero.
    pub pad: __u32,
    /// @signals: Array of &struct drm_mvgal_fence_signal, at least one.
    pub signals: drm_mvgal_obj_array,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_mvgal_signal_fence",
    ][::std::mem::size_of::<drm_mvgal_signal_fence>() - 24usize];
    [
        "Alignment of drm_mvgal_signal_fence",
    ][::std::mem::align_of::<drm_mvgal_signal_fence>() - 8usize];
    [
        "Offset of field: drm_mvgal_signal_fence::flags",
    ][::std::mem::offset_of!(drm_mvgal_signal_fence, flags) - 0usize];
    [
        "Offset of field: drm_mvgal_signal_fence::pad",
    ][::std::mem::offset_of!(drm_mvgal_signal_fence, pad) - 4usize];
    [
        "Offset of field: drm_mvgal_signal_fence::signals",
    ][::std::mem::offset_of!(drm_mvgal_signal_fence, signals) - 8usize];
};
/** @DRM_MVGAL_POLICY_SINGLE: Always on the client's preferred member, or,
 if it named none, the allowed one with the lowest slot.*/
pub const DRM_MVGAL_POLICY_SINGLE: drm_mvgal_policy = 0;
/// @DRM_MVGAL_POLICY_ROUND_ROBIN: On the allowed ones in turn, by slot.
pub const DRM_MVGAL_POLICY_ROUND_ROBIN: drm_mvgal_policy = 1;
/** @DRM_MVGAL_POLICY_LEAST_LOADED: On the allowed one with the fewest
 queued and running jobs; the lowest slot among equals.*/
pub const DRM_MVGAL_POLICY_LEAST_LOADED: drm_mvgal_policy = 2;
/** @DRM_MVGAL_POLICY_LOCALITY: On the allowed one that holds most bytes of
 the job's buffers, what is written counting before what is read; as
 LEAST_LOADED if none holds any.*/
pub const DRM_MVGAL_POLICY_LOCALITY: drm_mvgal_policy = 3;
/** @DRM_MVGAL_POLICY_WEIGHTED: In proportion to the weights of the allowed
 ones, spread evenly: each choice adds to every one's credit its weight,
 takes the one with the most credit, the lowest slot among equals, and
 takes the sum of the weights off its credit. SET_GPU_AFFINITY, when it
 changes anything, makes all begin with none. Since 1.1.*/
pub const DRM_MVGAL_POLICY_WEIGHTED: drm_mvgal_policy = 4;
/** @DRM_MVGAL_POLICY_HYBRID: On the allowed one that is expected to be done
 first: where the number of its queued and running jobs and this one,
 times the mean time of those it has done (1 ms before the first), times
 %DRM_MVGAL_WEIGHT_DEFAULT, divided by its weight, and with the time
 added that it takes to bring the bytes of the job's buffers that it does
 not hold, at 4 bytes a ns, is least; the lowest slot among equals. Since
 1.1.*/
pub const DRM_MVGAL_POLICY_HYBRID: drm_mvgal_policy = 5;
/// enum drm_mvgal_policy - How a job or buffer for ANY member is placed.
pub type drm_mvgal_policy = ::std::os::raw::c_uint;
/// struct drm_mvgal_member_op - Attach, detach or weigh one member.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_member_op {
    /// @member: Id of the member.
    pub member: __u32,
    /// @op: %DRM_MVGAL_MEMBER_ATTACH, _DETACH or _WEIGHT.
    pub op: __u32,
    /// @fd: DRM file of that member; -1 with DETACH and WEIGHT.
    pub fd: __s32,
    /// @pad: Must be zero.
    pub pad: __u32,
    /** @weight: With WEIGHT, 1-10000, how much of the work the member should
 get by %DRM_MVGAL_POLICY_WEIGHTED and _HYBRID; with ATTACH, the same or
 0, which stands for %DRM_MVGAL_WEIGHT_DEFAULT; 0 with DETACH. Since 1.1.*/
    pub weight: __u32,
    /// @pad2: Must be zero. Since 1.1.
    pub pad2: __u32,
    /** @attachment: Out: with ATTACH, the number of this attachment for
 &drm_mvgal_native.attachment, not 0; the client gets it never again, not
 for the same file either. Must be 0 with DETACH and WEIGHT. Since 1.5.*/
    pub attachment: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_mvgal_member_op",
    ][::std::mem::size_of::<drm_mvgal_member_op>() - 32usize];
    [
        "Alignment of drm_mvgal_member_op",
    ][::std::mem::align_of::<drm_mvgal_member_op>() - 8usize];
    [
        "Offset of field: drm_mvgal_member_op::member",
    ][::std::mem::offset_of!(drm_mvgal_member_op, member) - 0usize];
    [
        "Offset of field: drm_mvgal_member_op::op",
    ][::std::mem::offset_of!(drm_mvgal_member_op, op) - 4usize];
    [
        "Offset of field: drm_mvgal_member_op::fd",
    ][::std::mem::offset_of!(drm_mvgal_member_op, fd) - 8usize];
    [
        "Offset of field: drm_mvgal_member_op::pad",
    ][::std::mem::offset_of!(drm_mvgal_member_op, pad) - 12usize];
    [
        "Offset of field: drm_mvgal_member_op::weight",
    ][::std::mem::offset_of!(drm_mvgal_member_op, weight) - 16usize];
    [
        "Offset of field: drm_mvgal_member_op::pad2",
    ][::std::mem::offset_of!(drm_mvgal_member_op, pad2) - 20usize];
    [
        "Offset of field: drm_mvgal_member_op::attachment",
    ][::std::mem::offset_of!(drm_mvgal_member_op, attachment) - 24usize];
};
/** struct drm_mvgal_set_gpu_affinity - Arguments of
 DRM_IOCTL_MVGAL_SET_GPU_AFFINITY

 Members are attached and detached first, then the fields are set; all of it
 happens or nothing.

 Errors: EINVAL (flags, padding, unknown op or policy, a member named twice,
 @fd is not a DRM file of that member, a mask with slots that are not
 attached, a preferred member that is not allowed), EBADF (@fd is not open),
 ENOENT (no member with that id, or not attached), ENODEV (unplugged), EACCES
 (the file may not render: it is a primary node that is not authenticated),
 EPERM (raising the ceiling above 11 without CAP_SYS_NICE), E2BIG (more
 members than max_members).*/
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct drm_mvgal_set_gpu_affinity {
    /// @flags: DRM_MVGAL_AFFINITY_* bits.
    pub flags: __u32,
    /// @policy: One of enum drm_mvgal_policy.
    pub policy: __u32,
    /** @allowed_mask: Slots of the members that ANY may choose and that jobs
 and buffers may name; a subset of the attached ones.*/
    pub allowed_mask: __u64,
    /// @attached_mask: Out: slots of the attached members. Must be 0 in.
    pub attached_mask: __u64,
    /// @preferred: Id of the member for POLICY_SINGLE, or 0 for none.
    pub preferred: __u32,
    /** @priority_ceiling: Highest priority the client's jobs may have, 0-15.
 At first it is 15 with CAP_SYS_NICE, else 11.*/
    pub priority_ceiling: __u32,
    /** @members: Array of &struct drm_mvgal_member_op. If one of them attaches
 and they are long enough for &drm_mvgal_member_op.attachment, they are
 written back, before anything is attached.*/
    pub members: drm_mvgal_obj_array,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_mvgal_set_gpu_affinity",
    ][::std::mem::size_of::<drm_mvgal_set_gpu_affinity>() - 48usize];
    [
        "Alignment of drm_mvgal_set_gpu_affinity",
    ][::std::mem::align_of::<drm_mvgal_set_gpu_affinity>() - 8usize];
    [
        "Offset of field: drm_mvgal_set_gpu_affinity::flags",
    ][::std::mem::offset_of!(drm_mvgal_set_gpu_affinity, flags) - 0usize];
    [
        "Offset of field: drm_mvgal_set_gpu_affinity::policy",
    ][::std::mem::offset_of!(drm_mvgal_set_gpu_affinity, policy) - 4usize];
    [
        "Offset of field: drm_mvgal_set_gpu_affinity::allowed_mask",
    ][::std::mem::offset_of!(drm_mvgal_set_gpu_affinity, allowed_mask) - 8usize];
    [
        "Offset of field: drm_mvgal_set_gpu_affinity::attached_mask",
    ][::std::mem::offset_of!(drm_mvgal_set_gpu_affinity, attached_mask) - 16usize];
    [
        "Offset of field: drm_mvgal_set_gpu_affinity::preferred",
    ][::std::mem::offset_of!(drm_mvgal_set_gpu_affinity, preferred) - 24usize];
    [
        "Offset of field: drm_mvgal_set_gpu_affinity::priority_ceiling",
    ][::std::mem::offset_of!(drm_mvgal_set_gpu_affinity, priority_ceiling) - 28usize];
    [
        "Offset of field: drm_mvgal_set_gpu_affinity::members",
    ][::std::mem::offset_of!(drm_mvgal_set_gpu_affinity, members) - 32usize];
};
pub const DRM_IOCTL_MVGAL_QUERY_DEVICES: drm_mvgal_ioctl_nr = 3223348288;
pub const DRM_IOCTL_MVGAL_QUERY_CAPABILITIES: drm_mvgal_ioctl_nr = 3228066881;
pub const DRM_IOCTL_MVGAL_SUBMIT_WORKLOAD: drm_mvgal_ioctl_nr = 3222824002;
pub const DRM_IOCTL_MVGAL_ALLOC_MEMORY: drm_mvgal_ioctl_nr = 3224396867;
pub const DRM_IOCTL_MVGAL_FREE_MEMORY: drm_mvgal_ioctl_nr = 3221775428;
pub const DRM_IOCTL_MVGAL_IMPORT_DMABUF: drm_mvgal_ioctl_nr = 3223348293;
pub const DRM_IOCTL_MVGAL_EXPORT_DMABUF: drm_mvgal_ioctl_nr = 3223348294;
pub const DRM_IOCTL_MVGAL_WAIT_FENCE: drm_mvgal_ioctl_nr = 3223348295;
pub const DRM_IOCTL_MVGAL_SIGNAL_FENCE: drm_mvgal_ioctl_nr = 3222824008;
pub const DRM_IOCTL_MVGAL_SET_GPU_AFFINITY: drm_mvgal_ioctl_nr = 3224396873;
pub type drm_mvgal_ioctl_nr = ::std::os::raw::c_uint;

/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
#ifndef _MVGAL_DRM_H_
#define _MVGAL_DRM_H_

#include "drm.h"

#if defined(__cplusplus)
extern "C" {
#endif

/**
 * DOC: Introduction
 *
 * mvgal makes the GPUs of one machine, whatever their vendors, usable as one
 * logical device. It is reached through an ordinary DRM render node and,
 * under a stable name, through /dev/mvgal0: both are the same device with the
 * same file operations, so every DRM core ioctl (VERSION, GEM_CLOSE, PRIME_*,
 * SYNCOBJ_*) works on either.
 *
 * Terms:
 *
 * - A *member* is a DRM device of another driver. Members have an id that is
 *   never used again while the module is loaded, and a slot (0-63) that is
 *   theirs while they exist.
 * - The *host* (%DRM_MVGAL_MEMBER_HOST) stands for the CPU and system memory.
 *   It takes jobs and buffers like a member, needs no attachment and is always
 *   there.
 * - A *client* is an open file of mvgal. It uses a member by *attaching* a file
 *   that it opened itself on that member's node; whatever mvgal does there, it
 *   does through that file and with its permissions.
 * - A *buffer* is a GEM object of mvgal. It wraps the dma-buf of the driver
 *   that owns the memory.
 * - A *job* is a piece of work with a priority, a member, points to wait for
 *   and points to signal.
 *
 * Rules that hold for every structure here:
 *
 * - Structures are aligned to 64 bits and have no implicit padding.
 * - Unknown flags and non-zero padding are refused with EINVAL.
 * - Structures do not contain unions.
 * - Arrays are given as &struct drm_mvgal_obj_array; its stride is the size of
 *   the element the caller was compiled with. Elements grow only at their end.
 *   An element that is longer than the kernel knows is accepted if what the
 *   kernel does not know is zero (E2BIG otherwise); one that is shorter than
 *   its first published version is refused with EINVAL. Nor may one be longer
 *   than 4096 bytes (E2BIG).
 * - ioctls are never removed or renumbered.
 * - On failure nothing has changed, unless the description of an ioctl says
 *   otherwise.
 *
 * Errors that every ioctl may return: EFAULT (a pointer is not readable or not
 * writable), ENODEV (mvgal itself was unplugged), ENOMEM, EINTR.
 */

/** DRM_MVGAL_UAPI_MAJOR - Major version of this header, in bits 31:16. */
#define DRM_MVGAL_UAPI_MAJOR	1
/** DRM_MVGAL_UAPI_MINOR - Minor version of this header, in bits 15:0. */
#define DRM_MVGAL_UAPI_MINOR	5

/**
 * enum drm_mvgal_ioctl_id - IOCTL IDs
 *
 * Not to be used directly: use the DRM_IOCTL_MVGAL_xxx definitions.
 */
enum drm_mvgal_ioctl_id {
	/** @DRM_MVGAL_QUERY_DEVICES: List the members. */
	DRM_MVGAL_QUERY_DEVICES = 0,
	/** @DRM_MVGAL_QUERY_CAPABILITIES: The logical device as a whole. */
	DRM_MVGAL_QUERY_CAPABILITIES,
	/** @DRM_MVGAL_SUBMIT_WORKLOAD: Queue a batch of jobs. */
	DRM_MVGAL_SUBMIT_WORKLOAD,
	/** @DRM_MVGAL_ALLOC_MEMORY: Allocate a buffer. */
	DRM_MVGAL_ALLOC_MEMORY,
	/** @DRM_MVGAL_FREE_MEMORY: Drop a buffer handle. */
	DRM_MVGAL_FREE_MEMORY,
	/** @DRM_MVGAL_IMPORT_DMABUF: Make a buffer of a dma-buf. */
	DRM_MVGAL_IMPORT_DMABUF,
	/** @DRM_MVGAL_EXPORT_DMABUF: Get the dma-buf of a buffer. */
	DRM_MVGAL_EXPORT_DMABUF,
	/** @DRM_MVGAL_WAIT_FENCE: Wait for points. */
	DRM_MVGAL_WAIT_FENCE,
	/** @DRM_MVGAL_SIGNAL_FENCE: Signal points from the CPU. */
	DRM_MVGAL_SIGNAL_FENCE,
	/** @DRM_MVGAL_SET_GPU_AFFINITY: Attach members, set the policy. */
	DRM_MVGAL_SET_GPU_AFFINITY,
};

/** DRM_MVGAL_MEMBER_HOST - The CPU and system memory. */
#define DRM_MVGAL_MEMBER_HOST		0u
/** DRM_MVGAL_MEMBER_ANY - Let the client's placement policy choose. */
#define DRM_MVGAL_MEMBER_ANY		0xffffffffu
/** DRM_MVGAL_MINOR_NONE - The member has no node of that kind. */
#define DRM_MVGAL_MINOR_NONE		0xffffffffu

/**
 * struct drm_mvgal_obj_array - Array of objects.
 */
struct drm_mvgal_obj_array {
	/** @stride: Size of one element in bytes. Ignored if @count is 0. */
	__u32 stride;
	/** @count: Number of elements. */
	__u32 count;
	/** @array: User pointer to the first element. Ignored if @count is 0. */
	__u64 array;
};

/**
 * enum drm_mvgal_member_state - What a member can be asked to do.
 */
enum drm_mvgal_member_state {
	/** @DRM_MVGAL_MEMBER_ONLINE: Takes buffers and jobs. */
	DRM_MVGAL_MEMBER_ONLINE = 1,
	/**
	 * @DRM_MVGAL_MEMBER_HUNG: The fence of a NATIVE job did not come in the
	 * job's time-out. NATIVE jobs of this member end with EIO until it has
	 * come; ANY avoids the member meanwhile.
	 */
	DRM_MVGAL_MEMBER_HUNG = 2,
};

/**
 * enum drm_mvgal_bus - The bus a member sits on.
 */
enum drm_mvgal_bus {
	/** @DRM_MVGAL_BUS_OTHER: Neither of the others: virtual, USB, ... */
	DRM_MVGAL_BUS_OTHER = 0,
	/** @DRM_MVGAL_BUS_PCI: PCI or PCI Express. */
	DRM_MVGAL_BUS_PCI = 1,
	/** @DRM_MVGAL_BUS_PLATFORM: The platform bus. */
	DRM_MVGAL_BUS_PLATFORM = 2,
};

/**
 * DOC: Member features
 *
 * Bits of drm_mvgal_device::features. Each is read off the member driver's own
 * tables, not off its name.
 *
 * %DRM_MVGAL_FEATURE_RENDER: has a render node.
 * %DRM_MVGAL_FEATURE_MODESET: drives displays.
 * %DRM_MVGAL_FEATURE_COMPUTE: is a compute accelerator without graphics.
 * %DRM_MVGAL_FEATURE_GEM: has GEM buffers.
 * %DRM_MVGAL_FEATURE_SYNCOBJ: knows syncobjs.
 * %DRM_MVGAL_FEATURE_TIMELINE: knows timeline syncobjs.
 * %DRM_MVGAL_FEATURE_DUMB: allocates through the generic dumb-buffer operation.
 * %DRM_MVGAL_FEATURE_VENDOR_ALLOC: mvgal allocates through the vendor's own
 * ioctl.
 * %DRM_MVGAL_FEATURE_EXPORT: its buffers can be exported as dma-bufs.
 * %DRM_MVGAL_FEATURE_IMPORT: it imports dma-bufs of other drivers.
 * %DRM_MVGAL_FEATURE_P2PMEM: its PCI device provides peer-to-peer memory.
 * %DRM_MVGAL_FEATURE_NATIVE: takes NATIVE jobs.
 */
#define DRM_MVGAL_FEATURE_RENDER	(1ull << 0)
#define DRM_MVGAL_FEATURE_MODESET	(1ull << 1)
#define DRM_MVGAL_FEATURE_COMPUTE	(1ull << 2)
#define DRM_MVGAL_FEATURE_GEM		(1ull << 3)
#define DRM_MVGAL_FEATURE_SYNCOBJ	(1ull << 4)
#define DRM_MVGAL_FEATURE_TIMELINE	(1ull << 5)
#define DRM_MVGAL_FEATURE_DUMB		(1ull << 6)
#define DRM_MVGAL_FEATURE_VENDOR_ALLOC	(1ull << 7)
#define DRM_MVGAL_FEATURE_EXPORT	(1ull << 8)
#define DRM_MVGAL_FEATURE_IMPORT	(1ull << 9)
#define DRM_MVGAL_FEATURE_P2PMEM	(1ull << 10)
#define DRM_MVGAL_FEATURE_NATIVE	(1ull << 11)

/**
 * enum drm_mvgal_vendor - The operations by which mvgal drives a member.
 *
 * They go by the name of the member's driver and the version of its UAPI.
 */
enum drm_mvgal_vendor {
	/** @DRM_MVGAL_VENDOR_GENERIC: Those that work with any driver. */
	DRM_MVGAL_VENDOR_GENERIC = 0,
	/** @DRM_MVGAL_VENDOR_AMDGPU: amdgpu 3. */
	DRM_MVGAL_VENDOR_AMDGPU = 1,
	/** @DRM_MVGAL_VENDOR_I915: i915 1.6. */
	DRM_MVGAL_VENDOR_I915 = 2,
	/** @DRM_MVGAL_VENDOR_XE: xe 1. */
	DRM_MVGAL_VENDOR_XE = 3,
	/** @DRM_MVGAL_VENDOR_NOUVEAU: nouveau 1.3 and later ones of 1. */
	DRM_MVGAL_VENDOR_NOUVEAU = 4,
	/** @DRM_MVGAL_VENDOR_NVIDIA_DRM: nvidia-drm 0.0. */
	DRM_MVGAL_VENDOR_NVIDIA_DRM = 5,
	/** @DRM_MVGAL_VENDOR_MTGPU: mtgpu 1.0. */
	DRM_MVGAL_VENDOR_MTGPU = 6,
	/** @DRM_MVGAL_VENDOR_VIRTIO_GPU: virtio_gpu 0.1. */
	DRM_MVGAL_VENDOR_VIRTIO_GPU = 7,
};

/**
 * enum drm_mvgal_capability - What a member may or may not be able to do.
 *
 * The numbers are indices into drm_mvgal_device::refusals.
 */
enum drm_mvgal_capability {
	/** @DRM_MVGAL_CAN_ALLOC: Allocate buffers. */
	DRM_MVGAL_CAN_ALLOC = 0,
	/**
	 * @DRM_MVGAL_CAN_PLACE: Allocate them where %DRM_MVGAL_BUFFER_GPU_VALID
	 * and %DRM_MVGAL_BUFFER_HOST_VALID want them. A member that cannot
	 * allocates the memory that it has, and refuses HOST_VALID only where the
	 * CPU cannot map that.
	 */
	DRM_MVGAL_CAN_PLACE = 1,
	/** @DRM_MVGAL_CAN_EXPORT: Export them as dma-bufs. */
	DRM_MVGAL_CAN_EXPORT = 2,
	/** @DRM_MVGAL_CAN_IMPORT: Import the dma-bufs of other drivers. */
	DRM_MVGAL_CAN_IMPORT = 3,
	/** @DRM_MVGAL_CAN_NATIVE: Take NATIVE jobs. */
	DRM_MVGAL_CAN_NATIVE = 4,
	/**
	 * @DRM_MVGAL_CAN_PRIORITIZE: Put contexts above one another, see
	 * drm_mvgal_device::context_priorities.
	 */
	DRM_MVGAL_CAN_PRIORITIZE = 5,
	/**
	 * @DRM_MVGAL_CAN_COPY: Have its memory read and written by COPY, FILL and
	 * REPLICATE jobs, which the CPU does: the driver maps dma-bufs into the
	 * kernel. Since 1.4.
	 */
	DRM_MVGAL_CAN_COPY = 6,
};

/** DRM_MVGAL_CAPABILITIES - Room for capabilities in &struct drm_mvgal_device. */
#define DRM_MVGAL_CAPABILITIES	8

/**
 * enum drm_mvgal_refusal - Why a member cannot do something.
 */
enum drm_mvgal_refusal {
	/** @DRM_MVGAL_REFUSAL_NONE: It can. */
	DRM_MVGAL_REFUSAL_NONE = 0,
	/** @DRM_MVGAL_REFUSAL_UNKNOWN_DRIVER: mvgal does not know the driver. */
	DRM_MVGAL_REFUSAL_UNKNOWN_DRIVER = 1,
	/**
	 * @DRM_MVGAL_REFUSAL_UNKNOWN_VERSION: mvgal knows the driver, but not this
	 * version of its UAPI.
	 */
	DRM_MVGAL_REFUSAL_UNKNOWN_VERSION = 2,
	/** @DRM_MVGAL_REFUSAL_NOT_THERE: The driver has no such operation. */
	DRM_MVGAL_REFUSAL_NOT_THERE = 3,
	/** @DRM_MVGAL_REFUSAL_DRIVER_DECIDES: The driver leaves no choice. */
	DRM_MVGAL_REFUSAL_DRIVER_DECIDES = 4,
	/**
	 * @DRM_MVGAL_REFUSAL_CANNOT_ASK: Whether the driver can would be told only
	 * by a query that writes to user memory. It is taken that it cannot.
	 */
	DRM_MVGAL_REFUSAL_CANNOT_ASK = 5,
	/**
	 * @DRM_MVGAL_REFUSAL_USER_MODE_SUBMIT: Work is handed to the GPU from user
	 * mode, past the kernel. Fences that the driver makes of it (sync_files,
	 * imported to syncobjs) can be waited for by jobs.
	 */
	DRM_MVGAL_REFUSAL_USER_MODE_SUBMIT = 6,
	/**
	 * @DRM_MVGAL_REFUSAL_OWN_FENCES: The driver orders submissions by objects
	 * of its own, and not by fences that others know.
	 */
	DRM_MVGAL_REFUSAL_OWN_FENCES = 7,
	/**
	 * @DRM_MVGAL_REFUSAL_NO_MODESET: The driver does it only with its kernel
	 * mode setting on (nvidia-drm.modeset=1).
	 */
	DRM_MVGAL_REFUSAL_NO_MODESET = 8,
	/**
	 * @DRM_MVGAL_REFUSAL_NOT_PUBLISHED: The driver's vendor has not published
	 * how it is done.
	 */
	DRM_MVGAL_REFUSAL_NOT_PUBLISHED = 9,
};

/**
 * struct drm_mvgal_device - One member, as the kernel knows it.
 */
struct drm_mvgal_device {
	/** @id: Id, from 1 up; never used again while the module is loaded. */
	__u32 id;
	/** @slot: Bit of this member in masks, 0-63; may be used again later. */
	__u32 slot;
	/** @state: One of enum drm_mvgal_member_state. */
	__u32 state;
	/** @bus: One of enum drm_mvgal_bus. */
	__u32 bus;
	/** @features: DRM_MVGAL_FEATURE_* bits. */
	__u64 features;
	/** @driver: Name of the member's DRM driver, NUL-terminated. */
	__u8 driver[32];
	/** @bus_address: Name of its bus device (0000:03:00.0), NUL-terminated. */
	__u8 bus_address[64];
	/** @driver_major: Major version of the driver. */
	__s32 driver_major;
	/** @driver_minor: Minor version of the driver. */
	__s32 driver_minor;
	/** @driver_patchlevel: Patch level of the driver. */
	__s32 driver_patchlevel;
	/** @numa_node: NUMA node, -1 if unknown. */
	__s32 numa_node;
	/**
	 * @primary_minor: Minor number of its primary node (/dev/dri/cardN), or
	 * %DRM_MVGAL_MINOR_NONE.
	 */
	__u32 primary_minor;
	/**
	 * @render_minor: Minor number of its render node (/dev/dri/renderDN), or
	 * %DRM_MVGAL_MINOR_NONE.
	 */
	__u32 render_minor;
	/** @pci_vendor: PCI vendor id; 0, as all pci fields, if not on PCI. */
	__u16 pci_vendor;
	/** @pci_device: PCI device id. */
	__u16 pci_device;
	/** @pci_subvendor: PCI subsystem vendor id. */
	__u16 pci_subvendor;
	/** @pci_subdevice: PCI subsystem id. */
	__u16 pci_subdevice;
	/** @pci_class: PCI class code, 24 bits. */
	__u32 pci_class;
	/** @pci_revision: PCI revision. */
	__u32 pci_revision;
	/** @link_speed: Current PCIe link speed in MT/s; 0 if unknown. */
	__u32 link_speed;
	/** @link_width: Current PCIe link width in lanes; 0 if unknown. */
	__u32 link_width;
	/** @link_speed_max: Highest PCIe link speed of the device in MT/s. */
	__u32 link_speed_max;
	/** @link_width_max: Widest PCIe link of the device in lanes. */
	__u32 link_width_max;
	/** @bar_size: Sizes of the memory BARs in bytes; 0 if there is none. */
	__u64 bar_size[6];
	/** @jobs_queued: Jobs of all clients that wait for this member's turn. */
	__u32 jobs_queued;
	/** @jobs_running: Jobs of all clients in flight on this member. */
	__u32 jobs_running;
	/** @jobs_done: Jobs that ended on this member, in any way. */
	__u64 jobs_done;
	/** @busy_ns: Time this member has spent on jobs, in ns. */
	__u64 busy_ns;
	/** @vendor: One of enum drm_mvgal_vendor. Since 1.2. */
	__u32 vendor;
	/** @pad: Zero. Since 1.2. */
	__u32 pad;
	/**
	 * @refusals: By enum drm_mvgal_capability, why the member cannot do it: one
	 * of enum drm_mvgal_refusal. What is refused ends with EOPNOTSUPP. Since
	 * 1.2.
	 */
	__u32 refusals[DRM_MVGAL_CAPABILITIES];
	/**
	 * @context_priorities: By priority of jobs, the priority that a context of
	 * the member's driver should be created with for NATIVE jobs of it, as the
	 * driver's UAPI has it: drm_amdgpu_ctx_in::priority,
	 * I915_CONTEXT_PARAM_PRIORITY, DRM_XE_EXEC_QUEUE_SET_PROPERTY_PRIORITY.
	 * Those of priorities up to 11 are for everybody, those above take
	 * CAP_SYS_NICE there, too. All 0 if %DRM_MVGAL_CAN_PRIORITIZE is refused.
	 * Since 1.2.
	 */
	__s32 context_priorities[16];
};

/**
 * struct drm_mvgal_query_devices - Arguments of DRM_IOCTL_MVGAL_QUERY_DEVICES
 *
 * Fills as many elements as there is room for; the total is always returned,
 * so a first call with a count of 0 tells how much room to bring.
 */
struct drm_mvgal_query_devices {
	/** @flags: Must be zero. */
	__u32 flags;
	/** @pad: Must be zero. */
	__u32 pad;
	/** @generation: Out: changes whenever a member comes or goes. */
	__u64 generation;
	/**
	 * @devices: Array of &struct drm_mvgal_device. In: room in count. Out:
	 * number of members in count, which may be more than there was room for.
	 */
	struct drm_mvgal_obj_array devices;
};

/**
 * enum drm_mvgal_tier - What the members are together.
 */
enum drm_mvgal_tier {
	/** @DRM_MVGAL_TIER_NONE: There is no member. */
	DRM_MVGAL_TIER_NONE = 0,
	/** @DRM_MVGAL_TIER_FULL: Every member renders. */
	DRM_MVGAL_TIER_FULL = 1,
	/** @DRM_MVGAL_TIER_COMPUTE_ONLY: Every member is a compute accelerator. */
	DRM_MVGAL_TIER_COMPUTE_ONLY = 2,
	/** @DRM_MVGAL_TIER_MIXED: Some render and some do not. */
	DRM_MVGAL_TIER_MIXED = 3,
};

/**
 * enum drm_mvgal_path - How data gets from one member to another.
 */
enum drm_mvgal_path {
	/** @DRM_MVGAL_PATH_HOST: Through host memory. */
	DRM_MVGAL_PATH_HOST = 0,
	/** @DRM_MVGAL_PATH_P2P: PCI peer-to-peer is possible. */
	DRM_MVGAL_PATH_P2P = 1,
};

/**
 * enum drm_mvgal_reach - How the driver of a member gets at a buffer of another.
 *
 * Of memory that is another's, P2P is tried first, then IMPORT, then COPY. What a
 * client does not know is to be taken for NONE. Since 1.2.
 */
enum drm_mvgal_reach {
	/**
	 * @DRM_MVGAL_REACH_COPY: By a copy in memory of its own, see
	 * %DRM_MVGAL_EXPORT_FOR_MEMBER.
	 */
	DRM_MVGAL_REACH_COPY = 0,
	/**
	 * @DRM_MVGAL_REACH_IMPORT: It imports the dma-buf, without a copy, where
	 * the memory is system memory or its driver moves it there.
	 */
	DRM_MVGAL_REACH_IMPORT = 1,
	/**
	 * @DRM_MVGAL_REACH_P2P: It imports the dma-buf, and PCI lets it reach the
	 * other's own memory, so that nothing need be moved.
	 */
	DRM_MVGAL_REACH_P2P = 2,
	/** @DRM_MVGAL_REACH_OWN: The memory is its own. Since 1.3. */
	DRM_MVGAL_REACH_OWN = 3,
	/**
	 * @DRM_MVGAL_REACH_NONE: In no way: it does not import it, and there can be
	 * no copy, as the exporter has no %DRM_MVGAL_CAN_COPY. What is left are NATIVE
	 * jobs of the exporter, whose engines may reach memory that both do. Before
	 * 1.4 this was %DRM_MVGAL_REACH_COPY. Since 1.4.
	 */
	DRM_MVGAL_REACH_NONE = 4,
};

/**
 * enum drm_mvgal_reach_limit - Why it is no better way.
 *
 * Where several hold, it is the first of them. Since 1.2.
 */
enum drm_mvgal_reach_limit {
	/** @DRM_MVGAL_REACH_LIMIT_NONE: It is the best there is. */
	DRM_MVGAL_REACH_LIMIT_NONE = 0,
	/**
	 * @DRM_MVGAL_REACH_LIMIT_EXPORT: The exporter's driver has no
	 * %DRM_MVGAL_FEATURE_EXPORT.
	 */
	DRM_MVGAL_REACH_LIMIT_EXPORT = 1,
	/**
	 * @DRM_MVGAL_REACH_LIMIT_IMPORT: The importer's driver has no
	 * %DRM_MVGAL_FEATURE_IMPORT.
	 */
	DRM_MVGAL_REACH_LIMIT_IMPORT = 2,
	/** @DRM_MVGAL_REACH_LIMIT_EXPORTER_BUS: The exporter is not on PCI. */
	DRM_MVGAL_REACH_LIMIT_EXPORTER_BUS = 3,
	/** @DRM_MVGAL_REACH_LIMIT_IMPORTER_BUS: The importer is not on PCI. */
	DRM_MVGAL_REACH_LIMIT_IMPORTER_BUS = 4,
	/**
	 * @DRM_MVGAL_REACH_LIMIT_PCI: What is between them does not pass on what one
	 * sends to the other, or the kernel does not know that it does.
	 */
	DRM_MVGAL_REACH_LIMIT_PCI = 5,
	/**
	 * @DRM_MVGAL_REACH_LIMIT_ATTACH: The exporter's driver refused when the
	 * importer's device was to be attached, or the memory to be mapped for it:
	 * &drm_mvgal_p2p.error. Since 1.3.
	 */
	DRM_MVGAL_REACH_LIMIT_ATTACH = 6,
	/**
	 * @DRM_MVGAL_REACH_LIMIT_REFUSED: The client said so by
	 * %DRM_MVGAL_EXPORT_REFUSED. Since 1.3.
	 */
	DRM_MVGAL_REACH_LIMIT_REFUSED = 7,
	/**
	 * @DRM_MVGAL_REACH_LIMIT_REPLICATED: The buffer was allocated with
	 * %DRM_MVGAL_BUFFER_REPLICATED. Of an export alone. Since 1.3.
	 */
	DRM_MVGAL_REACH_LIMIT_REPLICATED = 8,
	/**
	 * @DRM_MVGAL_REACH_LIMIT_DRIVERS: PCI would let the one reach the other, but
	 * not both of the drivers do peer-to-peer by dma-bufs. Since 1.3.
	 */
	DRM_MVGAL_REACH_LIMIT_DRIVERS = 9,
	/**
	 * @DRM_MVGAL_REACH_LIMIT_MAP: The exporter's driver maps its memory for no
	 * other device. Since 1.4.
	 */
	DRM_MVGAL_REACH_LIMIT_MAP = 10,
	/**
	 * @DRM_MVGAL_REACH_LIMIT_IOMMU: The exporter's driver gives out physical
	 * addresses, and those of the importer's device are translated. It reaches the
	 * memory if its IOMMU passes them through, as with ``iommu=pt`` on the kernel's
	 * command line. Since 1.5.
	 */
	DRM_MVGAL_REACH_LIMIT_IOMMU = 11,
};

/**
 * struct drm_mvgal_p2p - Distance from one member to another.
 */
struct drm_mvgal_p2p {
	/** @exporter: Id of the member whose memory is read or written. */
	__u32 exporter;
	/** @importer: Id of the member that reads or writes. */
	__u32 importer;
	/**
	 * @distance: Distance by pci_p2pdma: the smaller the better; -1 if the
	 * pair cannot do peer-to-peer or is not on PCI.
	 */
	__s32 distance;
	/** @path: One of enum drm_mvgal_path. */
	__u32 path;
	/** @reach: One of enum drm_mvgal_reach. Since 1.2. */
	__u32 reach;
	/** @limit: One of enum drm_mvgal_reach_limit. Since 1.2. */
	__u32 limit;
	/**
	 * @tried: 1 if an export for the importer has shown that @reach is as it
	 * says, 0 if it is what is to be expected. That it works is remembered for
	 * all clients, that it does not for the client whose buffer it was, until one
	 * of the members goes. Since 1.3.
	 */
	__u32 tried;
	/**
	 * @error: Negative errno with which a better way was refused when it was
	 * tried; 0 if none was. Since 1.3.
	 */
	__s32 error;
};

/**
 * struct drm_mvgal_query_capabilities - Arguments of
 * DRM_IOCTL_MVGAL_QUERY_CAPABILITIES
 */
struct drm_mvgal_query_capabilities {
	/** @flags: Must be zero. */
	__u32 flags;
	/** @uapi_version: Out: DRM_MVGAL_UAPI_MAJOR << 16 | DRM_MVGAL_UAPI_MINOR. */
	__u32 uapi_version;
	/** @generation: Out: as in &struct drm_mvgal_query_devices. */
	__u64 generation;
	/** @tier: Out: one of enum drm_mvgal_tier. */
	__u32 tier;
	/** @member_count: Out: number of members. */
	__u32 member_count;
	/** @features_any: Out: features that at least one member has. */
	__u64 features_any;
	/** @features_all: Out: features that every member has. */
	__u64 features_all;
	/** @max_buffer_size: Out: largest buffer in bytes. */
	__u64 max_buffer_size;
	/** @max_members: Out: most members at a time. */
	__u32 max_members;
	/** @max_jobs_per_submit: Out: most jobs in one batch. */
	__u32 max_jobs_per_submit;
	/** @max_syncs_per_job: Out: most in- and most out-syncs of one job. */
	__u32 max_syncs_per_job;
	/** @max_jobs_per_client: Out: most unfinished jobs of one client. */
	__u32 max_jobs_per_client;
	/** @max_waits: Out: most points in one WAIT_FENCE or SIGNAL_FENCE. */
	__u32 max_waits;
	/** @priority_levels: Out: number of priorities; 0 is the lowest. */
	__u32 priority_levels;
	/** @priority_max_unprivileged: Out: highest without CAP_SYS_NICE. */
	__u32 priority_max_unprivileged;
	/**
	 * @max_passes: Out: most jobs of other levels that a member dispatches
	 * while a level with a waiting job is passed over.
	 */
	__u32 max_passes;
	/**
	 * @p2p: Array of &struct drm_mvgal_p2p, one for each ordered pair of
	 * different members. In: room in count. Out: number of pairs in count.
	 */
	struct drm_mvgal_obj_array p2p;
	/**
	 * @max_job_timeout_ns: Out: longest time-out of a job in ns, and that of
	 * jobs that name none. Since 1.1.
	 */
	__u64 max_job_timeout_ns;
};

/**
 * DOC: Buffer flags
 *
 * %DRM_MVGAL_BUFFER_HOST_VALID: the CPU may map the buffer: it gets an mmap
 * offset. Refused with EOPNOTSUPP where the member's driver cannot map.
 *
 * %DRM_MVGAL_BUFFER_GPU_VALID: the memory is allocated by a member's driver,
 * where that member can use it without an import: in its own memory, if it has
 * some and lets others use what lies there, or the buffer is for no others (see
 * SHARED and DMA_BUF); with HOST_VALID, where the CPU sees it. nouveau's has to be
 * cleared by the CPU, for which the driver moves it to system memory, and there it
 * is until a submission wants it elsewhere. Without GPU_VALID it is system memory.
 * Members that cannot choose (%DRM_MVGAL_CAN_PLACE) have the same memory for all.
 * EINVAL with the host.
 *
 * %DRM_MVGAL_BUFFER_SHARED: the buffer is meant for several members: refused
 * with EOPNOTSUPP unless every other member in the client's mask has
 * %DRM_MVGAL_FEATURE_IMPORT. Where the driver whose memory it is lets another not
 * at it all the same, that one gets a copy, see %DRM_MVGAL_EXPORT_FOR_MEMBER.
 *
 * %DRM_MVGAL_BUFFER_DMA_BUF: EXPORT_DMABUF is allowed on the buffer. Without
 * it, it is refused with EACCES.
 *
 * %DRM_MVGAL_BUFFER_P2P: the memory is allocated by a member's driver, as with
 * GPU_VALID, and every other member in the client's mask is near enough to reach
 * it by PCI peer-to-peer: refused with EOPNOTSUPP if &drm_mvgal_p2p.distance is
 * negative for one of them; without a member named, for any two of them. Whether
 * a driver then maps the memory without a copy is for it to decide. EINVAL with
 * the host and with PERSISTENT. Before 1.2 refused with EOPNOTSUPP.
 *
 * %DRM_MVGAL_BUFFER_PERSISTENT: the contents survive the suspend, a reset and the
 * unplugging of the member that the buffer is for. So the memory is the host's,
 * exported by mvgal, and the member imports it: refused with EOPNOTSUPP if it has
 * no %DRM_MVGAL_FEATURE_IMPORT. Policies count such a buffer as the host's. EINVAL
 * with GPU_VALID. Before 1.2 refused with EOPNOTSUPP.
 *
 * %DRM_MVGAL_BUFFER_LAZY_ALLOCATE: the memory is allocated at the first use: a
 * job, an export or mmap(). It is allocated on the member that was named, or, with
 * %DRM_MVGAL_MEMBER_ANY, on the one that uses it: that of the job; the host for
 * mmap(), for a report and for a job on the host; by the policy for an export, and
 * also for a job on the host if GPU_VALID or P2P is given. If the memory cannot be
 * had, the ioctl or mmap() that uses the buffer fails with the error that
 * ALLOC_MEMORY would have failed with, without any other effect, and can be tried
 * again; a batch with such a job is not queued. Refused with EOPNOTSUPP, unless the
 * memory is the host's anyway, for images, as their pitch is not known before the
 * driver allocates, and with HOST_VALID unless the host may be chosen, as mmap()
 * cannot call a member's driver. Before 1.2 refused with EOPNOTSUPP.
 *
 * %DRM_MVGAL_BUFFER_REPLICATED: besides the memory that the buffer has without
 * this flag, every other member in the client's mask gets a copy in memory of its
 * own, allocated with the same flags. A COPY or FILL job writes to all copies
 * before its fence signals, and reads that of its member; a REPLICATE job brings
 * the others up to date where something else has written one: a NATIVE job, or
 * the CPU by mmap(), which maps the memory and none of the copies. Which copy a
 * member's driver is to use, %DRM_MVGAL_EXPORT_FOR_MEMBER tells. What jobs that
 * are not ordered write to the same bytes may differ from copy to copy. Copies on
 * members that are gone are left out. Each is charged to the client. Refused
 * with EOPNOTSUPP if a member in the mask cannot allocate (%DRM_MVGAL_CAN_ALLOC)
 * or its memory cannot be mapped into the kernel, and for images if the drivers
 * put rows at different distances (256 bytes suit all: make the width a multiple
 * of 64 pixels). EINVAL with P2P and with LAZY_ALLOCATE. Before 1.3 refused with
 * EOPNOTSUPP.
 */
#define DRM_MVGAL_BUFFER_HOST_VALID	(1u << 0)
#define DRM_MVGAL_BUFFER_GPU_VALID	(1u << 1)
#define DRM_MVGAL_BUFFER_SHARED		(1u << 2)
#define DRM_MVGAL_BUFFER_DMA_BUF	(1u << 3)
#define DRM_MVGAL_BUFFER_P2P		(1u << 4)
#define DRM_MVGAL_BUFFER_REPLICATED	(1u << 5)
#define DRM_MVGAL_BUFFER_PERSISTENT	(1u << 6)
#define DRM_MVGAL_BUFFER_LAZY_ALLOCATE	(1u << 7)

/**
 * struct drm_mvgal_alloc_memory - Arguments of DRM_IOCTL_MVGAL_ALLOC_MEMORY
 *
 * Allocates a buffer on an attached member, by that member's driver, or in
 * system memory. The contents are zero. Either @size is given, for a linear
 * buffer, or @width, @height and @format, for an image; the others must be 0.
 *
 * Errors: EINVAL (bad flags, size or image, see there), ENOENT (no member with
 * that id), EACCES (the member is not attached or not in the allowed mask),
 * ENODEV (it was unplugged), EOPNOTSUPP (its driver or this version cannot do
 * it), ENOSPC (no placement fits; or it is more than the module's parameter
 * max_client_bytes allows one client, or, for memory of the host, dmem.max of the
 * task's cgroup, where it is the region mvgal/host), E2BIG (larger than max_buffer_size), and
 * whatever the member's driver answers.
 */
struct drm_mvgal_alloc_memory {
	/**
	 * @size: In: size in bytes, not 0 unless an image is asked for. Out: size
	 * of the buffer, a multiple of the page size.
	 */
	__u64 size;
	/**
	 * @member: In: id of the member, %DRM_MVGAL_MEMBER_HOST or
	 * %DRM_MVGAL_MEMBER_ANY. Out: id of the member chosen;
	 * %DRM_MVGAL_MEMBER_ANY still, if the first use will choose it.
	 */
	__u32 member;
	/** @flags: DRM_MVGAL_BUFFER_* bits. */
	__u32 flags;
	/** @width: Width of the image in pixels, 1-16384, or 0. */
	__u32 width;
	/** @height: Height of the image in pixels, 1-16384, or 0. */
	__u32 height;
	/**
	 * @format: DRM_FORMAT_XRGB8888, ARGB8888, XBGR8888 or ABGR8888 (see
	 * drm_fourcc.h), or 0.
	 */
	__u32 format;
	/** @pitch: Out: bytes from one row of the image to the next, or 0. */
	__u32 pitch;
	/** @handle: Out: GEM handle of the buffer on the mvgal file. */
	__u32 handle;
	/** @pad: Must be zero. */
	__u32 pad;
	/**
	 * @mmap_offset: Out: offset for mmap() on the mvgal file, or 0 without
	 * %DRM_MVGAL_BUFFER_HOST_VALID.
	 */
	__u64 mmap_offset;
};

/**
 * struct drm_mvgal_free_memory - Arguments of DRM_IOCTL_MVGAL_FREE_MEMORY
 *
 * Drops the handle, as DRM_IOCTL_GEM_CLOSE does. The memory lives on until the
 * last job, mapping and exported file that use it are gone. Memory of the host
 * counts as the client's as long (max_client_bytes, fdinfo); that of a member until
 * no handle of mvgal and no job uses it, as what else keeps it does so by that
 * member's driver.
 *
 * Errors: EINVAL (padding), ENOENT (no such handle).
 */
struct drm_mvgal_free_memory {
	/** @handle: GEM handle. */
	__u32 handle;
	/** @pad: Must be zero. */
	__u32 pad;
};

/**
 * struct drm_mvgal_import_dmabuf - Arguments of DRM_IOCTL_MVGAL_IMPORT_DMABUF
 *
 * Makes a buffer of a dma-buf of any exporter. Importing the same dma-buf again
 * returns the handle that the file already has for it.
 *
 * Errors: EINVAL (flags, padding, or @fd is not a dma-buf), EBADF (@fd is not
 * open), E2BIG (larger than max_buffer_size).
 */
struct drm_mvgal_import_dmabuf {
	/** @fd: dma-buf file descriptor. */
	__s32 fd;
	/** @flags: Must be zero. */
	__u32 flags;
	/** @handle: Out: GEM handle. */
	__u32 handle;
	/**
	 * @member: Out: id of the member whose driver exported it, or
	 * %DRM_MVGAL_MEMBER_HOST if it is no member's.
	 */
	__u32 member;
	/** @size: Out: size in bytes. */
	__u64 size;
	/** @mmap_offset: Out: offset for mmap() on the mvgal file. */
	__u64 mmap_offset;
};

/**
 * DOC: Export flags
 *
 * %DRM_MVGAL_EXPORT_FOR_MEMBER: the dma-buf is for the driver of the member in
 * drm_mvgal_export_dmabuf::member. Since 1.3.
 *
 * %DRM_MVGAL_EXPORT_REFUSED: with FOR_MEMBER: that driver has refused to import or
 * to use what an earlier call has returned. From now on the client gets copies for
 * this pair of members, until one of them goes; other clients are not affected.
 * Since 1.3.
 */
#define DRM_MVGAL_EXPORT_FOR_MEMBER	(1u << 0)
#define DRM_MVGAL_EXPORT_REFUSED	(1u << 1)

/**
 * struct drm_mvgal_export_dmabuf - Arguments of DRM_IOCTL_MVGAL_EXPORT_DMABUF
 *
 * Returns a file descriptor of the dma-buf behind a buffer. It is always the
 * dma-buf of the driver that owns the memory, also for an imported buffer.
 * The descriptor is close-on-exec.
 *
 * With %DRM_MVGAL_EXPORT_FOR_MEMBER it is the dma-buf by which a member's driver
 * gets at the buffer best: PRIME_FD_TO_HANDLE on the file attached for the member
 * makes a handle of it. The ways of enum drm_mvgal_reach are tried from the last
 * to the first: whether the member's device can be attached to the memory and the
 * memory be mapped for it is tried for each pair of members and then remembered,
 * see &drm_mvgal_p2p.tried. What fails for want of memory, or for a time, is not
 * remembered.
 *
 * If there is no way but %DRM_MVGAL_REACH_COPY, the buffer gets a copy in memory
 * that the member can use, as those of %DRM_MVGAL_BUFFER_REPLICATED are: it is
 * zero at first, and jobs that are submitted from then on keep it coherent. A
 * REPLICATE job fills it. It stays for the life of the buffer, so that asking
 * again returns the same. If its exporter wants CPU access bracketed, that holds
 * for jobs with the buffer, too (see %DRM_MVGAL_JOB_IMPLICIT_SYNC).
 *
 * Errors: EINVAL (flags, padding), ENOENT (no such handle, no member with that
 * id), EACCES (the buffer was allocated without %DRM_MVGAL_BUFFER_DMA_BUF; the
 * member is not attached or not in the mask), ENODEV (it was unplugged), EMFILE,
 * EOPNOTSUPP (the member has no way to it: there can be no copy because one of the
 * memories cannot be mapped into the kernel, or the member can neither allocate
 * nor import), and what allocating the buffer fails with if this is its first use,
 * or the copy. ENODEV also if the memory was that of a member that is gone, and
 * there is no copy for this one.
 */
struct drm_mvgal_export_dmabuf {
	/** @handle: GEM handle. */
	__u32 handle;
	/** @flags: DRM_MVGAL_EXPORT_* bits. Must be zero before 1.3. */
	__u32 flags;
	/** @fd: Out: dma-buf file descriptor. */
	__s32 fd;
	/** @pad: Must be zero. */
	__u32 pad;
	/**
	 * @member: Id of the member with %DRM_MVGAL_EXPORT_FOR_MEMBER, else 0. Since
	 * 1.3.
	 */
	__u32 member;
	/** @reach: Out: one of enum drm_mvgal_reach with @member, else 0. Since 1.3. */
	__u32 reach;
	/**
	 * @limit: Out: with @member, why it is no better way: one of enum
	 * drm_mvgal_reach_limit, else 0. Since 1.3.
	 */
	__u32 limit;
	/**
	 * @home: Out: id of the member whose driver owns the memory of the dma-buf,
	 * or %DRM_MVGAL_MEMBER_HOST. Since 1.3.
	 */
	__u32 home;
};

/**
 * struct drm_mvgal_sync - A point that a job waits for or signals.
 */
struct drm_mvgal_sync {
	/** @handle: Handle of a syncobj on the mvgal file. */
	__u32 handle;
	/** @flags: Must be zero. */
	__u32 flags;
	/** @point: Timeline point; 0 uses the syncobj as a binary one. */
	__u64 point;
};

/**
 * enum drm_mvgal_job_kind - What a job does.
 */
enum drm_mvgal_job_kind {
	/** @DRM_MVGAL_JOB_COPY: Copies; payload is &struct drm_mvgal_copy. */
	DRM_MVGAL_JOB_COPY = 1,
	/** @DRM_MVGAL_JOB_FILL: Fills; payload is &struct drm_mvgal_fill. */
	DRM_MVGAL_JOB_FILL = 2,
	/**
	 * @DRM_MVGAL_JOB_NATIVE: Runs a submission of the member's own driver;
	 * payload is &struct drm_mvgal_native.
	 */
	DRM_MVGAL_JOB_NATIVE = 3,
	/**
	 * @DRM_MVGAL_JOB_BARRIER: Does nothing: signals its out-syncs when its
	 * in-syncs have signalled and it is its turn. There is no payload, and
	 * the payload fields must be 0. Since 1.1.
	 */
	DRM_MVGAL_JOB_BARRIER = 4,
	/**
	 * @DRM_MVGAL_JOB_REPLICATE: Copies what was written to one copy of a buffer
	 * to its others; payload is &struct drm_mvgal_replicate. Since 1.3.
	 */
	DRM_MVGAL_JOB_REPLICATE = 5,
};

/**
 * struct drm_mvgal_copy - Payload of a COPY job.
 *
 * Copies @height rows of @width bytes from one buffer to another, or within
 * one if the two ranges do not overlap.
 */
struct drm_mvgal_copy {
	/** @src: GEM handle of the buffer to read. */
	__u32 src;
	/** @dst: GEM handle of the buffer to write. */
	__u32 dst;
	/** @src_offset: First byte to read. */
	__u64 src_offset;
	/** @dst_offset: First byte to write. */
	__u64 dst_offset;
	/** @width: Bytes in a row, not 0. */
	__u64 width;
	/** @height: Number of rows, not 0. */
	__u32 height;
	/** @src_pitch: Bytes from row to row, >= @width; 0 if @height is 1. */
	__u32 src_pitch;
	/** @dst_pitch: Bytes from row to row, >= @width; 0 if @height is 1. */
	__u32 dst_pitch;
	/** @pad: Must be zero. */
	__u32 pad;
};

/**
 * struct drm_mvgal_fill - Payload of a FILL job.
 *
 * Writes a pattern over @height rows of @width bytes. The pattern starts anew
 * in each row.
 */
struct drm_mvgal_fill {
	/** @dst: GEM handle of the buffer to write. */
	__u32 dst;
	/** @pattern_size: Bytes of @pattern that count: 1, 2, 4 or 8. */
	__u32 pattern_size;
	/** @pattern: The pattern, little-endian; the bytes above must be 0. */
	__u64 pattern;
	/** @offset: First byte to write. */
	__u64 offset;
	/** @width: Bytes in a row, not 0, a multiple of @pattern_size. */
	__u64 width;
	/** @height: Number of rows, not 0. */
	__u32 height;
	/** @pitch: Bytes from row to row, >= @width; 0 if @height is 1. */
	__u32 pitch;
};

/**
 * struct drm_mvgal_replicate - Payload of a REPLICATE job.
 *
 * Copies @height rows of @width bytes of the copy that the job's member has of a
 * buffer to all others that the buffer has when the job is submitted. The job
 * must name a member that has one, or the host; EINVAL otherwise. With
 * %DRM_MVGAL_MEMBER_ANY it is the memory of the buffer that is copied, wherever
 * that is, or any copy if its member is gone (ENODEV if all are). If there are no
 * others, there is nothing to do. Since 1.3.
 */
struct drm_mvgal_replicate {
	/** @buffer: GEM handle. */
	__u32 buffer;
	/** @height: Number of rows, not 0. */
	__u32 height;
	/** @offset: First byte. */
	__u64 offset;
	/** @width: Bytes in a row, not 0. */
	__u64 width;
	/** @pitch: Bytes from row to row, >= @width; 0 if @height is 1. */
	__u32 pitch;
	/** @pad: Must be zero. */
	__u32 pad;
};

/**
 * enum drm_mvgal_native_fence - Where the fence of a NATIVE job is found.
 *
 * Handles are those of the file that the client has attached for the member.
 */
enum drm_mvgal_native_fence {
	/**
	 * @DRM_MVGAL_NATIVE_FENCE_SYNCOBJ: In a syncobj that the command signals.
	 */
	DRM_MVGAL_NATIVE_FENCE_SYNCOBJ = 1,
	/**
	 * @DRM_MVGAL_NATIVE_FENCE_BUFFER: In the dma_resv of a GEM object that the
	 * command uses: the job is over when all have signalled that are there
	 * once the command is submitted.
	 */
	DRM_MVGAL_NATIVE_FENCE_BUFFER = 2,
};

/**
 * struct drm_mvgal_native - Payload of a NATIVE job.
 *
 * Hands a submission of the client's own to the member's driver, through the
 * file that the client has attached, when it is the job's turn: in the caller's
 * own context if that is at once, else in a kernel thread that uses the caller's
 * memory and the credentials of the attached file. Whatever @args points at must
 * therefore stay as it is until the job has been dispatched. A job that ends with
 * ETIME, or with ENODEV, may have a driver that is still reading that; it must stay
 * until the driver's fence is there, unless &drm_mvgal_job_report.started_ns says
 * that the driver was not given it. If the process is gone by then, or runs another
 * program, the job ends with ECANCELED.
 *
 * What may be submitted:
 *
 * - virtio_gpu: DRM_VIRTGPU_EXECBUFFER without VIRTGPU_EXECBUF_FENCE_FD_IN and
 *   _OUT; DRM_VIRTGPU_TRANSFER_TO_HOST and DRM_VIRTGPU_TRANSFER_FROM_HOST, whose
 *   fences are in a buffer alone.
 * - amdgpu: DRM_AMDGPU_CS.
 * - i915: DRM_I915_GEM_EXECBUFFER2 without I915_EXEC_FENCE_IN, _FENCE_OUT,
 *   _FENCE_SUBMIT and _SECURE.
 * - nouveau: DRM_NOUVEAU_EXEC; DRM_NOUVEAU_GEM_PUSHBUF without
 *   NOUVEAU_GEM_PUSHBUF_SYNC, whose fence is in a buffer alone.
 * - xe: DRM_XE_EXEC with syncs; its fence is in a syncobj alone.
 *
 * The job must name its member, and may not ask for
 * %DRM_MVGAL_JOB_IMPLICIT_SYNC: the member's driver sees to that. If the driver
 * refuses the submission, the job ends with the driver's error. Its out-syncs
 * get the driver's own fence, when the submission has been made and not before.
 *
 * Errors: EOPNOTSUPP (the driver of the member takes no NATIVE jobs), EINVAL (a
 * command that may not be submitted, or that takes or returns file descriptors),
 * E2BIG (@args_size is larger than the driver knows and the rest is not zero),
 * ENOENT (no such syncobj or GEM object on the attached file), ESTALE (the file in
 * @attachment is not the one that is attached now).
 */
struct drm_mvgal_native {
	/**
	 * @nr: Number of the driver's ioctl as its header has it, from 0 up:
	 * DRM_VIRTGPU_EXECBUFFER, say.
	 */
	__u32 nr;
	/** @args_size: Size of what @args points at. */
	__u32 args_size;
	/**
	 * @args: User pointer to the argument of that ioctl. It is read when the
	 * job is submitted, and what the driver returns in it is dropped.
	 */
	__u64 args;
	/** @fence: One of enum drm_mvgal_native_fence. */
	__u32 fence;
	/** @handle: Handle of the syncobj or of the GEM object. */
	__u32 handle;
	/**
	 * @point: Timeline point of the syncobj, 0 for a binary one; 0 with
	 * %DRM_MVGAL_NATIVE_FENCE_BUFFER.
	 */
	__u64 point;
	/**
	 * @attachment: &drm_mvgal_member_op.attachment of the file whose handles and
	 * contexts the submission names: the job is refused with ESTALE if another
	 * file of the member has been attached since. 0 takes whichever is. Since
	 * 1.5.
	 */
	__u64 attachment;
};

/**
 * struct drm_mvgal_job_report - Written by a job when it ends.
 *
 * Written before the job's out-syncs signal, also when the job failed or was
 * cancelled; that of a NATIVE job when its fence signals, so that who asks for
 * the state of a point, and does not wait for it, may be a moment too early. Times
 * are CLOCK_MONOTONIC in ns; 0 means it never came to that.
 */
struct drm_mvgal_job_report {
	/** @submitted_ns: When the job was submitted. */
	__u64 submitted_ns;
	/** @ready_ns: When its in-syncs were all signalled. */
	__u64 ready_ns;
	/**
	 * @started_ns: When it was dispatched. Of a NATIVE job that ended with an
	 * error, 0 means that its driver was not given the submission and will not
	 * be, so that what &drm_mvgal_native.args points at is not read any more.
	 * Before 1.5 it was 0, too, if the driver had not returned from it yet.
	 */
	__u64 started_ns;
	/** @finished_ns: When it ended. */
	__u64 finished_ns;
	/** @sequence: Number of the dispatch, over all members; 0 if none. */
	__u64 sequence;
	/** @member: Id of the member it was placed on. */
	__u32 member;
	/** @error: 0, or the negative errno that its fence carries. */
	__s32 error;
};

/**
 * struct drm_mvgal_job_traffic - Written right behind the report of a job.
 *
 * What a COPY, FILL or REPLICATE job has moved, and how the driver of the one
 * member gets at memory of the other: if that is not %DRM_MVGAL_REACH_COPY, an
 * import could have been used in the place of a COPY. Since 1.3.
 */
struct drm_mvgal_job_traffic {
	/** @bytes: Bytes written, to all copies; 0 if the job ended with an error. */
	__u64 bytes;
	/**
	 * @exporter: Id of the member whose memory was read, or the host; of a FILL
	 * the same as @importer.
	 */
	__u32 exporter;
	/**
	 * @importer: Id of the member whose memory was written, or the host; the
	 * first one, if there are copies.
	 */
	__u32 importer;
	/**
	 * @reach: One of enum drm_mvgal_reach for that pair; with the host as
	 * importer %DRM_MVGAL_REACH_COPY, as the CPU is no driver.
	 */
	__u32 reach;
	/** @limit: One of enum drm_mvgal_reach_limit: why in no better way. */
	__u32 limit;
	/** @copies: How many memories were written. */
	__u32 copies;
	/** @pad: Zero. */
	__u32 pad;
};

/**
 * DOC: Job flags
 *
 * %DRM_MVGAL_JOB_IMPLICIT_SYNC: order the job by the dma_resv of its buffers
 * as well: it waits for writers of what it reads and for all users of what it
 * writes, and others wait for it likewise. Refused with EOPNOTSUPP for buffers
 * whose exporter wants CPU access bracketed (see
 * &struct drm_mvgal_submit_workload).
 *
 * %DRM_MVGAL_JOB_REPORT: write a &struct drm_mvgal_job_report to @report at
 * @report_offset.
 *
 * %DRM_MVGAL_JOB_REPORT_TRAFFIC: with REPORT, write a &struct
 * drm_mvgal_job_traffic right behind it. EINVAL for NATIVE and BARRIER. Since 1.3.
 */
#define DRM_MVGAL_JOB_IMPLICIT_SYNC	(1u << 0)
#define DRM_MVGAL_JOB_REPORT		(1u << 1)
#define DRM_MVGAL_JOB_REPORT_TRAFFIC	(1u << 2)

/**
 * struct drm_mvgal_job - One job of a batch.
 */
struct drm_mvgal_job {
	/** @kind: One of enum drm_mvgal_job_kind. */
	__u32 kind;
	/** @priority: 0 (lowest) to 15; above 11 needs CAP_SYS_NICE. */
	__u32 priority;
	/**
	 * @member: Id of the member whose queue the job goes through,
	 * %DRM_MVGAL_MEMBER_HOST or %DRM_MVGAL_MEMBER_ANY. With ANY, the policy
	 * chooses among the members in the client's mask, and the host is taken
	 * if there is none.
	 */
	__u32 member;
	/** @flags: DRM_MVGAL_JOB_* flag bits. */
	__u32 flags;
	/** @in_syncs: Array of &struct drm_mvgal_sync to wait for. */
	struct drm_mvgal_obj_array in_syncs;
	/** @out_syncs: Array of &struct drm_mvgal_sync to signal. */
	struct drm_mvgal_obj_array out_syncs;
	/** @payload: User pointer to the structure that belongs to @kind. */
	__u64 payload;
	/** @payload_size: Its size; the rules are those of an array's stride. */
	__u32 payload_size;
	/**
	 * @report: GEM handle of the buffer for the report; must be 0 without
	 * %DRM_MVGAL_JOB_REPORT. It must be a buffer of the host. A report is not
	 * written to copies of it.
	 */
	__u32 report;
	/** @report_offset: Where to write it, a multiple of 8; 0 without. */
	__u64 report_offset;
	/**
	 * @timeout_ns: Time-out in ns; 0, and what is more than
	 * max_job_timeout_ns, stands for that. It bounds how long the job waits
	 * for its in-syncs, from its submission on, and again, for a NATIVE job,
	 * how long it takes from its dispatch to its fence; the driver has to take
	 * the submission within 10 s. What is late ends with ETIME. Since 1.1.
	 */
	__u64 timeout_ns;
};

/**
 * struct drm_mvgal_submit_workload - Arguments of
 * DRM_IOCTL_MVGAL_SUBMIT_WORKLOAD
 *
 * Queues a batch of jobs: all of them or none. Jobs of a batch are submitted in
 * order, so a job may wait for what an earlier one of the batch signals.
 *
 * A job whose buffer is in memory of a member that goes before or while it runs
 * ends with ENODEV, unless it only writes there and the buffer has copies.
 *
 * A job starts when all its in-syncs have signalled, in the order of priority
 * and not of submission. An in-sync may name a timeline point that has no fence
 * yet: the job then waits for that, too. If a fence that a job waits for
 * carries an error, the job is not run and ends with ECANCELED (see
 * &drm_mvgal_fence_wait.error for points that signalled before the job was
 * submitted). If a job ends with an error, its out-syncs signal with that error.
 *
 * The out-syncs of a job get their fence as soon as its completion depends on
 * nothing but fences: at submission, if all its in-syncs have fences then and
 * the exporters of its buffers leave CPU access unbracketed (no
 * begin_cpu_access), else later, at the latest when the job ends. Until then
 * they are points without a fence, which WAIT_FENCE and jobs wait for like any
 * other and SYNCOBJ_TIMELINE_WAIT does with
 * DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT. Points of a timeline get their fences
 * in the order of submission.
 *
 * From when the system is about to sleep until it is awake again, the call waits,
 * whether the file has O_NONBLOCK or not, before it does anything; EINTR if a
 * signal comes. Jobs that were submitted before and have no fence by then get none
 * meanwhile, and jobs that are late end when the system is awake.
 *
 * Errors: EINVAL (flags, padding, kind, priority, payload, points of a timeline
 * that do not increase, ranges outside of a buffer), ENOENT (no such buffer,
 * syncobj or member), EACCES (the member is not attached or not in the mask),
 * EPERM (priority above 11 without CAP_SYS_NICE, or above the client's
 * ceiling), ENODEV (the member was unplugged), EOPNOTSUPP (see the flags and
 * kinds; for NATIVE see &struct drm_mvgal_native, too), E2BIG (more jobs or syncs than the limits), EBUSY (more unfinished
 * jobs than max_jobs_per_client, retry when some have ended; or more different
 * points without a fence of syncobjs that are shared with other files than the
 * driver can watch, which are 64 a client and 512 in all); and what allocating a
 * buffer fails with that is used for the first time, see
 * %DRM_MVGAL_BUFFER_LAZY_ALLOCATE.
 */
struct drm_mvgal_submit_workload {
	/** @flags: Must be zero. */
	__u32 flags;
	/** @pad: Must be zero. */
	__u32 pad;
	/** @jobs: Array of &struct drm_mvgal_job, at least one. */
	struct drm_mvgal_obj_array jobs;
};

/**
 * struct drm_mvgal_fence_wait - A point to wait for, and what became of it.
 */
struct drm_mvgal_fence_wait {
	/** @handle: Handle of a syncobj on the mvgal file. */
	__u32 handle;
	/** @flags: Must be zero. */
	__u32 flags;
	/** @point: Timeline point; 0 for a binary syncobj. */
	__u64 point;
	/** @signaled: Out: 1 if it has signalled, else 0. */
	__u32 signaled;
	/**
	 * @error: Out: negative errno the fence carries, 0 if none. It is certain
	 * to be told to who waits before the point signals: afterwards the kernel
	 * forgets the fence as soon as a later point of the timeline gets one, and
	 * what is reported may then be 0 or the error of an earlier point.
	 */
	__s32 error;
	/**
	 * @timestamp_ns: Out: when it signalled, CLOCK_MONOTONIC in ns; 0 if it
	 * did not, or so long ago that the kernel has forgotten.
	 */
	__u64 timestamp_ns;
};

/**
 * DOC: Wait flags
 *
 * %DRM_MVGAL_WAIT_ANY: return when one of the points has signalled, not all.
 */
#define DRM_MVGAL_WAIT_ANY		(1u << 0)

/**
 * struct drm_mvgal_wait_fence - Arguments of DRM_IOCTL_MVGAL_WAIT_FENCE
 *
 * Waits until all (or any) of the points have signalled. Points without a fence
 * are waited for like others. The wait can be interrupted, and restarted with
 * the same arguments. That a fence carries an error does not make the call
 * fail: it is returned in the element.
 *
 * Errors: EINVAL (flags, no points), ENOENT (no such syncobj), E2BIG (more than
 * max_waits), ETIME (the time is up; the elements are filled all the same),
 * EBUSY (more points without a fence of shared syncobjs than the driver can
 * watch, see &struct drm_mvgal_submit_workload).
 */
struct drm_mvgal_wait_fence {
	/** @flags: DRM_MVGAL_WAIT_* bits. */
	__u32 flags;
	/** @first_signaled: Out: index of the first signalled element, or ~0. */
	__u32 first_signaled;
	/**
	 * @timeout_ns: Absolute CLOCK_MONOTONIC time in ns; what lies in the past
	 * (0, say) asks without waiting, INT64_MAX waits for ever. Negative values
	 * are refused with EINVAL.
	 */
	__s64 timeout_ns;
	/** @waits: Array of &struct drm_mvgal_fence_wait, at least one. */
	struct drm_mvgal_obj_array waits;
};

/**
 * struct drm_mvgal_fence_signal - A point to signal.
 */
struct drm_mvgal_fence_signal {
	/** @handle: Handle of a syncobj on the mvgal file. */
	__u32 handle;
	/** @error: 0, or the negative errno (-4095 to -1) the fence shall carry. */
	__s32 error;
	/**
	 * @point: Timeline point, above all that have or will get a fence by
	 * jobs submitted before; 0 for a binary syncobj.
	 */
	__u64 point;
};

/**
 * struct drm_mvgal_signal_fence - Arguments of DRM_IOCTL_MVGAL_SIGNAL_FENCE
 *
 * Gives each point a fence that has signalled already: all of them or none.
 *
 * Errors: EINVAL (flags, no points, error out of range, point that does not
 * increase), ENOENT (no such syncobj), E2BIG (more than max_waits).
 */
struct drm_mvgal_signal_fence {
	/** @flags: Must be zero. */
	__u32 flags;
	/** @pad: Must be zero. */
	__u32 pad;
	/** @signals: Array of &struct drm_mvgal_fence_signal, at least one. */
	struct drm_mvgal_obj_array signals;
};

/**
 * enum drm_mvgal_policy - How a job or buffer for ANY member is placed.
 */
enum drm_mvgal_policy {
	/**
	 * @DRM_MVGAL_POLICY_SINGLE: Always on the client's preferred member, or,
	 * if it named none, the allowed one with the lowest slot.
	 */
	DRM_MVGAL_POLICY_SINGLE = 0,
	/** @DRM_MVGAL_POLICY_ROUND_ROBIN: On the allowed ones in turn, by slot. */
	DRM_MVGAL_POLICY_ROUND_ROBIN = 1,
	/**
	 * @DRM_MVGAL_POLICY_LEAST_LOADED: On the allowed one with the fewest
	 * queued and running jobs; the lowest slot among equals.
	 */
	DRM_MVGAL_POLICY_LEAST_LOADED = 2,
	/**
	 * @DRM_MVGAL_POLICY_LOCALITY: On the allowed one that holds most bytes of
	 * the job's buffers, what is written counting before what is read; as
	 * LEAST_LOADED if none holds any.
	 */
	DRM_MVGAL_POLICY_LOCALITY = 3,
	/**
	 * @DRM_MVGAL_POLICY_WEIGHTED: In proportion to the weights of the allowed
	 * ones, spread evenly: each choice adds to every one's credit its weight,
	 * takes the one with the most credit, the lowest slot among equals, and
	 * takes the sum of the weights off its credit. SET_GPU_AFFINITY, when it
	 * changes anything, makes all begin with none. Since 1.1.
	 */
	DRM_MVGAL_POLICY_WEIGHTED = 4,
	/**
	 * @DRM_MVGAL_POLICY_HYBRID: On the allowed one that is expected to be done
	 * first: where the number of its queued and running jobs and this one,
	 * times the mean time of those it has done (1 ms before the first), times
	 * %DRM_MVGAL_WEIGHT_DEFAULT, divided by its weight, and with the time
	 * added that it takes to bring the bytes of the job's buffers that it does
	 * not hold, at 4 bytes a ns, is least; the lowest slot among equals. Since
	 * 1.1.
	 */
	DRM_MVGAL_POLICY_HYBRID = 5,
};

/**
 * DOC: Member operations of SET_GPU_AFFINITY
 *
 * %DRM_MVGAL_MEMBER_ATTACH: attach the file in @fd; replaces an attached one, whose
 * jobs keep it until they are over. The member joins the allowed mask.
 *
 * %DRM_MVGAL_MEMBER_DETACH: detach. The member leaves the allowed mask; buffers
 * and jobs that exist live on.
 *
 * %DRM_MVGAL_MEMBER_WEIGHT: give the attached member the weight in @weight. Since
 * 1.1.
 */
#define DRM_MVGAL_MEMBER_ATTACH		1u
#define DRM_MVGAL_MEMBER_DETACH		2u
#define DRM_MVGAL_MEMBER_WEIGHT		3u

/** DRM_MVGAL_WEIGHT_DEFAULT - The weight of a member that was given none. */
#define DRM_MVGAL_WEIGHT_DEFAULT	100u
/** DRM_MVGAL_WEIGHT_MAX - The largest weight of a member. */
#define DRM_MVGAL_WEIGHT_MAX		10000u

/**
 * struct drm_mvgal_member_op - Attach, detach or weigh one member.
 */
struct drm_mvgal_member_op {
	/** @member: Id of the member. */
	__u32 member;
	/** @op: %DRM_MVGAL_MEMBER_ATTACH, _DETACH or _WEIGHT. */
	__u32 op;
	/** @fd: DRM file of that member; -1 with DETACH and WEIGHT. */
	__s32 fd;
	/** @pad: Must be zero. */
	__u32 pad;
	/**
	 * @weight: With WEIGHT, 1-10000, how much of the work the member should
	 * get by %DRM_MVGAL_POLICY_WEIGHTED and _HYBRID; with ATTACH, the same or
	 * 0, which stands for %DRM_MVGAL_WEIGHT_DEFAULT; 0 with DETACH. Since 1.1.
	 */
	__u32 weight;
	/** @pad2: Must be zero. Since 1.1. */
	__u32 pad2;
	/**
	 * @attachment: Out: with ATTACH, the number of this attachment for
	 * &drm_mvgal_native.attachment, not 0; the client gets it never again, not
	 * for the same file either. Must be 0 with DETACH and WEIGHT. Since 1.5.
	 */
	__u64 attachment;
};

/**
 * DOC: Affinity flags
 *
 * Each says that the field of that name is to be set; without it the field is
 * ignored on input. All fields are filled on output, so that a call without
 * flags and members is a query.
 */
#define DRM_MVGAL_AFFINITY_MASK			(1u << 0)
#define DRM_MVGAL_AFFINITY_POLICY		(1u << 1)
#define DRM_MVGAL_AFFINITY_PREFERRED		(1u << 2)
#define DRM_MVGAL_AFFINITY_PRIORITY_CEILING	(1u << 3)

/**
 * struct drm_mvgal_set_gpu_affinity - Arguments of
 * DRM_IOCTL_MVGAL_SET_GPU_AFFINITY
 *
 * Members are attached and detached first, then the fields are set; all of it
 * happens or nothing.
 *
 * Errors: EINVAL (flags, padding, unknown op or policy, a member named twice,
 * @fd is not a DRM file of that member, a mask with slots that are not
 * attached, a preferred member that is not allowed), EBADF (@fd is not open),
 * ENOENT (no member with that id, or not attached), ENODEV (unplugged), EACCES
 * (the file may not render: it is a primary node that is not authenticated),
 * EPERM (raising the ceiling above 11 without CAP_SYS_NICE), E2BIG (more
 * members than max_members).
 */
struct drm_mvgal_set_gpu_affinity {
	/** @flags: DRM_MVGAL_AFFINITY_* bits. */
	__u32 flags;
	/** @policy: One of enum drm_mvgal_policy. */
	__u32 policy;
	/**
	 * @allowed_mask: Slots of the members that ANY may choose and that jobs
	 * and buffers may name; a subset of the attached ones.
	 */
	__u64 allowed_mask;
	/** @attached_mask: Out: slots of the attached members. Must be 0 in. */
	__u64 attached_mask;
	/** @preferred: Id of the member for POLICY_SINGLE, or 0 for none. */
	__u32 preferred;
	/**
	 * @priority_ceiling: Highest priority the client's jobs may have, 0-15.
	 * At first it is 15 with CAP_SYS_NICE, else 11.
	 */
	__u32 priority_ceiling;
	/**
	 * @members: Array of &struct drm_mvgal_member_op. If one of them attaches
	 * and they are long enough for &drm_mvgal_member_op.attachment, they are
	 * written back, before anything is attached.
	 */
	struct drm_mvgal_obj_array members;
};

/**
 * DRM_IOCTL_MVGAL() - Build a mvgal IOCTL number
 * @__access: Access type. Must be R, W or RW.
 * @__id: One of the DRM_MVGAL_xxx id.
 * @__type: Suffix of the type being passed to the IOCTL.
 *
 * Don't use this macro directly, use the DRM_IOCTL_MVGAL_xxx values instead.
 */
#define DRM_IOCTL_MVGAL(__access, __id, __type) \
	DRM_IO ## __access(DRM_COMMAND_BASE + DRM_MVGAL_ ## __id, \
			   struct drm_mvgal_ ## __type)

enum {
	DRM_IOCTL_MVGAL_QUERY_DEVICES =
		DRM_IOCTL_MVGAL(WR, QUERY_DEVICES, query_devices),
	DRM_IOCTL_MVGAL_QUERY_CAPABILITIES =
		DRM_IOCTL_MVGAL(WR, QUERY_CAPABILITIES, query_capabilities),
	DRM_IOCTL_MVGAL_SUBMIT_WORKLOAD =
		DRM_IOCTL_MVGAL(WR, SUBMIT_WORKLOAD, submit_workload),
	DRM_IOCTL_MVGAL_ALLOC_MEMORY =
		DRM_IOCTL_MVGAL(WR, ALLOC_MEMORY, alloc_memory),
	DRM_IOCTL_MVGAL_FREE_MEMORY =
		DRM_IOCTL_MVGAL(WR, FREE_MEMORY, free_memory),
	DRM_IOCTL_MVGAL_IMPORT_DMABUF =
		DRM_IOCTL_MVGAL(WR, IMPORT_DMABUF, import_dmabuf),
	DRM_IOCTL_MVGAL_EXPORT_DMABUF =
		DRM_IOCTL_MVGAL(WR, EXPORT_DMABUF, export_dmabuf),
	DRM_IOCTL_MVGAL_WAIT_FENCE =
		DRM_IOCTL_MVGAL(WR, WAIT_FENCE, wait_fence),
	DRM_IOCTL_MVGAL_SIGNAL_FENCE =
		DRM_IOCTL_MVGAL(WR, SIGNAL_FENCE, signal_fence),
	DRM_IOCTL_MVGAL_SET_GPU_AFFINITY =
		DRM_IOCTL_MVGAL(WR, SET_GPU_AFFINITY, set_gpu_affinity),
};

#if defined(__cplusplus)
}
#endif

#endif /* _MVGAL_DRM_H_ */

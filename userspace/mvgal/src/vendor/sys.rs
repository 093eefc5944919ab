// SPDX-License-Identifier: MIT AND BSD-3-Clause
// Generated from headers of Linux 7.3 in include/uapi (drm: MIT; virtio_gpu.h: BSD)
// by tests/bindings.rs. Do not edit: MVGAL_BLESS=1 cargo test --test bindings

#[repr(C)]
#[derive(Default)]
pub struct __IncompleteArrayField<T>(::std::marker::PhantomData<T>, [T; 0]);
impl<T> __IncompleteArrayField<T> {
    #[inline]
    pub const fn new() -> Self {
        __IncompleteArrayField(::std::marker::PhantomData, [])
    }
    #[inline]
    pub fn as_ptr(&self) -> *const T {
        self as *const _ as *const T
    }
    #[inline]
    pub fn as_mut_ptr(&mut self) -> *mut T {
        self as *mut _ as *mut T
    }
    #[inline]
    pub unsafe fn as_slice(&self, len: usize) -> &[T] {
        ::std::slice::from_raw_parts(self.as_ptr(), len)
    }
    #[inline]
    pub unsafe fn as_mut_slice(&mut self, len: usize) -> &mut [T] {
        ::std::slice::from_raw_parts_mut(self.as_mut_ptr(), len)
    }
}
impl<T> ::std::fmt::Debug for __IncompleteArrayField<T> {
    fn fmt(&self, fmt: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        fmt.write_str("__IncompleteArrayField")
    }
}
pub const DRM_AMDGPU_CS: u32 = 4;
pub const AMDGPU_CTX_OP_ALLOC_CTX: u32 = 1;
pub const AMDGPU_CTX_OP_FREE_CTX: u32 = 2;
pub const AMDGPU_VA_OP_MAP: u32 = 1;
pub const AMDGPU_VA_OP_UNMAP: u32 = 2;
pub const AMDGPU_VM_PAGE_READABLE: u32 = 2;
pub const AMDGPU_VM_PAGE_WRITEABLE: u32 = 4;
pub const AMDGPU_VM_PAGE_EXECUTABLE: u32 = 8;
pub const AMDGPU_HW_IP_GFX: u32 = 0;
pub const AMDGPU_HW_IP_COMPUTE: u32 = 1;
pub const AMDGPU_HW_IP_DMA: u32 = 2;
pub const AMDGPU_HW_IP_UVD: u32 = 3;
pub const AMDGPU_HW_IP_VCE: u32 = 4;
pub const AMDGPU_HW_IP_UVD_ENC: u32 = 5;
pub const AMDGPU_HW_IP_VCN_DEC: u32 = 6;
pub const AMDGPU_HW_IP_VCN_ENC: u32 = 7;
pub const AMDGPU_HW_IP_VCN_JPEG: u32 = 8;
pub const AMDGPU_HW_IP_VPE: u32 = 9;
pub const AMDGPU_HW_IP_NUM: u32 = 10;
pub const AMDGPU_HW_IP_INSTANCE_MAX_COUNT: u32 = 1;
pub const AMDGPU_CHUNK_ID_IB: u32 = 1;
pub const AMDGPU_CHUNK_ID_SYNCOBJ_OUT: u32 = 5;
pub const AMDGPU_CHUNK_ID_BO_HANDLES: u32 = 6;
pub const AMDGPU_IDS_FLAGS_FUSION: u32 = 1;
pub const AMDGPU_INFO_ACCEL_WORKING: u32 = 0;
pub const AMDGPU_INFO_CRTC_FROM_ID: u32 = 1;
pub const AMDGPU_INFO_HW_IP_INFO: u32 = 2;
pub const AMDGPU_INFO_HW_IP_COUNT: u32 = 3;
pub const AMDGPU_INFO_TIMESTAMP: u32 = 5;
pub const AMDGPU_INFO_FW_VERSION: u32 = 14;
pub const AMDGPU_INFO_FW_VCE: u32 = 1;
pub const AMDGPU_INFO_FW_UVD: u32 = 2;
pub const AMDGPU_INFO_FW_GMC: u32 = 3;
pub const AMDGPU_INFO_FW_GFX_ME: u32 = 4;
pub const AMDGPU_INFO_FW_GFX_PFP: u32 = 5;
pub const AMDGPU_INFO_FW_GFX_CE: u32 = 6;
pub const AMDGPU_INFO_FW_GFX_RLC: u32 = 7;
pub const AMDGPU_INFO_FW_GFX_MEC: u32 = 8;
pub const AMDGPU_INFO_FW_SMC: u32 = 10;
pub const AMDGPU_INFO_FW_SDMA: u32 = 11;
pub const AMDGPU_INFO_FW_SOS: u32 = 12;
pub const AMDGPU_INFO_FW_ASD: u32 = 13;
pub const AMDGPU_INFO_FW_VCN: u32 = 14;
pub const AMDGPU_INFO_FW_GFX_RLC_RESTORE_LIST_CNTL: u32 = 15;
pub const AMDGPU_INFO_FW_GFX_RLC_RESTORE_LIST_GPM_MEM: u32 = 16;
pub const AMDGPU_INFO_FW_GFX_RLC_RESTORE_LIST_SRM_MEM: u32 = 17;
pub const AMDGPU_INFO_FW_DMCU: u32 = 18;
pub const AMDGPU_INFO_FW_TA: u32 = 19;
pub const AMDGPU_INFO_FW_DMCUB: u32 = 20;
pub const AMDGPU_INFO_FW_TOC: u32 = 21;
pub const AMDGPU_INFO_FW_CAP: u32 = 22;
pub const AMDGPU_INFO_FW_GFX_RLCP: u32 = 23;
pub const AMDGPU_INFO_FW_GFX_RLCV: u32 = 24;
pub const AMDGPU_INFO_FW_MES_KIQ: u32 = 25;
pub const AMDGPU_INFO_FW_MES: u32 = 26;
pub const AMDGPU_INFO_FW_IMU: u32 = 27;
pub const AMDGPU_INFO_FW_VPE: u32 = 28;
pub const AMDGPU_INFO_NUM_BYTES_MOVED: u32 = 15;
pub const AMDGPU_INFO_VRAM_USAGE: u32 = 16;
pub const AMDGPU_INFO_GTT_USAGE: u32 = 17;
pub const AMDGPU_INFO_GDS_CONFIG: u32 = 19;
pub const AMDGPU_INFO_VRAM_GTT: u32 = 20;
pub const AMDGPU_INFO_READ_MMR_REG: u32 = 21;
pub const AMDGPU_INFO_DEV_INFO: u32 = 22;
pub const AMDGPU_INFO_VIS_VRAM_USAGE: u32 = 23;
pub const AMDGPU_INFO_NUM_EVICTIONS: u32 = 24;
pub const AMDGPU_INFO_MEMORY: u32 = 25;
pub const AMDGPU_INFO_VCE_CLOCK_TABLE: u32 = 26;
pub const AMDGPU_INFO_VBIOS: u32 = 27;
pub const AMDGPU_INFO_VBIOS_SIZE: u32 = 1;
pub const AMDGPU_INFO_VBIOS_IMAGE: u32 = 2;
pub const AMDGPU_INFO_VBIOS_INFO: u32 = 3;
pub const AMDGPU_INFO_NUM_HANDLES: u32 = 28;
pub const AMDGPU_INFO_SENSOR: u32 = 29;
pub const AMDGPU_INFO_SENSOR_GFX_SCLK: u32 = 1;
pub const AMDGPU_INFO_SENSOR_GFX_MCLK: u32 = 2;
pub const AMDGPU_INFO_SENSOR_GPU_TEMP: u32 = 3;
pub const AMDGPU_INFO_SENSOR_GPU_LOAD: u32 = 4;
pub const AMDGPU_INFO_SENSOR_GPU_AVG_POWER: u32 = 5;
pub const AMDGPU_INFO_SENSOR_VDDNB: u32 = 6;
pub const AMDGPU_INFO_SENSOR_VDDGFX: u32 = 7;
pub const AMDGPU_INFO_SENSOR_STABLE_PSTATE_GFX_SCLK: u32 = 8;
pub const AMDGPU_INFO_SENSOR_STABLE_PSTATE_GFX_MCLK: u32 = 9;
pub const AMDGPU_INFO_SENSOR_PEAK_PSTATE_GFX_SCLK: u32 = 10;
pub const AMDGPU_INFO_SENSOR_PEAK_PSTATE_GFX_MCLK: u32 = 11;
pub const AMDGPU_INFO_SENSOR_GPU_INPUT_POWER: u32 = 12;
pub const AMDGPU_INFO_NUM_VRAM_CPU_PAGE_FAULTS: u32 = 30;
pub const AMDGPU_INFO_VRAM_LOST_COUNTER: u32 = 31;
pub const AMDGPU_INFO_RAS_ENABLED_FEATURES: u32 = 32;
pub const AMDGPU_INFO_RAS_ENABLED_UMC: u32 = 1;
pub const AMDGPU_INFO_RAS_ENABLED_SDMA: u32 = 2;
pub const AMDGPU_INFO_RAS_ENABLED_GFX: u32 = 4;
pub const AMDGPU_INFO_RAS_ENABLED_MMHUB: u32 = 8;
pub const AMDGPU_INFO_RAS_ENABLED_ATHUB: u32 = 16;
pub const AMDGPU_INFO_RAS_ENABLED_PCIE: u32 = 32;
pub const AMDGPU_INFO_RAS_ENABLED_HDP: u32 = 64;
pub const AMDGPU_INFO_RAS_ENABLED_XGMI: u32 = 128;
pub const AMDGPU_INFO_RAS_ENABLED_DF: u32 = 256;
pub const AMDGPU_INFO_RAS_ENABLED_SMN: u32 = 512;
pub const AMDGPU_INFO_RAS_ENABLED_SEM: u32 = 1024;
pub const AMDGPU_INFO_RAS_ENABLED_MP0: u32 = 2048;
pub const AMDGPU_INFO_RAS_ENABLED_MP1: u32 = 4096;
pub const AMDGPU_INFO_RAS_ENABLED_FUSE: u32 = 8192;
pub const AMDGPU_INFO_VIDEO_CAPS: u32 = 33;
pub const AMDGPU_INFO_VIDEO_CAPS_DECODE: u32 = 0;
pub const AMDGPU_INFO_VIDEO_CAPS_ENCODE: u32 = 1;
pub const AMDGPU_INFO_MAX_IBS: u32 = 34;
pub const AMDGPU_INFO_GPUVM_FAULT: u32 = 35;
pub const AMDGPU_INFO_UQ_FW_AREAS: u32 = 36;
pub const AMDGPU_INFO_MMR_SE_INDEX_SHIFT: u32 = 0;
pub const AMDGPU_INFO_MMR_SE_INDEX_MASK: u32 = 255;
pub const AMDGPU_INFO_MMR_SH_INDEX_SHIFT: u32 = 8;
pub const AMDGPU_INFO_MMR_SH_INDEX_MASK: u32 = 255;
pub const AMDGPU_VRAM_TYPE_UNKNOWN: u32 = 0;
pub const AMDGPU_VRAM_TYPE_GDDR1: u32 = 1;
pub const AMDGPU_VRAM_TYPE_DDR2: u32 = 2;
pub const AMDGPU_VRAM_TYPE_GDDR3: u32 = 3;
pub const AMDGPU_VRAM_TYPE_GDDR4: u32 = 4;
pub const AMDGPU_VRAM_TYPE_GDDR5: u32 = 5;
pub const AMDGPU_VRAM_TYPE_HBM: u32 = 6;
pub const AMDGPU_VRAM_TYPE_DDR3: u32 = 7;
pub const AMDGPU_VRAM_TYPE_DDR4: u32 = 8;
pub const AMDGPU_VRAM_TYPE_GDDR6: u32 = 9;
pub const AMDGPU_VRAM_TYPE_DDR5: u32 = 10;
pub const AMDGPU_VRAM_TYPE_LPDDR4: u32 = 11;
pub const AMDGPU_VRAM_TYPE_LPDDR5: u32 = 12;
pub const AMDGPU_VRAM_TYPE_HBM3E: u32 = 13;
pub const AMDGPU_VRAM_TYPE_HBM4: u32 = 14;
pub const AMDGPU_INFO_VIDEO_CAPS_CODEC_IDX_MPEG2: u32 = 0;
pub const AMDGPU_INFO_VIDEO_CAPS_CODEC_IDX_MPEG4: u32 = 1;
pub const AMDGPU_INFO_VIDEO_CAPS_CODEC_IDX_VC1: u32 = 2;
pub const AMDGPU_INFO_VIDEO_CAPS_CODEC_IDX_MPEG4_AVC: u32 = 3;
pub const AMDGPU_INFO_VIDEO_CAPS_CODEC_IDX_HEVC: u32 = 4;
pub const AMDGPU_INFO_VIDEO_CAPS_CODEC_IDX_JPEG: u32 = 5;
pub const AMDGPU_INFO_VIDEO_CAPS_CODEC_IDX_VP9: u32 = 6;
pub const AMDGPU_INFO_VIDEO_CAPS_CODEC_IDX_AV1: u32 = 7;
pub const AMDGPU_INFO_VIDEO_CAPS_CODEC_IDX_COUNT: u32 = 8;
pub const DRM_I915_GEM_EXECBUFFER2: u32 = 41;
pub const I915_PARAM_IRQ_ACTIVE: u32 = 1;
pub const I915_PARAM_ALLOW_BATCHBUFFER: u32 = 2;
pub const I915_PARAM_LAST_DISPATCH: u32 = 3;
pub const I915_PARAM_CHIPSET_ID: u32 = 4;
pub const I915_PARAM_HAS_GEM: u32 = 5;
pub const I915_PARAM_NUM_FENCES_AVAIL: u32 = 6;
pub const I915_PARAM_HAS_OVERLAY: u32 = 7;
pub const I915_PARAM_HAS_PAGEFLIPPING: u32 = 8;
pub const I915_PARAM_HAS_EXECBUF2: u32 = 9;
pub const I915_PARAM_HAS_BSD: u32 = 10;
pub const I915_PARAM_HAS_BLT: u32 = 11;
pub const I915_PARAM_HAS_RELAXED_FENCING: u32 = 12;
pub const I915_PARAM_HAS_COHERENT_RINGS: u32 = 13;
pub const I915_PARAM_HAS_EXEC_CONSTANTS: u32 = 14;
pub const I915_PARAM_HAS_RELAXED_DELTA: u32 = 15;
pub const I915_PARAM_HAS_GEN7_SOL_RESET: u32 = 16;
pub const I915_PARAM_HAS_LLC: u32 = 17;
pub const I915_PARAM_HAS_ALIASING_PPGTT: u32 = 18;
pub const I915_PARAM_HAS_WAIT_TIMEOUT: u32 = 19;
pub const I915_PARAM_HAS_SEMAPHORES: u32 = 20;
pub const I915_PARAM_HAS_PRIME_VMAP_FLUSH: u32 = 21;
pub const I915_PARAM_HAS_VEBOX: u32 = 22;
pub const I915_PARAM_HAS_SECURE_BATCHES: u32 = 23;
pub const I915_PARAM_HAS_PINNED_BATCHES: u32 = 24;
pub const I915_PARAM_HAS_EXEC_NO_RELOC: u32 = 25;
pub const I915_PARAM_HAS_EXEC_HANDLE_LUT: u32 = 26;
pub const I915_PARAM_HAS_WT: u32 = 27;
pub const I915_PARAM_CMD_PARSER_VERSION: u32 = 28;
pub const I915_PARAM_HAS_COHERENT_PHYS_GTT: u32 = 29;
pub const I915_PARAM_MMAP_VERSION: u32 = 30;
pub const I915_PARAM_HAS_BSD2: u32 = 31;
pub const I915_PARAM_REVISION: u32 = 32;
pub const I915_PARAM_SUBSLICE_TOTAL: u32 = 33;
pub const I915_PARAM_EU_TOTAL: u32 = 34;
pub const I915_PARAM_HAS_GPU_RESET: u32 = 35;
pub const I915_PARAM_HAS_RESOURCE_STREAMER: u32 = 36;
pub const I915_PARAM_HAS_EXEC_SOFTPIN: u32 = 37;
pub const I915_PARAM_HAS_POOLED_EU: u32 = 38;
pub const I915_PARAM_MIN_EU_IN_POOL: u32 = 39;
pub const I915_PARAM_MMAP_GTT_VERSION: u32 = 40;
pub const I915_PARAM_HAS_SCHEDULER: u32 = 41;
pub const I915_PARAM_HUC_STATUS: u32 = 42;
pub const I915_PARAM_HAS_EXEC_ASYNC: u32 = 43;
pub const I915_PARAM_HAS_EXEC_FENCE: u32 = 44;
pub const I915_PARAM_HAS_EXEC_CAPTURE: u32 = 45;
pub const I915_PARAM_SLICE_MASK: u32 = 46;
pub const I915_PARAM_SUBSLICE_MASK: u32 = 47;
pub const I915_PARAM_HAS_EXEC_BATCH_FIRST: u32 = 48;
pub const I915_PARAM_HAS_EXEC_FENCE_ARRAY: u32 = 49;
pub const I915_PARAM_HAS_CONTEXT_ISOLATION: u32 = 50;
pub const I915_PARAM_CS_TIMESTAMP_FREQUENCY: u32 = 51;
pub const I915_PARAM_MMAP_GTT_COHERENT: u32 = 52;
pub const I915_PARAM_HAS_EXEC_SUBMIT_FENCE: u32 = 53;
pub const I915_PARAM_PERF_REVISION: u32 = 54;
pub const I915_PARAM_HAS_EXEC_TIMELINE_FENCES: u32 = 55;
pub const I915_PARAM_HAS_USERPTR_PROBE: u32 = 56;
pub const I915_PARAM_OA_TIMESTAMP_FREQUENCY: u32 = 57;
pub const I915_PARAM_PXP_STATUS: u32 = 58;
pub const I915_PARAM_HAS_CONTEXT_FREQ_HINT: u32 = 59;
pub const EXEC_OBJECT_WRITE: u32 = 4;
pub const EXEC_OBJECT_SUPPORTS_48B_ADDRESS: u32 = 8;
pub const EXEC_OBJECT_PINNED: u32 = 16;
pub const I915_EXEC_FENCE_SIGNAL: u32 = 2;
pub const I915_EXEC_BLT: u32 = 3;
pub const I915_EXEC_NO_RELOC: u32 = 2048;
pub const I915_EXEC_FENCE_ARRAY: u32 = 524288;
pub const I915_CONTEXT_PARAM_GTT_SIZE: u32 = 3;
pub const DRM_I915_QUERY_TOPOLOGY_INFO: u32 = 1;
pub const DRM_I915_QUERY_ENGINE_INFO: u32 = 2;
pub const DRM_I915_QUERY_PERF_CONFIG: u32 = 3;
pub const DRM_I915_QUERY_MEMORY_REGIONS: u32 = 4;
pub const DRM_I915_QUERY_HWCONFIG_BLOB: u32 = 5;
pub const DRM_I915_QUERY_GEOMETRY_SUBSLICES: u32 = 6;
pub const DRM_I915_QUERY_GUC_SUBMISSION_VERSION: u32 = 7;
pub const DRM_I915_QUERY_PERF_CONFIG_LIST: u32 = 1;
pub const DRM_I915_QUERY_PERF_CONFIG_DATA_FOR_UUID: u32 = 2;
pub const DRM_I915_QUERY_PERF_CONFIG_DATA_FOR_ID: u32 = 3;
pub const NOUVEAU_GETPARAM_PCI_VENDOR: u32 = 3;
pub const NOUVEAU_GETPARAM_PCI_DEVICE: u32 = 4;
pub const NOUVEAU_GETPARAM_BUS_TYPE: u32 = 5;
pub const NOUVEAU_GETPARAM_FB_SIZE: u32 = 8;
pub const NOUVEAU_GETPARAM_AGP_SIZE: u32 = 9;
pub const NOUVEAU_GETPARAM_CHIPSET_ID: u32 = 11;
pub const NOUVEAU_GETPARAM_VM_VRAM_BASE: u32 = 12;
pub const NOUVEAU_GETPARAM_GRAPH_UNITS: u32 = 13;
pub const NOUVEAU_GETPARAM_PTIMER_TIME: u32 = 14;
pub const NOUVEAU_GETPARAM_HAS_BO_USAGE: u32 = 15;
pub const NOUVEAU_GETPARAM_HAS_PAGEFLIP: u32 = 16;
pub const NOUVEAU_GETPARAM_EXEC_PUSH_MAX: u32 = 17;
pub const NOUVEAU_GETPARAM_VRAM_BAR_SIZE: u32 = 18;
pub const NOUVEAU_GETPARAM_VRAM_USED: u32 = 19;
pub const NOUVEAU_GETPARAM_HAS_VMA_TILEMODE: u32 = 20;
pub const DRM_VIRTGPU_MAP: u32 = 1;
pub const DRM_VIRTGPU_EXECBUFFER: u32 = 2;
pub const DRM_VIRTGPU_GETPARAM: u32 = 3;
pub const DRM_VIRTGPU_RESOURCE_CREATE: u32 = 4;
pub const DRM_VIRTGPU_RESOURCE_INFO: u32 = 5;
pub const DRM_VIRTGPU_TRANSFER_FROM_HOST: u32 = 6;
pub const DRM_VIRTGPU_TRANSFER_TO_HOST: u32 = 7;
pub const DRM_VIRTGPU_WAIT: u32 = 8;
pub const DRM_VIRTGPU_GET_CAPS: u32 = 9;
pub const DRM_VIRTGPU_RESOURCE_CREATE_BLOB: u32 = 10;
pub const DRM_VIRTGPU_CONTEXT_INIT: u32 = 11;
pub const VIRTGPU_EXECBUF_FENCE_FD_IN: u32 = 1;
pub const VIRTGPU_EXECBUF_FENCE_FD_OUT: u32 = 2;
pub const VIRTGPU_EXECBUF_RING_IDX: u32 = 4;
pub const VIRTGPU_EXECBUF_FLAGS: u32 = 7;
pub const VIRTGPU_EXECBUF_SYNCOBJ_RESET: u32 = 1;
pub const VIRTGPU_EXECBUF_SYNCOBJ_FLAGS: u32 = 1;
pub const VIRTGPU_PARAM_3D_FEATURES: u32 = 1;
pub const VIRTGPU_PARAM_CAPSET_QUERY_FIX: u32 = 2;
pub const VIRTGPU_PARAM_RESOURCE_BLOB: u32 = 3;
pub const VIRTGPU_PARAM_HOST_VISIBLE: u32 = 4;
pub const VIRTGPU_PARAM_CROSS_DEVICE: u32 = 5;
pub const VIRTGPU_PARAM_CONTEXT_INIT: u32 = 6;
pub const VIRTGPU_PARAM_SUPPORTED_CAPSET_IDs: u32 = 7;
pub const VIRTGPU_PARAM_EXPLICIT_DEBUG_NAME: u32 = 8;
pub const VIRTGPU_PARAM_BLOB_ALIGNMENT: u32 = 9;
pub const VIRTGPU_WAIT_NOWAIT: u32 = 1;
pub const VIRTGPU_DRM_CAPSET_VIRGL: u32 = 1;
pub const VIRTGPU_DRM_CAPSET_VIRGL2: u32 = 2;
pub const VIRTGPU_DRM_CAPSET_GFXSTREAM_VULKAN: u32 = 3;
pub const VIRTGPU_DRM_CAPSET_VENUS: u32 = 4;
pub const VIRTGPU_DRM_CAPSET_CROSS_DOMAIN: u32 = 5;
pub const VIRTGPU_DRM_CAPSET_DRM: u32 = 6;
pub const VIRTGPU_BLOB_MEM_GUEST: u32 = 1;
pub const VIRTGPU_BLOB_MEM_HOST3D: u32 = 2;
pub const VIRTGPU_BLOB_MEM_HOST3D_GUEST: u32 = 3;
pub const VIRTGPU_BLOB_FLAG_USE_MAPPABLE: u32 = 1;
pub const VIRTGPU_BLOB_FLAG_USE_SHAREABLE: u32 = 2;
pub const VIRTGPU_BLOB_FLAG_USE_CROSS_DEVICE: u32 = 4;
pub const DRM_VIRTGPU_BLOB_FLAG_HINT_DEFER_MAPPING: u32 = 1;
pub const VIRTGPU_CONTEXT_PARAM_CAPSET_ID: u32 = 1;
pub const VIRTGPU_CONTEXT_PARAM_NUM_RINGS: u32 = 2;
pub const VIRTGPU_CONTEXT_PARAM_POLL_RINGS_MASK: u32 = 3;
pub const VIRTGPU_CONTEXT_PARAM_DEBUG_NAME: u32 = 4;
pub const VIRTGPU_EVENT_FENCE_SIGNALED: u32 = 2415919104;
pub const DRM_XE_EXEC: u32 = 9;
pub const DRM_XE_ENGINE_CLASS_RENDER: u32 = 0;
pub const DRM_XE_ENGINE_CLASS_COPY: u32 = 1;
pub const DRM_XE_ENGINE_CLASS_VIDEO_DECODE: u32 = 2;
pub const DRM_XE_ENGINE_CLASS_VIDEO_ENHANCE: u32 = 3;
pub const DRM_XE_ENGINE_CLASS_COMPUTE: u32 = 4;
pub const DRM_XE_ENGINE_CLASS_VM_BIND: u32 = 5;
pub const DRM_XE_QUERY_CONFIG_REV_AND_DEVICE_ID: u32 = 0;
pub const DRM_XE_QUERY_CONFIG_FLAGS: u32 = 1;
pub const DRM_XE_QUERY_CONFIG_FLAG_HAS_VRAM: u32 = 1;
pub const DRM_XE_QUERY_CONFIG_FLAG_HAS_LOW_LATENCY: u32 = 2;
pub const DRM_XE_QUERY_CONFIG_FLAG_HAS_CPU_ADDR_MIRROR: u32 = 4;
pub const DRM_XE_QUERY_CONFIG_FLAG_HAS_NO_COMPRESSION_HINT: u32 = 8;
pub const DRM_XE_QUERY_CONFIG_FLAG_HAS_DISABLE_STATE_CACHE_PERF_FIX: u32 = 16;
pub const DRM_XE_QUERY_CONFIG_FLAG_HAS_PURGING_SUPPORT: u32 = 32;
pub const DRM_XE_QUERY_CONFIG_MIN_ALIGNMENT: u32 = 2;
pub const DRM_XE_QUERY_CONFIG_VA_BITS: u32 = 3;
pub const DRM_XE_QUERY_CONFIG_MAX_EXEC_QUEUE_PRIORITY: u32 = 4;
pub const DRM_XE_QUERY_GT_TYPE_MAIN: u32 = 0;
pub const DRM_XE_QUERY_GT_TYPE_MEDIA: u32 = 1;
pub const DRM_XE_TOPO_DSS_GEOMETRY: u32 = 1;
pub const DRM_XE_TOPO_DSS_COMPUTE: u32 = 2;
pub const DRM_XE_TOPO_L3_BANK: u32 = 3;
pub const DRM_XE_TOPO_EU_PER_DSS: u32 = 4;
pub const DRM_XE_TOPO_SIMD16_EU_PER_DSS: u32 = 5;
pub const DRM_XE_DEVICE_QUERY_ENGINES: u32 = 0;
pub const DRM_XE_DEVICE_QUERY_MEM_REGIONS: u32 = 1;
pub const DRM_XE_DEVICE_QUERY_CONFIG: u32 = 2;
pub const DRM_XE_DEVICE_QUERY_GT_LIST: u32 = 3;
pub const DRM_XE_DEVICE_QUERY_HWCONFIG: u32 = 4;
pub const DRM_XE_DEVICE_QUERY_GT_TOPOLOGY: u32 = 5;
pub const DRM_XE_DEVICE_QUERY_ENGINE_CYCLES: u32 = 6;
pub const DRM_XE_DEVICE_QUERY_UC_FW_VERSION: u32 = 7;
pub const DRM_XE_DEVICE_QUERY_OA_UNITS: u32 = 8;
pub const DRM_XE_DEVICE_QUERY_PXP_STATUS: u32 = 9;
pub const DRM_XE_DEVICE_QUERY_EU_STALL: u32 = 10;
pub const DRM_XE_VM_BIND_OP_MAP: u32 = 0;
pub const DRM_XE_VM_BIND_OP_UNMAP: u32 = 1;
pub const DRM_XE_SYNC_TYPE_SYNCOBJ: u32 = 0;
pub const DRM_XE_SYNC_TYPE_TIMELINE_SYNCOBJ: u32 = 1;
pub const DRM_XE_SYNC_TYPE_USER_FENCE: u32 = 2;
pub const DRM_XE_SYNC_FLAG_SIGNAL: u32 = 1;
pub const VIRTIO_GPU_CAPSET_VIRGL: u32 = 1;
pub const VIRTIO_GPU_CAPSET_VIRGL2: u32 = 2;
pub const VIRTIO_GPU_CAPSET_GFXSTREAM_VULKAN: u32 = 3;
pub const VIRTIO_GPU_CAPSET_VENUS: u32 = 4;
pub const VIRTIO_GPU_CAPSET_CROSS_DOMAIN: u32 = 5;
pub const VIRTIO_GPU_CAPSET_DRM: u32 = 6;
pub type __u8 = ::std::os::raw::c_uchar;
pub type __u16 = ::std::os::raw::c_ushort;
pub type __s32 = ::std::os::raw::c_int;
pub type __u32 = ::std::os::raw::c_uint;
pub type __s64 = ::std::os::raw::c_longlong;
pub type __u64 = ::std::os::raw::c_ulonglong;
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_bo_list_in {
    pub operation: __u32,
    pub list_handle: __u32,
    pub bo_number: __u32,
    pub bo_info_size: __u32,
    pub bo_info_ptr: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_bo_list_in",
    ][::std::mem::size_of::<drm_amdgpu_bo_list_in>() - 24usize];
    [
        "Alignment of drm_amdgpu_bo_list_in",
    ][::std::mem::align_of::<drm_amdgpu_bo_list_in>() - 8usize];
    [
        "Offset of field: drm_amdgpu_bo_list_in::operation",
    ][::std::mem::offset_of!(drm_amdgpu_bo_list_in, operation) - 0usize];
    [
        "Offset of field: drm_amdgpu_bo_list_in::list_handle",
    ][::std::mem::offset_of!(drm_amdgpu_bo_list_in, list_handle) - 4usize];
    [
        "Offset of field: drm_amdgpu_bo_list_in::bo_number",
    ][::std::mem::offset_of!(drm_amdgpu_bo_list_in, bo_number) - 8usize];
    [
        "Offset of field: drm_amdgpu_bo_list_in::bo_info_size",
    ][::std::mem::offset_of!(drm_amdgpu_bo_list_in, bo_info_size) - 12usize];
    [
        "Offset of field: drm_amdgpu_bo_list_in::bo_info_ptr",
    ][::std::mem::offset_of!(drm_amdgpu_bo_list_in, bo_info_ptr) - 16usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_bo_list_entry {
    pub bo_handle: __u32,
    pub bo_priority: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_bo_list_entry",
    ][::std::mem::size_of::<drm_amdgpu_bo_list_entry>() - 8usize];
    [
        "Alignment of drm_amdgpu_bo_list_entry",
    ][::std::mem::align_of::<drm_amdgpu_bo_list_entry>() - 4usize];
    [
        "Offset of field: drm_amdgpu_bo_list_entry::bo_handle",
    ][::std::mem::offset_of!(drm_amdgpu_bo_list_entry, bo_handle) - 0usize];
    [
        "Offset of field: drm_amdgpu_bo_list_entry::bo_priority",
    ][::std::mem::offset_of!(drm_amdgpu_bo_list_entry, bo_priority) - 4usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_ctx_in {
    pub op: __u32,
    pub flags: __u32,
    pub ctx_id: __u32,
    pub priority: __s32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_amdgpu_ctx_in"][::std::mem::size_of::<drm_amdgpu_ctx_in>() - 16usize];
    [
        "Alignment of drm_amdgpu_ctx_in",
    ][::std::mem::align_of::<drm_amdgpu_ctx_in>() - 4usize];
    [
        "Offset of field: drm_amdgpu_ctx_in::op",
    ][::std::mem::offset_of!(drm_amdgpu_ctx_in, op) - 0usize];
    [
        "Offset of field: drm_amdgpu_ctx_in::flags",
    ][::std::mem::offset_of!(drm_amdgpu_ctx_in, flags) - 4usize];
    [
        "Offset of field: drm_amdgpu_ctx_in::ctx_id",
    ][::std::mem::offset_of!(drm_amdgpu_ctx_in, ctx_id) - 8usize];
    [
        "Offset of field: drm_amdgpu_ctx_in::priority",
    ][::std::mem::offset_of!(drm_amdgpu_ctx_in, priority) - 12usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub union drm_amdgpu_ctx_out {
    pub alloc: drm_amdgpu_ctx_out__bindgen_ty_1,
    pub state: drm_amdgpu_ctx_out__bindgen_ty_2,
    pub pstate: drm_amdgpu_ctx_out__bindgen_ty_3,
}
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_ctx_out__bindgen_ty_1 {
    pub ctx_id: __u32,
    pub _pad: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_ctx_out__bindgen_ty_1",
    ][::std::mem::size_of::<drm_amdgpu_ctx_out__bindgen_ty_1>() - 8usize];
    [
        "Alignment of drm_amdgpu_ctx_out__bindgen_ty_1",
    ][::std::mem::align_of::<drm_amdgpu_ctx_out__bindgen_ty_1>() - 4usize];
    [
        "Offset of field: drm_amdgpu_ctx_out__bindgen_ty_1::ctx_id",
    ][::std::mem::offset_of!(drm_amdgpu_ctx_out__bindgen_ty_1, ctx_id) - 0usize];
    [
        "Offset of field: drm_amdgpu_ctx_out__bindgen_ty_1::_pad",
    ][::std::mem::offset_of!(drm_amdgpu_ctx_out__bindgen_ty_1, _pad) - 4usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_ctx_out__bindgen_ty_2 {
    pub flags: __u64,
    pub hangs: __u32,
    pub reset_status: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_ctx_out__bindgen_ty_2",
    ][::std::mem::size_of::<drm_amdgpu_ctx_out__bindgen_ty_2>() - 16usize];
    [
        "Alignment of drm_amdgpu_ctx_out__bindgen_ty_2",
    ][::std::mem::align_of::<drm_amdgpu_ctx_out__bindgen_ty_2>() - 8usize];
    [
        "Offset of field: drm_amdgpu_ctx_out__bindgen_ty_2::flags",
    ][::std::mem::offset_of!(drm_amdgpu_ctx_out__bindgen_ty_2, flags) - 0usize];
    [
        "Offset of field: drm_amdgpu_ctx_out__bindgen_ty_2::hangs",
    ][::std::mem::offset_of!(drm_amdgpu_ctx_out__bindgen_ty_2, hangs) - 8usize];
    [
        "Offset of field: drm_amdgpu_ctx_out__bindgen_ty_2::reset_status",
    ][::std::mem::offset_of!(drm_amdgpu_ctx_out__bindgen_ty_2, reset_status) - 12usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_ctx_out__bindgen_ty_3 {
    pub flags: __u32,
    pub _pad: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_ctx_out__bindgen_ty_3",
    ][::std::mem::size_of::<drm_amdgpu_ctx_out__bindgen_ty_3>() - 8usize];
    [
        "Alignment of drm_amdgpu_ctx_out__bindgen_ty_3",
    ][::std::mem::align_of::<drm_amdgpu_ctx_out__bindgen_ty_3>() - 4usize];
    [
        "Offset of field: drm_amdgpu_ctx_out__bindgen_ty_3::flags",
    ][::std::mem::offset_of!(drm_amdgpu_ctx_out__bindgen_ty_3, flags) - 0usize];
    [
        "Offset of field: drm_amdgpu_ctx_out__bindgen_ty_3::_pad",
    ][::std::mem::offset_of!(drm_amdgpu_ctx_out__bindgen_ty_3, _pad) - 4usize];
};
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_ctx_out",
    ][::std::mem::size_of::<drm_amdgpu_ctx_out>() - 16usize];
    [
        "Alignment of drm_amdgpu_ctx_out",
    ][::std::mem::align_of::<drm_amdgpu_ctx_out>() - 8usize];
    [
        "Offset of field: drm_amdgpu_ctx_out::alloc",
    ][::std::mem::offset_of!(drm_amdgpu_ctx_out, alloc) - 0usize];
    [
        "Offset of field: drm_amdgpu_ctx_out::state",
    ][::std::mem::offset_of!(drm_amdgpu_ctx_out, state) - 0usize];
    [
        "Offset of field: drm_amdgpu_ctx_out::pstate",
    ][::std::mem::offset_of!(drm_amdgpu_ctx_out, pstate) - 0usize];
};
impl Default for drm_amdgpu_ctx_out {
    fn default() -> Self {
        let mut s = ::std::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::std::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[repr(C)]
#[derive(Copy, Clone)]
pub union drm_amdgpu_ctx {
    pub in_: drm_amdgpu_ctx_in,
    pub out: drm_amdgpu_ctx_out,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_amdgpu_ctx"][::std::mem::size_of::<drm_amdgpu_ctx>() - 16usize];
    ["Alignment of drm_amdgpu_ctx"][::std::mem::align_of::<drm_amdgpu_ctx>() - 8usize];
    [
        "Offset of field: drm_amdgpu_ctx::in_",
    ][::std::mem::offset_of!(drm_amdgpu_ctx, in_) - 0usize];
    [
        "Offset of field: drm_amdgpu_ctx::out",
    ][::std::mem::offset_of!(drm_amdgpu_ctx, out) - 0usize];
};
impl Default for drm_amdgpu_ctx {
    fn default() -> Self {
        let mut s = ::std::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::std::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_gem_va {
    pub handle: __u32,
    pub _pad: __u32,
    pub operation: __u32,
    pub flags: __u32,
    pub va_address: __u64,
    pub offset_in_bo: __u64,
    pub map_size: __u64,
    pub vm_timeline_point: __u64,
    pub vm_timeline_syncobj_out: __u32,
    pub num_syncobj_handles: __u32,
    pub input_fence_syncobj_handles: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_amdgpu_gem_va"][::std::mem::size_of::<drm_amdgpu_gem_va>() - 64usize];
    [
        "Alignment of drm_amdgpu_gem_va",
    ][::std::mem::align_of::<drm_amdgpu_gem_va>() - 8usize];
    [
        "Offset of field: drm_amdgpu_gem_va::handle",
    ][::std::mem::offset_of!(drm_amdgpu_gem_va, handle) - 0usize];
    [
        "Offset of field: drm_amdgpu_gem_va::_pad",
    ][::std::mem::offset_of!(drm_amdgpu_gem_va, _pad) - 4usize];
    [
        "Offset of field: drm_amdgpu_gem_va::operation",
    ][::std::mem::offset_of!(drm_amdgpu_gem_va, operation) - 8usize];
    [
        "Offset of field: drm_amdgpu_gem_va::flags",
    ][::std::mem::offset_of!(drm_amdgpu_gem_va, flags) - 12usize];
    [
        "Offset of field: drm_amdgpu_gem_va::va_address",
    ][::std::mem::offset_of!(drm_amdgpu_gem_va, va_address) - 16usize];
    [
        "Offset of field: drm_amdgpu_gem_va::offset_in_bo",
    ][::std::mem::offset_of!(drm_amdgpu_gem_va, offset_in_bo) - 24usize];
    [
        "Offset of field: drm_amdgpu_gem_va::map_size",
    ][::std::mem::offset_of!(drm_amdgpu_gem_va, map_size) - 32usize];
    [
        "Offset of field: drm_amdgpu_gem_va::vm_timeline_point",
    ][::std::mem::offset_of!(drm_amdgpu_gem_va, vm_timeline_point) - 40usize];
    [
        "Offset of field: drm_amdgpu_gem_va::vm_timeline_syncobj_out",
    ][::std::mem::offset_of!(drm_amdgpu_gem_va, vm_timeline_syncobj_out) - 48usize];
    [
        "Offset of field: drm_amdgpu_gem_va::num_syncobj_handles",
    ][::std::mem::offset_of!(drm_amdgpu_gem_va, num_syncobj_handles) - 52usize];
    [
        "Offset of field: drm_amdgpu_gem_va::input_fence_syncobj_handles",
    ][::std::mem::offset_of!(drm_amdgpu_gem_va, input_fence_syncobj_handles) - 56usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_cs_chunk {
    pub chunk_id: __u32,
    pub length_dw: __u32,
    pub chunk_data: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_cs_chunk",
    ][::std::mem::size_of::<drm_amdgpu_cs_chunk>() - 16usize];
    [
        "Alignment of drm_amdgpu_cs_chunk",
    ][::std::mem::align_of::<drm_amdgpu_cs_chunk>() - 8usize];
    [
        "Offset of field: drm_amdgpu_cs_chunk::chunk_id",
    ][::std::mem::offset_of!(drm_amdgpu_cs_chunk, chunk_id) - 0usize];
    [
        "Offset of field: drm_amdgpu_cs_chunk::length_dw",
    ][::std::mem::offset_of!(drm_amdgpu_cs_chunk, length_dw) - 4usize];
    [
        "Offset of field: drm_amdgpu_cs_chunk::chunk_data",
    ][::std::mem::offset_of!(drm_amdgpu_cs_chunk, chunk_data) - 8usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_cs_in {
    pub ctx_id: __u32,
    pub bo_list_handle: __u32,
    pub num_chunks: __u32,
    pub flags: __u32,
    pub chunks: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_amdgpu_cs_in"][::std::mem::size_of::<drm_amdgpu_cs_in>() - 24usize];
    [
        "Alignment of drm_amdgpu_cs_in",
    ][::std::mem::align_of::<drm_amdgpu_cs_in>() - 8usize];
    [
        "Offset of field: drm_amdgpu_cs_in::ctx_id",
    ][::std::mem::offset_of!(drm_amdgpu_cs_in, ctx_id) - 0usize];
    [
        "Offset of field: drm_amdgpu_cs_in::bo_list_handle",
    ][::std::mem::offset_of!(drm_amdgpu_cs_in, bo_list_handle) - 4usize];
    [
        "Offset of field: drm_amdgpu_cs_in::num_chunks",
    ][::std::mem::offset_of!(drm_amdgpu_cs_in, num_chunks) - 8usize];
    [
        "Offset of field: drm_amdgpu_cs_in::flags",
    ][::std::mem::offset_of!(drm_amdgpu_cs_in, flags) - 12usize];
    [
        "Offset of field: drm_amdgpu_cs_in::chunks",
    ][::std::mem::offset_of!(drm_amdgpu_cs_in, chunks) - 16usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_cs_out {
    pub handle: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_amdgpu_cs_out"][::std::mem::size_of::<drm_amdgpu_cs_out>() - 8usize];
    [
        "Alignment of drm_amdgpu_cs_out",
    ][::std::mem::align_of::<drm_amdgpu_cs_out>() - 8usize];
    [
        "Offset of field: drm_amdgpu_cs_out::handle",
    ][::std::mem::offset_of!(drm_amdgpu_cs_out, handle) - 0usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub union drm_amdgpu_cs {
    pub in_: drm_amdgpu_cs_in,
    pub out: drm_amdgpu_cs_out,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_amdgpu_cs"][::std::mem::size_of::<drm_amdgpu_cs>() - 24usize];
    ["Alignment of drm_amdgpu_cs"][::std::mem::align_of::<drm_amdgpu_cs>() - 8usize];
    [
        "Offset of field: drm_amdgpu_cs::in_",
    ][::std::mem::offset_of!(drm_amdgpu_cs, in_) - 0usize];
    [
        "Offset of field: drm_amdgpu_cs::out",
    ][::std::mem::offset_of!(drm_amdgpu_cs, out) - 0usize];
};
impl Default for drm_amdgpu_cs {
    fn default() -> Self {
        let mut s = ::std::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::std::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_cs_chunk_ib {
    pub _pad: __u32,
    pub flags: __u32,
    pub va_start: __u64,
    pub ib_bytes: __u32,
    pub ip_type: __u32,
    pub ip_instance: __u32,
    pub ring: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_cs_chunk_ib",
    ][::std::mem::size_of::<drm_amdgpu_cs_chunk_ib>() - 32usize];
    [
        "Alignment of drm_amdgpu_cs_chunk_ib",
    ][::std::mem::align_of::<drm_amdgpu_cs_chunk_ib>() - 8usize];
    [
        "Offset of field: drm_amdgpu_cs_chunk_ib::_pad",
    ][::std::mem::offset_of!(drm_amdgpu_cs_chunk_ib, _pad) - 0usize];
    [
        "Offset of field: drm_amdgpu_cs_chunk_ib::flags",
    ][::std::mem::offset_of!(drm_amdgpu_cs_chunk_ib, flags) - 4usize];
    [
        "Offset of field: drm_amdgpu_cs_chunk_ib::va_start",
    ][::std::mem::offset_of!(drm_amdgpu_cs_chunk_ib, va_start) - 8usize];
    [
        "Offset of field: drm_amdgpu_cs_chunk_ib::ib_bytes",
    ][::std::mem::offset_of!(drm_amdgpu_cs_chunk_ib, ib_bytes) - 16usize];
    [
        "Offset of field: drm_amdgpu_cs_chunk_ib::ip_type",
    ][::std::mem::offset_of!(drm_amdgpu_cs_chunk_ib, ip_type) - 20usize];
    [
        "Offset of field: drm_amdgpu_cs_chunk_ib::ip_instance",
    ][::std::mem::offset_of!(drm_amdgpu_cs_chunk_ib, ip_instance) - 24usize];
    [
        "Offset of field: drm_amdgpu_cs_chunk_ib::ring",
    ][::std::mem::offset_of!(drm_amdgpu_cs_chunk_ib, ring) - 28usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_cs_chunk_sem {
    pub handle: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_cs_chunk_sem",
    ][::std::mem::size_of::<drm_amdgpu_cs_chunk_sem>() - 4usize];
    [
        "Alignment of drm_amdgpu_cs_chunk_sem",
    ][::std::mem::align_of::<drm_amdgpu_cs_chunk_sem>() - 4usize];
    [
        "Offset of field: drm_amdgpu_cs_chunk_sem::handle",
    ][::std::mem::offset_of!(drm_amdgpu_cs_chunk_sem, handle) - 0usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_query_fw {
    pub fw_type: __u32,
    pub ip_instance: __u32,
    pub index: __u32,
    pub _pad: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_query_fw",
    ][::std::mem::size_of::<drm_amdgpu_query_fw>() - 16usize];
    [
        "Alignment of drm_amdgpu_query_fw",
    ][::std::mem::align_of::<drm_amdgpu_query_fw>() - 4usize];
    [
        "Offset of field: drm_amdgpu_query_fw::fw_type",
    ][::std::mem::offset_of!(drm_amdgpu_query_fw, fw_type) - 0usize];
    [
        "Offset of field: drm_amdgpu_query_fw::ip_instance",
    ][::std::mem::offset_of!(drm_amdgpu_query_fw, ip_instance) - 4usize];
    [
        "Offset of field: drm_amdgpu_query_fw::index",
    ][::std::mem::offset_of!(drm_amdgpu_query_fw, index) - 8usize];
    [
        "Offset of field: drm_amdgpu_query_fw::_pad",
    ][::std::mem::offset_of!(drm_amdgpu_query_fw, _pad) - 12usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct drm_amdgpu_info {
    pub return_pointer: __u64,
    pub return_size: __u32,
    pub query: __u32,
    pub __bindgen_anon_1: drm_amdgpu_info__bindgen_ty_1,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub union drm_amdgpu_info__bindgen_ty_1 {
    pub mode_crtc: drm_amdgpu_info__bindgen_ty_1__bindgen_ty_1,
    pub query_hw_ip: drm_amdgpu_info__bindgen_ty_1__bindgen_ty_2,
    pub read_mmr_reg: drm_amdgpu_info__bindgen_ty_1__bindgen_ty_3,
    pub query_fw: drm_amdgpu_query_fw,
    pub vbios_info: drm_amdgpu_info__bindgen_ty_1__bindgen_ty_4,
    pub sensor_info: drm_amdgpu_info__bindgen_ty_1__bindgen_ty_5,
    pub video_cap: drm_amdgpu_info__bindgen_ty_1__bindgen_ty_6,
}
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_info__bindgen_ty_1__bindgen_ty_1 {
    pub id: __u32,
    pub _pad: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_info__bindgen_ty_1__bindgen_ty_1",
    ][::std::mem::size_of::<drm_amdgpu_info__bindgen_ty_1__bindgen_ty_1>() - 8usize];
    [
        "Alignment of drm_amdgpu_info__bindgen_ty_1__bindgen_ty_1",
    ][::std::mem::align_of::<drm_amdgpu_info__bindgen_ty_1__bindgen_ty_1>() - 4usize];
    [
        "Offset of field: drm_amdgpu_info__bindgen_ty_1__bindgen_ty_1::id",
    ][::std::mem::offset_of!(drm_amdgpu_info__bindgen_ty_1__bindgen_ty_1, id) - 0usize];
    [
        "Offset of field: drm_amdgpu_info__bindgen_ty_1__bindgen_ty_1::_pad",
    ][::std::mem::offset_of!(drm_amdgpu_info__bindgen_ty_1__bindgen_ty_1, _pad)
        - 4usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_info__bindgen_ty_1__bindgen_ty_2 {
    pub type_: __u32,
    pub ip_instance: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_info__bindgen_ty_1__bindgen_ty_2",
    ][::std::mem::size_of::<drm_amdgpu_info__bindgen_ty_1__bindgen_ty_2>() - 8usize];
    [
        "Alignment of drm_amdgpu_info__bindgen_ty_1__bindgen_ty_2",
    ][::std::mem::align_of::<drm_amdgpu_info__bindgen_ty_1__bindgen_ty_2>() - 4usize];
    [
        "Offset of field: drm_amdgpu_info__bindgen_ty_1__bindgen_ty_2::type_",
    ][::std::mem::offset_of!(drm_amdgpu_info__bindgen_ty_1__bindgen_ty_2, type_)
        - 0usize];
    [
        "Offset of field: drm_amdgpu_info__bindgen_ty_1__bindgen_ty_2::ip_instance",
    ][::std::mem::offset_of!(drm_amdgpu_info__bindgen_ty_1__bindgen_ty_2, ip_instance)
        - 4usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_info__bindgen_ty_1__bindgen_ty_3 {
    pub dword_offset: __u32,
    pub count: __u32,
    pub instance: __u32,
    pub flags: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_info__bindgen_ty_1__bindgen_ty_3",
    ][::std::mem::size_of::<drm_amdgpu_info__bindgen_ty_1__bindgen_ty_3>() - 16usize];
    [
        "Alignment of drm_amdgpu_info__bindgen_ty_1__bindgen_ty_3",
    ][::std::mem::align_of::<drm_amdgpu_info__bindgen_ty_1__bindgen_ty_3>() - 4usize];
    [
        "Offset of field: drm_amdgpu_info__bindgen_ty_1__bindgen_ty_3::dword_offset",
    ][::std::mem::offset_of!(drm_amdgpu_info__bindgen_ty_1__bindgen_ty_3, dword_offset)
        - 0usize];
    [
        "Offset of field: drm_amdgpu_info__bindgen_ty_1__bindgen_ty_3::count",
    ][::std::mem::offset_of!(drm_amdgpu_info__bindgen_ty_1__bindgen_ty_3, count)
        - 4usize];
    [
        "Offset of field: drm_amdgpu_info__bindgen_ty_1__bindgen_ty_3::instance",
    ][::std::mem::offset_of!(drm_amdgpu_info__bindgen_ty_1__bindgen_ty_3, instance)
        - 8usize];
    [
        "Offset of field: drm_amdgpu_info__bindgen_ty_1__bindgen_ty_3::flags",
    ][::std::mem::offset_of!(drm_amdgpu_info__bindgen_ty_1__bindgen_ty_3, flags)
        - 12usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_info__bindgen_ty_1__bindgen_ty_4 {
    pub type_: __u32,
    pub offset: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_info__bindgen_ty_1__bindgen_ty_4",
    ][::std::mem::size_of::<drm_amdgpu_info__bindgen_ty_1__bindgen_ty_4>() - 8usize];
    [
        "Alignment of drm_amdgpu_info__bindgen_ty_1__bindgen_ty_4",
    ][::std::mem::align_of::<drm_amdgpu_info__bindgen_ty_1__bindgen_ty_4>() - 4usize];
    [
        "Offset of field: drm_amdgpu_info__bindgen_ty_1__bindgen_ty_4::type_",
    ][::std::mem::offset_of!(drm_amdgpu_info__bindgen_ty_1__bindgen_ty_4, type_)
        - 0usize];
    [
        "Offset of field: drm_amdgpu_info__bindgen_ty_1__bindgen_ty_4::offset",
    ][::std::mem::offset_of!(drm_amdgpu_info__bindgen_ty_1__bindgen_ty_4, offset)
        - 4usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_info__bindgen_ty_1__bindgen_ty_5 {
    pub type_: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_info__bindgen_ty_1__bindgen_ty_5",
    ][::std::mem::size_of::<drm_amdgpu_info__bindgen_ty_1__bindgen_ty_5>() - 4usize];
    [
        "Alignment of drm_amdgpu_info__bindgen_ty_1__bindgen_ty_5",
    ][::std::mem::align_of::<drm_amdgpu_info__bindgen_ty_1__bindgen_ty_5>() - 4usize];
    [
        "Offset of field: drm_amdgpu_info__bindgen_ty_1__bindgen_ty_5::type_",
    ][::std::mem::offset_of!(drm_amdgpu_info__bindgen_ty_1__bindgen_ty_5, type_)
        - 0usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_info__bindgen_ty_1__bindgen_ty_6 {
    pub type_: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_info__bindgen_ty_1__bindgen_ty_6",
    ][::std::mem::size_of::<drm_amdgpu_info__bindgen_ty_1__bindgen_ty_6>() - 4usize];
    [
        "Alignment of drm_amdgpu_info__bindgen_ty_1__bindgen_ty_6",
    ][::std::mem::align_of::<drm_amdgpu_info__bindgen_ty_1__bindgen_ty_6>() - 4usize];
    [
        "Offset of field: drm_amdgpu_info__bindgen_ty_1__bindgen_ty_6::type_",
    ][::std::mem::offset_of!(drm_amdgpu_info__bindgen_ty_1__bindgen_ty_6, type_)
        - 0usize];
};
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_info__bindgen_ty_1",
    ][::std::mem::size_of::<drm_amdgpu_info__bindgen_ty_1>() - 16usize];
    [
        "Alignment of drm_amdgpu_info__bindgen_ty_1",
    ][::std::mem::align_of::<drm_amdgpu_info__bindgen_ty_1>() - 4usize];
    [
        "Offset of field: drm_amdgpu_info__bindgen_ty_1::mode_crtc",
    ][::std::mem::offset_of!(drm_amdgpu_info__bindgen_ty_1, mode_crtc) - 0usize];
    [
        "Offset of field: drm_amdgpu_info__bindgen_ty_1::query_hw_ip",
    ][::std::mem::offset_of!(drm_amdgpu_info__bindgen_ty_1, query_hw_ip) - 0usize];
    [
        "Offset of field: drm_amdgpu_info__bindgen_ty_1::read_mmr_reg",
    ][::std::mem::offset_of!(drm_amdgpu_info__bindgen_ty_1, read_mmr_reg) - 0usize];
    [
        "Offset of field: drm_amdgpu_info__bindgen_ty_1::query_fw",
    ][::std::mem::offset_of!(drm_amdgpu_info__bindgen_ty_1, query_fw) - 0usize];
    [
        "Offset of field: drm_amdgpu_info__bindgen_ty_1::vbios_info",
    ][::std::mem::offset_of!(drm_amdgpu_info__bindgen_ty_1, vbios_info) - 0usize];
    [
        "Offset of field: drm_amdgpu_info__bindgen_ty_1::sensor_info",
    ][::std::mem::offset_of!(drm_amdgpu_info__bindgen_ty_1, sensor_info) - 0usize];
    [
        "Offset of field: drm_amdgpu_info__bindgen_ty_1::video_cap",
    ][::std::mem::offset_of!(drm_amdgpu_info__bindgen_ty_1, video_cap) - 0usize];
};
impl Default for drm_amdgpu_info__bindgen_ty_1 {
    fn default() -> Self {
        let mut s = ::std::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::std::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_amdgpu_info"][::std::mem::size_of::<drm_amdgpu_info>() - 32usize];
    ["Alignment of drm_amdgpu_info"][::std::mem::align_of::<drm_amdgpu_info>() - 8usize];
    [
        "Offset of field: drm_amdgpu_info::return_pointer",
    ][::std::mem::offset_of!(drm_amdgpu_info, return_pointer) - 0usize];
    [
        "Offset of field: drm_amdgpu_info::return_size",
    ][::std::mem::offset_of!(drm_amdgpu_info, return_size) - 8usize];
    [
        "Offset of field: drm_amdgpu_info::query",
    ][::std::mem::offset_of!(drm_amdgpu_info, query) - 12usize];
};
impl Default for drm_amdgpu_info {
    fn default() -> Self {
        let mut s = ::std::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::std::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_info_vram_gtt {
    pub vram_size: __u64,
    pub vram_cpu_accessible_size: __u64,
    pub gtt_size: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_info_vram_gtt",
    ][::std::mem::size_of::<drm_amdgpu_info_vram_gtt>() - 24usize];
    [
        "Alignment of drm_amdgpu_info_vram_gtt",
    ][::std::mem::align_of::<drm_amdgpu_info_vram_gtt>() - 8usize];
    [
        "Offset of field: drm_amdgpu_info_vram_gtt::vram_size",
    ][::std::mem::offset_of!(drm_amdgpu_info_vram_gtt, vram_size) - 0usize];
    [
        "Offset of field: drm_amdgpu_info_vram_gtt::vram_cpu_accessible_size",
    ][::std::mem::offset_of!(drm_amdgpu_info_vram_gtt, vram_cpu_accessible_size)
        - 8usize];
    [
        "Offset of field: drm_amdgpu_info_vram_gtt::gtt_size",
    ][::std::mem::offset_of!(drm_amdgpu_info_vram_gtt, gtt_size) - 16usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_heap_info {
    pub total_heap_size: __u64,
    pub usable_heap_size: __u64,
    pub heap_usage: __u64,
    pub max_allocation: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_heap_info",
    ][::std::mem::size_of::<drm_amdgpu_heap_info>() - 32usize];
    [
        "Alignment of drm_amdgpu_heap_info",
    ][::std::mem::align_of::<drm_amdgpu_heap_info>() - 8usize];
    [
        "Offset of field: drm_amdgpu_heap_info::total_heap_size",
    ][::std::mem::offset_of!(drm_amdgpu_heap_info, total_heap_size) - 0usize];
    [
        "Offset of field: drm_amdgpu_heap_info::usable_heap_size",
    ][::std::mem::offset_of!(drm_amdgpu_heap_info, usable_heap_size) - 8usize];
    [
        "Offset of field: drm_amdgpu_heap_info::heap_usage",
    ][::std::mem::offset_of!(drm_amdgpu_heap_info, heap_usage) - 16usize];
    [
        "Offset of field: drm_amdgpu_heap_info::max_allocation",
    ][::std::mem::offset_of!(drm_amdgpu_heap_info, max_allocation) - 24usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_memory_info {
    pub vram: drm_amdgpu_heap_info,
    pub cpu_accessible_vram: drm_amdgpu_heap_info,
    pub gtt: drm_amdgpu_heap_info,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_memory_info",
    ][::std::mem::size_of::<drm_amdgpu_memory_info>() - 96usize];
    [
        "Alignment of drm_amdgpu_memory_info",
    ][::std::mem::align_of::<drm_amdgpu_memory_info>() - 8usize];
    [
        "Offset of field: drm_amdgpu_memory_info::vram",
    ][::std::mem::offset_of!(drm_amdgpu_memory_info, vram) - 0usize];
    [
        "Offset of field: drm_amdgpu_memory_info::cpu_accessible_vram",
    ][::std::mem::offset_of!(drm_amdgpu_memory_info, cpu_accessible_vram) - 32usize];
    [
        "Offset of field: drm_amdgpu_memory_info::gtt",
    ][::std::mem::offset_of!(drm_amdgpu_memory_info, gtt) - 64usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_info_device {
    pub device_id: __u32,
    pub chip_rev: __u32,
    pub external_rev: __u32,
    pub pci_rev: __u32,
    pub family: __u32,
    pub num_shader_engines: __u32,
    pub num_shader_arrays_per_engine: __u32,
    pub gpu_counter_freq: __u32,
    pub max_engine_clock: __u64,
    pub max_memory_clock: __u64,
    pub cu_active_number: __u32,
    pub cu_ao_mask: __u32,
    pub cu_bitmap: [[__u32; 4usize]; 4usize],
    pub enabled_rb_pipes_mask: __u32,
    pub num_rb_pipes: __u32,
    pub num_hw_gfx_contexts: __u32,
    pub pcie_gen: __u32,
    pub ids_flags: __u64,
    pub virtual_address_offset: __u64,
    pub virtual_address_max: __u64,
    pub virtual_address_alignment: __u32,
    pub pte_fragment_size: __u32,
    pub gart_page_size: __u32,
    pub ce_ram_size: __u32,
    pub vram_type: __u32,
    pub vram_bit_width: __u32,
    pub vce_harvest_config: __u32,
    pub gc_double_offchip_lds_buf: __u32,
    pub prim_buf_gpu_addr: __u64,
    pub pos_buf_gpu_addr: __u64,
    pub cntl_sb_buf_gpu_addr: __u64,
    pub param_buf_gpu_addr: __u64,
    pub prim_buf_size: __u32,
    pub pos_buf_size: __u32,
    pub cntl_sb_buf_size: __u32,
    pub param_buf_size: __u32,
    pub wave_front_size: __u32,
    pub num_shader_visible_vgprs: __u32,
    pub num_cu_per_sh: __u32,
    pub num_tcc_blocks: __u32,
    pub gs_vgt_table_depth: __u32,
    pub gs_prim_buffer_depth: __u32,
    pub max_gs_waves_per_vgt: __u32,
    pub pcie_num_lanes: __u32,
    pub cu_ao_bitmap: [[__u32; 4usize]; 4usize],
    pub high_va_offset: __u64,
    pub high_va_max: __u64,
    pub pa_sc_tile_steering_override: __u32,
    pub pad: __u32,
    pub tcc_disabled_mask: __u64,
    pub min_engine_clock: __u64,
    pub min_memory_clock: __u64,
    pub tcp_cache_size: __u32,
    pub num_sqc_per_wgp: __u32,
    pub sqc_data_cache_size: __u32,
    pub sqc_inst_cache_size: __u32,
    pub gl1c_cache_size: __u32,
    pub gl2c_cache_size: __u32,
    pub mall_size: __u64,
    pub enabled_rb_pipes_mask_hi: __u32,
    pub shadow_size: __u32,
    pub shadow_alignment: __u32,
    pub csa_size: __u32,
    pub csa_alignment: __u32,
    pub userq_ip_mask: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_info_device",
    ][::std::mem::size_of::<drm_amdgpu_info_device>() - 440usize];
    [
        "Alignment of drm_amdgpu_info_device",
    ][::std::mem::align_of::<drm_amdgpu_info_device>() - 8usize];
    [
        "Offset of field: drm_amdgpu_info_device::device_id",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, device_id) - 0usize];
    [
        "Offset of field: drm_amdgpu_info_device::chip_rev",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, chip_rev) - 4usize];
    [
        "Offset of field: drm_amdgpu_info_device::external_rev",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, external_rev) - 8usize];
    [
        "Offset of field: drm_amdgpu_info_device::pci_rev",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, pci_rev) - 12usize];
    [
        "Offset of field: drm_amdgpu_info_device::family",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, family) - 16usize];
    [
        "Offset of field: drm_amdgpu_info_device::num_shader_engines",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, num_shader_engines) - 20usize];
    [
        "Offset of field: drm_amdgpu_info_device::num_shader_arrays_per_engine",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, num_shader_arrays_per_engine)
        - 24usize];
    [
        "Offset of field: drm_amdgpu_info_device::gpu_counter_freq",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, gpu_counter_freq) - 28usize];
    [
        "Offset of field: drm_amdgpu_info_device::max_engine_clock",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, max_engine_clock) - 32usize];
    [
        "Offset of field: drm_amdgpu_info_device::max_memory_clock",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, max_memory_clock) - 40usize];
    [
        "Offset of field: drm_amdgpu_info_device::cu_active_number",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, cu_active_number) - 48usize];
    [
        "Offset of field: drm_amdgpu_info_device::cu_ao_mask",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, cu_ao_mask) - 52usize];
    [
        "Offset of field: drm_amdgpu_info_device::cu_bitmap",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, cu_bitmap) - 56usize];
    [
        "Offset of field: drm_amdgpu_info_device::enabled_rb_pipes_mask",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, enabled_rb_pipes_mask) - 120usize];
    [
        "Offset of field: drm_amdgpu_info_device::num_rb_pipes",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, num_rb_pipes) - 124usize];
    [
        "Offset of field: drm_amdgpu_info_device::num_hw_gfx_contexts",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, num_hw_gfx_contexts) - 128usize];
    [
        "Offset of field: drm_amdgpu_info_device::pcie_gen",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, pcie_gen) - 132usize];
    [
        "Offset of field: drm_amdgpu_info_device::ids_flags",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, ids_flags) - 136usize];
    [
        "Offset of field: drm_amdgpu_info_device::virtual_address_offset",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, virtual_address_offset) - 144usize];
    [
        "Offset of field: drm_amdgpu_info_device::virtual_address_max",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, virtual_address_max) - 152usize];
    [
        "Offset of field: drm_amdgpu_info_device::virtual_address_alignment",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, virtual_address_alignment)
        - 160usize];
    [
        "Offset of field: drm_amdgpu_info_device::pte_fragment_size",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, pte_fragment_size) - 164usize];
    [
        "Offset of field: drm_amdgpu_info_device::gart_page_size",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, gart_page_size) - 168usize];
    [
        "Offset of field: drm_amdgpu_info_device::ce_ram_size",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, ce_ram_size) - 172usize];
    [
        "Offset of field: drm_amdgpu_info_device::vram_type",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, vram_type) - 176usize];
    [
        "Offset of field: drm_amdgpu_info_device::vram_bit_width",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, vram_bit_width) - 180usize];
    [
        "Offset of field: drm_amdgpu_info_device::vce_harvest_config",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, vce_harvest_config) - 184usize];
    [
        "Offset of field: drm_amdgpu_info_device::gc_double_offchip_lds_buf",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, gc_double_offchip_lds_buf)
        - 188usize];
    [
        "Offset of field: drm_amdgpu_info_device::prim_buf_gpu_addr",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, prim_buf_gpu_addr) - 192usize];
    [
        "Offset of field: drm_amdgpu_info_device::pos_buf_gpu_addr",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, pos_buf_gpu_addr) - 200usize];
    [
        "Offset of field: drm_amdgpu_info_device::cntl_sb_buf_gpu_addr",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, cntl_sb_buf_gpu_addr) - 208usize];
    [
        "Offset of field: drm_amdgpu_info_device::param_buf_gpu_addr",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, param_buf_gpu_addr) - 216usize];
    [
        "Offset of field: drm_amdgpu_info_device::prim_buf_size",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, prim_buf_size) - 224usize];
    [
        "Offset of field: drm_amdgpu_info_device::pos_buf_size",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, pos_buf_size) - 228usize];
    [
        "Offset of field: drm_amdgpu_info_device::cntl_sb_buf_size",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, cntl_sb_buf_size) - 232usize];
    [
        "Offset of field: drm_amdgpu_info_device::param_buf_size",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, param_buf_size) - 236usize];
    [
        "Offset of field: drm_amdgpu_info_device::wave_front_size",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, wave_front_size) - 240usize];
    [
        "Offset of field: drm_amdgpu_info_device::num_shader_visible_vgprs",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, num_shader_visible_vgprs)
        - 244usize];
    [
        "Offset of field: drm_amdgpu_info_device::num_cu_per_sh",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, num_cu_per_sh) - 248usize];
    [
        "Offset of field: drm_amdgpu_info_device::num_tcc_blocks",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, num_tcc_blocks) - 252usize];
    [
        "Offset of field: drm_amdgpu_info_device::gs_vgt_table_depth",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, gs_vgt_table_depth) - 256usize];
    [
        "Offset of field: drm_amdgpu_info_device::gs_prim_buffer_depth",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, gs_prim_buffer_depth) - 260usize];
    [
        "Offset of field: drm_amdgpu_info_device::max_gs_waves_per_vgt",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, max_gs_waves_per_vgt) - 264usize];
    [
        "Offset of field: drm_amdgpu_info_device::pcie_num_lanes",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, pcie_num_lanes) - 268usize];
    [
        "Offset of field: drm_amdgpu_info_device::cu_ao_bitmap",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, cu_ao_bitmap) - 272usize];
    [
        "Offset of field: drm_amdgpu_info_device::high_va_offset",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, high_va_offset) - 336usize];
    [
        "Offset of field: drm_amdgpu_info_device::high_va_max",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, high_va_max) - 344usize];
    [
        "Offset of field: drm_amdgpu_info_device::pa_sc_tile_steering_override",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, pa_sc_tile_steering_override)
        - 352usize];
    [
        "Offset of field: drm_amdgpu_info_device::pad",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, pad) - 356usize];
    [
        "Offset of field: drm_amdgpu_info_device::tcc_disabled_mask",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, tcc_disabled_mask) - 360usize];
    [
        "Offset of field: drm_amdgpu_info_device::min_engine_clock",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, min_engine_clock) - 368usize];
    [
        "Offset of field: drm_amdgpu_info_device::min_memory_clock",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, min_memory_clock) - 376usize];
    [
        "Offset of field: drm_amdgpu_info_device::tcp_cache_size",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, tcp_cache_size) - 384usize];
    [
        "Offset of field: drm_amdgpu_info_device::num_sqc_per_wgp",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, num_sqc_per_wgp) - 388usize];
    [
        "Offset of field: drm_amdgpu_info_device::sqc_data_cache_size",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, sqc_data_cache_size) - 392usize];
    [
        "Offset of field: drm_amdgpu_info_device::sqc_inst_cache_size",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, sqc_inst_cache_size) - 396usize];
    [
        "Offset of field: drm_amdgpu_info_device::gl1c_cache_size",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, gl1c_cache_size) - 400usize];
    [
        "Offset of field: drm_amdgpu_info_device::gl2c_cache_size",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, gl2c_cache_size) - 404usize];
    [
        "Offset of field: drm_amdgpu_info_device::mall_size",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, mall_size) - 408usize];
    [
        "Offset of field: drm_amdgpu_info_device::enabled_rb_pipes_mask_hi",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, enabled_rb_pipes_mask_hi)
        - 416usize];
    [
        "Offset of field: drm_amdgpu_info_device::shadow_size",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, shadow_size) - 420usize];
    [
        "Offset of field: drm_amdgpu_info_device::shadow_alignment",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, shadow_alignment) - 424usize];
    [
        "Offset of field: drm_amdgpu_info_device::csa_size",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, csa_size) - 428usize];
    [
        "Offset of field: drm_amdgpu_info_device::csa_alignment",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, csa_alignment) - 432usize];
    [
        "Offset of field: drm_amdgpu_info_device::userq_ip_mask",
    ][::std::mem::offset_of!(drm_amdgpu_info_device, userq_ip_mask) - 436usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_amdgpu_info_hw_ip {
    pub hw_ip_version_major: __u32,
    pub hw_ip_version_minor: __u32,
    pub capabilities_flags: __u64,
    pub ib_start_alignment: __u32,
    pub ib_size_alignment: __u32,
    pub available_rings: __u32,
    pub ip_discovery_version: __u32,
    pub userq_num_slots: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_amdgpu_info_hw_ip",
    ][::std::mem::size_of::<drm_amdgpu_info_hw_ip>() - 40usize];
    [
        "Alignment of drm_amdgpu_info_hw_ip",
    ][::std::mem::align_of::<drm_amdgpu_info_hw_ip>() - 8usize];
    [
        "Offset of field: drm_amdgpu_info_hw_ip::hw_ip_version_major",
    ][::std::mem::offset_of!(drm_amdgpu_info_hw_ip, hw_ip_version_major) - 0usize];
    [
        "Offset of field: drm_amdgpu_info_hw_ip::hw_ip_version_minor",
    ][::std::mem::offset_of!(drm_amdgpu_info_hw_ip, hw_ip_version_minor) - 4usize];
    [
        "Offset of field: drm_amdgpu_info_hw_ip::capabilities_flags",
    ][::std::mem::offset_of!(drm_amdgpu_info_hw_ip, capabilities_flags) - 8usize];
    [
        "Offset of field: drm_amdgpu_info_hw_ip::ib_start_alignment",
    ][::std::mem::offset_of!(drm_amdgpu_info_hw_ip, ib_start_alignment) - 16usize];
    [
        "Offset of field: drm_amdgpu_info_hw_ip::ib_size_alignment",
    ][::std::mem::offset_of!(drm_amdgpu_info_hw_ip, ib_size_alignment) - 20usize];
    [
        "Offset of field: drm_amdgpu_info_hw_ip::available_rings",
    ][::std::mem::offset_of!(drm_amdgpu_info_hw_ip, available_rings) - 24usize];
    [
        "Offset of field: drm_amdgpu_info_hw_ip::ip_discovery_version",
    ][::std::mem::offset_of!(drm_amdgpu_info_hw_ip, ip_discovery_version) - 28usize];
    [
        "Offset of field: drm_amdgpu_info_hw_ip::userq_num_slots",
    ][::std::mem::offset_of!(drm_amdgpu_info_hw_ip, userq_num_slots) - 32usize];
};
pub const I915_ENGINE_CLASS_RENDER: drm_i915_gem_engine_class = 0;
pub const I915_ENGINE_CLASS_COPY: drm_i915_gem_engine_class = 1;
pub const I915_ENGINE_CLASS_VIDEO: drm_i915_gem_engine_class = 2;
pub const I915_ENGINE_CLASS_VIDEO_ENHANCE: drm_i915_gem_engine_class = 3;
pub const I915_ENGINE_CLASS_COMPUTE: drm_i915_gem_engine_class = 4;
pub const I915_ENGINE_CLASS_INVALID: drm_i915_gem_engine_class = -1;
pub type drm_i915_gem_engine_class = ::std::os::raw::c_int;
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct i915_engine_class_instance {
    pub engine_class: __u16,
    pub engine_instance: __u16,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of i915_engine_class_instance",
    ][::std::mem::size_of::<i915_engine_class_instance>() - 4usize];
    [
        "Alignment of i915_engine_class_instance",
    ][::std::mem::align_of::<i915_engine_class_instance>() - 2usize];
    [
        "Offset of field: i915_engine_class_instance::engine_class",
    ][::std::mem::offset_of!(i915_engine_class_instance, engine_class) - 0usize];
    [
        "Offset of field: i915_engine_class_instance::engine_instance",
    ][::std::mem::offset_of!(i915_engine_class_instance, engine_instance) - 2usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct drm_i915_getparam {
    pub param: __s32,
    pub value: *mut ::std::os::raw::c_int,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_i915_getparam"][::std::mem::size_of::<drm_i915_getparam>() - 16usize];
    [
        "Alignment of drm_i915_getparam",
    ][::std::mem::align_of::<drm_i915_getparam>() - 8usize];
    [
        "Offset of field: drm_i915_getparam::param",
    ][::std::mem::offset_of!(drm_i915_getparam, param) - 0usize];
    [
        "Offset of field: drm_i915_getparam::value",
    ][::std::mem::offset_of!(drm_i915_getparam, value) - 8usize];
};
impl Default for drm_i915_getparam {
    fn default() -> Self {
        let mut s = ::std::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::std::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct drm_i915_gem_exec_object2 {
    pub handle: __u32,
    pub relocation_count: __u32,
    pub relocs_ptr: __u64,
    pub alignment: __u64,
    pub offset: __u64,
    pub flags: __u64,
    pub __bindgen_anon_1: drm_i915_gem_exec_object2__bindgen_ty_1,
    pub rsvd2: __u64,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub union drm_i915_gem_exec_object2__bindgen_ty_1 {
    pub rsvd1: __u64,
    pub pad_to_size: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_i915_gem_exec_object2__bindgen_ty_1",
    ][::std::mem::size_of::<drm_i915_gem_exec_object2__bindgen_ty_1>() - 8usize];
    [
        "Alignment of drm_i915_gem_exec_object2__bindgen_ty_1",
    ][::std::mem::align_of::<drm_i915_gem_exec_object2__bindgen_ty_1>() - 8usize];
    [
        "Offset of field: drm_i915_gem_exec_object2__bindgen_ty_1::rsvd1",
    ][::std::mem::offset_of!(drm_i915_gem_exec_object2__bindgen_ty_1, rsvd1) - 0usize];
    [
        "Offset of field: drm_i915_gem_exec_object2__bindgen_ty_1::pad_to_size",
    ][::std::mem::offset_of!(drm_i915_gem_exec_object2__bindgen_ty_1, pad_to_size)
        - 0usize];
};
impl Default for drm_i915_gem_exec_object2__bindgen_ty_1 {
    fn default() -> Self {
        let mut s = ::std::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::std::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_i915_gem_exec_object2",
    ][::std::mem::size_of::<drm_i915_gem_exec_object2>() - 56usize];
    [
        "Alignment of drm_i915_gem_exec_object2",
    ][::std::mem::align_of::<drm_i915_gem_exec_object2>() - 8usize];
    [
        "Offset of field: drm_i915_gem_exec_object2::handle",
    ][::std::mem::offset_of!(drm_i915_gem_exec_object2, handle) - 0usize];
    [
        "Offset of field: drm_i915_gem_exec_object2::relocation_count",
    ][::std::mem::offset_of!(drm_i915_gem_exec_object2, relocation_count) - 4usize];
    [
        "Offset of field: drm_i915_gem_exec_object2::relocs_ptr",
    ][::std::mem::offset_of!(drm_i915_gem_exec_object2, relocs_ptr) - 8usize];
    [
        "Offset of field: drm_i915_gem_exec_object2::alignment",
    ][::std::mem::offset_of!(drm_i915_gem_exec_object2, alignment) - 16usize];
    [
        "Offset of field: drm_i915_gem_exec_object2::offset",
    ][::std::mem::offset_of!(drm_i915_gem_exec_object2, offset) - 24usize];
    [
        "Offset of field: drm_i915_gem_exec_object2::flags",
    ][::std::mem::offset_of!(drm_i915_gem_exec_object2, flags) - 32usize];
    [
        "Offset of field: drm_i915_gem_exec_object2::rsvd2",
    ][::std::mem::offset_of!(drm_i915_gem_exec_object2, rsvd2) - 48usize];
};
impl Default for drm_i915_gem_exec_object2 {
    fn default() -> Self {
        let mut s = ::std::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::std::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_i915_gem_exec_fence {
    pub handle: __u32,
    pub flags: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_i915_gem_exec_fence",
    ][::std::mem::size_of::<drm_i915_gem_exec_fence>() - 8usize];
    [
        "Alignment of drm_i915_gem_exec_fence",
    ][::std::mem::align_of::<drm_i915_gem_exec_fence>() - 4usize];
    [
        "Offset of field: drm_i915_gem_exec_fence::handle",
    ][::std::mem::offset_of!(drm_i915_gem_exec_fence, handle) - 0usize];
    [
        "Offset of field: drm_i915_gem_exec_fence::flags",
    ][::std::mem::offset_of!(drm_i915_gem_exec_fence, flags) - 4usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_i915_gem_execbuffer2 {
    pub buffers_ptr: __u64,
    pub buffer_count: __u32,
    pub batch_start_offset: __u32,
    pub batch_len: __u32,
    pub DR1: __u32,
    pub DR4: __u32,
    pub num_cliprects: __u32,
    pub cliprects_ptr: __u64,
    pub flags: __u64,
    pub rsvd1: __u64,
    pub rsvd2: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_i915_gem_execbuffer2",
    ][::std::mem::size_of::<drm_i915_gem_execbuffer2>() - 64usize];
    [
        "Alignment of drm_i915_gem_execbuffer2",
    ][::std::mem::align_of::<drm_i915_gem_execbuffer2>() - 8usize];
    [
        "Offset of field: drm_i915_gem_execbuffer2::buffers_ptr",
    ][::std::mem::offset_of!(drm_i915_gem_execbuffer2, buffers_ptr) - 0usize];
    [
        "Offset of field: drm_i915_gem_execbuffer2::buffer_count",
    ][::std::mem::offset_of!(drm_i915_gem_execbuffer2, buffer_count) - 8usize];
    [
        "Offset of field: drm_i915_gem_execbuffer2::batch_start_offset",
    ][::std::mem::offset_of!(drm_i915_gem_execbuffer2, batch_start_offset) - 12usize];
    [
        "Offset of field: drm_i915_gem_execbuffer2::batch_len",
    ][::std::mem::offset_of!(drm_i915_gem_execbuffer2, batch_len) - 16usize];
    [
        "Offset of field: drm_i915_gem_execbuffer2::DR1",
    ][::std::mem::offset_of!(drm_i915_gem_execbuffer2, DR1) - 20usize];
    [
        "Offset of field: drm_i915_gem_execbuffer2::DR4",
    ][::std::mem::offset_of!(drm_i915_gem_execbuffer2, DR4) - 24usize];
    [
        "Offset of field: drm_i915_gem_execbuffer2::num_cliprects",
    ][::std::mem::offset_of!(drm_i915_gem_execbuffer2, num_cliprects) - 28usize];
    [
        "Offset of field: drm_i915_gem_execbuffer2::cliprects_ptr",
    ][::std::mem::offset_of!(drm_i915_gem_execbuffer2, cliprects_ptr) - 32usize];
    [
        "Offset of field: drm_i915_gem_execbuffer2::flags",
    ][::std::mem::offset_of!(drm_i915_gem_execbuffer2, flags) - 40usize];
    [
        "Offset of field: drm_i915_gem_execbuffer2::rsvd1",
    ][::std::mem::offset_of!(drm_i915_gem_execbuffer2, rsvd1) - 48usize];
    [
        "Offset of field: drm_i915_gem_execbuffer2::rsvd2",
    ][::std::mem::offset_of!(drm_i915_gem_execbuffer2, rsvd2) - 56usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_i915_gem_context_param {
    pub ctx_id: __u32,
    pub size: __u32,
    pub param: __u64,
    pub value: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_i915_gem_context_param",
    ][::std::mem::size_of::<drm_i915_gem_context_param>() - 24usize];
    [
        "Alignment of drm_i915_gem_context_param",
    ][::std::mem::align_of::<drm_i915_gem_context_param>() - 8usize];
    [
        "Offset of field: drm_i915_gem_context_param::ctx_id",
    ][::std::mem::offset_of!(drm_i915_gem_context_param, ctx_id) - 0usize];
    [
        "Offset of field: drm_i915_gem_context_param::size",
    ][::std::mem::offset_of!(drm_i915_gem_context_param, size) - 4usize];
    [
        "Offset of field: drm_i915_gem_context_param::param",
    ][::std::mem::offset_of!(drm_i915_gem_context_param, param) - 8usize];
    [
        "Offset of field: drm_i915_gem_context_param::value",
    ][::std::mem::offset_of!(drm_i915_gem_context_param, value) - 16usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_i915_query_item {
    pub query_id: __u64,
    pub length: __s32,
    pub flags: __u32,
    pub data_ptr: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_i915_query_item",
    ][::std::mem::size_of::<drm_i915_query_item>() - 24usize];
    [
        "Alignment of drm_i915_query_item",
    ][::std::mem::align_of::<drm_i915_query_item>() - 8usize];
    [
        "Offset of field: drm_i915_query_item::query_id",
    ][::std::mem::offset_of!(drm_i915_query_item, query_id) - 0usize];
    [
        "Offset of field: drm_i915_query_item::length",
    ][::std::mem::offset_of!(drm_i915_query_item, length) - 8usize];
    [
        "Offset of field: drm_i915_query_item::flags",
    ][::std::mem::offset_of!(drm_i915_query_item, flags) - 12usize];
    [
        "Offset of field: drm_i915_query_item::data_ptr",
    ][::std::mem::offset_of!(drm_i915_query_item, data_ptr) - 16usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_i915_query {
    pub num_items: __u32,
    pub flags: __u32,
    pub items_ptr: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_i915_query"][::std::mem::size_of::<drm_i915_query>() - 16usize];
    ["Alignment of drm_i915_query"][::std::mem::align_of::<drm_i915_query>() - 8usize];
    [
        "Offset of field: drm_i915_query::num_items",
    ][::std::mem::offset_of!(drm_i915_query, num_items) - 0usize];
    [
        "Offset of field: drm_i915_query::flags",
    ][::std::mem::offset_of!(drm_i915_query, flags) - 4usize];
    [
        "Offset of field: drm_i915_query::items_ptr",
    ][::std::mem::offset_of!(drm_i915_query, items_ptr) - 8usize];
};
#[repr(C)]
#[derive(Default)]
pub struct drm_i915_query_topology_info {
    pub flags: __u16,
    pub max_slices: __u16,
    pub max_subslices: __u16,
    pub max_eus_per_subslice: __u16,
    pub subslice_offset: __u16,
    pub subslice_stride: __u16,
    pub eu_offset: __u16,
    pub eu_stride: __u16,
    pub data: __IncompleteArrayField<__u8>,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_i915_query_topology_info",
    ][::std::mem::size_of::<drm_i915_query_topology_info>() - 16usize];
    [
        "Alignment of drm_i915_query_topology_info",
    ][::std::mem::align_of::<drm_i915_query_topology_info>() - 2usize];
    [
        "Offset of field: drm_i915_query_topology_info::flags",
    ][::std::mem::offset_of!(drm_i915_query_topology_info, flags) - 0usize];
    [
        "Offset of field: drm_i915_query_topology_info::max_slices",
    ][::std::mem::offset_of!(drm_i915_query_topology_info, max_slices) - 2usize];
    [
        "Offset of field: drm_i915_query_topology_info::max_subslices",
    ][::std::mem::offset_of!(drm_i915_query_topology_info, max_subslices) - 4usize];
    [
        "Offset of field: drm_i915_query_topology_info::max_eus_per_subslice",
    ][::std::mem::offset_of!(drm_i915_query_topology_info, max_eus_per_subslice)
        - 6usize];
    [
        "Offset of field: drm_i915_query_topology_info::subslice_offset",
    ][::std::mem::offset_of!(drm_i915_query_topology_info, subslice_offset) - 8usize];
    [
        "Offset of field: drm_i915_query_topology_info::subslice_stride",
    ][::std::mem::offset_of!(drm_i915_query_topology_info, subslice_stride) - 10usize];
    [
        "Offset of field: drm_i915_query_topology_info::eu_offset",
    ][::std::mem::offset_of!(drm_i915_query_topology_info, eu_offset) - 12usize];
    [
        "Offset of field: drm_i915_query_topology_info::eu_stride",
    ][::std::mem::offset_of!(drm_i915_query_topology_info, eu_stride) - 14usize];
    [
        "Offset of field: drm_i915_query_topology_info::data",
    ][::std::mem::offset_of!(drm_i915_query_topology_info, data) - 16usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_i915_engine_info {
    pub engine: i915_engine_class_instance,
    pub rsvd0: __u32,
    pub flags: __u64,
    pub capabilities: __u64,
    pub logical_instance: __u16,
    pub rsvd1: [__u16; 3usize],
    pub rsvd2: [__u64; 3usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_i915_engine_info",
    ][::std::mem::size_of::<drm_i915_engine_info>() - 56usize];
    [
        "Alignment of drm_i915_engine_info",
    ][::std::mem::align_of::<drm_i915_engine_info>() - 8usize];
    [
        "Offset of field: drm_i915_engine_info::engine",
    ][::std::mem::offset_of!(drm_i915_engine_info, engine) - 0usize];
    [
        "Offset of field: drm_i915_engine_info::rsvd0",
    ][::std::mem::offset_of!(drm_i915_engine_info, rsvd0) - 4usize];
    [
        "Offset of field: drm_i915_engine_info::flags",
    ][::std::mem::offset_of!(drm_i915_engine_info, flags) - 8usize];
    [
        "Offset of field: drm_i915_engine_info::capabilities",
    ][::std::mem::offset_of!(drm_i915_engine_info, capabilities) - 16usize];
    [
        "Offset of field: drm_i915_engine_info::logical_instance",
    ][::std::mem::offset_of!(drm_i915_engine_info, logical_instance) - 24usize];
    [
        "Offset of field: drm_i915_engine_info::rsvd1",
    ][::std::mem::offset_of!(drm_i915_engine_info, rsvd1) - 26usize];
    [
        "Offset of field: drm_i915_engine_info::rsvd2",
    ][::std::mem::offset_of!(drm_i915_engine_info, rsvd2) - 32usize];
};
#[repr(C)]
#[derive(Default)]
pub struct drm_i915_query_engine_info {
    pub num_engines: __u32,
    pub rsvd: [__u32; 3usize],
    pub engines: __IncompleteArrayField<drm_i915_engine_info>,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_i915_query_engine_info",
    ][::std::mem::size_of::<drm_i915_query_engine_info>() - 16usize];
    [
        "Alignment of drm_i915_query_engine_info",
    ][::std::mem::align_of::<drm_i915_query_engine_info>() - 8usize];
    [
        "Offset of field: drm_i915_query_engine_info::num_engines",
    ][::std::mem::offset_of!(drm_i915_query_engine_info, num_engines) - 0usize];
    [
        "Offset of field: drm_i915_query_engine_info::rsvd",
    ][::std::mem::offset_of!(drm_i915_query_engine_info, rsvd) - 4usize];
    [
        "Offset of field: drm_i915_query_engine_info::engines",
    ][::std::mem::offset_of!(drm_i915_query_engine_info, engines) - 16usize];
};
pub const I915_MEMORY_CLASS_SYSTEM: drm_i915_gem_memory_class = 0;
pub const I915_MEMORY_CLASS_DEVICE: drm_i915_gem_memory_class = 1;
pub type drm_i915_gem_memory_class = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_i915_gem_memory_class_instance {
    pub memory_class: __u16,
    pub memory_instance: __u16,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_i915_gem_memory_class_instance",
    ][::std::mem::size_of::<drm_i915_gem_memory_class_instance>() - 4usize];
    [
        "Alignment of drm_i915_gem_memory_class_instance",
    ][::std::mem::align_of::<drm_i915_gem_memory_class_instance>() - 2usize];
    [
        "Offset of field: drm_i915_gem_memory_class_instance::memory_class",
    ][::std::mem::offset_of!(drm_i915_gem_memory_class_instance, memory_class) - 0usize];
    [
        "Offset of field: drm_i915_gem_memory_class_instance::memory_instance",
    ][::std::mem::offset_of!(drm_i915_gem_memory_class_instance, memory_instance)
        - 2usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct drm_i915_memory_region_info {
    pub region: drm_i915_gem_memory_class_instance,
    pub rsvd0: __u32,
    pub probed_size: __u64,
    pub unallocated_size: __u64,
    pub __bindgen_anon_1: drm_i915_memory_region_info__bindgen_ty_1,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub union drm_i915_memory_region_info__bindgen_ty_1 {
    pub rsvd1: [__u64; 8usize],
    pub __bindgen_anon_1: drm_i915_memory_region_info__bindgen_ty_1__bindgen_ty_1,
}
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_i915_memory_region_info__bindgen_ty_1__bindgen_ty_1 {
    pub probed_cpu_visible_size: __u64,
    pub unallocated_cpu_visible_size: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_i915_memory_region_info__bindgen_ty_1__bindgen_ty_1",
    ][::std::mem::size_of::<drm_i915_memory_region_info__bindgen_ty_1__bindgen_ty_1>()
        - 16usize];
    [
        "Alignment of drm_i915_memory_region_info__bindgen_ty_1__bindgen_ty_1",
    ][::std::mem::align_of::<drm_i915_memory_region_info__bindgen_ty_1__bindgen_ty_1>()
        - 8usize];
    [
        "Offset of field: drm_i915_memory_region_info__bindgen_ty_1__bindgen_ty_1::probed_cpu_visible_size",
    ][::std::mem::offset_of!(
        drm_i915_memory_region_info__bindgen_ty_1__bindgen_ty_1, probed_cpu_visible_size
    ) - 0usize];
    [
        "Offset of field: drm_i915_memory_region_info__bindgen_ty_1__bindgen_ty_1::unallocated_cpu_visible_size",
    ][::std::mem::offset_of!(
        drm_i915_memory_region_info__bindgen_ty_1__bindgen_ty_1,
        unallocated_cpu_visible_size
    ) - 8usize];
};
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_i915_memory_region_info__bindgen_ty_1",
    ][::std::mem::size_of::<drm_i915_memory_region_info__bindgen_ty_1>() - 64usize];
    [
        "Alignment of drm_i915_memory_region_info__bindgen_ty_1",
    ][::std::mem::align_of::<drm_i915_memory_region_info__bindgen_ty_1>() - 8usize];
    [
        "Offset of field: drm_i915_memory_region_info__bindgen_ty_1::rsvd1",
    ][::std::mem::offset_of!(drm_i915_memory_region_info__bindgen_ty_1, rsvd1) - 0usize];
};
impl Default for drm_i915_memory_region_info__bindgen_ty_1 {
    fn default() -> Self {
        let mut s = ::std::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::std::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_i915_memory_region_info",
    ][::std::mem::size_of::<drm_i915_memory_region_info>() - 88usize];
    [
        "Alignment of drm_i915_memory_region_info",
    ][::std::mem::align_of::<drm_i915_memory_region_info>() - 8usize];
    [
        "Offset of field: drm_i915_memory_region_info::region",
    ][::std::mem::offset_of!(drm_i915_memory_region_info, region) - 0usize];
    [
        "Offset of field: drm_i915_memory_region_info::rsvd0",
    ][::std::mem::offset_of!(drm_i915_memory_region_info, rsvd0) - 4usize];
    [
        "Offset of field: drm_i915_memory_region_info::probed_size",
    ][::std::mem::offset_of!(drm_i915_memory_region_info, probed_size) - 8usize];
    [
        "Offset of field: drm_i915_memory_region_info::unallocated_size",
    ][::std::mem::offset_of!(drm_i915_memory_region_info, unallocated_size) - 16usize];
};
impl Default for drm_i915_memory_region_info {
    fn default() -> Self {
        let mut s = ::std::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::std::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[repr(C)]
pub struct drm_i915_query_memory_regions {
    pub num_regions: __u32,
    pub rsvd: [__u32; 3usize],
    pub regions: __IncompleteArrayField<drm_i915_memory_region_info>,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_i915_query_memory_regions",
    ][::std::mem::size_of::<drm_i915_query_memory_regions>() - 16usize];
    [
        "Alignment of drm_i915_query_memory_regions",
    ][::std::mem::align_of::<drm_i915_query_memory_regions>() - 8usize];
    [
        "Offset of field: drm_i915_query_memory_regions::num_regions",
    ][::std::mem::offset_of!(drm_i915_query_memory_regions, num_regions) - 0usize];
    [
        "Offset of field: drm_i915_query_memory_regions::rsvd",
    ][::std::mem::offset_of!(drm_i915_query_memory_regions, rsvd) - 4usize];
    [
        "Offset of field: drm_i915_query_memory_regions::regions",
    ][::std::mem::offset_of!(drm_i915_query_memory_regions, regions) - 16usize];
};
impl Default for drm_i915_query_memory_regions {
    fn default() -> Self {
        let mut s = ::std::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::std::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_nouveau_getparam {
    pub param: __u64,
    pub value: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_nouveau_getparam",
    ][::std::mem::size_of::<drm_nouveau_getparam>() - 16usize];
    [
        "Alignment of drm_nouveau_getparam",
    ][::std::mem::align_of::<drm_nouveau_getparam>() - 8usize];
    [
        "Offset of field: drm_nouveau_getparam::param",
    ][::std::mem::offset_of!(drm_nouveau_getparam, param) - 0usize];
    [
        "Offset of field: drm_nouveau_getparam::value",
    ][::std::mem::offset_of!(drm_nouveau_getparam, value) - 8usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_virtgpu_map {
    pub offset: __u64,
    pub handle: __u32,
    pub pad: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_virtgpu_map"][::std::mem::size_of::<drm_virtgpu_map>() - 16usize];
    ["Alignment of drm_virtgpu_map"][::std::mem::align_of::<drm_virtgpu_map>() - 8usize];
    [
        "Offset of field: drm_virtgpu_map::offset",
    ][::std::mem::offset_of!(drm_virtgpu_map, offset) - 0usize];
    [
        "Offset of field: drm_virtgpu_map::handle",
    ][::std::mem::offset_of!(drm_virtgpu_map, handle) - 8usize];
    [
        "Offset of field: drm_virtgpu_map::pad",
    ][::std::mem::offset_of!(drm_virtgpu_map, pad) - 12usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_virtgpu_execbuffer_syncobj {
    pub handle: __u32,
    pub flags: __u32,
    pub point: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_virtgpu_execbuffer_syncobj",
    ][::std::mem::size_of::<drm_virtgpu_execbuffer_syncobj>() - 16usize];
    [
        "Alignment of drm_virtgpu_execbuffer_syncobj",
    ][::std::mem::align_of::<drm_virtgpu_execbuffer_syncobj>() - 8usize];
    [
        "Offset of field: drm_virtgpu_execbuffer_syncobj::handle",
    ][::std::mem::offset_of!(drm_virtgpu_execbuffer_syncobj, handle) - 0usize];
    [
        "Offset of field: drm_virtgpu_execbuffer_syncobj::flags",
    ][::std::mem::offset_of!(drm_virtgpu_execbuffer_syncobj, flags) - 4usize];
    [
        "Offset of field: drm_virtgpu_execbuffer_syncobj::point",
    ][::std::mem::offset_of!(drm_virtgpu_execbuffer_syncobj, point) - 8usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_virtgpu_execbuffer {
    pub flags: __u32,
    pub size: __u32,
    pub command: __u64,
    pub bo_handles: __u64,
    pub num_bo_handles: __u32,
    pub fence_fd: __s32,
    pub ring_idx: __u32,
    pub syncobj_stride: __u32,
    pub num_in_syncobjs: __u32,
    pub num_out_syncobjs: __u32,
    pub in_syncobjs: __u64,
    pub out_syncobjs: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_virtgpu_execbuffer",
    ][::std::mem::size_of::<drm_virtgpu_execbuffer>() - 64usize];
    [
        "Alignment of drm_virtgpu_execbuffer",
    ][::std::mem::align_of::<drm_virtgpu_execbuffer>() - 8usize];
    [
        "Offset of field: drm_virtgpu_execbuffer::flags",
    ][::std::mem::offset_of!(drm_virtgpu_execbuffer, flags) - 0usize];
    [
        "Offset of field: drm_virtgpu_execbuffer::size",
    ][::std::mem::offset_of!(drm_virtgpu_execbuffer, size) - 4usize];
    [
        "Offset of field: drm_virtgpu_execbuffer::command",
    ][::std::mem::offset_of!(drm_virtgpu_execbuffer, command) - 8usize];
    [
        "Offset of field: drm_virtgpu_execbuffer::bo_handles",
    ][::std::mem::offset_of!(drm_virtgpu_execbuffer, bo_handles) - 16usize];
    [
        "Offset of field: drm_virtgpu_execbuffer::num_bo_handles",
    ][::std::mem::offset_of!(drm_virtgpu_execbuffer, num_bo_handles) - 24usize];
    [
        "Offset of field: drm_virtgpu_execbuffer::fence_fd",
    ][::std::mem::offset_of!(drm_virtgpu_execbuffer, fence_fd) - 28usize];
    [
        "Offset of field: drm_virtgpu_execbuffer::ring_idx",
    ][::std::mem::offset_of!(drm_virtgpu_execbuffer, ring_idx) - 32usize];
    [
        "Offset of field: drm_virtgpu_execbuffer::syncobj_stride",
    ][::std::mem::offset_of!(drm_virtgpu_execbuffer, syncobj_stride) - 36usize];
    [
        "Offset of field: drm_virtgpu_execbuffer::num_in_syncobjs",
    ][::std::mem::offset_of!(drm_virtgpu_execbuffer, num_in_syncobjs) - 40usize];
    [
        "Offset of field: drm_virtgpu_execbuffer::num_out_syncobjs",
    ][::std::mem::offset_of!(drm_virtgpu_execbuffer, num_out_syncobjs) - 44usize];
    [
        "Offset of field: drm_virtgpu_execbuffer::in_syncobjs",
    ][::std::mem::offset_of!(drm_virtgpu_execbuffer, in_syncobjs) - 48usize];
    [
        "Offset of field: drm_virtgpu_execbuffer::out_syncobjs",
    ][::std::mem::offset_of!(drm_virtgpu_execbuffer, out_syncobjs) - 56usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_virtgpu_getparam {
    pub param: __u64,
    pub value: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_virtgpu_getparam",
    ][::std::mem::size_of::<drm_virtgpu_getparam>() - 16usize];
    [
        "Alignment of drm_virtgpu_getparam",
    ][::std::mem::align_of::<drm_virtgpu_getparam>() - 8usize];
    [
        "Offset of field: drm_virtgpu_getparam::param",
    ][::std::mem::offset_of!(drm_virtgpu_getparam, param) - 0usize];
    [
        "Offset of field: drm_virtgpu_getparam::value",
    ][::std::mem::offset_of!(drm_virtgpu_getparam, value) - 8usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_virtgpu_resource_create {
    pub target: __u32,
    pub format: __u32,
    pub bind: __u32,
    pub width: __u32,
    pub height: __u32,
    pub depth: __u32,
    pub array_size: __u32,
    pub last_level: __u32,
    pub nr_samples: __u32,
    pub flags: __u32,
    pub bo_handle: __u32,
    pub res_handle: __u32,
    pub size: __u32,
    pub stride: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_virtgpu_resource_create",
    ][::std::mem::size_of::<drm_virtgpu_resource_create>() - 56usize];
    [
        "Alignment of drm_virtgpu_resource_create",
    ][::std::mem::align_of::<drm_virtgpu_resource_create>() - 4usize];
    [
        "Offset of field: drm_virtgpu_resource_create::target",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create, target) - 0usize];
    [
        "Offset of field: drm_virtgpu_resource_create::format",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create, format) - 4usize];
    [
        "Offset of field: drm_virtgpu_resource_create::bind",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create, bind) - 8usize];
    [
        "Offset of field: drm_virtgpu_resource_create::width",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create, width) - 12usize];
    [
        "Offset of field: drm_virtgpu_resource_create::height",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create, height) - 16usize];
    [
        "Offset of field: drm_virtgpu_resource_create::depth",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create, depth) - 20usize];
    [
        "Offset of field: drm_virtgpu_resource_create::array_size",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create, array_size) - 24usize];
    [
        "Offset of field: drm_virtgpu_resource_create::last_level",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create, last_level) - 28usize];
    [
        "Offset of field: drm_virtgpu_resource_create::nr_samples",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create, nr_samples) - 32usize];
    [
        "Offset of field: drm_virtgpu_resource_create::flags",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create, flags) - 36usize];
    [
        "Offset of field: drm_virtgpu_resource_create::bo_handle",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create, bo_handle) - 40usize];
    [
        "Offset of field: drm_virtgpu_resource_create::res_handle",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create, res_handle) - 44usize];
    [
        "Offset of field: drm_virtgpu_resource_create::size",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create, size) - 48usize];
    [
        "Offset of field: drm_virtgpu_resource_create::stride",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create, stride) - 52usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_virtgpu_resource_info {
    pub bo_handle: __u32,
    pub res_handle: __u32,
    pub size: __u32,
    pub blob_mem: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_virtgpu_resource_info",
    ][::std::mem::size_of::<drm_virtgpu_resource_info>() - 16usize];
    [
        "Alignment of drm_virtgpu_resource_info",
    ][::std::mem::align_of::<drm_virtgpu_resource_info>() - 4usize];
    [
        "Offset of field: drm_virtgpu_resource_info::bo_handle",
    ][::std::mem::offset_of!(drm_virtgpu_resource_info, bo_handle) - 0usize];
    [
        "Offset of field: drm_virtgpu_resource_info::res_handle",
    ][::std::mem::offset_of!(drm_virtgpu_resource_info, res_handle) - 4usize];
    [
        "Offset of field: drm_virtgpu_resource_info::size",
    ][::std::mem::offset_of!(drm_virtgpu_resource_info, size) - 8usize];
    [
        "Offset of field: drm_virtgpu_resource_info::blob_mem",
    ][::std::mem::offset_of!(drm_virtgpu_resource_info, blob_mem) - 12usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_virtgpu_3d_box {
    pub x: __u32,
    pub y: __u32,
    pub z: __u32,
    pub w: __u32,
    pub h: __u32,
    pub d: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_virtgpu_3d_box",
    ][::std::mem::size_of::<drm_virtgpu_3d_box>() - 24usize];
    [
        "Alignment of drm_virtgpu_3d_box",
    ][::std::mem::align_of::<drm_virtgpu_3d_box>() - 4usize];
    [
        "Offset of field: drm_virtgpu_3d_box::x",
    ][::std::mem::offset_of!(drm_virtgpu_3d_box, x) - 0usize];
    [
        "Offset of field: drm_virtgpu_3d_box::y",
    ][::std::mem::offset_of!(drm_virtgpu_3d_box, y) - 4usize];
    [
        "Offset of field: drm_virtgpu_3d_box::z",
    ][::std::mem::offset_of!(drm_virtgpu_3d_box, z) - 8usize];
    [
        "Offset of field: drm_virtgpu_3d_box::w",
    ][::std::mem::offset_of!(drm_virtgpu_3d_box, w) - 12usize];
    [
        "Offset of field: drm_virtgpu_3d_box::h",
    ][::std::mem::offset_of!(drm_virtgpu_3d_box, h) - 16usize];
    [
        "Offset of field: drm_virtgpu_3d_box::d",
    ][::std::mem::offset_of!(drm_virtgpu_3d_box, d) - 20usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_virtgpu_3d_transfer_to_host {
    pub bo_handle: __u32,
    pub box_: drm_virtgpu_3d_box,
    pub level: __u32,
    pub offset: __u32,
    pub stride: __u32,
    pub layer_stride: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_virtgpu_3d_transfer_to_host",
    ][::std::mem::size_of::<drm_virtgpu_3d_transfer_to_host>() - 44usize];
    [
        "Alignment of drm_virtgpu_3d_transfer_to_host",
    ][::std::mem::align_of::<drm_virtgpu_3d_transfer_to_host>() - 4usize];
    [
        "Offset of field: drm_virtgpu_3d_transfer_to_host::bo_handle",
    ][::std::mem::offset_of!(drm_virtgpu_3d_transfer_to_host, bo_handle) - 0usize];
    [
        "Offset of field: drm_virtgpu_3d_transfer_to_host::box_",
    ][::std::mem::offset_of!(drm_virtgpu_3d_transfer_to_host, box_) - 4usize];
    [
        "Offset of field: drm_virtgpu_3d_transfer_to_host::level",
    ][::std::mem::offset_of!(drm_virtgpu_3d_transfer_to_host, level) - 28usize];
    [
        "Offset of field: drm_virtgpu_3d_transfer_to_host::offset",
    ][::std::mem::offset_of!(drm_virtgpu_3d_transfer_to_host, offset) - 32usize];
    [
        "Offset of field: drm_virtgpu_3d_transfer_to_host::stride",
    ][::std::mem::offset_of!(drm_virtgpu_3d_transfer_to_host, stride) - 36usize];
    [
        "Offset of field: drm_virtgpu_3d_transfer_to_host::layer_stride",
    ][::std::mem::offset_of!(drm_virtgpu_3d_transfer_to_host, layer_stride) - 40usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_virtgpu_3d_transfer_from_host {
    pub bo_handle: __u32,
    pub box_: drm_virtgpu_3d_box,
    pub level: __u32,
    pub offset: __u32,
    pub stride: __u32,
    pub layer_stride: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_virtgpu_3d_transfer_from_host",
    ][::std::mem::size_of::<drm_virtgpu_3d_transfer_from_host>() - 44usize];
    [
        "Alignment of drm_virtgpu_3d_transfer_from_host",
    ][::std::mem::align_of::<drm_virtgpu_3d_transfer_from_host>() - 4usize];
    [
        "Offset of field: drm_virtgpu_3d_transfer_from_host::bo_handle",
    ][::std::mem::offset_of!(drm_virtgpu_3d_transfer_from_host, bo_handle) - 0usize];
    [
        "Offset of field: drm_virtgpu_3d_transfer_from_host::box_",
    ][::std::mem::offset_of!(drm_virtgpu_3d_transfer_from_host, box_) - 4usize];
    [
        "Offset of field: drm_virtgpu_3d_transfer_from_host::level",
    ][::std::mem::offset_of!(drm_virtgpu_3d_transfer_from_host, level) - 28usize];
    [
        "Offset of field: drm_virtgpu_3d_transfer_from_host::offset",
    ][::std::mem::offset_of!(drm_virtgpu_3d_transfer_from_host, offset) - 32usize];
    [
        "Offset of field: drm_virtgpu_3d_transfer_from_host::stride",
    ][::std::mem::offset_of!(drm_virtgpu_3d_transfer_from_host, stride) - 36usize];
    [
        "Offset of field: drm_virtgpu_3d_transfer_from_host::layer_stride",
    ][::std::mem::offset_of!(drm_virtgpu_3d_transfer_from_host, layer_stride) - 40usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_virtgpu_3d_wait {
    pub handle: __u32,
    pub flags: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_virtgpu_3d_wait",
    ][::std::mem::size_of::<drm_virtgpu_3d_wait>() - 8usize];
    [
        "Alignment of drm_virtgpu_3d_wait",
    ][::std::mem::align_of::<drm_virtgpu_3d_wait>() - 4usize];
    [
        "Offset of field: drm_virtgpu_3d_wait::handle",
    ][::std::mem::offset_of!(drm_virtgpu_3d_wait, handle) - 0usize];
    [
        "Offset of field: drm_virtgpu_3d_wait::flags",
    ][::std::mem::offset_of!(drm_virtgpu_3d_wait, flags) - 4usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_virtgpu_get_caps {
    pub cap_set_id: __u32,
    pub cap_set_ver: __u32,
    pub addr: __u64,
    pub size: __u32,
    pub pad: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_virtgpu_get_caps",
    ][::std::mem::size_of::<drm_virtgpu_get_caps>() - 24usize];
    [
        "Alignment of drm_virtgpu_get_caps",
    ][::std::mem::align_of::<drm_virtgpu_get_caps>() - 8usize];
    [
        "Offset of field: drm_virtgpu_get_caps::cap_set_id",
    ][::std::mem::offset_of!(drm_virtgpu_get_caps, cap_set_id) - 0usize];
    [
        "Offset of field: drm_virtgpu_get_caps::cap_set_ver",
    ][::std::mem::offset_of!(drm_virtgpu_get_caps, cap_set_ver) - 4usize];
    [
        "Offset of field: drm_virtgpu_get_caps::addr",
    ][::std::mem::offset_of!(drm_virtgpu_get_caps, addr) - 8usize];
    [
        "Offset of field: drm_virtgpu_get_caps::size",
    ][::std::mem::offset_of!(drm_virtgpu_get_caps, size) - 16usize];
    [
        "Offset of field: drm_virtgpu_get_caps::pad",
    ][::std::mem::offset_of!(drm_virtgpu_get_caps, pad) - 20usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_virtgpu_resource_create_blob {
    pub blob_mem: __u32,
    pub blob_flags: __u32,
    pub bo_handle: __u32,
    pub res_handle: __u32,
    pub size: __u64,
    pub pad: __u32,
    pub cmd_size: __u32,
    pub cmd: __u64,
    pub blob_id: __u64,
    pub blob_hints: __u32,
    pub pad2: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_virtgpu_resource_create_blob",
    ][::std::mem::size_of::<drm_virtgpu_resource_create_blob>() - 56usize];
    [
        "Alignment of drm_virtgpu_resource_create_blob",
    ][::std::mem::align_of::<drm_virtgpu_resource_create_blob>() - 8usize];
    [
        "Offset of field: drm_virtgpu_resource_create_blob::blob_mem",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create_blob, blob_mem) - 0usize];
    [
        "Offset of field: drm_virtgpu_resource_create_blob::blob_flags",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create_blob, blob_flags) - 4usize];
    [
        "Offset of field: drm_virtgpu_resource_create_blob::bo_handle",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create_blob, bo_handle) - 8usize];
    [
        "Offset of field: drm_virtgpu_resource_create_blob::res_handle",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create_blob, res_handle) - 12usize];
    [
        "Offset of field: drm_virtgpu_resource_create_blob::size",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create_blob, size) - 16usize];
    [
        "Offset of field: drm_virtgpu_resource_create_blob::pad",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create_blob, pad) - 24usize];
    [
        "Offset of field: drm_virtgpu_resource_create_blob::cmd_size",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create_blob, cmd_size) - 28usize];
    [
        "Offset of field: drm_virtgpu_resource_create_blob::cmd",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create_blob, cmd) - 32usize];
    [
        "Offset of field: drm_virtgpu_resource_create_blob::blob_id",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create_blob, blob_id) - 40usize];
    [
        "Offset of field: drm_virtgpu_resource_create_blob::blob_hints",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create_blob, blob_hints) - 48usize];
    [
        "Offset of field: drm_virtgpu_resource_create_blob::pad2",
    ][::std::mem::offset_of!(drm_virtgpu_resource_create_blob, pad2) - 52usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_virtgpu_context_set_param {
    pub param: __u64,
    pub value: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_virtgpu_context_set_param",
    ][::std::mem::size_of::<drm_virtgpu_context_set_param>() - 16usize];
    [
        "Alignment of drm_virtgpu_context_set_param",
    ][::std::mem::align_of::<drm_virtgpu_context_set_param>() - 8usize];
    [
        "Offset of field: drm_virtgpu_context_set_param::param",
    ][::std::mem::offset_of!(drm_virtgpu_context_set_param, param) - 0usize];
    [
        "Offset of field: drm_virtgpu_context_set_param::value",
    ][::std::mem::offset_of!(drm_virtgpu_context_set_param, value) - 8usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_virtgpu_context_init {
    pub num_params: __u32,
    pub pad: __u32,
    pub ctx_set_params: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_virtgpu_context_init",
    ][::std::mem::size_of::<drm_virtgpu_context_init>() - 16usize];
    [
        "Alignment of drm_virtgpu_context_init",
    ][::std::mem::align_of::<drm_virtgpu_context_init>() - 8usize];
    [
        "Offset of field: drm_virtgpu_context_init::num_params",
    ][::std::mem::offset_of!(drm_virtgpu_context_init, num_params) - 0usize];
    [
        "Offset of field: drm_virtgpu_context_init::pad",
    ][::std::mem::offset_of!(drm_virtgpu_context_init, pad) - 4usize];
    [
        "Offset of field: drm_virtgpu_context_init::ctx_set_params",
    ][::std::mem::offset_of!(drm_virtgpu_context_init, ctx_set_params) - 8usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_xe_engine_class_instance {
    pub engine_class: __u16,
    pub engine_instance: __u16,
    pub gt_id: __u16,
    pub pad: __u16,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_xe_engine_class_instance",
    ][::std::mem::size_of::<drm_xe_engine_class_instance>() - 8usize];
    [
        "Alignment of drm_xe_engine_class_instance",
    ][::std::mem::align_of::<drm_xe_engine_class_instance>() - 2usize];
    [
        "Offset of field: drm_xe_engine_class_instance::engine_class",
    ][::std::mem::offset_of!(drm_xe_engine_class_instance, engine_class) - 0usize];
    [
        "Offset of field: drm_xe_engine_class_instance::engine_instance",
    ][::std::mem::offset_of!(drm_xe_engine_class_instance, engine_instance) - 2usize];
    [
        "Offset of field: drm_xe_engine_class_instance::gt_id",
    ][::std::mem::offset_of!(drm_xe_engine_class_instance, gt_id) - 4usize];
    [
        "Offset of field: drm_xe_engine_class_instance::pad",
    ][::std::mem::offset_of!(drm_xe_engine_class_instance, pad) - 6usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_xe_engine {
    pub instance: drm_xe_engine_class_instance,
    pub reserved: [__u64; 3usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_xe_engine"][::std::mem::size_of::<drm_xe_engine>() - 32usize];
    ["Alignment of drm_xe_engine"][::std::mem::align_of::<drm_xe_engine>() - 8usize];
    [
        "Offset of field: drm_xe_engine::instance",
    ][::std::mem::offset_of!(drm_xe_engine, instance) - 0usize];
    [
        "Offset of field: drm_xe_engine::reserved",
    ][::std::mem::offset_of!(drm_xe_engine, reserved) - 8usize];
};
#[repr(C)]
#[derive(Default)]
pub struct drm_xe_query_engines {
    pub num_engines: __u32,
    pub pad: __u32,
    pub engines: __IncompleteArrayField<drm_xe_engine>,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_xe_query_engines",
    ][::std::mem::size_of::<drm_xe_query_engines>() - 8usize];
    [
        "Alignment of drm_xe_query_engines",
    ][::std::mem::align_of::<drm_xe_query_engines>() - 8usize];
    [
        "Offset of field: drm_xe_query_engines::num_engines",
    ][::std::mem::offset_of!(drm_xe_query_engines, num_engines) - 0usize];
    [
        "Offset of field: drm_xe_query_engines::pad",
    ][::std::mem::offset_of!(drm_xe_query_engines, pad) - 4usize];
    [
        "Offset of field: drm_xe_query_engines::engines",
    ][::std::mem::offset_of!(drm_xe_query_engines, engines) - 8usize];
};
pub const DRM_XE_MEM_REGION_CLASS_SYSMEM: drm_xe_memory_class = 0;
pub const DRM_XE_MEM_REGION_CLASS_VRAM: drm_xe_memory_class = 1;
pub type drm_xe_memory_class = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_xe_mem_region {
    pub mem_class: __u16,
    pub instance: __u16,
    pub min_page_size: __u32,
    pub total_size: __u64,
    pub used: __u64,
    pub cpu_visible_size: __u64,
    pub cpu_visible_used: __u64,
    pub reserved: [__u64; 6usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_xe_mem_region"][::std::mem::size_of::<drm_xe_mem_region>() - 88usize];
    [
        "Alignment of drm_xe_mem_region",
    ][::std::mem::align_of::<drm_xe_mem_region>() - 8usize];
    [
        "Offset of field: drm_xe_mem_region::mem_class",
    ][::std::mem::offset_of!(drm_xe_mem_region, mem_class) - 0usize];
    [
        "Offset of field: drm_xe_mem_region::instance",
    ][::std::mem::offset_of!(drm_xe_mem_region, instance) - 2usize];
    [
        "Offset of field: drm_xe_mem_region::min_page_size",
    ][::std::mem::offset_of!(drm_xe_mem_region, min_page_size) - 4usize];
    [
        "Offset of field: drm_xe_mem_region::total_size",
    ][::std::mem::offset_of!(drm_xe_mem_region, total_size) - 8usize];
    [
        "Offset of field: drm_xe_mem_region::used",
    ][::std::mem::offset_of!(drm_xe_mem_region, used) - 16usize];
    [
        "Offset of field: drm_xe_mem_region::cpu_visible_size",
    ][::std::mem::offset_of!(drm_xe_mem_region, cpu_visible_size) - 24usize];
    [
        "Offset of field: drm_xe_mem_region::cpu_visible_used",
    ][::std::mem::offset_of!(drm_xe_mem_region, cpu_visible_used) - 32usize];
    [
        "Offset of field: drm_xe_mem_region::reserved",
    ][::std::mem::offset_of!(drm_xe_mem_region, reserved) - 40usize];
};
#[repr(C)]
#[derive(Default)]
pub struct drm_xe_query_mem_regions {
    pub num_mem_regions: __u32,
    pub pad: __u32,
    pub mem_regions: __IncompleteArrayField<drm_xe_mem_region>,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_xe_query_mem_regions",
    ][::std::mem::size_of::<drm_xe_query_mem_regions>() - 8usize];
    [
        "Alignment of drm_xe_query_mem_regions",
    ][::std::mem::align_of::<drm_xe_query_mem_regions>() - 8usize];
    [
        "Offset of field: drm_xe_query_mem_regions::num_mem_regions",
    ][::std::mem::offset_of!(drm_xe_query_mem_regions, num_mem_regions) - 0usize];
    [
        "Offset of field: drm_xe_query_mem_regions::pad",
    ][::std::mem::offset_of!(drm_xe_query_mem_regions, pad) - 4usize];
    [
        "Offset of field: drm_xe_query_mem_regions::mem_regions",
    ][::std::mem::offset_of!(drm_xe_query_mem_regions, mem_regions) - 8usize];
};
#[repr(C)]
#[derive(Default)]
pub struct drm_xe_query_config {
    pub num_params: __u32,
    pub pad: __u32,
    pub info: __IncompleteArrayField<__u64>,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_xe_query_config",
    ][::std::mem::size_of::<drm_xe_query_config>() - 8usize];
    [
        "Alignment of drm_xe_query_config",
    ][::std::mem::align_of::<drm_xe_query_config>() - 8usize];
    [
        "Offset of field: drm_xe_query_config::num_params",
    ][::std::mem::offset_of!(drm_xe_query_config, num_params) - 0usize];
    [
        "Offset of field: drm_xe_query_config::pad",
    ][::std::mem::offset_of!(drm_xe_query_config, pad) - 4usize];
    [
        "Offset of field: drm_xe_query_config::info",
    ][::std::mem::offset_of!(drm_xe_query_config, info) - 8usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_xe_gt {
    pub type_: __u16,
    pub tile_id: __u16,
    pub gt_id: __u16,
    pub pad: [__u16; 3usize],
    pub reference_clock: __u32,
    pub near_mem_regions: __u64,
    pub far_mem_regions: __u64,
    pub ip_ver_major: __u16,
    pub ip_ver_minor: __u16,
    pub ip_ver_rev: __u16,
    pub pad2: __u16,
    pub reserved: [__u64; 7usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_xe_gt"][::std::mem::size_of::<drm_xe_gt>() - 96usize];
    ["Alignment of drm_xe_gt"][::std::mem::align_of::<drm_xe_gt>() - 8usize];
    [
        "Offset of field: drm_xe_gt::type_",
    ][::std::mem::offset_of!(drm_xe_gt, type_) - 0usize];
    [
        "Offset of field: drm_xe_gt::tile_id",
    ][::std::mem::offset_of!(drm_xe_gt, tile_id) - 2usize];
    [
        "Offset of field: drm_xe_gt::gt_id",
    ][::std::mem::offset_of!(drm_xe_gt, gt_id) - 4usize];
    ["Offset of field: drm_xe_gt::pad"][::std::mem::offset_of!(drm_xe_gt, pad) - 6usize];
    [
        "Offset of field: drm_xe_gt::reference_clock",
    ][::std::mem::offset_of!(drm_xe_gt, reference_clock) - 12usize];
    [
        "Offset of field: drm_xe_gt::near_mem_regions",
    ][::std::mem::offset_of!(drm_xe_gt, near_mem_regions) - 16usize];
    [
        "Offset of field: drm_xe_gt::far_mem_regions",
    ][::std::mem::offset_of!(drm_xe_gt, far_mem_regions) - 24usize];
    [
        "Offset of field: drm_xe_gt::ip_ver_major",
    ][::std::mem::offset_of!(drm_xe_gt, ip_ver_major) - 32usize];
    [
        "Offset of field: drm_xe_gt::ip_ver_minor",
    ][::std::mem::offset_of!(drm_xe_gt, ip_ver_minor) - 34usize];
    [
        "Offset of field: drm_xe_gt::ip_ver_rev",
    ][::std::mem::offset_of!(drm_xe_gt, ip_ver_rev) - 36usize];
    [
        "Offset of field: drm_xe_gt::pad2",
    ][::std::mem::offset_of!(drm_xe_gt, pad2) - 38usize];
    [
        "Offset of field: drm_xe_gt::reserved",
    ][::std::mem::offset_of!(drm_xe_gt, reserved) - 40usize];
};
#[repr(C)]
#[derive(Default)]
pub struct drm_xe_query_gt_list {
    pub num_gt: __u32,
    pub pad: __u32,
    pub gt_list: __IncompleteArrayField<drm_xe_gt>,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_xe_query_gt_list",
    ][::std::mem::size_of::<drm_xe_query_gt_list>() - 8usize];
    [
        "Alignment of drm_xe_query_gt_list",
    ][::std::mem::align_of::<drm_xe_query_gt_list>() - 8usize];
    [
        "Offset of field: drm_xe_query_gt_list::num_gt",
    ][::std::mem::offset_of!(drm_xe_query_gt_list, num_gt) - 0usize];
    [
        "Offset of field: drm_xe_query_gt_list::pad",
    ][::std::mem::offset_of!(drm_xe_query_gt_list, pad) - 4usize];
    [
        "Offset of field: drm_xe_query_gt_list::gt_list",
    ][::std::mem::offset_of!(drm_xe_query_gt_list, gt_list) - 8usize];
};
#[repr(C)]
#[derive(Default)]
pub struct drm_xe_query_topology_mask {
    pub gt_id: __u16,
    pub type_: __u16,
    pub num_bytes: __u32,
    pub mask: __IncompleteArrayField<__u8>,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_xe_query_topology_mask",
    ][::std::mem::size_of::<drm_xe_query_topology_mask>() - 8usize];
    [
        "Alignment of drm_xe_query_topology_mask",
    ][::std::mem::align_of::<drm_xe_query_topology_mask>() - 4usize];
    [
        "Offset of field: drm_xe_query_topology_mask::gt_id",
    ][::std::mem::offset_of!(drm_xe_query_topology_mask, gt_id) - 0usize];
    [
        "Offset of field: drm_xe_query_topology_mask::type_",
    ][::std::mem::offset_of!(drm_xe_query_topology_mask, type_) - 2usize];
    [
        "Offset of field: drm_xe_query_topology_mask::num_bytes",
    ][::std::mem::offset_of!(drm_xe_query_topology_mask, num_bytes) - 4usize];
    [
        "Offset of field: drm_xe_query_topology_mask::mask",
    ][::std::mem::offset_of!(drm_xe_query_topology_mask, mask) - 8usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_xe_device_query {
    pub extensions: __u64,
    pub query: __u32,
    pub size: __u32,
    pub data: __u64,
    pub reserved: [__u64; 2usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_xe_device_query",
    ][::std::mem::size_of::<drm_xe_device_query>() - 40usize];
    [
        "Alignment of drm_xe_device_query",
    ][::std::mem::align_of::<drm_xe_device_query>() - 8usize];
    [
        "Offset of field: drm_xe_device_query::extensions",
    ][::std::mem::offset_of!(drm_xe_device_query, extensions) - 0usize];
    [
        "Offset of field: drm_xe_device_query::query",
    ][::std::mem::offset_of!(drm_xe_device_query, query) - 8usize];
    [
        "Offset of field: drm_xe_device_query::size",
    ][::std::mem::offset_of!(drm_xe_device_query, size) - 12usize];
    [
        "Offset of field: drm_xe_device_query::data",
    ][::std::mem::offset_of!(drm_xe_device_query, data) - 16usize];
    [
        "Offset of field: drm_xe_device_query::reserved",
    ][::std::mem::offset_of!(drm_xe_device_query, reserved) - 24usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_xe_vm_create {
    pub extensions: __u64,
    pub flags: __u32,
    pub vm_id: __u32,
    pub reserved: [__u64; 2usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_xe_vm_create"][::std::mem::size_of::<drm_xe_vm_create>() - 32usize];
    [
        "Alignment of drm_xe_vm_create",
    ][::std::mem::align_of::<drm_xe_vm_create>() - 8usize];
    [
        "Offset of field: drm_xe_vm_create::extensions",
    ][::std::mem::offset_of!(drm_xe_vm_create, extensions) - 0usize];
    [
        "Offset of field: drm_xe_vm_create::flags",
    ][::std::mem::offset_of!(drm_xe_vm_create, flags) - 8usize];
    [
        "Offset of field: drm_xe_vm_create::vm_id",
    ][::std::mem::offset_of!(drm_xe_vm_create, vm_id) - 12usize];
    [
        "Offset of field: drm_xe_vm_create::reserved",
    ][::std::mem::offset_of!(drm_xe_vm_create, reserved) - 16usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_xe_vm_destroy {
    pub vm_id: __u32,
    pub pad: __u32,
    pub reserved: [__u64; 2usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_xe_vm_destroy"][::std::mem::size_of::<drm_xe_vm_destroy>() - 24usize];
    [
        "Alignment of drm_xe_vm_destroy",
    ][::std::mem::align_of::<drm_xe_vm_destroy>() - 8usize];
    [
        "Offset of field: drm_xe_vm_destroy::vm_id",
    ][::std::mem::offset_of!(drm_xe_vm_destroy, vm_id) - 0usize];
    [
        "Offset of field: drm_xe_vm_destroy::pad",
    ][::std::mem::offset_of!(drm_xe_vm_destroy, pad) - 4usize];
    [
        "Offset of field: drm_xe_vm_destroy::reserved",
    ][::std::mem::offset_of!(drm_xe_vm_destroy, reserved) - 8usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct drm_xe_vm_bind_op {
    pub extensions: __u64,
    pub obj: __u32,
    pub pat_index: __u16,
    pub pad: __u16,
    pub __bindgen_anon_1: drm_xe_vm_bind_op__bindgen_ty_1,
    pub range: __u64,
    pub addr: __u64,
    pub op: __u32,
    pub flags: __u32,
    pub prefetch_mem_region_instance: __u32,
    pub pad2: __u32,
    pub reserved: [__u64; 3usize],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub union drm_xe_vm_bind_op__bindgen_ty_1 {
    pub obj_offset: __u64,
    pub userptr: __u64,
    pub cpu_addr_mirror_offset: __s64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_xe_vm_bind_op__bindgen_ty_1",
    ][::std::mem::size_of::<drm_xe_vm_bind_op__bindgen_ty_1>() - 8usize];
    [
        "Alignment of drm_xe_vm_bind_op__bindgen_ty_1",
    ][::std::mem::align_of::<drm_xe_vm_bind_op__bindgen_ty_1>() - 8usize];
    [
        "Offset of field: drm_xe_vm_bind_op__bindgen_ty_1::obj_offset",
    ][::std::mem::offset_of!(drm_xe_vm_bind_op__bindgen_ty_1, obj_offset) - 0usize];
    [
        "Offset of field: drm_xe_vm_bind_op__bindgen_ty_1::userptr",
    ][::std::mem::offset_of!(drm_xe_vm_bind_op__bindgen_ty_1, userptr) - 0usize];
    [
        "Offset of field: drm_xe_vm_bind_op__bindgen_ty_1::cpu_addr_mirror_offset",
    ][::std::mem::offset_of!(drm_xe_vm_bind_op__bindgen_ty_1, cpu_addr_mirror_offset)
        - 0usize];
};
impl Default for drm_xe_vm_bind_op__bindgen_ty_1 {
    fn default() -> Self {
        let mut s = ::std::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::std::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_xe_vm_bind_op"][::std::mem::size_of::<drm_xe_vm_bind_op>() - 80usize];
    [
        "Alignment of drm_xe_vm_bind_op",
    ][::std::mem::align_of::<drm_xe_vm_bind_op>() - 8usize];
    [
        "Offset of field: drm_xe_vm_bind_op::extensions",
    ][::std::mem::offset_of!(drm_xe_vm_bind_op, extensions) - 0usize];
    [
        "Offset of field: drm_xe_vm_bind_op::obj",
    ][::std::mem::offset_of!(drm_xe_vm_bind_op, obj) - 8usize];
    [
        "Offset of field: drm_xe_vm_bind_op::pat_index",
    ][::std::mem::offset_of!(drm_xe_vm_bind_op, pat_index) - 12usize];
    [
        "Offset of field: drm_xe_vm_bind_op::pad",
    ][::std::mem::offset_of!(drm_xe_vm_bind_op, pad) - 14usize];
    [
        "Offset of field: drm_xe_vm_bind_op::range",
    ][::std::mem::offset_of!(drm_xe_vm_bind_op, range) - 24usize];
    [
        "Offset of field: drm_xe_vm_bind_op::addr",
    ][::std::mem::offset_of!(drm_xe_vm_bind_op, addr) - 32usize];
    [
        "Offset of field: drm_xe_vm_bind_op::op",
    ][::std::mem::offset_of!(drm_xe_vm_bind_op, op) - 40usize];
    [
        "Offset of field: drm_xe_vm_bind_op::flags",
    ][::std::mem::offset_of!(drm_xe_vm_bind_op, flags) - 44usize];
    [
        "Offset of field: drm_xe_vm_bind_op::prefetch_mem_region_instance",
    ][::std::mem::offset_of!(drm_xe_vm_bind_op, prefetch_mem_region_instance) - 48usize];
    [
        "Offset of field: drm_xe_vm_bind_op::pad2",
    ][::std::mem::offset_of!(drm_xe_vm_bind_op, pad2) - 52usize];
    [
        "Offset of field: drm_xe_vm_bind_op::reserved",
    ][::std::mem::offset_of!(drm_xe_vm_bind_op, reserved) - 56usize];
};
impl Default for drm_xe_vm_bind_op {
    fn default() -> Self {
        let mut s = ::std::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::std::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct drm_xe_vm_bind {
    pub extensions: __u64,
    pub vm_id: __u32,
    pub exec_queue_id: __u32,
    pub pad: __u32,
    pub num_binds: __u32,
    pub __bindgen_anon_1: drm_xe_vm_bind__bindgen_ty_1,
    pub pad2: __u32,
    pub num_syncs: __u32,
    pub syncs: __u64,
    pub reserved: [__u64; 2usize],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub union drm_xe_vm_bind__bindgen_ty_1 {
    pub bind: drm_xe_vm_bind_op,
    pub vector_of_binds: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_xe_vm_bind__bindgen_ty_1",
    ][::std::mem::size_of::<drm_xe_vm_bind__bindgen_ty_1>() - 80usize];
    [
        "Alignment of drm_xe_vm_bind__bindgen_ty_1",
    ][::std::mem::align_of::<drm_xe_vm_bind__bindgen_ty_1>() - 8usize];
    [
        "Offset of field: drm_xe_vm_bind__bindgen_ty_1::bind",
    ][::std::mem::offset_of!(drm_xe_vm_bind__bindgen_ty_1, bind) - 0usize];
    [
        "Offset of field: drm_xe_vm_bind__bindgen_ty_1::vector_of_binds",
    ][::std::mem::offset_of!(drm_xe_vm_bind__bindgen_ty_1, vector_of_binds) - 0usize];
};
impl Default for drm_xe_vm_bind__bindgen_ty_1 {
    fn default() -> Self {
        let mut s = ::std::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::std::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_xe_vm_bind"][::std::mem::size_of::<drm_xe_vm_bind>() - 136usize];
    ["Alignment of drm_xe_vm_bind"][::std::mem::align_of::<drm_xe_vm_bind>() - 8usize];
    [
        "Offset of field: drm_xe_vm_bind::extensions",
    ][::std::mem::offset_of!(drm_xe_vm_bind, extensions) - 0usize];
    [
        "Offset of field: drm_xe_vm_bind::vm_id",
    ][::std::mem::offset_of!(drm_xe_vm_bind, vm_id) - 8usize];
    [
        "Offset of field: drm_xe_vm_bind::exec_queue_id",
    ][::std::mem::offset_of!(drm_xe_vm_bind, exec_queue_id) - 12usize];
    [
        "Offset of field: drm_xe_vm_bind::pad",
    ][::std::mem::offset_of!(drm_xe_vm_bind, pad) - 16usize];
    [
        "Offset of field: drm_xe_vm_bind::num_binds",
    ][::std::mem::offset_of!(drm_xe_vm_bind, num_binds) - 20usize];
    [
        "Offset of field: drm_xe_vm_bind::pad2",
    ][::std::mem::offset_of!(drm_xe_vm_bind, pad2) - 104usize];
    [
        "Offset of field: drm_xe_vm_bind::num_syncs",
    ][::std::mem::offset_of!(drm_xe_vm_bind, num_syncs) - 108usize];
    [
        "Offset of field: drm_xe_vm_bind::syncs",
    ][::std::mem::offset_of!(drm_xe_vm_bind, syncs) - 112usize];
    [
        "Offset of field: drm_xe_vm_bind::reserved",
    ][::std::mem::offset_of!(drm_xe_vm_bind, reserved) - 120usize];
};
impl Default for drm_xe_vm_bind {
    fn default() -> Self {
        let mut s = ::std::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::std::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_xe_exec_queue_create {
    pub extensions: __u64,
    pub width: __u16,
    pub num_placements: __u16,
    pub vm_id: __u32,
    pub flags: __u32,
    pub exec_queue_id: __u32,
    pub instances: __u64,
    pub reserved: [__u64; 2usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_xe_exec_queue_create",
    ][::std::mem::size_of::<drm_xe_exec_queue_create>() - 48usize];
    [
        "Alignment of drm_xe_exec_queue_create",
    ][::std::mem::align_of::<drm_xe_exec_queue_create>() - 8usize];
    [
        "Offset of field: drm_xe_exec_queue_create::extensions",
    ][::std::mem::offset_of!(drm_xe_exec_queue_create, extensions) - 0usize];
    [
        "Offset of field: drm_xe_exec_queue_create::width",
    ][::std::mem::offset_of!(drm_xe_exec_queue_create, width) - 8usize];
    [
        "Offset of field: drm_xe_exec_queue_create::num_placements",
    ][::std::mem::offset_of!(drm_xe_exec_queue_create, num_placements) - 10usize];
    [
        "Offset of field: drm_xe_exec_queue_create::vm_id",
    ][::std::mem::offset_of!(drm_xe_exec_queue_create, vm_id) - 12usize];
    [
        "Offset of field: drm_xe_exec_queue_create::flags",
    ][::std::mem::offset_of!(drm_xe_exec_queue_create, flags) - 16usize];
    [
        "Offset of field: drm_xe_exec_queue_create::exec_queue_id",
    ][::std::mem::offset_of!(drm_xe_exec_queue_create, exec_queue_id) - 20usize];
    [
        "Offset of field: drm_xe_exec_queue_create::instances",
    ][::std::mem::offset_of!(drm_xe_exec_queue_create, instances) - 24usize];
    [
        "Offset of field: drm_xe_exec_queue_create::reserved",
    ][::std::mem::offset_of!(drm_xe_exec_queue_create, reserved) - 32usize];
};
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_xe_exec_queue_destroy {
    pub exec_queue_id: __u32,
    pub pad: __u32,
    pub reserved: [__u64; 2usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_xe_exec_queue_destroy",
    ][::std::mem::size_of::<drm_xe_exec_queue_destroy>() - 24usize];
    [
        "Alignment of drm_xe_exec_queue_destroy",
    ][::std::mem::align_of::<drm_xe_exec_queue_destroy>() - 8usize];
    [
        "Offset of field: drm_xe_exec_queue_destroy::exec_queue_id",
    ][::std::mem::offset_of!(drm_xe_exec_queue_destroy, exec_queue_id) - 0usize];
    [
        "Offset of field: drm_xe_exec_queue_destroy::pad",
    ][::std::mem::offset_of!(drm_xe_exec_queue_destroy, pad) - 4usize];
    [
        "Offset of field: drm_xe_exec_queue_destroy::reserved",
    ][::std::mem::offset_of!(drm_xe_exec_queue_destroy, reserved) - 8usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct drm_xe_sync {
    pub extensions: __u64,
    pub type_: __u32,
    pub flags: __u32,
    pub __bindgen_anon_1: drm_xe_sync__bindgen_ty_1,
    pub timeline_value: __u64,
    pub reserved: [__u64; 2usize],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub union drm_xe_sync__bindgen_ty_1 {
    pub handle: __u32,
    pub addr: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of drm_xe_sync__bindgen_ty_1",
    ][::std::mem::size_of::<drm_xe_sync__bindgen_ty_1>() - 8usize];
    [
        "Alignment of drm_xe_sync__bindgen_ty_1",
    ][::std::mem::align_of::<drm_xe_sync__bindgen_ty_1>() - 8usize];
    [
        "Offset of field: drm_xe_sync__bindgen_ty_1::handle",
    ][::std::mem::offset_of!(drm_xe_sync__bindgen_ty_1, handle) - 0usize];
    [
        "Offset of field: drm_xe_sync__bindgen_ty_1::addr",
    ][::std::mem::offset_of!(drm_xe_sync__bindgen_ty_1, addr) - 0usize];
};
impl Default for drm_xe_sync__bindgen_ty_1 {
    fn default() -> Self {
        let mut s = ::std::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::std::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_xe_sync"][::std::mem::size_of::<drm_xe_sync>() - 48usize];
    ["Alignment of drm_xe_sync"][::std::mem::align_of::<drm_xe_sync>() - 8usize];
    [
        "Offset of field: drm_xe_sync::extensions",
    ][::std::mem::offset_of!(drm_xe_sync, extensions) - 0usize];
    [
        "Offset of field: drm_xe_sync::type_",
    ][::std::mem::offset_of!(drm_xe_sync, type_) - 8usize];
    [
        "Offset of field: drm_xe_sync::flags",
    ][::std::mem::offset_of!(drm_xe_sync, flags) - 12usize];
    [
        "Offset of field: drm_xe_sync::timeline_value",
    ][::std::mem::offset_of!(drm_xe_sync, timeline_value) - 24usize];
    [
        "Offset of field: drm_xe_sync::reserved",
    ][::std::mem::offset_of!(drm_xe_sync, reserved) - 32usize];
};
impl Default for drm_xe_sync {
    fn default() -> Self {
        let mut s = ::std::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::std::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[repr(C)]
#[derive(Default, Copy, Clone)]
pub struct drm_xe_exec {
    pub extensions: __u64,
    pub exec_queue_id: __u32,
    pub num_syncs: __u32,
    pub syncs: __u64,
    pub address: __u64,
    pub num_batch_buffer: __u16,
    pub pad: [__u16; 3usize],
    pub reserved: [__u64; 2usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of drm_xe_exec"][::std::mem::size_of::<drm_xe_exec>() - 56usize];
    ["Alignment of drm_xe_exec"][::std::mem::align_of::<drm_xe_exec>() - 8usize];
    [
        "Offset of field: drm_xe_exec::extensions",
    ][::std::mem::offset_of!(drm_xe_exec, extensions) - 0usize];
    [
        "Offset of field: drm_xe_exec::exec_queue_id",
    ][::std::mem::offset_of!(drm_xe_exec, exec_queue_id) - 8usize];
    [
        "Offset of field: drm_xe_exec::num_syncs",
    ][::std::mem::offset_of!(drm_xe_exec, num_syncs) - 12usize];
    [
        "Offset of field: drm_xe_exec::syncs",
    ][::std::mem::offset_of!(drm_xe_exec, syncs) - 16usize];
    [
        "Offset of field: drm_xe_exec::address",
    ][::std::mem::offset_of!(drm_xe_exec, address) - 24usize];
    [
        "Offset of field: drm_xe_exec::num_batch_buffer",
    ][::std::mem::offset_of!(drm_xe_exec, num_batch_buffer) - 32usize];
    [
        "Offset of field: drm_xe_exec::pad",
    ][::std::mem::offset_of!(drm_xe_exec, pad) - 34usize];
    [
        "Offset of field: drm_xe_exec::reserved",
    ][::std::mem::offset_of!(drm_xe_exec, reserved) - 40usize];
};
pub const IOCTL_AMDGPU_CTX: vendor_ioctl = 3222299714;
pub const IOCTL_AMDGPU_GEM_VA: vendor_ioctl = 1077961800;
pub const IOCTL_AMDGPU_INFO: vendor_ioctl = 1075864645;
pub const IOCTL_I915_GEM_CONTEXT_GETPARAM: vendor_ioctl = 3222824052;
pub const IOCTL_I915_GETPARAM: vendor_ioctl = 3222299718;
pub const IOCTL_I915_QUERY: vendor_ioctl = 3222299769;
pub const IOCTL_NOUVEAU_GETPARAM: vendor_ioctl = 3222299712;
pub const IOCTL_VIRTGPU_GETPARAM: vendor_ioctl = 3222299715;
pub const IOCTL_VIRTGPU_GET_CAPS: vendor_ioctl = 3222824009;
pub const IOCTL_XE_DEVICE_QUERY: vendor_ioctl = 3223872576;
pub const IOCTL_XE_EXEC_QUEUE_CREATE: vendor_ioctl = 3224396870;
pub const IOCTL_XE_EXEC_QUEUE_DESTROY: vendor_ioctl = 1075340359;
pub const IOCTL_XE_VM_BIND: vendor_ioctl = 1082680389;
pub const IOCTL_XE_VM_CREATE: vendor_ioctl = 3223348291;
pub const IOCTL_XE_VM_DESTROY: vendor_ioctl = 1075340356;
pub type vendor_ioctl = ::std::os::raw::c_uint;

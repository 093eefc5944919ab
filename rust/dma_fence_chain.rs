// SPDX-License-Identifier: GPL-2.0

//! Nodes of fence chains, of which timelines are made.
//!
//! C header: [`include/linux/dma-fence-chain.h`](srctree/include/linux/dma-fence-chain.h)

use crate::{
    bindings,
    dma_fence::Fence, //
};
use core::{
    mem::ManuallyDrop,
    ptr::{
        self,
        NonNull, //
    },
};
use kernel::{
    prelude::*,
    sync::aref::ARef, //
};

/// Memory for a node of a fence chain, allocated ahead of the time when allocating is not allowed.
///
/// # Invariants
///
/// The pointer is to memory of `dma_fence_chain_alloc()` that belongs to this value and was not
/// initialised yet.
pub struct ChainNode(NonNull<bindings::dma_fence_chain>);

// SAFETY: It is no more than memory, which may be freed on any thread.
unsafe impl Send for ChainNode {}

// SAFETY: There is nothing that can be done through a `&ChainNode`.
unsafe impl Sync for ChainNode {}

impl ChainNode {
    /// Allocates the memory of a node, with `GFP_KERNEL`; fails with [`ENOMEM`].
    #[doc(alias = "dma_fence_chain_alloc")]
    pub fn new() -> Result<Self> {
        // SAFETY: The function has no requirements.
        let ptr = unsafe { bindings::mvgal_shim_dma_fence_chain_alloc() };

        // INVARIANT: The memory was just allocated.
        Ok(Self(NonNull::new(ptr).ok_or(ENOMEM)?))
    }

    /// Makes the memory the node of `point`, which follows `prev` and contains `fence`.
    #[doc(alias = "dma_fence_chain_init")]
    pub(crate) fn init(
        self,
        prev: Option<ARef<Fence>>,
        fence: ARef<Fence>,
        point: u64,
    ) -> ARef<Fence> {
        let node = self.into_raw();
        let prev = prev.map_or(ptr::null_mut(), |prev| ARef::into_raw(prev).as_ptr().cast());

        // SAFETY: The memory is ours and not initialised; the function takes the references to both
        // fences. The node begins its life with one reference, which is passed on.
        unsafe {
            bindings::dma_fence_chain_init(
                node,
                prev,
                ARef::into_raw(fence).as_ptr().cast(),
                point,
            );
            Fence::from_raw(NonNull::new_unchecked(&raw mut (*node).base))
        }
    }

    /// Hands the memory to the caller, who must use it up or free it.
    pub(crate) fn into_raw(self) -> *mut bindings::dma_fence_chain {
        ManuallyDrop::new(self).0.as_ptr()
    }
}

impl Drop for ChainNode {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, the memory is ours and was never initialised.
        unsafe { bindings::mvgal_shim_dma_fence_chain_free(self.0.as_ptr()) };
    }
}

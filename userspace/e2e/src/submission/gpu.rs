// SPDX-License-Identifier: MIT OR Apache-2.0

//! A GPU that fills a buffer of mvgal, which the member's own file has imported.

use super::CODE;
use super::CODE_BYTES;
use super::Fence;
use super::Submission;
use super::TARGET;
use super::Vendor;
use super::Work;
use crate::check::same;
use crate::client::Buffer;
use crate::client::Client;
use crate::client::PAGE;
use crate::drm::Node;
use crate::lab::Lab;
use crate::sys::*;
use std::os::fd::AsFd;

/// Size of the target, and of the buffer with the code.
const SIZE: u64 = 4 * PAGE;

/// `FAKE_CP_FILL` of the whole target with a word, and the end.
fn code(word: u32) -> [u8; CODE_BYTES] {
    const FILL: u32 = 0x4d56_0001;
    const END: u32 = 0x0500_0000;

    let mut bytes = [0; CODE_BYTES];
    bytes[0..4].copy_from_slice(&FILL.to_le_bytes());
    bytes[4..8].copy_from_slice(&word.to_le_bytes());
    bytes[8..16].copy_from_slice(&TARGET.to_le_bytes());
    bytes[24..32].copy_from_slice(&SIZE.to_le_bytes());
    bytes[32..36].copy_from_slice(&END.to_le_bytes());
    bytes
}

/// A member, with a target and code that it sees.
pub struct Gpu<'a> {
    vendor: &'a dyn Vendor,
    pub member: u32,
    priorities: [i32; 16],
    pub client: Client,
    pub node: Node,
    target: Buffer,
    target_handle: u32,
    code: Buffer,
    code_handle: u32,
}

impl<'a> Gpu<'a> {
    pub fn new(lab: &Lab, driver: &str, vendor: &'a dyn Vendor) -> Self {
        Self::with_memory_on(lab.member(driver).id, lab, driver, vendor)
    }

    /// The same with its memory on a member, or the host. As long as there is memory of its own
    /// member, that member's file is open.
    pub fn with_memory_on(home: u32, lab: &Lab, driver: &str, vendor: &'a dyn Vendor) -> Self {
        let device = lab.member(driver);
        let (client, node) = lab.with(device);
        vendor.opened(&node);
        let shared = |address| {
            let flags = DRM_MVGAL_BUFFER_HOST_VALID | DRM_MVGAL_BUFFER_DMA_BUF;
            let buffer = client.alloc_flags(home, SIZE, flags).expect("alloc");
            let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
            let handle = node.prime_import(fd.as_fd()).expect("PRIME_FD_TO_HANDLE");
            vendor.bind(&node, handle, address, SIZE);
            (buffer, handle)
        };
        let (target, target_handle) = shared(TARGET);
        let (code, code_handle) = shared(CODE);
        Self {
            vendor,
            member: device.id,
            priorities: device.context_priorities,
            client,
            node,
            target,
            target_handle,
            code,
            code_handle,
        }
    }

    pub fn context(&self, level: usize) -> u32 {
        self.vendor
            .context(&self.node, self.priorities[level])
            .unwrap_or_else(|error| panic!("a context for level {level}: {error}"))
    }

    pub fn submission(&self, context: u32, fence: Fence, word: u32) -> Submission {
        self.client.map(&self.code).write_at(0, &code(word));
        let work = Work {
            node: &self.node,
            member: self.member,
            context,
            objects: &[self.target_handle, self.code_handle],
        };
        self.vendor.submission(&work, fence)
    }

    pub fn is_filled_with(&self, word: u32) {
        let wanted: Vec<u8> = word.to_le_bytes().repeat(SIZE as usize / 4);
        let what = format!("filled with {word:#x}");
        same(&self.client.map(&self.target).read(), &wanted, &what);
    }
}

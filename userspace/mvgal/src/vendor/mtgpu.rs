// SPDX-License-Identifier: MIT OR Apache-2.0

//! `mtgpu`: `DRM_MTGPU_QUERY_INFO`.
//!
//! The driver is out of tree. What is here follows the published header
//! `inc/mtgpu-next/uapi/mtgpu_drm.h` with `MTGPU_IOCTL_VERSION` 18 (dixyes/mtgpu-drv,
//! commit 8bb5b6e2), as `rust/vendor_uapi/mtgpu_drm.h` does: the ioctl is 0x11, its
//! argument the number of a query, a pointer to what the query needs, and one to where
//! the answer goes. The code behind it is not published, and DRM says version 1.0 of
//! all of them, so an answer gets more room than any version needs, and is believed
//! only if it is as long as that header says. Clocks are not taken from it, as their
//! units are not published.

use nix::errno::Errno;

use super::query::{Driver, NoAnswer, known};
use super::{MemberDetails, Memory, UnitKind, Units, Vendor};

/// What only `mtgpu` tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mtgpu {
    /// Number of the GPU, as the driver has it.
    pub device_id: Option<u32>,
    /// Name that no other GPU has.
    pub uuid: Option<[u8; 16]>,
}

/// `struct drm_mtgpu_query_info`.
#[repr(C)]
struct QueryInfo {
    kind: u32,
    pad: u32,
    input: u64,
    output: u64,
}

/// `DRM_IOWR(DRM_COMMAND_BASE + 0x11, struct drm_mtgpu_query_info)`.
pub(super) const QUERY_INFO: u32 =
    3 << 30 | (size_of::<QueryInfo>() as u32) << 16 | (b'd' as u32) << 8 | 0x51;
/// `MTGPU_INFO_TYPE_MEMORY`
pub(super) const MEMORY: u32 = 2;
/// `MTGPU_INFO_TYPE_DEV`
pub(super) const DEV: u32 = 4;
/// Words of `struct mtgpu_mem_info`.
pub(super) const MEMORY_WORDS: usize = 8;
/// Words of `struct mtgpu_dev_info`.
pub(super) const DEV_WORDS: usize = 10;

/// Words of an answer that there is room for.
const ROOM: usize = 1024;
/// What stands in a word before the driver writes it.
const UNTOUCHED: u32 = 0xa5a5_5a5a;

pub(super) fn ask(driver: &mut Driver<'_>) -> MemberDetails {
    let memory = query::<MEMORY_WORDS>(driver, MEMORY);
    let memory = driver.note("MTGPU_INFO_TYPE_MEMORY", memory);
    let device = query::<DEV_WORDS>(driver, DEV);
    let device = driver.note("MTGPU_INFO_TYPE_DEV", device);

    // `struct mtgpu_mem_info`: total and free, of the system, then of the GPU.
    let part = |at: usize| {
        let words = memory?;
        let long = |at: usize| u64::from(words[at]) | u64::from(words[at + 1]) << 32;
        let total = known(long(at))?;
        Some(Memory {
            total,
            cpu_visible: None,
            used: total.checked_sub(long(at + 2)),
        })
    };
    // `struct mtgpu_dev_info`: id, status, three clocks, cores, UUID.
    let mut uuid = [0; 16];
    if let Some(words) = device {
        for (bytes, word) in uuid.chunks_exact_mut(4).zip(&words[6..]) {
            bytes.copy_from_slice(&word.to_ne_bytes());
        }
    }
    let device_id = device.map(|words| words[0]);
    MemberDetails {
        chip: device_id.map(|id| format!("{id:#x}")),
        vram: part(4),
        system: part(0),
        units: device.and_then(|words| known(words[5])).map(|count| Units {
            kind: UnitKind::Cores,
            count,
        }),
        vendor: Vendor::Mtgpu(Mtgpu {
            device_id,
            uuid: known(uuid),
        }),
        ..MemberDetails::default()
    }
}

/// Asks a query whose answer has `N` words of 32 bits.
fn query<const N: usize>(driver: &Driver<'_>, kind: u32) -> Result<[u32; N], NoAnswer> {
    let mut words = [UNTOUCHED; ROOM];
    let mut arg = QueryInfo {
        kind,
        pad: 0,
        input: 0,
        output: words.as_mut_ptr() as u64,
    };
    // SAFETY: `output` is that of a page, which is more than any answer of the
    // driver takes.
    unsafe { driver.call(QUERY_INFO, &mut arg) }.map_err(|errno: Errno| errno)?;
    let written = words
        .iter()
        .rposition(|&word| word != UNTOUCHED)
        .map_or(0, |last| last + 1);
    match words.first_chunk() {
        Some(answer) if written == N => Ok(*answer),
        _ if written < N => Err(NoAnswer::Short),
        _ => Err(NoAnswer::OtherLayout),
    }
}

#[cfg(test)]
mod tests {
    use std::os::raw::c_void;

    use super::super::ask;
    use super::super::query::Ioctl;
    use super::*;

    /// What stands for the driver: answers by the number of the query.
    struct Card(Vec<(u32, Vec<u32>)>);

    impl Ioctl for Card {
        unsafe fn ioctl(&self, request: u32, arg: *mut c_void) -> Result<(), Errno> {
            assert_eq!(request, 0xc018_6451);
            // SAFETY: The caller promises that this is the argument.
            let arg = unsafe { &*arg.cast::<QueryInfo>() };
            let (_, words) = self
                .0
                .iter()
                .find(|a| a.0 == arg.kind)
                .ok_or(Errno::EINVAL)?;
            assert!(words.len() <= ROOM);
            // SAFETY: The caller promises room for a page.
            unsafe { (arg.output as *mut u32).copy_from(words.as_ptr(), words.len()) };
            Ok(())
        }
    }

    fn memory(values: [u64; 4]) -> Vec<u32> {
        values
            .iter()
            .flat_map(|value| [*value as u32, (*value >> 32) as u32])
            .collect()
    }

    #[test]
    fn a_card_tells_all() {
        let card = Card(vec![
            (MEMORY, memory([32 << 30, 31 << 30, 16 << 30, 15 << 30])),
            (DEV, vec![0x222, 0, 1900, 1200, 1200, 8, 1, 2, 3, 4]),
        ]);
        insta::assert_debug_snapshot!(ask("mtgpu", &card));
    }

    #[test]
    fn an_answer_of_another_length_is_not_believed() {
        let card = Card(vec![(MEMORY, vec![1; 10]), (DEV, vec![0x222, 0, 1900])]);
        let details = ask("mtgpu", &card);
        assert_eq!(
            (details.vram, details.system, details.units),
            (None, None, None)
        );
        assert_eq!(
            details
                .unanswered
                .iter()
                .map(|u| u.reason)
                .collect::<Vec<_>>(),
            [NoAnswer::OtherLayout, NoAnswer::Short]
        );
    }

    #[test]
    fn more_free_than_there_is_is_not_known() {
        let card = Card(vec![(MEMORY, memory([0, 0, 1 << 30, 2 << 30]))]);
        let details = ask("mtgpu", &card);
        assert_eq!(details.vram.unwrap().used, None);
        assert_eq!(details.system, None);
    }
}

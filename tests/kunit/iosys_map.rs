// SPDX-License-Identifier: GPL-2.0

//! Tests of `rust/iosys_map.rs` and `rust/system_buffer.rs`.
//!
//! The memory is that of system buffers. I/O memory is stood in for by the same memory, accessed by
//! the functions for I/O memory.

use super::{
    CopyMethod,
    IosysMap, //
};
use crate::{
    bindings,
    dma_buf::{
        DmaBuf,
        Vmap, //
    },
    system_buffer, //
};
use kernel::{
    faux,
    page::PAGE_SIZE,
    prelude::*,
    ThisModule, //
};

const SIZE: usize = PAGE_SIZE;

// SAFETY: The C functions take NULL for code that is never unloaded; the tests keep nothing.
static NO_MODULE: ThisModule = unsafe { ThisModule::from_ptr(core::ptr::null_mut()) };

/// A system buffer that is mapped.
struct Buffer(Vmap);

impl Buffer {
    fn new() -> Result<Self> {
        Self::of_size(SIZE)
    }

    fn of_size(size: usize) -> Result<Self> {
        let dev = faux::Registration::new(c"mvgal-kunit", None)?;
        let dma_buf = system_buffer::alloc(&NO_MODULE, size, None)?;

        Ok(Self(DmaBuf::vmap(dma_buf, dev.as_ref().as_ref())?))
    }

    /// Returns the address of the first byte.
    fn start(&self) -> *mut c_void {
        let map: &IosysMap = &self.0;

        // SAFETY: System buffers are system memory.
        unsafe { map.map.__bindgen_anon_1.vaddr }
    }

    /// Returns the mapping as one of system or of I/O memory.
    fn as_kind(&self, is_iomem: bool) -> IosysMap {
        let mut map = bindings::iosys_map::default();

        map.__bindgen_anon_1.vaddr = self.start();
        map.is_iomem = is_iomem;
        // SAFETY: The tests drop it before the buffer. The functions for I/O memory work with any.
        unsafe { IosysMap::from_raw(map, self.size()) }
    }

    fn size(&self) -> usize {
        self.0.dma_buf().size()
    }

    /// Returns what is in it.
    fn bytes(&self) -> Result<KVVec<u8>> {
        let mut bytes = KVVec::from_elem(0u8, self.size(), GFP_KERNEL)?;

        // SAFETY: Both have `size` bytes, and nobody else has the buffer.
        unsafe { bindings::memcpy(bytes.as_mut_ptr().cast(), self.start(), self.size()) };
        Ok(bytes)
    }

    /// Puts a different byte in each place, as far as there are different bytes.
    fn number(&self, step: u8) -> Result {
        let mut bytes = KVVec::from_elem(0u8, self.size(), GFP_KERNEL)?;

        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = (i as u8).wrapping_mul(step).wrapping_add((i >> 8) as u8);
        }
        self.0.write(0, &bytes)
    }
}

/// All methods of copying, and whether source and destination are I/O memory.
fn methods() -> impl Iterator<Item = (CopyMethod, bool, bool)> {
    [
        CopyMethod::Plain,
        CopyMethod::StreamingStores,
        CopyMethod::StreamingLoads,
    ]
    .into_iter()
    .flat_map(|method| {
        [(false, false), (false, true), (true, false), (true, true)]
            .into_iter()
            .map(move |(src, dst)| (method, src, dst))
    })
}

/// Copies `len` bytes from `from` to `to` by a method, and tells whether these are there and what
/// is around them has stayed.
fn copies(
    src: &Buffer,
    dst: &Buffer,
    (method, src_is_iomem, dst_is_iomem): (CopyMethod, bool, bool),
    from: usize,
    to: usize,
    len: usize,
) -> Result<bool> {
    dst.0.fill(0, 0xee, 1, dst.size() as u64)?;
    src.as_kind(src_is_iomem).copy_by(
        method,
        from as u64,
        &dst.as_kind(dst_is_iomem),
        to as u64,
        len as u64,
    )?;
    let (read, written) = (src.bytes()?, dst.bytes()?);
    Ok(written[to..to + len] == read[from..from + len]
        && written[..to].iter().all(|byte| *byte == 0xee)
        && written[to + len..].iter().all(|byte| *byte == 0xee))
}

#[kunit_tests(mvgal_iosys_map)]
mod tests {
    use super::*;

    #[test]
    fn system_buffers_are_zero_and_whole_pages() -> Result {
        let buffer = Buffer::new()?;

        assert!(buffer.bytes()?.iter().all(|byte| *byte == 0));
        assert_eq!(system_buffer::alloc(&NO_MODULE, 1, None)?.size(), PAGE_SIZE);
        assert_eq!(
            system_buffer::alloc(&NO_MODULE, PAGE_SIZE + 1, None)?.size(),
            2 * PAGE_SIZE
        );
        Ok(())
    }

    #[test]
    fn system_buffers_of_impossible_size_are_refused() {
        assert_eq!(
            system_buffer::alloc(&NO_MODULE, 0, None).err(),
            Some(EINVAL)
        );
        for size in [1 << 46, usize::MAX] {
            assert_eq!(
                system_buffer::alloc(&NO_MODULE, size, None).err(),
                Some(ENOMEM)
            );
        }
    }

    #[test]
    fn system_buffers_need_no_bracketing() -> Result {
        let dma_buf = system_buffer::alloc(&NO_MODULE, SIZE, None)?;

        assert!(!dma_buf.brackets_cpu_access());
        assert!(dma_buf.can_mmap() && dma_buf.can_vmap());
        assert!(dma_buf.exporting_device().is_none());
        Ok(())
    }

    #[test]
    fn fill_writes_the_pattern_and_nothing_else() -> Result {
        let pattern = 0x8877_6655_4433_2211u64;
        let bytes = pattern.to_le_bytes();

        for is_iomem in [false, true] {
            for pattern_size in [1usize, 2, 4, 8] {
                for (offset, count) in [(0, 1), (8, 3), (3, 2), (16, 200), (5, 130)] {
                    let buffer = Buffer::new()?;
                    let len = count * pattern_size;

                    buffer.as_kind(is_iomem).fill(
                        offset as u64,
                        pattern,
                        pattern_size,
                        len as u64,
                    )?;
                    for (i, byte) in buffer.bytes()?.iter().enumerate() {
                        let expected = match i.checked_sub(offset) {
                            Some(i) if i < len => bytes[i % pattern_size],
                            _ => 0,
                        };
                        assert_eq!(*byte, expected);
                    }
                }
            }
        }
        Ok(())
    }

    #[test]
    fn fill_with_equal_bytes_is_the_same() -> Result {
        let buffer = Buffer::new()?;

        buffer.0.fill(7, 0x5a5a_5a5a, 4, 12)?;
        for (i, byte) in buffer.bytes()?.iter().enumerate() {
            assert_eq!(*byte, if (7..19).contains(&i) { 0x5a } else { 0 });
        }
        Ok(())
    }

    #[test]
    fn copy_moves_the_range_and_nothing_else() -> Result {
        for (src_is_iomem, dst_is_iomem) in
            [(false, false), (false, true), (true, false), (true, true)]
        {
            for len in [0usize, 1, 255, 256, 257, 1000] {
                let (src, dst) = (Buffer::new()?, Buffer::new()?);
                src.number(1)?;

                src.as_kind(src_is_iomem).copy_to(
                    13,
                    &dst.as_kind(dst_is_iomem),
                    101,
                    len as u64,
                )?;
                let from = src.bytes()?;
                for (i, byte) in dst.bytes()?.iter().enumerate() {
                    let expected = match i.checked_sub(101) {
                        Some(i) if i < len => from[13 + i],
                        _ => 0,
                    };
                    assert_eq!(*byte, expected);
                }
            }
        }
        Ok(())
    }

    #[test]
    fn all_methods_copy_the_range_and_nothing_else() -> Result {
        let (src, dst) = (Buffer::new()?, Buffer::new()?);
        src.number(7)?;

        for kind in methods() {
            for (from, to) in [(0, 0), (1, 1), (3, 19), (16, 7), (13, 101), (8, 40)] {
                for len in [0usize, 1, 2, 3, 7, 8, 15, 16, 33, 127, 128, 129, 255, 1000] {
                    assert!(copies(&src, &dst, kind, from, to, len)?);
                }
            }
        }
        Ok(())
    }

    #[test]
    fn all_methods_copy_more_than_they_do_at_a_time() -> Result {
        const LARGE: usize = 200 << 10;

        let (src, dst) = (Buffer::of_size(LARGE)?, Buffer::of_size(LARGE)?);
        src.number(7)?;
        for kind in methods() {
            for (from, to, less) in [(0, 0, 0), (16, 32, 32), (5, 21, 23), (9, 2, 300)] {
                assert!(copies(&src, &dst, kind, from, to, LARGE - less)?);
            }
        }
        Ok(())
    }

    #[test]
    fn methods_that_cannot_are_told() -> Result {
        let (one, other) = (Buffer::new()?, Buffer::new()?);
        let system = |from, dst: &Buffer, to, method| {
            one.0
                .can_copy_by(method, from, &dst.as_kind(false), to, 512)
        };

        // Between places that are not aligned alike.
        assert!(system(3, &other, 19, CopyMethod::StreamingLoads));
        assert!(!system(3, &other, 20, CopyMethod::StreamingLoads));
        assert!(system(3, &other, 20, CopyMethod::Plain));
        assert_eq!(
            system(3, &other, 20, CopyMethod::StreamingStores),
            cfg!(CONFIG_X86_64)
        );
        // What overlaps.
        for method in [CopyMethod::StreamingStores, CopyMethod::StreamingLoads] {
            assert!(!system(0, &one, 511, method));
            assert!(!system(496, &one, 0, method));
        }
        // From I/O memory.
        assert!(!one
            .as_kind(true)
            .can_copy_by(CopyMethod::StreamingStores, 0, &other.0, 0, 512));
        // Outside.
        assert!(!system(SIZE as u64 - 511, &other, 0, CopyMethod::Plain));
        Ok(())
    }

    #[test]
    fn all_methods_take_ranges_that_overlap() -> Result {
        for method in [
            CopyMethod::Plain,
            CopyMethod::StreamingStores,
            CopyMethod::StreamingLoads,
        ] {
            let buffer = Buffer::new()?;
            buffer.number(3)?;
            let before = buffer.bytes()?;

            buffer.0.copy_by(method, 0, &buffer.0, 16, 2000)?;
            assert!(buffer.bytes()?[16..2016] == before[..2000]);
        }
        Ok(())
    }

    #[test]
    fn all_methods_refuse_ranges_outside() -> Result {
        let (one, other) = (Buffer::new()?, Buffer::new()?);

        for (method, ..) in methods() {
            for (from, to) in [(1, 0), (0, 1), (u64::MAX, 0)] {
                assert_eq!(
                    one.0.copy_by(method, from, &other.0, to, SIZE as u64),
                    Err(EINVAL)
                );
            }
        }
        Ok(())
    }

    #[test]
    fn copy_takes_ranges_that_overlap() -> Result {
        let buffer = Buffer::new()?;
        buffer.number(3)?;
        let before = buffer.bytes()?;

        buffer.0.copy_to(0, &buffer.0, 1, 2000)?;
        let after = buffer.bytes()?;
        assert!(after[1..2001] == before[..2000]);
        assert!(after[2001..] == before[2001..]);
        Ok(())
    }

    #[test]
    fn ranges_outside_are_refused() -> Result {
        let (buffer, other) = (Buffer::new()?, Buffer::new()?);
        let size = SIZE as u64;

        for (offset, len) in [
            (0, size + 1),
            (1, size),
            (size, 1),
            (u64::MAX, 1),
            (1, u64::MAX),
        ] {
            assert_eq!(buffer.0.fill(offset, 1, 1, len), Err(EINVAL));
            assert_eq!(buffer.0.copy_to(offset, &other.0, 0, len), Err(EINVAL));
            assert_eq!(buffer.0.copy_to(0, &other.0, offset, len), Err(EINVAL));
        }
        assert_eq!(buffer.0.write(size - 1, &[1, 2]), Err(EINVAL));
        buffer.0.fill(size, 1, 1, 0)?;
        buffer.0.write(size - 1, &[7])?;
        assert_eq!(buffer.bytes()?[SIZE - 1], 7);
        Ok(())
    }

    #[test]
    fn patterns_of_other_sizes_are_refused() -> Result {
        let buffer = Buffer::new()?;

        for pattern_size in [0, 3, 5, 16, usize::MAX] {
            assert_eq!(buffer.0.fill(0, 0, pattern_size, 48), Err(EINVAL));
        }
        assert_eq!(buffer.0.fill(0, 1, 4, 6), Err(EINVAL));
        Ok(())
    }
}

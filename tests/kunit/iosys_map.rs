// SPDX-License-Identifier: GPL-2.0

//! Tests of `rust/iosys_map.rs` and `rust/system_buffer.rs`.
//!
//! The memory is that of system buffers. I/O memory is stood in for by the same memory, accessed by
//! the functions for I/O memory.

use super::IosysMap;
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
        let dev = faux::Registration::new(c"mvgal-kunit", None)?;
        let dma_buf = system_buffer::alloc(&NO_MODULE, SIZE, None)?;

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
        unsafe { IosysMap::from_raw(map, SIZE) }
    }

    /// Returns what is in it.
    fn bytes(&self) -> Result<KVec<u8>> {
        let mut bytes = KVec::from_elem(0u8, SIZE, GFP_KERNEL)?;

        // SAFETY: Both have `SIZE` bytes, and nobody else has the buffer.
        unsafe { bindings::memcpy(bytes.as_mut_ptr().cast(), self.start(), SIZE) };
        Ok(bytes)
    }

    /// Puts a different byte in each place, as far as there are different bytes.
    fn number(&self, step: u8) -> Result {
        let mut bytes = KVec::from_elem(0u8, SIZE, GFP_KERNEL)?;

        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = (i as u8).wrapping_mul(step).wrapping_add((i >> 8) as u8);
        }
        self.0.write(0, &bytes)
    }
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

// SPDX-License-Identifier: MIT OR Apache-2.0

//! Comparing every byte with what it must be.

use mvgal::{Allocation, Buffer, BufferFlags, CopyEngine, Deadline, Device, Transfer};
use serde::Serialize;

use super::pattern::Model;
use crate::failure::Failure;

/// The first byte that is not as it must be.
#[derive(Debug, Clone, Serialize, thiserror::Error)]
#[error(
    "wrong byte in the buffer {buffer:?} at offset {offset}, {how}: \
     expected {expected:#04x}, got {found:#04x}"
)]
pub struct WrongByte {
    /// Name of the buffer.
    pub buffer: String,
    /// Offset of the byte.
    pub offset: usize,
    /// What it must be.
    pub expected: u8,
    /// What it is.
    pub found: u8,
    /// How it was read.
    pub how: &'static str,
}

/// What was compared.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub struct Verified {
    /// Bytes of the buffers.
    pub bytes: u64,
    /// Buffers.
    pub buffers: u64,
}

impl Verified {
    /// Compares a buffer: what a copy to the host gives, which is made by `engine` if
    /// there is one, and what its mapping shows if it has one.
    pub fn check(
        &mut self,
        device: &Device,
        name: &str,
        (buffer, model): (&Buffer, &Model),
        engine: Option<&CopyEngine>,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let flags = BufferFlags::HOST_VALID | BufferFlags::DMA_BUF;
        let host = device.alloc(&Allocation::linear(buffer.size()).flags(flags))?;
        Transfer::new(device, buffer, &host)
            .engines(engine)
            .bytes(buffer.size())
            .run(deadline, |_| ())?;
        compare(
            name,
            model,
            &host.map()?.to_vec(),
            "read by a copy to the host",
        )?;
        if buffer.is_mappable() {
            compare(
                name,
                model,
                &buffer.map()?.to_vec(),
                "read through its mapping",
            )?;
        }
        self.bytes += buffer.size();
        self.buffers += 1;
        Ok(())
    }
}

fn compare(name: &str, model: &Model, found: &[u8], how: &'static str) -> Result<(), WrongByte> {
    // The host buffer may be larger by what makes it whole pages.
    let found = found.get(..model.bytes().len()).unwrap_or(found);
    match model.first_wrong(found) {
        None => Ok(()),
        Some(offset) => Err(WrongByte {
            buffer: name.to_owned(),
            offset,
            expected: model.bytes().get(offset).copied().unwrap_or(0),
            found: found.get(offset).copied().unwrap_or(0),
            how,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_byte_is_named() {
        let mut model = Model::new(16, 16);
        model.write(0, &[7; 16]);
        let mut found = [7; 16];
        found[11] = 0x0a;
        let error = compare("3 vgem, back", &model, &found, "read through its mapping");
        insta::assert_snapshot!(error.unwrap_err(), @r#"wrong byte in the buffer "3 vgem, back" at offset 11, read through its mapping: expected 0x07, got 0x0a"#);
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! Writing a picture as PNG.

use std::io::{self, Write};

use crate::failure::Failure;
use crate::sink::Sink;

/// Writes pixels of red, green, blue, alpha, row by row from the top.
pub fn write(mut to: Sink, size: (u32, u32), pixels: &[[u8; 4]]) -> Result<(), Failure> {
    let mut file = Vec::new();
    encode(&mut file, size, pixels).map_err(Failure::io("making the PNG file"))?;
    to.write(&file)?;
    to.finish()
}

fn encode(to: impl Write, (width, height): (u32, u32), pixels: &[[u8; 4]]) -> io::Result<()> {
    let mut encoder = png::Encoder::new(to, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels.as_flattened())?;
    Ok(writer.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let pixels: Vec<[u8; 4]> = (0..6).map(|n| [n, 10 * n, 255 - n, 255]).collect();
        let mut bytes = Vec::new();
        encode(&mut bytes, (3, 2), &pixels).unwrap();
        let decoder = png::Decoder::new(io::Cursor::new(bytes));
        let mut reader = decoder.read_info().unwrap();
        let mut found = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut found).unwrap();
        assert_eq!((info.width, info.height), (3, 2));
        assert_eq!(found, pixels.concat());
    }
}

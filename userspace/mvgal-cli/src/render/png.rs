// SPDX-License-Identifier: MIT OR Apache-2.0

//! Writing a picture as PNG.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::failure::Failure;

/// Writes pixels of red, green, blue, alpha, row by row from the top.
pub fn write(path: &Path, size: (u32, u32), pixels: &[[u8; 4]]) -> Result<(), Failure> {
    File::create(path)
        .and_then(|file| {
            let mut to = BufWriter::new(file);
            encode(&mut to, size, pixels)?;
            to.flush()
        })
        .map_err(Failure::io(path.display().to_string()))
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

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let error = write(Path::new("/nonexistent/a.png"), (1, 1), &[[0; 4]]).unwrap_err();
        assert!(
            error.to_string().starts_with("/nonexistent/a.png: "),
            "{error}"
        );
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! Rendering on a virtio GPU, through its own driver.
//!
//! The client talks to its own file on the member's node. mvgal has no part in it,
//! except that the picture is a buffer that it allocated.

use std::time::Duration;

use mvgal::virgl::{
    Bind, Clear, Context, Direction, Error, Format, Resource, ResourceInfo, Transfer,
};
use mvgal::{Deadline, DmaBuf};

/// How long the host may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// A colour with 8 bits a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color {
    /// Red.
    pub red: u8,
    /// Green.
    pub green: u8,
    /// Blue.
    pub blue: u8,
    /// Alpha.
    pub alpha: u8,
}

impl Color {
    /// The pixel in ARGB8888, as a number.
    pub fn argb8888(self) -> u32 {
        u32::from_le_bytes([self.blue, self.green, self.red, self.alpha])
    }

    fn floats(self) -> [f32; 4] {
        [self.red, self.green, self.blue, self.alpha].map(|channel| f32::from(channel) / 255.0)
    }
}

/// Renders: clears an ARGB8888 image of the member, given as its dma-buf and its
/// width and height, and waits until its pages hold the pixels.
pub fn clear(
    gpu: &Context,
    image: &DmaBuf,
    (width, height): (u32, u32),
    color: Color,
) -> Result<(), Error> {
    let format = Format::B8G8R8A8Unorm;
    let info = ResourceInfo::image(width, height, format, Bind::RENDER_TARGET);
    let image: Resource = gpu.import(image, &info)?;
    let pipeline = gpu.sub_context()?;
    let mut commands = pipeline.commands();
    let surface = commands.create_surface(&image, format, 0, (0, 0));
    commands.set_framebuffer(&[surface], None)?;
    commands.clear(&Clear {
        color: Some(color.floats()),
        ..Default::default()
    });
    gpu.submission(commands)?.submit()?;
    image.transfer(&Transfer::whole(&image), Direction::FromHost)?;
    image.wait(Deadline::after(PATIENCE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_little_endian() {
        let color = Color {
            red: 255,
            green: 0x80,
            blue: 0,
            alpha: 255,
        };
        assert_eq!(color.argb8888(), 0xffff_8000);
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! Comparing what a GPU has drawn with what it must be, pixel by pixel.

use serde::Serialize;

use super::raster::{Picture, SUBPIXELS, center};

/// By how much a channel may be off, of 255: GPUs round colours in their own ways,
/// once for each layer.
pub const TOLERANCE: u8 = 2;
/// How far off its centre a pixel may have been taken, in parts of a pixel: GPUs
/// round corners and depths in their own ways.
const SHIFT: i64 = SUBPIXELS / 16;

/// A pixel that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WrongPixel {
    pub x: u32,
    pub y: u32,
    /// Red, green, blue, alpha.
    pub expected: [u8; 4],
    pub found: [u8; 4],
}

/// What the comparison found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Comparison {
    /// Pixels compared: all of them.
    pub pixels: u64,
    /// Pixels that are as they must be only a little beside their centre: on
    /// edges, mostly.
    pub edges: u64,
    /// Pixels that are wrong.
    pub wrong: u64,
    /// The largest difference of a channel, of 255.
    pub worst: u8,
    /// The first that is wrong.
    pub first_wrong: Option<WrongPixel>,
}

/// Compares all pixels of a picture, given as red, green, blue, alpha.
pub fn compare(picture: &Picture, (width, height): (u32, u32), found: &[[u8; 4]]) -> Comparison {
    let mut result = Comparison::default();
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    for ((x, y), found) in places.zip(found) {
        result.pixels += 1;
        let at = center(x, y);
        let expected = picture.at(at);
        let mut off = difference(expected, *found);
        if off > TOLERANCE {
            let steps = [-SHIFT, 0, SHIFT];
            let around = steps.iter().flat_map(|x| steps.iter().map(move |y| (x, y)));
            let beside = around
                .map(|(x, y)| difference(picture.at((at.0 + x, at.1 + y)), *found))
                .min();
            off = beside.unwrap_or(off).min(off);
            if off <= TOLERANCE {
                result.edges += 1;
            } else {
                result.wrong += 1;
                result.first_wrong.get_or_insert(WrongPixel {
                    x,
                    y,
                    expected,
                    found: *found,
                });
            }
        }
        result.worst = result.worst.max(off);
    }
    result
}

fn difference(a: [u8; 4], b: [u8; 4]) -> u8 {
    let channels = a.into_iter().zip(b);
    channels.map(|(a, b)| a.abs_diff(b)).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::scene::Scene;
    use super::*;

    const SIZE: (u32, u32) = (48, 36);

    fn drawn(picture: &Picture) -> Vec<[u8; 4]> {
        let (width, height) = SIZE;
        (0..width * height)
            .map(|n| picture.at(center(n % width, n / width)))
            .collect()
    }

    #[test]
    fn the_same_is_the_same() {
        let scene = Scene::new(SIZE);
        let picture = Picture::new(&scene, SIZE);
        let result = compare(&picture, SIZE, &drawn(&picture));
        assert_eq!((result.pixels, result.wrong), (48 * 36, 0));
        assert_eq!((result.edges, result.worst), (0, 0));
    }

    #[test]
    fn one_wrong_pixel_is_found() {
        let scene = Scene::new(SIZE);
        let picture = Picture::new(&scene, SIZE);
        let mut pixels = drawn(&picture);
        pixels[100][1] ^= 0x40;
        let result = compare(&picture, SIZE, &pixels);
        assert_eq!((result.wrong, result.worst), (1, 0x40));
        let first = result.first_wrong.unwrap();
        assert_eq!(
            (first.x, first.y, first.found),
            (100 % 48, 100 / 48, pixels[100])
        );
    }

    #[test]
    fn what_was_left_out_or_moved_is_found() {
        let scene = Scene::new(SIZE);
        let picture = Picture::new(&scene, SIZE);
        let wrong = |pixels: &[[u8; 4]]| compare(&picture, SIZE, pixels).wrong;
        for left_out in 0..scene.draws.len() {
            let mut less = scene.clone();
            less.draws.remove(left_out);
            assert!(wrong(&drawn(&Picture::new(&less, SIZE))) > 40, "{left_out}");
        }
        // By half a pixel.
        let (width, height) = SIZE;
        let moved: Vec<_> = (0..width * height)
            .map(|n| {
                let (x, y) = center(n % width, n / width);
                picture.at((x + SUBPIXELS / 2, y))
            })
            .collect();
        assert!(wrong(&moved) > 40);
        // What comes later over what is nearer: cube and board leave no depth.
        let mut other = scene.clone();
        for draw in &mut other.draws[1..] {
            draw.translucent = true;
        }
        assert!(wrong(&drawn(&Picture::new(&other, SIZE))) > 40);
    }
}

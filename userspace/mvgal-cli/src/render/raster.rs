// SPDX-License-Identifier: MIT OR Apache-2.0

//! A rasteriser on the CPU: what the picture must be, worked out independently of
//! the GPU and of the command streams.
//!
//! It asks for one place of the picture at a time which triangles are there. Edges
//! are exact: corners are rounded to 1/256 pixel, as GPUs do, and the rest of it is
//! whole numbers. A place on an edge belongs to a triangle if the edge is a left
//! one, or a top one that is level, so that no place belongs to both or neither of
//! two triangles that share the edge.

use super::scene::{Draw, Paint, Scene, Texture, Vertex};

/// Parts of a pixel that corners are rounded to.
pub const SUBPIXELS: i64 = 256;

/// A place in the picture, in parts of a pixel.
pub type Place = (i64, i64);

/// The centre of a pixel.
pub fn center(x: u32, y: u32) -> Place {
    let middle = |n: u32| i64::from(n) * SUBPIXELS + SUBPIXELS / 2;
    (middle(x), middle(y))
}

/// Twice the area of a triangle: above 0 if the corners go clockwise on a picture
/// whose rows go down.
fn area(a: Place, b: Place, c: Place) -> i64 {
    (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)
}

/// Whether places on an edge belong to the triangle on its right.
fn owns(from: Place, to: Place) -> bool {
    let (x, y) = (to.0 - from.0, to.1 - from.1);
    // Clockwise, a left edge goes up, and a level one at the top goes right.
    y < 0 || (y == 0 && x > 0)
}

/// The parts of the corners in a place: twice the areas opposite of them, of which
/// the sum is that of the triangle. `None` if it is outside. The corners may go
/// either way; a triangle without area covers nothing.
pub fn cover(corners: [Place; 3], at: Place) -> Option<[i64; 3]> {
    let whole = area(corners[0], corners[1], corners[2]);
    if whole == 0 {
        return None;
    }
    // Anticlockwise ones are gone through the other way round.
    let clockwise = whole > 0;
    let mut parts = [0; 3];
    for (n, part) in parts.iter_mut().enumerate() {
        let (from, to) = (corners[(n + 1) % 3], corners[(n + 2) % 3]);
        let (from, to) = if clockwise { (from, to) } else { (to, from) };
        *part = area(from, to, at);
        if *part < 0 || (*part == 0 && !owns(from, to)) {
            return None;
        }
    }
    Some(parts)
}

/// A corner as it comes out of the transformation.
#[derive(Debug, Clone, Copy)]
struct Corner {
    place: Place,
    /// 0 is nearest, 1 farthest.
    depth: f64,
    /// One over the distance.
    inverse: f64,
    vertex: Vertex,
}

#[derive(Debug, Clone)]
struct Triangle<'a> {
    corners: [Corner; 3],
    /// Least and largest place.
    bounds: (Place, Place),
    draw: &'a Draw,
}

/// The picture that a scene must give.
pub struct Picture<'a> {
    scene: &'a Scene,
    triangles: Vec<Triangle<'a>>,
}

impl<'a> Picture<'a> {
    /// Transforms all triangles of a scene, for so many pixels.
    pub fn new(scene: &'a Scene, (width, height): (u32, u32)) -> Self {
        let mut triangles = Vec::new();
        for draw in &scene.draws {
            let numbers: Vec<usize> = (draw.start..draw.start + draw.count)
                .map(|n| match draw.indexed {
                    true => scene.indices[n].into(),
                    false => n,
                })
                .collect();
            for three in numbers.chunks_exact(3) {
                let corners: [Corner; 3] = std::array::from_fn(|n| {
                    transform(draw, scene.vertices[three[n]], (width, height))
                });
                let places = corners.map(|corner| corner.place);
                let xs = places.map(|place| place.0);
                let ys = places.map(|place| place.1);
                let least = |values: [i64; 3]| values.into_iter().min().unwrap_or(0);
                let most = |values: [i64; 3]| values.into_iter().max().unwrap_or(0);
                triangles.push(Triangle {
                    corners,
                    bounds: ((least(xs), least(ys)), (most(xs), most(ys))),
                    draw,
                });
            }
        }
        Picture { scene, triangles }
    }

    /// The colour in a place: red, green, blue, alpha.
    pub fn at(&self, at: Place) -> [u8; 4] {
        let mut color = quantize(self.scene.background.map(f64::from));
        let mut nearest = 1.0;
        for triangle in &self.triangles {
            let (least, most) = triangle.bounds;
            if at.0 < least.0 || at.1 < least.1 || at.0 > most.0 || at.1 > most.1 {
                continue;
            }
            let corners = &triangle.corners;
            let Some(parts) = cover(corners.map(|corner| corner.place), at) else {
                continue;
            };
            let sum = parts.iter().sum::<i64>() as f64;
            let parts = parts.map(|part| part as f64 / sum);
            let depth: f64 = (0..3).map(|n| parts[n] * corners[n].depth).sum();
            if depth >= nearest {
                continue;
            }
            let draw = triangle.draw;
            if !draw.translucent {
                nearest = depth;
            }
            let new = paint(&self.scene.texture, draw.paint, corners, parts);
            color = match draw.translucent {
                true => over(new, color),
                false => quantize(new),
            };
        }
        color
    }
}

fn transform(draw: &Draw, vertex: Vertex, (width, height): (u32, u32)) -> Corner {
    let [x, y, z, w] = draw
        .transform
        .map(|row| (0..4).map(|n| row[n] * vertex.position[n]).sum::<f32>());
    let pixel = |value: f32, pixels: u32| {
        let half = pixels as f32 / 2.0;
        let pixel = value / w * half + half;
        (f64::from(pixel) * SUBPIXELS as f64).round_ties_even() as i64
    };
    Corner {
        place: (pixel(x, width), pixel(y, height)),
        depth: f64::from(z / w) * 0.5 + 0.5,
        inverse: 1.0 / f64::from(w),
        vertex,
    }
}

/// The colour of a triangle in a place that the parts of its corners give.
fn paint(texture: &Texture, paint: Paint, corners: &[Corner; 3], parts: [f64; 3]) -> [f64; 4] {
    // In the picture, what is divided by the distance changes evenly.
    let inverse: f64 = (0..3).map(|n| parts[n] * corners[n].inverse).sum();
    let of = |value: &dyn Fn(&Vertex) -> f32| {
        let sum: f64 = (0..3)
            .map(|n| parts[n] * corners[n].inverse * f64::from(value(&corners[n].vertex)))
            .sum();
        sum / inverse
    };
    match paint {
        Paint::Shaded => std::array::from_fn(|n| of(&|vertex| vertex.color[n])),
        Paint::Textured { tint } => {
            let place: [f64; 2] = std::array::from_fn(|n| of(&|vertex| vertex.texture[n]));
            let most = f64::from(texture.side - 1);
            let [x, y] = place.map(|n| (n * f64::from(texture.side)).floor().clamp(0.0, most));
            let pixel = texture.pixels[y as usize * texture.side as usize + x as usize];
            std::array::from_fn(|n| f64::from(pixel[n]) / 255.0 * f64::from(tint[n]))
        }
    }
}

fn quantize(color: [f64; 4]) -> [u8; 4] {
    color.map(|channel| (channel.clamp(0.0, 1.0) * 255.0).round() as u8)
}

fn over(new: [f64; 4], old: [u8; 4]) -> [u8; 4] {
    let alpha = new[3];
    quantize(std::array::from_fn(|n| {
        let factor = if n == 3 { 1.0 } else { alpha };
        new[n] * factor + f64::from(old[n]) / 255.0 * (1.0 - alpha)
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PIXELS: u32 = 16;

    /// A corner in a picture of 16 by 16 pixels; every other one is at a centre or
    /// a border of pixels, where edges meet places exactly.
    fn corner() -> impl Strategy<Value = Place> {
        let most = i64::from(PIXELS) * SUBPIXELS;
        let exact = (0..=2 * i64::from(PIXELS)).prop_map(|n| n * SUBPIXELS / 2);
        let one = prop_oneof![0..=most, exact];
        (one.clone(), one)
    }

    fn drawn(triangles: &[[Place; 3]], x: u32, y: u32) -> usize {
        triangles
            .iter()
            .filter(|corners| cover(**corners, center(x, y)).is_some())
            .count()
    }

    proptest! {
        #[test]
        fn two_that_share_an_edge_draw_each_pixel_once(
            a in corner(), b in corner(), c in corner(), d in corner(), order in 0..3_usize,
        ) {
            // On different sides of the edge, so that they do not overlap.
            prop_assume!(area(a, b, c).signum() * area(a, b, d).signum() < 0);
            let mut second = [a, b, d];
            second.rotate_left(order);
            for y in 0..PIXELS {
                for x in 0..PIXELS {
                    prop_assert!(drawn(&[[a, b, c], second], x, y) <= 1, "{x}, {y}");
                }
            }
        }

        #[test]
        fn a_fan_leaves_no_pixel_out_and_draws_none_twice(middle in corner()) {
            // All of the picture, cut from a point: borders and centres are hit.
            let most = i64::from(PIXELS) * SUBPIXELS;
            let corners = [(0, 0), (most, 0), (most, most), (0, most)];
            let fan: Vec<_> = (0..4)
                .map(|n| [middle, corners[n], corners[(n + 1) % 4]])
                .collect();
            for y in 0..PIXELS {
                for x in 0..PIXELS {
                    prop_assert_eq!(drawn(&fan, x, y), 1, "{}, {}", x, y);
                }
            }
        }

        #[test]
        fn the_order_of_the_corners_changes_nothing(
            a in corner(), b in corner(), c in corner(), x in 0..PIXELS, y in 0..PIXELS,
        ) {
            let covers = |corners| cover(corners, center(x, y)).is_some();
            let first = covers([a, b, c]);
            for corners in [[b, c, a], [c, a, b], [c, b, a], [b, a, c], [a, c, b]] {
                prop_assert_eq!(covers(corners), first);
            }
        }

        #[test]
        fn the_parts_make_up_the_whole(a in corner(), b in corner(), c in corner(), at in corner()) {
            if let Some(parts) = cover([a, b, c], at) {
                prop_assert_eq!(parts.iter().sum::<i64>(), area(a, b, c).abs());
            }
        }
    }

    #[test]
    fn left_and_top_edges_belong_to_a_triangle() {
        // A square from the centre of one pixel to that of another, in two halves.
        let (low, high) = (center(2, 2), center(6, 6));
        let square = [
            [low, (high.0, low.1), (low.0, high.1)],
            [high, (high.0, low.1), (low.0, high.1)],
        ];
        for y in 0..8 {
            for x in 0..8 {
                let inside = (2..6).contains(&x) && (2..6).contains(&y);
                assert_eq!(drawn(&square, x, y), usize::from(inside), "{x}, {y}");
            }
        }
    }

    #[test]
    fn without_area_nothing_is_drawn() {
        let line = [center(1, 1), center(5, 5), center(9, 9)];
        assert_eq!(cover(line, center(5, 5)), None);
    }
}

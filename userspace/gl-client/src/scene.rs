// SPDX-License-Identifier: MIT OR Apache-2.0

//! A scene whose every pixel is known: a background, a shaded triangle over half
//! of it, and a rectangle on top. Each frame has colours and places of its own, so
//! that one cannot pass for another.

use glow::HasContext as _;

use crate::Result;

/// Width and height, in pixels.
pub const SIDE: usize = 64;
/// Width and height of the rectangle, in pixels.
const RECTANGLE: usize = 12;
/// By how much a shaded channel may be off: rounding is the GPU's own.
const SHADING: u8 = 2;

const VERTEX: &str = "
    attribute vec2 corner;
    varying highp vec2 place;
    void main() {
        place = corner * 0.5 + 0.5;
        gl_Position = vec4(corner, 0.0, 1.0);
    }";
const FRAGMENT: &str = "
    varying highp vec2 place;
    uniform highp float blue;
    void main() {
        gl_FragColor = vec4(place, blue, 1.0);
    }";
/// The lower left half.
const TRIANGLE: [[f32; 2]; 3] = [[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]];

type Pixel = [u8; 4];

fn background(frame: usize) -> Pixel {
    [frame * 37, frame * 59 + 1, frame * 83 + 2, 255].map(|channel| channel as u8)
}

fn rectangle(frame: usize) -> Pixel {
    background(frame).map(|channel| channel ^ 0xff)
}

fn blue(frame: usize) -> u8 {
    (frame * 101 + 3) as u8
}

/// Lower left pixel of the rectangle.
fn corner(frame: usize) -> (usize, usize) {
    let places = SIDE - RECTANGLE + 1;
    (frame * 13 % places, frame * 29 % places)
}

fn float(channel: u8) -> f32 {
    f32::from(channel) / 255.0
}

/// What a pixel must be, and by how much each channel may be off. None on the
/// triangle's long edge, where the GPU decides what is in.
fn expected(frame: usize, x: usize, y: usize) -> Option<(Pixel, u8)> {
    let (left, bottom) = corner(frame);
    if (left..left + RECTANGLE).contains(&x) && (bottom..bottom + RECTANGLE).contains(&y) {
        return Some((rectangle(frame), 0));
    }
    let shade = |at: usize| ((at as f32 + 0.5) / SIDE as f32 * 255.0).round() as u8;
    match (x + y).cmp(&(SIDE - 1)) {
        std::cmp::Ordering::Less => Some(([shade(x), shade(y), blue(frame), 255], SHADING)),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some((background(frame), 0)),
    }
}

/// Compares a frame, rows from the bottom up, with what it must be.
pub fn compare(frame: usize, pixels: &[u8]) -> std::result::Result<(), String> {
    assert_eq!(pixels.len(), SIDE * SIDE * 4);
    let mut wrong = pixels
        .chunks_exact(4)
        .enumerate()
        .filter_map(|(index, pixel)| {
            let (x, y) = (index % SIDE, index / SIDE);
            let (wanted, off) = expected(frame, x, y)?;
            let right = pixel
                .iter()
                .zip(wanted)
                .all(|(is, must)| is.abs_diff(must) <= off);
            (!right).then(|| format!("({x}, {y}) is {pixel:?}, must be {wanted:?}"))
        });
    match wrong.next() {
        None => Ok(()),
        Some(first) => Err(format!(
            "{} of {} pixels are wrong; {first}",
            1 + wrong.count(),
            SIDE * SIDE
        )),
    }
}

/// The scene on a context, which must stay current.
pub struct Scene {
    gl: glow::Context,
    blue: Option<glow::UniformLocation>,
}

impl Scene {
    /// Compiles the shaders and allocates what is drawn to.
    pub fn new(gl: glow::Context) -> Result<Self> {
        // SAFETY: The context is current, the buffer's bytes live until they are
        // copied, and the layout of the attribute is that of `TRIANGLE`.
        unsafe {
            let program = gl.create_program()?;
            for (kind, source) in [
                (glow::VERTEX_SHADER, VERTEX),
                (glow::FRAGMENT_SHADER, FRAGMENT),
            ] {
                let shader = gl.create_shader(kind)?;
                gl.shader_source(shader, source);
                gl.compile_shader(shader);
                if !gl.get_shader_compile_status(shader) {
                    return Err(format!("shader: {}", gl.get_shader_info_log(shader)).into());
                }
                gl.attach_shader(program, shader);
            }
            gl.bind_attrib_location(program, 0, "corner");
            gl.link_program(program);
            if !gl.get_program_link_status(program) {
                return Err(format!("program: {}", gl.get_program_info_log(program)).into());
            }
            gl.use_program(Some(program));

            let vertices: Vec<u8> = TRIANGLE
                .iter()
                .flatten()
                .flat_map(|number| number.to_ne_bytes())
                .collect();
            gl.bind_buffer(glow::ARRAY_BUFFER, Some(gl.create_buffer()?));
            gl.buffer_data_u8_slice(glow::ARRAY_BUFFER, &vertices, glow::STATIC_DRAW);
            gl.enable_vertex_attrib_array(0);
            gl.vertex_attrib_pointer_f32(0, 2, glow::FLOAT, false, 0, 0);

            let texture = gl.create_texture()?;
            gl.bind_texture(glow::TEXTURE_2D, Some(texture));
            gl.tex_image_2d(
                glow::TEXTURE_2D,
                0,
                glow::RGBA as i32,
                SIDE as i32,
                SIDE as i32,
                0,
                glow::RGBA,
                glow::UNSIGNED_BYTE,
                glow::PixelUnpackData::Slice(None),
            );
            gl.bind_framebuffer(glow::FRAMEBUFFER, Some(gl.create_framebuffer()?));
            gl.framebuffer_texture_2d(
                glow::FRAMEBUFFER,
                glow::COLOR_ATTACHMENT0,
                glow::TEXTURE_2D,
                Some(texture),
                0,
            );
            let status = gl.check_framebuffer_status(glow::FRAMEBUFFER);
            if status != glow::FRAMEBUFFER_COMPLETE {
                return Err(format!("the framebuffer is incomplete: {status:#x}").into());
            }
            gl.viewport(0, 0, SIDE as i32, SIDE as i32);
            gl.disable(glow::DITHER);
            let blue = gl.get_uniform_location(program, "blue");
            Ok(Self { gl, blue })
        }
    }

    /// GL_RENDERER: the name of what renders.
    pub fn renderer(&self) -> String {
        // SAFETY: The context is current.
        unsafe { self.gl.get_parameter_string(glow::RENDERER) }
    }

    /// Renders a frame and reads it back, rows from the bottom up.
    pub fn render(&self, frame: usize) -> Result<Vec<u8>> {
        let gl = &self.gl;
        let clear = |color: Pixel| {
            let [red, green, blue, alpha] = color.map(float);
            // SAFETY: The context is current.
            unsafe {
                gl.clear_color(red, green, blue, alpha);
                gl.clear(glow::COLOR_BUFFER_BIT);
            }
        };
        let (left, bottom) = corner(frame);
        let mut pixels = vec![0; SIDE * SIDE * 4];
        clear(background(frame));
        // SAFETY: The context is current; `pixels` has room for the whole frame.
        unsafe {
            gl.uniform_1_f32(self.blue.as_ref(), float(blue(frame)));
            gl.draw_arrays(glow::TRIANGLES, 0, TRIANGLE.len() as i32);
            gl.enable(glow::SCISSOR_TEST);
            gl.scissor(
                left as i32,
                bottom as i32,
                RECTANGLE as i32,
                RECTANGLE as i32,
            );
            clear(rectangle(frame));
            gl.disable(glow::SCISSOR_TEST);
            gl.read_pixels(
                0,
                0,
                SIDE as i32,
                SIDE as i32,
                glow::RGBA,
                glow::UNSIGNED_BYTE,
                glow::PixelPackData::Slice(Some(&mut pixels)),
            );
            match gl.get_error() {
                glow::NO_ERROR => Ok(pixels),
                error => Err(format!("frame {frame}: OpenGL error {error:#x}").into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right(frame: usize) -> Vec<u8> {
        (0..SIDE * SIDE)
            .flat_map(|index| expected(frame, index % SIDE, index / SIDE).map_or([0; 4], |e| e.0))
            .collect()
    }

    #[test]
    fn a_right_frame_passes() {
        for frame in 0..64 {
            assert_eq!(compare(frame, &right(frame)), Ok(()));
        }
    }

    #[test]
    fn one_wrong_pixel_does_not() {
        let mut pixels = right(7);
        let last = pixels.len() - 4;
        pixels[last] ^= 1;
        let wrong = compare(7, &pixels).unwrap_err();
        assert!(
            wrong.starts_with("1 of 4096 pixels are wrong; (63, 63) is"),
            "{wrong}"
        );
    }

    #[test]
    fn shading_may_be_off_by_its_rounding_only() {
        let mut pixels = right(0);
        let inside = (20 * SIDE + 20) * 4;
        pixels[inside] += SHADING;
        assert_eq!(compare(0, &pixels), Ok(()));
        pixels[inside] += 1;
        assert!(compare(0, &pixels).is_err());
    }

    #[test]
    fn no_frame_passes_for_another_near_it() {
        for frame in 1..64 {
            assert!(compare(frame, &right(frame - 1)).is_err());
            assert!(compare(frame, &right(0)).is_err());
        }
    }
}

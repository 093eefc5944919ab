// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is drawn, as data: neither the command streams nor the rasteriser are in
//! here.

/// A corner of a triangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vertex {
    /// Place, before the transformation of its draw.
    pub position: [f32; 4],
    /// Red, green, blue, alpha.
    pub color: [f32; 4],
    /// Place in the texture, 0 to 1.
    pub texture: [f32; 2],
}

impl Vertex {
    /// Floats of a vertex, in their order in memory.
    pub fn floats(&self) -> impl Iterator<Item = f32> {
        let [u, v] = self.texture;
        self.position.into_iter().chain(self.color).chain([u, v])
    }
}

/// Rows of a matrix that clip coordinates are made with.
pub type Matrix = [[f32; 4]; 4];

/// How the colour of a pixel comes about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Paint {
    /// From the colours of the corners.
    Shaded,
    /// From the texture, its nearest pixel, times a tint.
    Textured {
        /// Red, green, blue, alpha.
        tint: [f32; 4],
    },
}

/// Triangles that are drawn together.
#[derive(Debug, Clone, PartialEq)]
pub struct Draw {
    /// For people.
    pub name: &'static str,
    /// First index, or first vertex if there are none.
    pub start: usize,
    /// How many.
    pub count: usize,
    /// Whether the vertices are chosen by the indices.
    pub indexed: bool,
    /// From positions to clip coordinates.
    pub transform: Matrix,
    /// Where colours come from.
    pub paint: Paint,
    /// Laid over what is there by its alpha, and leaves no depth.
    pub translucent: bool,
}

/// A texture of 8-bit red, green, blue, alpha.
#[derive(Debug, Clone, PartialEq)]
pub struct Texture {
    /// Pixels in each direction.
    pub side: u32,
    /// Its pixels, row by row.
    pub pixels: Vec<[u8; 4]>,
}

/// All of the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Colour behind everything.
    pub background: [f32; 4],
    /// All vertices.
    pub vertices: Vec<Vertex>,
    /// All indices.
    pub indices: Vec<u16>,
    /// The texture.
    pub texture: Texture,
    /// In the order of drawing. What is nearer hides what is farther.
    pub draws: Vec<Draw>,
}

const UNMOVED: Matrix = [
    [1.0, 0.0, 0.0, 0.0],
    [0.0, 1.0, 0.0, 0.0],
    [0.0, 0.0, 1.0, 0.0],
    [0.0, 0.0, 0.0, 1.0],
];

/// Corners of a quadrilateral of two triangles.
const QUAD: [u16; 6] = [0, 1, 2, 2, 1, 3];

fn multiply(a: &Matrix, b: &Matrix) -> Matrix {
    std::array::from_fn(|row| {
        std::array::from_fn(|column| (0..4).map(|n| a[row][n] * b[n][column]).sum())
    })
}

/// A turn about the axes x, then y, then z by these angles.
fn turn([x, y, z]: [f32; 3]) -> Matrix {
    let about = |first: usize, second: usize, angle: f32| {
        let mut matrix = UNMOVED;
        matrix[first][first] = angle.cos();
        matrix[second][second] = angle.cos();
        matrix[first][second] = -angle.sin();
        matrix[second][first] = angle.sin();
        matrix
    };
    let xy = multiply(&about(2, 0, y), &about(1, 2, x));
    multiply(&about(0, 1, z), &xy)
}

/// Moves things in front of an eye that looks along z. What is as wide as it is
/// high is so in a picture of this size, too.
fn project((width, height): (u32, u32), [x, y, z]: [f32; 3], turn: &Matrix) -> Matrix {
    const FOCUS: f32 = 2.0;
    const NEAR: f32 = 1.0;
    const FAR: f32 = 9.0;
    let short = width.min(height) as f32;
    let place = [
        [1.0, 0.0, 0.0, x],
        [0.0, 1.0, 0.0, y],
        [0.0, 0.0, 1.0, z],
        [0.0, 0.0, 0.0, 1.0],
    ];
    let eye = [
        [FOCUS * short / width as f32, 0.0, 0.0, 0.0],
        [0.0, FOCUS * short / height as f32, 0.0, 0.0],
        [
            0.0,
            0.0,
            (FAR + NEAR) / (FAR - NEAR),
            -2.0 * FAR * NEAR / (FAR - NEAR),
        ],
        [0.0, 0.0, 1.0, 0.0],
    ];
    multiply(&eye, &multiply(&place, turn))
}

impl Scene {
    /// The picture of `mvgal render`: a backdrop, a cube in all colours, a
    /// textured board that cuts through it, and two panes of glass before both.
    pub fn new(size: (u32, u32)) -> Self {
        let mut scene = Scene {
            background: [0.0, 0.0, 0.0, 1.0],
            vertices: Vec::new(),
            indices: Vec::new(),
            texture: checkers(16),
            draws: Vec::new(),
        };
        scene.backdrop();
        scene.cube(size);
        scene.board(size);
        scene.glass();
        scene
    }

    fn quad(&mut self, corners: [Vertex; 4]) -> (usize, usize) {
        let (first, start) = (self.vertices.len() as u16, self.indices.len());
        self.vertices.extend(corners);
        self.indices.extend(QUAD.map(|index| first + index));
        (start, QUAD.len())
    }

    fn backdrop(&mut self) {
        let corner = |x: f32, y: f32, color: [f32; 4]| Vertex {
            position: [x, y, 0.99, 1.0],
            color,
            texture: [0.0, 0.0],
        };
        let (start, count) = self.quad([
            corner(-1.0, -1.0, [0.10, 0.13, 0.22, 1.0]),
            corner(1.0, -1.0, [0.16, 0.13, 0.28, 1.0]),
            corner(-1.0, 1.0, [0.45, 0.52, 0.58, 1.0]),
            corner(1.0, 1.0, [0.62, 0.50, 0.46, 1.0]),
        ]);
        self.draws.push(Draw {
            name: "backdrop",
            start,
            count,
            indexed: true,
            transform: UNMOVED,
            paint: Paint::Shaded,
            translucent: false,
        });
    }

    fn cube(&mut self, size: (u32, u32)) {
        let (first, start) = (self.vertices.len() as u16, self.indices.len());
        for corner in 0..8_u8 {
            let bit = |n: u8| f32::from(corner >> n & 1);
            let side = |n: u8| bit(n) * 2.0 - 1.0;
            self.vertices.push(Vertex {
                position: [side(0), side(1), side(2), 1.0],
                color: [bit(0), bit(1), bit(2), 1.0],
                texture: [0.0, 0.0],
            });
        }
        // Corners of the six sides; those of a side have one bit in common.
        for bit in 0..3_u16 {
            let (a, b) = (1 << ((bit + 1) % 3), 1 << ((bit + 2) % 3));
            for base in [0, 1 << bit] {
                let corners = [base, base + a, base + b, base + a + b];
                self.indices
                    .extend(QUAD.map(|n| first + corners[n as usize]));
            }
        }
        self.draws.push(Draw {
            name: "cube",
            start,
            count: self.indices.len() - start,
            indexed: true,
            transform: project(size, [-0.2, -0.1, 4.9], &turn([0.65, 0.6, 0.1])),
            paint: Paint::Shaded,
            translucent: false,
        });
    }

    fn board(&mut self, size: (u32, u32)) {
        let corner = |x: f32, y: f32| Vertex {
            position: [x * 2.8 - 1.4, y * 2.8 - 1.4, 0.0, 1.0],
            color: [1.0; 4],
            texture: [x, y],
        };
        let (start, count) = self.quad([
            corner(0.0, 0.0),
            corner(1.0, 0.0),
            corner(0.0, 1.0),
            corner(1.0, 1.0),
        ]);
        self.draws.push(Draw {
            name: "board",
            start,
            count,
            indexed: true,
            transform: project(size, [0.1, 0.1, 4.6], &turn([0.9, -0.45, 0.25])),
            paint: Paint::Textured {
                tint: [1.0, 0.95, 0.8, 1.0],
            },
            translucent: false,
        });
    }

    fn glass(&mut self) {
        let start = self.vertices.len();
        let panes = [
            (
                [0.20, 0.75, 1.0, 0.45],
                [[-0.92, 0.30], [0.30, 0.93], [-0.55, -0.85]],
            ),
            (
                [1.0, 0.85, 0.25, 0.55],
                [[0.92, -0.75], [-0.10, -0.90], [0.45, 0.70]],
            ),
        ];
        for (color, corners) in panes {
            for (n, [x, y]) in corners.into_iter().enumerate() {
                let [r, g, b, a] = color;
                let shade = 1.0 - 0.25 * n as f32;
                self.vertices.push(Vertex {
                    position: [x, y, -0.5, 1.0],
                    color: [r * shade, g * shade, b * shade, a],
                    texture: [0.0, 0.0],
                });
            }
        }
        self.draws.push(Draw {
            name: "glass",
            start,
            count: self.vertices.len() - start,
            indexed: false,
            transform: UNMOVED,
            paint: Paint::Shaded,
            translucent: true,
        });
    }
}

/// A chessboard whose fields are all of different colours.
fn checkers(side: u32) -> Texture {
    let pixels = (0..side * side)
        .map(|index| {
            let (x, y) = (index % side, index / side);
            let bright = (x + y) % 2 == 0;
            let tone = |n: u32| match bright {
                true => 255 - n as u8,
                false => 20 + n as u8,
            };
            [tone(x * 5), tone(y * 5), tone((x ^ y) * 3), 255]
        })
        .collect();
    Texture { side, pixels }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_to_be_clipped() {
        for size in [(512, 384), (16, 16384), (16384, 16)] {
            inside(&Scene::new(size));
        }
    }

    fn inside(scene: &Scene) {
        for draw in &scene.draws {
            let range = draw.start..draw.start + draw.count;
            let vertices: Vec<Vertex> = match draw.indexed {
                true => scene.indices[range]
                    .iter()
                    .map(|index| scene.vertices[*index as usize])
                    .collect(),
                false => scene.vertices[range].to_vec(),
            };
            assert_eq!(vertices.len() % 3, 0);
            for vertex in vertices {
                let clip = draw
                    .transform
                    .map(|row| (0..4).map(|n| row[n] * vertex.position[n]).sum::<f32>());
                let inside = (0..3).all(|n| clip[n].abs() <= clip[3]);
                assert!(inside, "{}: {clip:?}", draw.name);
            }
        }
    }
}

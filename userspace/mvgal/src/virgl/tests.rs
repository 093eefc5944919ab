// SPDX-License-Identifier: MIT OR Apache-2.0

//! The words that the encoder writes.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use proptest::prelude::*;

use super::file::File;
use super::*;

fn commands() -> Commands {
    Commands::new(Arc::new(AtomicU32::new(1)))
}

fn image(file: &Arc<File>, id: u32) -> Resource {
    let bind = Bind::RENDER_TARGET | Bind::SAMPLER_VIEW;
    let info = ResourceInfo::image(64, 32, Format::B8G8R8A8Unorm, bind).array(2);
    Resource::for_test(file, id, info)
}

fn buffer(file: &Arc<File>, id: u32) -> Resource {
    let info = ResourceInfo::buffer(256, Bind::VERTEX_BUFFER | Bind::INDEX_BUFFER);
    Resource::for_test(file, id, info)
}

/// A command a line: its number, that of its object, and its words.
fn show(commands: &Commands) -> String {
    let words = commands.words();
    stream::check(words).unwrap();
    let (mut text, mut at) = (String::new(), 0);
    while let Some(header) = words.get(at) {
        let (command, object, length) = (header & 0xff, header >> 8 & 0xff, header >> 16);
        write!(text, "{command}.{object}").unwrap();
        for word in &words[at + 1..][..length as usize] {
            write!(text, " {word:x}").unwrap();
        }
        text.push('\n');
        at += 1 + length as usize;
    }
    text
}

#[test]
fn states() {
    let mut c = commands();
    let blend = c.create(&Blend::default());
    let over = c.create(&Blend {
        blending: Some(Blending::OVER),
        mask: 0x7,
    });
    let rasterizer = c.create(&Rasterizer::default());
    let other = c.create(&Rasterizer {
        depth_clip: false,
        cull: Cull::Back,
        front_ccw: false,
        scissor: true,
        flat: true,
    });
    let depth = c.create(&DepthStencil {
        depth: Some(DepthTest {
            compare: Compare::LessOrEqual,
            write: true,
        }),
    });
    let (layout, stride) = VertexLayout::packed(&[Format::R32G32B32A32Float, Format::R32G32Float]);
    assert_eq!(stride, 24);
    let layout = c.create(&layout);
    c.bind(blend);
    c.bind(over);
    c.bind(rasterizer);
    c.bind(other);
    c.bind(depth);
    c.bind(layout);
    c.destroy(over);
    insta::assert_snapshot!(show(&c));
}

#[test]
fn framebuffers_and_textures() {
    let file = Arc::new(File::for_test());
    let (target, texture) = (image(&file, 5), image(&file, 6));
    let mut c = commands();
    let color = c.create_surface(&target, target.format(), 0, (0, 1));
    let depth = c.create_surface(&texture, Format::Z32Float, 1, (2, 3));
    c.set_framebuffer(&[color], Some(depth)).unwrap();
    c.set_framebuffer(&[color, color], None).unwrap();
    assert!(c.set_framebuffer(&[color; 9], None).is_err());
    c.set_viewport(&Viewport::whole(64, 32));
    c.set_scissor((1, 63), (2, 30));
    let view = c.create_sampler_view(&texture, texture.format(), (0, 1));
    c.set_sampler_views(Stage::Fragment, &[view]);
    let sampler = c.create_sampler(Sampler {
        wrap: Wrap::MirrorRepeat,
        filter: Filter::Linear,
    });
    c.bind_samplers(Stage::Fragment, &[sampler, sampler]);
    c.clear(&Clear {
        color: Some([1.0, 0.5, 0.0, 1.0]),
        depth: Some(1.0),
        stencil: None,
    });
    c.clear(&Clear {
        stencil: Some(0x81),
        ..Default::default()
    });
    insta::assert_snapshot!(show(&c));
    assert_eq!(c.resources().len(), 2);
}

#[test]
fn draws() {
    let file = Arc::new(File::for_test());
    let (vertices, indices) = (buffer(&file, 7), buffer(&file, 8));
    let mut c = commands();
    let shader = c.create_shader(Stage::Fragment, "FRAG\nEND\n").unwrap();
    c.bind_shader(Stage::Fragment, Some(shader));
    c.bind_shader(Stage::Vertex, None);
    c.set_vertex_buffers(&[(24, 48, &vertices), (8, 0, &indices)])
        .unwrap();
    c.set_index_buffer(2, 6, &indices).unwrap();
    assert!(c.set_index_buffer(3, 0, &indices).is_err());
    c.set_constants(Stage::Vertex, &[[1.0, 2.0, 3.0, 4.0]])
        .unwrap();
    c.draw(&Draw::arrays(Primitive::Triangles, 3, 6));
    c.draw(&Draw {
        index_bias: -1,
        instances: 2,
        ..Draw::elements(Primitive::TriangleStrip, 9, 4)
    });
    c.nop();
    insta::assert_snapshot!(show(&c));
}

#[test]
fn data() {
    let file = Arc::new(File::for_test());
    let (a, b) = (image(&file, 5), image(&file, 6));
    let mut c = commands();
    c.inline_write(
        &a,
        0,
        Box3d::rect(1, 2, 1, 2).layers(1, 1),
        (4, 8),
        &[1, 2, 3, 4, 5, 6, 7, 8],
    )
    .unwrap();
    assert!(
        c.inline_write(&a, 0, Box3d::default(), (0, 0), &[])
            .is_err()
    );
    let much = vec![0; 262_100];
    assert!(
        c.inline_write(&a, 0, Box3d::default(), (0, 0), &much)
            .is_err()
    );
    let layout = Layout {
        offset: 16,
        stride: 256,
        layer_stride: 1024,
    };
    let region = Box3d::rect(3, 4, 5, 6);
    let transfer = Transfer {
        region: region.layers(0, 2),
        level: 1,
        layout,
    };
    c.transfer(&a, &transfer, Direction::ToHost);
    c.transfer(&a, &transfer, Direction::FromHost);
    c.copy_region((&a, 0, [7, 8, 0]), (&b, 1, region));
    c.blit(
        (&a, 0, region),
        (&b, 0, Box3d::rect(0, 0, 64, 32)),
        Filter::Linear,
    );
    insta::assert_snapshot!(show(&c));
    assert_eq!(c.resources().len(), 2);
}

#[test]
fn long_shaders_come_in_parts() {
    let text = "x".repeat(200_000);
    let mut c = commands();
    let shader = c.create_shader(Stage::Vertex, &text).unwrap();
    assert!(c.create_shader(Stage::Vertex, "a\0b").is_err());
    let words = c.words();
    let (mut at, mut offset, mut found) = (0, 0, Vec::new());
    while let Some(header) = words.get(at) {
        let length = (header >> 16) as usize;
        let [name, kind, place, tokens, streams] = words[at + 1..at + 6] else {
            unreachable!()
        };
        assert_eq!(
            (name, kind, tokens, streams),
            (shader.name(), 0, 200_001, 0)
        );
        let first = at == 0;
        // The first tells how long the whole is, others where they belong.
        assert_eq!(place, if first { 200_001 } else { offset | 1 << 31 });
        offset += (length as u32 - 5) * 4;
        found.extend(
            words[at + 6..][..length - 5]
                .iter()
                .flat_map(|w| w.to_ne_bytes()),
        );
        at += 1 + length;
    }
    assert!(offset >= 200_001 && found.starts_with(text.as_bytes()));
    assert!(found[200_000..].iter().all(|byte| *byte == 0));
}

#[test]
fn objects_of_blobs() {
    let mut c = commands();
    let image = ResourceInfo::image(8, 4, Format::R8G8B8A8Unorm, Bind::RENDER_TARGET);
    c.create_resource(&image.array(3).levels(2), 5, false);
    c.create_resource(&ResourceInfo::buffer(4096, Bind::VERTEX_BUFFER), 6, true);
    insta::assert_snapshot!(show(&c), @r"
    48.0 7 43 2 8 4 1 3 2 0 0 5
    48.0 0 40 10 1000 1 1 1 0 0 6 6
    ");
}

#[test]
fn names_are_used_once() {
    let names = Arc::new(AtomicU32::new(1));
    let mut c = Commands::new(names.clone());
    let first = c.create(&Blend::default());
    c.destroy(first);
    let second = Commands::new(names).create(&Blend::default());
    assert_ne!(first, second);
}

#[test]
fn words_of_ones_own_must_be_commands() {
    let file = Arc::new(File::for_test());
    let target = image(&file, 9);
    let mut c = commands();
    c.raw(&[31 | 2 << 16, 4, 1], &[&target]).unwrap();
    assert_eq!(c.resources().len(), 1);
    for (words, at) in [
        (&[31 | 2 << 16, 4][..], "word 0"),
        (&[0, 0, 200], "word 2"),
        (&[0, 7 | 0xffff << 16], "word 1"),
    ] {
        let error = c.raw(words, &[]).unwrap_err();
        assert!(error.to_string().starts_with(at), "{error}");
    }
    assert_eq!(c.words().len(), 3);
}

#[test]
fn resources_of_another_file_are_refused() {
    let file = Arc::new(File::for_test());
    let mut c = commands();
    let target = image(&Arc::new(File::for_test()), 9);
    c.create_surface(&target, target.format(), 0, (0, 0));
    let error = submission::Submission::new(&file, c).unwrap_err();
    assert!(matches!(error, Error::Foreign { handle: 109 }), "{error}");
}

#[test]
fn errors_say_what_to_do() {
    use nix::errno::Errno;
    let texts = [
        Error::No3d {
            node: "/dev/dri/renderD128".into(),
        },
        Error::NoCapset(CapsetId::VENUS),
        Error::call(Call::ContextInit, "capability set virgl", Errno::EEXIST),
        Error::call(Call::TransferToHost, "resource 3", Errno::EINVAL),
        Error::call(Call::ExecBuffer, "16 bytes of commands", Errno::ENODEV),
        Error::Lost,
        Error::TimedOut("resource 3".into()),
    ]
    .map(|error| error.to_string());
    insta::assert_snapshot!(texts.join("\n"));
}

proptest! {
    #[test]
    fn checking_words_never_fails_by_itself(words in proptest::collection::vec(any::<u32>(), 0..40)) {
        let _ = stream::check(&words);
    }

    #[test]
    fn inline_bytes_are_kept(bytes in proptest::collection::vec(any::<u8>(), 1..200)) {
        let file = Arc::new(File::for_test());
        let mut c = commands();
        let length = bytes.len() as u32;
        c.inline_write(&buffer(&file, 3), 0, Box3d::bytes(0, length), (0, 0), &bytes).unwrap();
        stream::check(c.words()).unwrap();
        let found: Vec<u8> = c.words()[12..].iter().flat_map(|w| w.to_ne_bytes()).collect();
        prop_assert_eq!(&found[..bytes.len()], &bytes[..]);
        prop_assert!(found.len() < bytes.len() + 4);
    }
}

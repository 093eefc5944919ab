// SPDX-License-Identifier: MIT OR Apache-2.0

//! Resources of the crate's `virgl` module, and what is moved in and out of them, byte by byte.

use super::render::BLUE;
use super::render::COLOR;
use super::render::Canvas;
use super::render::assert_color;
use super::render::clear;
use super::render::context;
use super::render::download;
use super::render::levels;
use super::render::run;
use super::render::soon;
use super::render::upload;
use super::render::works;
use crate::check::Random;
use crate::check::noise;
use crate::check::same;
use crate::harness::suite;
use crate::lab::Lab;
use crate::lab::Need;
use mvgal::Allocation;
use mvgal::BufferFlags;
use mvgal::DrmFourcc;
use mvgal::Errno;
use mvgal::virgl::Bind;
use mvgal::virgl::Box3d;
use mvgal::virgl::Direction;
use mvgal::virgl::Error;
use mvgal::virgl::Filter;
use mvgal::virgl::Format;
use mvgal::virgl::Layout;
use mvgal::virgl::ResourceInfo;
use mvgal::virgl::Target;
use mvgal::virgl::Transfer;

const VIRGL: Need = Need::Virgl;

suite! {
    resource_kinds [VIRGL];
    bad_resources [VIRGL];
    boxes [VIRGL];
    layers_and_levels [VIRGL];
    strides_in_streams [VIRGL];
    strides_of_the_driver [VIRGL];
    inline_writes [VIRGL];
    copies_and_blits [VIRGL];
    imports [VIRGL];
}

pub(super) fn kinds() -> Vec<ResourceInfo> {
    let image = ResourceInfo::image(20, 12, COLOR, Bind::SAMPLER_VIEW);
    let square = ResourceInfo::image(16, 16, COLOR, Bind::SAMPLER_VIEW);
    vec![
        ResourceInfo::buffer(4096, Bind::VERTEX_BUFFER),
        ResourceInfo::buffer(100, Bind::INDEX_BUFFER),
        ResourceInfo::buffer(64, Bind::CONSTANT_BUFFER),
        image,
        image.levels(3),
        image.array(3),
        image.array(3).levels(2),
        image.volume(4),
        image.volume(4).levels(2),
        ResourceInfo {
            target: Target::Cube,
            layers: 6,
            ..square
        },
        ResourceInfo::image(33, 5, Format::R8G8B8A8Unorm, Bind::SAMPLER_VIEW),
        ResourceInfo::image(24, 6, Format::R8Unorm, Bind::SAMPLER_VIEW),
        ResourceInfo::image(7, 3, Format::R32G32B32A32Float, Bind::SAMPLER_VIEW),
    ]
}

fn resource_kinds(lab: &Lab) {
    let gpu = context(lab);
    for (n, info) in kinds().into_iter().enumerate() {
        let resource = gpu.create(&info).expect("RESOURCE_CREATE");
        assert!(resource.handle() != 0 && resource.id() != 0);
        let size = info.bytes().expect("its size") as usize;
        let map = resource.map().expect("map");
        assert!(map.to_vec().iter().all(|byte| *byte == 0), "{info:?}");
        let bytes = match info.format {
            // Not all bits are numbers.
            Format::R32G32B32A32Float => (0..size as u32 / 4)
                .flat_map(|n| (n as f32).to_ne_bytes())
                .collect(),
            _ => noise(size, n as u64),
        };
        upload(&resource, &bytes);
        same(&download(&resource), &bytes, &format!("{info:?}"));
        assert_eq!(gpu.resources(), 1);
    }
    assert_eq!(gpu.resources(), 0);
    works(&gpu);
}

fn bad_resources(lab: &Lab) {
    let gpu = context(lab);
    let image = ResourceInfo::image(16, 16, COLOR, Bind::SAMPLER_VIEW);
    for info in [
        ResourceInfo::buffer(0, Bind::VERTEX_BUFFER),
        ResourceInfo { width: 0, ..image },
        ResourceInfo {
            height: 1 << 31,
            width: 1 << 31,
            ..image
        },
        image.levels(16),
    ] {
        let error = gpu.create(&info).expect_err("it is refused");
        assert!(matches!(error, Error::Range { .. }), "{info:?}: {error}");
    }
    assert_eq!(gpu.resources(), 0);
    works(&gpu);
}

/// Puts a box of one image of bytes into another of the same shape.
fn put(to: &mut [u8], from: &[u8], info: &ResourceInfo, region: &Box3d) {
    let pixel = info.format.bytes() as usize;
    let row = info.row_bytes(0) as usize;
    let layer = row * info.height as usize;
    for z in region.z..region.z + region.depth {
        for y in region.y..region.y + region.height {
            let at = z as usize * layer + y as usize * row + region.x as usize * pixel;
            let len = region.width as usize * pixel;
            to[at..at + len].copy_from_slice(&from[at..at + len]);
        }
    }
}

/// Boxes of an image: corners, edges, single pixels, and random ones.
fn regions(info: &ResourceInfo, random: &mut Random) -> Vec<Box3d> {
    let (w, h, d) = (info.width, info.height, info.layers.max(info.depth));
    let mut regions = vec![
        Box3d::rect(0, 0, 1, 1),
        Box3d::rect(w - 1, h - 1, 1, 1).layers(d - 1, 1),
        Box3d::rect(0, h / 2, w, 1),
        Box3d::rect(w / 2, 0, 1, h),
        Box3d::rect(1, 1, w - 2, h - 2).layers(0, d),
    ];
    for _ in 0..12 {
        let mut part = |length: u32| {
            let first = random.below(length.into()) as u32;
            (first, 1 + random.below((length - first).into()) as u32)
        };
        let ((x, width), (y, height), (z, depth)) = (part(w), part(h), part(d));
        regions.push(Box3d::rect(x, y, width, height).layers(z, depth));
    }
    regions
}

fn boxes(lab: &Lab) {
    let gpu = context(lab);
    let image = ResourceInfo::image(20, 12, COLOR, Bind::SAMPLER_VIEW);
    let mut random = Random::new(7);
    for info in [image, image.array(3), image.volume(4)] {
        let resource = gpu.create(&info).expect("RESOURCE_CREATE");
        let map = resource.map().expect("map");
        let size = info.bytes().expect("its size") as usize;
        let mut wanted = noise(size, 100);
        upload(&resource, &wanted);
        for (n, region) in regions(&info, &mut random).into_iter().enumerate() {
            let what = format!("{:?} {region:?}", info.target);
            // Up: only the box changes on the host.
            let new = noise(size, n as u64);
            map.write_at(0, &new).expect("write");
            let transfer = Transfer::of(&resource, region);
            resource.transfer(&transfer, Direction::ToHost).expect("up");
            resource.wait(soon()).expect("wait");
            put(&mut wanted, &new, &info, &region);
            same(&download(&resource), &wanted, &format!("up {what}"));
            // Down: only the box changes in the pages.
            let mut pages = noise(size, 50 + n as u64);
            map.write_at(0, &pages).expect("write");
            resource
                .transfer(&transfer, Direction::FromHost)
                .expect("down");
            resource.wait(soon()).expect("wait");
            put(&mut pages, &wanted, &info, &region);
            same(&map.to_vec()[..size], &pages, &format!("down {what}"));
        }
    }
    works(&gpu);
}

fn layers_and_levels(lab: &Lab) {
    let gpu = context(lab);
    let image = ResourceInfo::image(16, 8, COLOR, Bind::SAMPLER_VIEW);
    for info in [
        image.levels(3),
        image.array(4).levels(3),
        image.volume(4).levels(3),
    ] {
        let resource = gpu.create(&info).expect("RESOURCE_CREATE");
        let mut wanted = noise(info.bytes().expect("its size") as usize, 1);
        upload(&resource, &wanted);
        let map = resource.map().expect("map");
        // One level after the other gets new bytes, others keep theirs.
        for level in 0..=info.last_level {
            let new = noise(wanted.len(), 10 + u64::from(level));
            map.write_at(0, &new).expect("write");
            let transfer = levels(&resource)[level as usize];
            resource.transfer(&transfer, Direction::ToHost).expect("up");
            resource.wait(soon()).expect("wait");
            let start = info.level_offset(level) as usize;
            let end = start + info.level_bytes(level) as usize;
            wanted[start..end].copy_from_slice(&new[start..end]);
            same(
                &download(&resource),
                &wanted,
                &format!("{:?} {level}", info.target),
            );
        }
    }
    works(&gpu);
}

fn strides_in_streams(lab: &Lab) {
    let gpu = context(lab);
    let caps = gpu.caps().expect("GET_CAPS");
    if !caps.v2.is_some_and(|v2| v2.transfers_in_streams()) {
        println!("# the host has no transfers in streams");
        return;
    }
    let sub = gpu.sub_context().expect("a pipeline");
    // The pages have room for more than the image: rows and layers with gaps.
    let info = ResourceInfo::image(10, 6, COLOR, Bind::SAMPLER_VIEW).array(2);
    let resource = gpu.create(&info).expect("RESOURCE_CREATE");
    let size = info.bytes().expect("its size") as usize;
    let map = resource.map().expect("map");
    let before = noise(size, 1);
    upload(&resource, &before);

    let region = Box3d::rect(2, 1, 3, 4).layers(0, 2);
    let layout = Layout {
        offset: 8,
        stride: 20,
        layer_stride: 100,
    };
    let pages = noise(size, 2);
    map.write_at(0, &pages).expect("write");
    let mut commands = sub.commands();
    let transfer = Transfer {
        region,
        level: 0,
        layout,
    };
    commands.transfer(&resource, &transfer, Direction::ToHost);
    run(&gpu, commands);

    // Of the image, and in the pages.
    let places = || {
        (0..2)
            .flat_map(|z| (0..4).map(move |y| (z, y)))
            .map(|(z, y)| {
                let image = (z * 6 + 1 + y) * 40 + 2 * 4;
                (image, 8 + z * 100 + y * 20)
            })
    };
    let mut wanted = before;
    for (image, page) in places() {
        wanted[image..image + 12].copy_from_slice(&pages[page..page + 12]);
    }
    same(&download(&resource), &wanted, "up with strides");

    let mut pages = noise(size, 3);
    map.write_at(0, &pages).expect("write");
    let mut commands = sub.commands();
    commands.transfer(&resource, &transfer, Direction::FromHost);
    run(&gpu, commands);
    for (image, page) in places() {
        pages[page..page + 12].copy_from_slice(&wanted[image..image + 12]);
    }
    same(&map.to_vec()[..size], &pages, "down with strides");
    works(&gpu);
}

fn strides_of_the_driver(lab: &Lab) {
    let gpu = context(lab);
    let info = ResourceInfo::image(8, 8, COLOR, Bind::SAMPLER_VIEW);
    let resource = gpu.create(&info).expect("RESOURCE_CREATE");
    for layout in [
        Layout {
            stride: 32,
            ..Default::default()
        },
        Layout {
            layer_stride: 256,
            ..Default::default()
        },
    ] {
        let transfer = Transfer {
            layout,
            ..Transfer::whole(&resource)
        };
        for direction in [Direction::ToHost, Direction::FromHost] {
            let error = resource.transfer(&transfer, direction);
            let error = error.expect_err("it is no blob");
            assert_eq!(error.errno(), Some(Errno::EINVAL), "{error}");
            assert!(
                error.to_string().contains("strides are for blobs"),
                "{error}"
            );
        }
    }
    upload(&resource, &noise(256, 1));
    same(&download(&resource), &noise(256, 1), "afterwards");
}

fn inline_writes(lab: &Lab) {
    let gpu = context(lab);
    let sub = gpu.sub_context().expect("a pipeline");
    let info = ResourceInfo::image(10, 6, COLOR, Bind::SAMPLER_VIEW).array(2);
    let image = gpu.create(&info).expect("an image");
    let mut wanted = noise(info.bytes().expect("its size") as usize, 1);
    upload(&image, &wanted);
    let region = Box3d::rect(3, 2, 4, 3).layers(1, 1);
    // Rows of 16 bytes, 24 apart.
    let bytes = noise(24 * 3, 2);
    let mut commands = sub.commands();
    commands
        .inline_write(&image, 0, region, (24, 72), &bytes)
        .expect("it is short");
    run(&gpu, commands);
    for y in 0..3 {
        let at = (6 + 2 + y) * 40 + 3 * 4;
        wanted[at..at + 16].copy_from_slice(&bytes[y * 24..y * 24 + 16]);
    }
    same(&download(&image), &wanted, "an image");

    let buffer = gpu
        .create(&ResourceInfo::buffer(1000, Bind::VERTEX_BUFFER))
        .expect("a buffer");
    let mut wanted = noise(1000, 3);
    upload(&buffer, &wanted);
    let bytes = noise(333, 4);
    let mut commands = sub.commands();
    commands
        .inline_write(&buffer, 0, Box3d::bytes(77, 333), (0, 0), &bytes)
        .expect("it is short");
    run(&gpu, commands);
    wanted[77..77 + 333].copy_from_slice(&bytes);
    same(&download(&buffer), &wanted, "a buffer");
    works(&gpu);
}

fn copies_and_blits(lab: &Lab) {
    let gpu = context(lab);
    let sub = gpu.sub_context().expect("a pipeline");
    let bind = Bind::SAMPLER_VIEW | Bind::RENDER_TARGET;
    let info = ResourceInfo::image(16, 12, COLOR, bind);
    let (one, two) = (
        gpu.create(&info).expect("one"),
        gpu.create(&info).expect("two"),
    );
    let size = info.bytes().expect("its size") as usize;
    let (source, mut wanted) = (noise(size, 1), noise(size, 2));
    upload(&one, &source);
    upload(&two, &wanted);
    let mut commands = sub.commands();
    commands.copy_region((&two, 0, [5, 6, 0]), (&one, 0, Box3d::rect(2, 3, 7, 4)));
    run(&gpu, commands);
    for y in 0..4 {
        let (to, from) = (((6 + y) * 16 + 5) * 4, ((3 + y) * 16 + 2) * 4);
        wanted[to..to + 28].copy_from_slice(&source[from..from + 28]);
    }
    same(&download(&two), &wanted, "copy_region");

    // Each pixel becomes four.
    let mut commands = sub.commands();
    let (small, large) = (Box3d::rect(4, 2, 6, 4), Box3d::rect(1, 3, 12, 8));
    commands.blit((&two, 0, large), (&one, 0, small), Filter::Nearest);
    run(&gpu, commands);
    for y in 0..8 {
        for x in 0..12 {
            let to = ((3 + y) * 16 + 1 + x) * 4;
            let from = ((2 + y / 2) * 16 + 4 + x / 2) * 4;
            wanted[to..to + 4].copy_from_slice(&source[from..from + 4]);
        }
    }
    same(&download(&two), &wanted, "blit");
    works(&gpu);
}

fn imports(lab: &Lab) {
    let canvas = Canvas::new(lab);
    let allocation = Allocation::image(16, 16, DrmFourcc::Argb8888)
        .member(canvas.member)
        .flags(BufferFlags::GPU_VALID | BufferFlags::DMA_BUF);
    let buffer = canvas.device.alloc(&allocation).expect("ALLOC_MEMORY");
    let shared = buffer.export().expect("export");
    let info = ResourceInfo::image(16, 16, COLOR, Bind::RENDER_TARGET);
    let before = canvas.gpu.resources();
    let first = canvas.gpu.import(&shared, &info).expect("import");
    let second = canvas.gpu.import(&shared, &info).expect("again");
    // The same handle, which lives until both are gone.
    assert_eq!(first.handle(), second.handle());
    drop(first);
    run(&canvas.gpu, clear(&canvas.sub, &second, BLUE));
    assert_color(&second, BLUE);
    drop(second);
    assert_eq!(canvas.gpu.resources(), before);

    let large = ResourceInfo::image(64, 64, COLOR, Bind::RENDER_TARGET);
    let error = canvas.gpu.import(&shared, &large);
    let error = error.expect_err("it is smaller");
    assert!(matches!(error, Error::Range { .. }), "{error}");
    let file = std::fs::File::open("/dev/null").expect("/dev/null");
    let error = canvas.gpu.import(&file, &info);
    let error = error.expect_err("it is no dma-buf");
    assert_eq!(error.errno(), Some(Errno::EINVAL), "{error}");
    assert_eq!(canvas.gpu.resources(), before);
}

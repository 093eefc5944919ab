// SPDX-License-Identifier: MIT OR Apache-2.0

//! Rendering by the crate's `virgl` module: what is moved and drawn, byte by byte,
//! and what is left usable after an error.

use crate::check::Random;
use crate::harness::suite;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VIRTIO;
use crate::lab::node_path;
use crate::raw;
use crate::vendor::VirtgpuExecbuffer;
use mvgal::Allocation;
use mvgal::BufferFlags;
use mvgal::Deadline;
use mvgal::Device;
use mvgal::DrmFourcc;
use mvgal::Errno;
use mvgal::Job;
use mvgal::MemberId;
use mvgal::MemberNode;
use mvgal::Timeline;
use mvgal::virgl::Bind;
use mvgal::virgl::Box3d;
use mvgal::virgl::CapsetId;
use mvgal::virgl::Clear;
use mvgal::virgl::Commands;
use mvgal::virgl::Context;
use mvgal::virgl::Direction;
use mvgal::virgl::Error;
use mvgal::virgl::Features;
use mvgal::virgl::Filter;
use mvgal::virgl::Format;
use mvgal::virgl::Layout;
use mvgal::virgl::Resource;
use mvgal::virgl::ResourceInfo;
use mvgal::virgl::Stage;
use mvgal::virgl::SubContext;
use mvgal::virgl::Target;
use mvgal::virgl::Transfer;
use std::os::fd::AsFd;
use std::time::Duration;

const VIRGL: Need = Need::Virgl;
const COLOR: Format = Format::B8G8R8A8Unorm;
const RED: [f32; 4] = [1.0, 0.0, 0.0, 1.0];
const BLUE: [f32; 4] = [0.0, 0.0, 1.0, 1.0];

suite! {
    features [VIRTIO];
    no_context_without_3d [Need::Virtio2d];
    capsets [VIRGL];
    contexts [VIRGL];
    sub_contexts_keep_their_state [VIRGL];
    resource_kinds [VIRGL];
    bad_resources [VIRGL];
    boxes [VIRGL];
    layers_and_levels [VIRGL];
    strides_in_streams [VIRGL];
    strides_of_the_driver [VIRGL];
    inline_writes [VIRGL];
    copies_and_blits [VIRGL];
    imports [VIRGL];
    fences [VIRGL];
    order_of_submissions [VIRGL];
    driver_errors [VIRGL];
    malformed_streams [VIRGL];
    what_the_host_refuses [VIRGL];
    wait_that_times_out [VIRGL];
    job_that_times_out [VIRGL];
    dropped_before_it_ran [VIRGL];
    teardown_with_objects_alive [VIRGL] in 60;
    many_contexts [VIRGL] in 60;
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

fn in_ms(ms: u64) -> Deadline {
    Deadline::after(Duration::from_millis(ms))
}

/// A new file of the virgl GPU.
fn node(lab: &Lab) -> MemberNode {
    let path = node_path(lab.virgl());
    MemberNode::open(path.as_ref(), "virtio_gpu").expect("open the GPU")
}

pub(super) fn context(lab: &Lab) -> Context {
    Context::new(node(lab)).expect("a context")
}

#[track_caller]
pub(super) fn works(gpu: &Context) {
    gpu.check(soon()).expect("the context works");
}

/// A context that is attached, an image in it, and a pipeline that draws there.
struct Canvas {
    device: Device,
    member: MemberId,
    gpu: Context,
    image: Resource,
    sub: SubContext,
    line: Timeline,
}

impl Canvas {
    fn new(lab: &Lab) -> Self {
        Self::sized(lab, 16)
    }

    fn sized(lab: &Lab, side: u32) -> Self {
        let device = Device::open().expect("open mvgal");
        let member = MemberId::new(lab.virgl().id);
        let gpu = context(lab);
        device.attach(member, &gpu).expect("attach");
        let info = ResourceInfo::image(side, side, COLOR, Bind::RENDER_TARGET);
        Self {
            image: gpu.create(&info).expect("an image"),
            sub: gpu.sub_context().expect("a pipeline"),
            line: device.timeline().expect("a timeline"),
            device,
            member,
            gpu,
        }
    }

    /// Commands that clear the image.
    fn clear(&self, color: [f32; 4]) -> Commands {
        clear(&self.sub, &self.image, color)
    }

    /// Whether all of the image has a colour now.
    #[track_caller]
    fn all(&self, color: [f32; 4]) {
        assert_color(&self.image, color);
    }
}

fn clear(sub: &SubContext, image: &Resource, color: [f32; 4]) -> Commands {
    let mut commands = sub.commands();
    let surface = commands.create_surface(image, COLOR, 0, (0, 0));
    commands
        .set_framebuffer(&[surface], None)
        .expect("one buffer");
    commands.clear(&Clear {
        color: Some(color),
        ..Default::default()
    });
    commands
}

#[track_caller]
fn assert_color(image: &Resource, color: [f32; 4]) {
    let [r, g, b, a] = color.map(|channel| (channel * 255.0).round() as u8);
    let bytes = download(image);
    let wrong = bytes
        .chunks_exact(4)
        .position(|pixel| pixel != [b, g, r, a]);
    assert_eq!(wrong, None, "a pixel of {color:?}: {:?}", &bytes[..4]);
}

/// Fills the pages, and the host's levels from them.
pub(super) fn upload(resource: &Resource, bytes: &[u8]) {
    resource
        .map()
        .expect("map")
        .write_at(0, bytes)
        .expect("write");
    for transfer in levels(resource) {
        resource
            .transfer(&transfer, Direction::ToHost)
            .expect("TRANSFER_TO_HOST");
    }
    resource.wait(soon()).expect("wait");
}

/// The host's bytes of all levels: what is in the pages is spoiled first.
pub(super) fn download(resource: &Resource) -> Vec<u8> {
    let map = resource.map().expect("map");
    map.write_at(0, &vec![0xa5; map.len()]).expect("write");
    for transfer in levels(resource) {
        resource
            .transfer(&transfer, Direction::FromHost)
            .expect("TRANSFER_FROM_HOST");
    }
    resource.wait(soon()).expect("wait");
    let mut bytes = map.to_vec();
    bytes.truncate(resource.info().bytes().expect("its size") as usize);
    bytes
}

/// Transfers of all levels, whole.
fn levels(resource: &Resource) -> Vec<Transfer> {
    let info = resource.info();
    (0..=info.last_level)
        .map(|level| {
            let small = |length: u32| (length >> level).max(1);
            let depth = info.layers.max(small(info.depth));
            let region = Box3d::rect(0, 0, small(info.width), small(info.height));
            Transfer::of_level(resource, level, region.layers(0, depth))
        })
        .collect()
}

/// Bytes that are different wherever one looks.
pub(super) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut random = Random::new(seed);
    (0..len).map(|_| random.below(256) as u8).collect()
}

#[track_caller]
pub(super) fn same(found: &[u8], wanted: &[u8], what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}: bytes");
    let wrong = found.iter().zip(wanted).position(|(f, w)| f != w);
    if let Some(at) = wrong {
        let count = found.iter().zip(wanted).filter(|(f, w)| f != w).count();
        panic!(
            "{what}: {count} of {} bytes are wrong, the first at {at}: {:#x}, wanted {:#x}",
            found.len(),
            found[at],
            wanted[at]
        );
    }
}

fn features(lab: &Lab) {
    for device in &lab.devices {
        if crate::client::text(&device.driver) != "virtio_gpu" {
            continue;
        }
        let raw = lab.open(device);
        let features = Features::query(raw.as_fd()).expect("GETPARAM");
        assert_eq!(features.render, crate::vendor::has_virgl(&raw));
        // The driver has both whatever the host can do.
        assert!(features.capset_query_fix, "{features:?}");
        assert!(features.render || !features.context_init, "{features:?}");
    }
    let file = std::fs::File::open("/dev/null").expect("/dev/null");
    let error = Features::query(&file).expect_err("it is no GPU");
    assert_eq!(error.errno(), Some(Errno::ENOTTY));
}

fn no_context_without_3d(lab: &Lab) {
    let path = node_path(lab.virtio_2d());
    let node = MemberNode::open(path.as_ref(), "virtio_gpu").expect("open");
    let error = Context::new(node).expect_err("there is no 3-D");
    assert!(matches!(error, Error::No3d { .. }), "{error}");
    assert!(error.to_string().contains(&path), "{error}");
}

fn capsets(lab: &Lab) {
    let gpu = context(lab);
    let sets = gpu.capsets().expect("the list");
    assert!(sets.contains(&CapsetId::VIRGL), "{sets:?}");
    let caps = gpu.caps().expect("GET_CAPS");
    assert!(sets.contains(&caps.id), "{caps:?}");
    assert!(caps.max_version >= 1 && caps.glsl_level >= 120, "{caps:?}");
    assert!(caps.render.contains(COLOR) && caps.sampler.contains(COLOR));
    assert!(caps.can_be_depth(Format::Z24X8Unorm) && !caps.can_be_depth(COLOR));
    assert!(caps.max_render_targets >= 1);
    if let Some(v2) = &caps.v2 {
        assert!(v2.max_texture_2d >= 1024, "{v2:?}");
        assert!(!v2.renderer.is_empty(), "{v2:?}");
    }

    let bytes = |id, size| gpu.capset_data(id, 0, size);
    let all = bytes(caps.id, 2048).expect("the set");
    same(&bytes(caps.id, 308).expect("a part"), &all[..308], "a part");
    // More than the host has is zero.
    let more = bytes(CapsetId::VIRGL, 4096).expect("the first set");
    assert!(more[1500..].iter().all(|byte| *byte == 0));
    for (id, version) in [(CapsetId::new(31), 0), (CapsetId::VIRGL, 1000)] {
        let error = gpu.capset_data(id, version, 16).expect_err("no such set");
        assert!(
            matches!(error, Error::NoCapset(found) if found == id),
            "{error}"
        );
    }
    for size in [0, (1 << 20) + 1] {
        let error = bytes(CapsetId::VIRGL, size).expect_err("a bad size");
        assert!(matches!(error, Error::Range { .. }), "{error}");
    }
}

fn contexts(lab: &Lab) {
    works(&context(lab));
    let virgl = Context::with_capset(node(lab), CapsetId::VIRGL2, Some(c"e2e"));
    let virgl = virgl.expect("a context for virgl");
    works(&virgl);
    let other = Context::with_capset(node(lab), CapsetId::new(30), None);
    let error = other.expect_err("there is no such set");
    match virgl.features().context_init {
        true => assert!(matches!(error, Error::NoCapset(_)), "{error}"),
        false => assert!(matches!(error, Error::Unsupported { .. }), "{error}"),
    }
    // One's end is not another's.
    let (first, second) = (context(lab), context(lab));
    let image = second
        .create(&ResourceInfo::image(8, 8, COLOR, Bind::RENDER_TARGET))
        .expect("an image");
    drop(first);
    drop(second);
    upload(&image, &noise(1, 256));
    same(
        &download(&image),
        &noise(1, 256),
        "after the context was dropped",
    );
}

fn sub_contexts_keep_their_state(lab: &Lab) {
    let gpu = context(lab);
    let image = || {
        let info = ResourceInfo::image(8, 8, COLOR, Bind::RENDER_TARGET);
        gpu.create(&info).expect("an image")
    };
    let (one, two) = (image(), image());
    let (first, second) = (
        gpu.sub_context().expect("one"),
        gpu.sub_context().expect("two"),
    );
    assert_ne!(first.id(), second.id());
    let submit = |commands| {
        let stream = gpu.submission(commands).expect("a submission");
        stream
            .submit()
            .expect("EXECBUFFER")
            .wait(soon())
            .expect("wait");
    };
    submit(clear(&first, &one, RED));
    submit(clear(&second, &two, RED));
    // What each has bound is still bound, and names of one are not the other's.
    for (sub, color) in [(&first, BLUE), (&second, [0.0, 1.0, 0.0, 1.0])] {
        let mut commands = sub.commands();
        commands.clear(&Clear {
            color: Some(color),
            ..Default::default()
        });
        submit(commands);
    }
    assert_color(&one, BLUE);
    assert_color(&two, [0.0, 1.0, 0.0, 1.0]);
    drop(first);
    submit(clear(&second, &one, RED));
    assert_color(&one, RED);
    works(&gpu);
}

fn kinds() -> Vec<ResourceInfo> {
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
            _ => noise(n as u64, size),
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
        let mut wanted = noise(100, size);
        upload(&resource, &wanted);
        for (n, region) in regions(&info, &mut random).into_iter().enumerate() {
            let what = format!("{:?} {region:?}", info.target);
            // Up: only the box changes on the host.
            let new = noise(n as u64, size);
            map.write_at(0, &new).expect("write");
            let transfer = Transfer::of(&resource, region);
            resource.transfer(&transfer, Direction::ToHost).expect("up");
            resource.wait(soon()).expect("wait");
            put(&mut wanted, &new, &info, &region);
            same(&download(&resource), &wanted, &format!("up {what}"));
            // Down: only the box changes in the pages.
            let mut pages = noise(50 + n as u64, size);
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
        let mut wanted = noise(1, info.bytes().expect("its size") as usize);
        upload(&resource, &wanted);
        let map = resource.map().expect("map");
        // One level after the other gets new bytes, others keep theirs.
        for level in 0..=info.last_level {
            let new = noise(10 + u64::from(level), wanted.len());
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

pub(super) fn run(gpu: &Context, commands: Commands) {
    let stream = gpu.submission(commands).expect("a submission");
    let fence = stream.submit().expect("EXECBUFFER");
    fence.wait(soon()).expect("the fence");
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
    let before = noise(1, size);
    upload(&resource, &before);

    let region = Box3d::rect(2, 1, 3, 4).layers(0, 2);
    let layout = Layout {
        offset: 8,
        stride: 20,
        layer_stride: 100,
    };
    let pages = noise(2, size);
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

    let mut pages = noise(3, size);
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
    upload(&resource, &noise(1, 256));
    same(&download(&resource), &noise(1, 256), "afterwards");
}

fn inline_writes(lab: &Lab) {
    let gpu = context(lab);
    let sub = gpu.sub_context().expect("a pipeline");
    let info = ResourceInfo::image(10, 6, COLOR, Bind::SAMPLER_VIEW).array(2);
    let image = gpu.create(&info).expect("an image");
    let mut wanted = noise(1, info.bytes().expect("its size") as usize);
    upload(&image, &wanted);
    let region = Box3d::rect(3, 2, 4, 3).layers(1, 1);
    // Rows of 16 bytes, 24 apart.
    let bytes = noise(2, 24 * 3);
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
    let mut wanted = noise(3, 1000);
    upload(&buffer, &wanted);
    let bytes = noise(4, 333);
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
    let (source, mut wanted) = (noise(1, size), noise(2, size));
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

fn fences(lab: &Lab) {
    let canvas = Canvas::new(lab);
    let stream = canvas.gpu.submission(canvas.clear(RED)).expect("a stream");
    assert!(!stream.fence().is_submitted().expect("ask"));
    let fence = stream.submit().expect("EXECBUFFER");
    assert!(fence.is_submitted().expect("ask"));
    fence.wait(soon()).expect("wait");
    fence.wait(Deadline::NOW).expect("it has signalled");
    // To mvgal it is a syncobj like any other.
    let shared = canvas
        .device
        .import_syncobj(fence.export().expect("export"))
        .expect("import");
    let point = (canvas.line.point(1), shared.binary());
    let job = Job::barrier().wait_for(point.1).signal(point.0);
    canvas.device.batch().job(job).submit().expect("submit");
    canvas.line.wait(1, soon()).expect("wait");
    canvas.all(RED);
}

fn order_of_submissions(lab: &Lab) {
    let canvas = Canvas::new(lab);
    let other = context(lab);
    let sub = other.sub_context().expect("a pipeline");
    let info = *canvas.image.info();
    let twin = other
        .import(canvas.image.export().expect("export"), &info)
        .expect("import");
    // Two contexts on one image, by turns.
    let mut last = None;
    for n in 0..10 {
        let (gpu, commands) = match n % 2 {
            0 => (&canvas.gpu, canvas.clear(RED)),
            _ => (&other, clear(&sub, &twin, BLUE)),
        };
        let stream = gpu.submission(commands).expect("a stream");
        // Handles are those of one file: what the other signalled is waited for.
        if let Some(fence) = last.take() {
            let fence: mvgal::virgl::Fence = fence;
            fence.wait(soon()).expect("wait");
        }
        last = Some(stream.submit().expect("EXECBUFFER"));
    }
    last.expect("the last").wait(soon()).expect("wait");
    canvas.all(BLUE);
    let first = canvas.gpu.submission(canvas.clear(BLUE)).expect("a stream");
    let first = first.submit().expect("EXECBUFFER");
    let second = canvas.gpu.submission(canvas.clear(RED)).expect("a stream");
    let second = second.submit_after(&[&first]).expect("EXECBUFFER");
    second.wait(soon()).expect("wait");
    canvas.all(RED);
}

fn driver_errors(lab: &Lab) {
    let canvas = Canvas::new(lab);
    let other = context(lab);
    // A resource of another file.
    let error = other
        .submission(canvas.clear(RED))
        .expect_err("it is not its own");
    assert!(matches!(error, Error::Foreign { .. }), "{error}");
    // A fence that nobody has submitted.
    let pending = canvas.gpu.submission(canvas.clear(RED)).expect("a stream");
    let stream = canvas.gpu.submission(canvas.clear(RED)).expect("a stream");
    let error = stream.submit_after(&[pending.fence()]);
    let error = error.expect_err("there is no fence");
    assert_eq!(error.errno(), Some(Errno::EINVAL), "{error}");
    run(&canvas.gpu, canvas.clear(BLUE));
    canvas.all(BLUE);
}

/// Submits words past all checks.
fn submit_raw(gpu: &Context, words: &[u32]) {
    let mut arg = VirtgpuExecbuffer {
        size: size_of_val(words) as u32,
        command: raw::address(words),
        fence_fd: -1,
        ..Default::default()
    };
    let nr = crate::drm::nr::<VirtgpuExecbuffer>(0x42);
    raw::ioctl(gpu.as_fd(), nr, &mut arg).expect("EXECBUFFER");
}

fn malformed_streams(lab: &Lab) {
    let bystander = context(lab);
    let words: [&[u32]; 4] = [
        // A command that is longer than the stream.
        &[7 | 8 << 16, 4],
        // One that is not there.
        &[0xfe],
        // One with too few words.
        &[8 | 2 << 16, 0, 0],
        // An object that is not there.
        &[2 | 1 << 8 | 1 << 16, 0xdead],
    ];
    for (n, words) in words.into_iter().enumerate() {
        let canvas = Canvas::new(lab);
        let mut commands = canvas.sub.commands();
        if n < 2 {
            // The crate does not even submit it, and nothing has happened.
            let error = commands.raw(words, &[]).expect_err("it is malformed");
            assert!(matches!(error, Error::Malformed { at: 0, .. }), "{error}");
            run(&canvas.gpu, canvas.clear(RED));
            canvas.all(RED);
        } else {
            commands.raw(words, &[]).expect("it is well-formed");
        }
        submit_raw(&canvas.gpu, words);
        // The host has given it up and says so when asked; what is asked of others
        // goes on.
        works(&bystander);
        match canvas.gpu.check(soon()) {
            Err(Error::Lost) => {}
            // Not all hosts take it ill that a command is unknown.
            Ok(()) if n == 1 => {
                run(&canvas.gpu, canvas.clear(RED));
                canvas.all(RED);
            }
            other => panic!("stream {n}: {other:?}"),
        }
        let again = Canvas::new(lab);
        run(&again.gpu, again.clear(BLUE));
        again.all(BLUE);
    }
}

fn what_the_host_refuses(lab: &Lab) {
    // Well-formed, and wrong all the same.
    let canvas = Canvas::new(lab);
    let mut commands = canvas.sub.commands();
    let shader = commands.create_shader(Stage::Vertex, "VERT\nthis is no shader\n");
    commands.bind_shader(Stage::Vertex, Some(shader.expect("it is text")));
    run(&canvas.gpu, commands);
    works(&context(lab));
    let error = canvas.gpu.check(soon()).expect_err("the context is lost");
    assert!(matches!(error, Error::Lost), "{error}");
    // A box that is not inside moves nothing, and harms nobody else.
    let gpu = context(lab);
    let info = ResourceInfo::image(8, 8, COLOR, Bind::SAMPLER_VIEW);
    let image = gpu.create(&info).expect("an image");
    upload(&image, &noise(1, 256));
    image
        .map()
        .expect("map")
        .write_at(0, &[0; 256])
        .expect("write");
    let transfer = Transfer::of(&image, Box3d::rect(4, 4, 8, 8));
    image
        .transfer(&transfer, Direction::ToHost)
        .expect("the driver does not look");
    image.wait(soon()).expect("wait");
    works(&context(lab));
}

fn wait_that_times_out(lab: &Lab) {
    let canvas = Canvas::new(lab);
    let gate = canvas.device.timeline().expect("a timeline");
    let stream = canvas.gpu.submission(canvas.clear(RED)).expect("a stream");
    let job = stream
        .job(canvas.member, canvas.line.point(1))
        .wait_for(gate.point(1));
    canvas.device.batch().job(job).submit().expect("submit");
    for _ in 0..3 {
        let begin = Deadline::now();
        let error = stream.fence().wait(in_ms(30)).expect_err("it is held back");
        assert!(matches!(error, Error::TimedOut(_)), "{error}");
        assert!(Deadline::now().as_ns() - begin.as_ns() >= 30_000_000);
        assert!(!stream.fence().is_submitted().expect("ask"));
        let error = canvas.line.wait(1, in_ms(5)).expect_err("it is held back");
        assert_eq!(error.errno(), Some(Errno::ETIME));
    }
    // All is usable meanwhile.
    run(&canvas.gpu, canvas.clear(BLUE));
    canvas.all(BLUE);
    gate.signal(1).expect("SIGNAL_FENCE");
    stream.fence().wait(soon()).expect("it runs now");
    canvas.line.wait(1, soon()).expect("it runs now");
    canvas.all(RED);

    // The same of a resource that the host is still at.
    let large = Canvas::sized(lab, 1024);
    let mut timed_out = 0;
    for _ in 0..50 {
        let mut commands = large.clear(BLUE);
        for _ in 0..200 {
            commands.clear(&Clear {
                color: Some(RED),
                ..Default::default()
            });
        }
        let stream = large.gpu.submission(commands).expect("a stream");
        let fence = stream.submit().expect("EXECBUFFER");
        match large.image.wait(Deadline::NOW) {
            Ok(()) => {}
            Err(Error::TimedOut(_)) => timed_out += 1,
            Err(error) => panic!("{error}"),
        }
        large.image.wait(soon()).expect("wait");
        assert!(!large.image.is_busy().expect("ask"));
        fence.wait(Deadline::NOW).expect("the image was waited for");
        if timed_out == 3 {
            break;
        }
    }
    assert!(timed_out > 0, "the host was never still at it");
    large.all(RED);
}

fn job_that_times_out(lab: &Lab) {
    let canvas = Canvas::new(lab);
    let gate = canvas.device.timeline().expect("a timeline");
    let stream = canvas.gpu.submission(canvas.clear(RED)).expect("a stream");
    let job = stream
        .job(canvas.member, canvas.line.point(1))
        .wait_for(gate.point(1))
        .timeout(Duration::from_millis(50));
    canvas.device.batch().job(job).submit().expect("submit");
    let error = canvas
        .line
        .wait(1, soon())
        .expect_err("nobody opens the gate");
    assert_eq!(error.errno(), Some(Errno::ETIME), "{error}");
    assert!(!stream.fence().is_submitted().expect("ask"));
    drop(stream);
    // Not the job, and not the context either.
    works(&canvas.gpu);
    let stream = canvas.gpu.submission(canvas.clear(BLUE)).expect("a stream");
    let job = stream.job(canvas.member, canvas.line.point(2));
    canvas.device.batch().job(job).submit().expect("submit");
    canvas.line.wait(2, soon()).expect("wait");
    canvas.all(BLUE);
}

fn dropped_before_it_ran(lab: &Lab) {
    let canvas = Canvas::new(lab);
    let gate = canvas.device.timeline().expect("a timeline");
    for n in 1..=20 {
        let stream = canvas.gpu.submission(canvas.clear(RED)).expect("a stream");
        let job = stream
            .job(canvas.member, canvas.line.point(n))
            .wait_for(gate.point(1));
        canvas.device.batch().job(job).submit().expect("submit");
        // What the job points at stays, though this is gone, and nothing that is
        // allocated now comes to its place.
        drop(stream);
        std::hint::black_box(vec![0xffff_ffff_u32; 64]);
    }
    run(&canvas.gpu, canvas.clear(BLUE));
    canvas.all(BLUE);
    gate.signal(1).expect("SIGNAL_FENCE");
    for n in 1..=20 {
        canvas.line.wait(n, soon()).expect("it runs");
    }
    canvas.all(RED);
    works(&canvas.gpu);
}

fn teardown_with_objects_alive(lab: &Lab) {
    let mut random = Random::new(11);
    for round in 0..20_u64 {
        let canvas = Canvas::new(lab);
        let more: Vec<_> = kinds()
            .iter()
            .map(|info| canvas.gpu.create(info).expect("RESOURCE_CREATE"))
            .collect();
        let subs: Vec<_> = (0..3)
            .map(|_| canvas.gpu.sub_context().expect("a pipeline"))
            .collect();
        let mut fences = Vec::new();
        for sub in &subs {
            let commands = clear(sub, &canvas.image, RED);
            let stream = canvas.gpu.submission(commands).expect("a stream");
            fences.push(stream.submit().expect("EXECBUFFER"));
        }
        let gate = canvas.device.timeline().expect("a timeline");
        let stream = canvas.gpu.submission(canvas.clear(BLUE)).expect("a stream");
        let job = stream.job(canvas.member, canvas.line.point(1));
        let job = match round % 2 {
            0 => job,
            _ => job.wait_for(gate.point(1)),
        };
        canvas.device.batch().job(job).submit().expect("submit");
        drop(stream);
        // In any order, with commands and transfers under way.
        for resource in &more {
            let transfer = Transfer::whole(resource);
            resource
                .transfer(&transfer, Direction::FromHost)
                .expect("down");
        }
        match random.below(4) {
            0 => drop((canvas, subs, fences, more)),
            1 => drop((more, fences, subs, canvas)),
            2 => drop((fences, canvas, more, subs)),
            _ => drop((subs, more, canvas, fences)),
        }
    }
    works(&context(lab));
}

fn many_contexts(lab: &Lab) {
    let mut open: Vec<Canvas> = Vec::new();
    for round in 0..24_usize {
        let canvas = Canvas::new(lab);
        run(&canvas.gpu, canvas.clear(RED));
        open.push(canvas);
        if open.len() == 6 {
            open.remove(round % 6);
        }
    }
    for canvas in &open {
        canvas.all(RED);
        run(&canvas.gpu, canvas.clear(BLUE));
        canvas.all(BLUE);
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! Rendering by the crate's `virgl` module: what is moved and drawn, byte by byte,
//! and what is left usable after an error.

use super::resources::kinds;
use crate::check::Random;
use crate::check::noise;
use crate::check::same;
use crate::harness::suite;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VIRTIO;
use crate::lab::node_path;
use crate::raw;
use crate::vendor::VirtgpuExecbuffer;
use mvgal::Deadline;
use mvgal::Device;
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
use mvgal::virgl::Format;
use mvgal::virgl::Resource;
use mvgal::virgl::ResourceInfo;
use mvgal::virgl::Stage;
use mvgal::virgl::SubContext;
use mvgal::virgl::Transfer;
use std::os::fd::AsFd;
use std::time::Duration;

const VIRGL: Need = Need::Virgl;
pub(super) const COLOR: Format = Format::B8G8R8A8Unorm;
pub(super) const RED: [f32; 4] = [1.0, 0.0, 0.0, 1.0];
pub(super) const BLUE: [f32; 4] = [0.0, 0.0, 1.0, 1.0];

suite! {
    features [VIRTIO];
    no_context_without_3d [Need::Virtio2d];
    capsets [VIRGL];
    contexts [VIRGL];
    sub_contexts_keep_their_state [VIRGL];
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

pub(super) fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

fn in_ms(ms: u64) -> Deadline {
    Deadline::after(Duration::from_millis(ms))
}

/// A new file of the virgl GPU.
pub(super) fn node(lab: &Lab) -> MemberNode {
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
pub(super) struct Canvas {
    pub(super) device: Device,
    pub(super) member: MemberId,
    pub(super) gpu: Context,
    pub(super) image: Resource,
    pub(super) sub: SubContext,
    pub(super) line: Timeline,
}

impl Canvas {
    pub(super) fn new(lab: &Lab) -> Self {
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

pub(super) fn clear(sub: &SubContext, image: &Resource, color: [f32; 4]) -> Commands {
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
pub(super) fn assert_color(image: &Resource, color: [f32; 4]) {
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
pub(super) fn levels(resource: &Resource) -> Vec<Transfer> {
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
    upload(&image, &noise(256, 1));
    same(
        &download(&image),
        &noise(256, 1),
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

pub(super) fn run(gpu: &Context, commands: Commands) {
    let stream = gpu.submission(commands).expect("a submission");
    let fence = stream.submit().expect("EXECBUFFER");
    fence.wait(soon()).expect("the fence");
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
    upload(&image, &noise(256, 1));
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

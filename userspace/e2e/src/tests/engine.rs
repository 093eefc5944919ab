// SPDX-License-Identifier: MIT OR Apache-2.0

//! Copies by the members' own engines, as the crate's `engine` module writes them: where
//! every byte ends up, what is refused, and what an engine that fails leaves behind.

use crate::check::Random;
use crate::check::noise;
use crate::check::same;
use crate::client::text;
use crate::harness::suite;
use crate::lab::Lab;
use crate::lab::Need;
use crate::vendor::read_fault;
use crate::vendor::set_fault;
use mvgal::Allocation;
use mvgal::Buffer;
use mvgal::BufferFlags;
use mvgal::CopyEngine;
use mvgal::Deadline;
use mvgal::Device;
use mvgal::DrmFourcc;
use mvgal::Errno;
use mvgal::Error;
use mvgal::Member;
use mvgal::MemberId;
use mvgal::NoEngine;
use mvgal::Timeline;
use mvgal::engine::EngineBuffer;
use mvgal::engine::EngineCopy;
use mvgal::engine::Span;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::time::Duration;

suite! {
    copies_amdgpu [Need::Driver("amdgpu")] in 60;
    copies_i915 [Need::Driver("i915")] in 60;
    copies_xe [Need::Driver("xe")] in 60;
    copies_virgl [Need::Virgl] in 60;
    from_member_to_member [Need::Driver("amdgpu"), Need::Driver("xe"), Need::Driver("i915")];
    waits_for_points_of_others [Need::Driver("amdgpu"), Need::Driver("xe")];
    no_engine [Need::Members(1)];
    what_does_not_fit [Need::Driver("xe")];
    what_is_not_exported [Need::Driver("amdgpu")];
    images_of_virgl [Need::Virgl];
    hang_amdgpu [Need::Driver("amdgpu")] in 60;
    hang_i915 [Need::Driver("i915")] in 60;
    hang_xe [Need::Driver("xe")] in 60;
    error_amdgpu [Need::Driver("amdgpu")];
    error_i915 [Need::Driver("i915")];
    error_xe [Need::Driver("xe")];
    no_memory_amdgpu [Need::Driver("amdgpu")];
    no_memory_i915 [Need::Driver("i915")];
    no_memory_xe [Need::Driver("xe")];
    dropped_before_it_ran_amdgpu [Need::Driver("amdgpu")];
    dropped_before_it_ran_xe [Need::Driver("xe")];
    dropped_before_it_ran_virgl [Need::Virgl];
    cancelled [Need::Driver("i915")];
    given_up_in_the_driver_amdgpu [Need::Driver("amdgpu")] in 60;
    given_up_in_the_driver_i915 [Need::Driver("i915")] in 60;
    given_up_in_the_driver_xe [Need::Driver("xe")] in 60;
    given_up_before_the_driver_amdgpu [Need::Driver("amdgpu")];
    given_up_before_the_driver_virgl [Need::Virgl];
    replaced_by_another_amdgpu [Need::Driver("amdgpu")];
    replaced_by_another_virgl [Need::Virgl];
    submitted_once [Need::Driver("amdgpu")];
    copies_keep_the_buffers [Need::Driver("amdgpu")];
    objects_come_and_go [Need::Driver("amdgpu"), Need::Driver("xe")];
}

const SIZE: u64 = 256 << 10;

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

/// A member's engine, a timeline for what it does, and one that holds it back.
struct Bench {
    device: Device,
    member: Member,
    engine: CopyEngine,
    timeline: Timeline,
    point: u64,
    gate: Timeline,
}

impl Bench {
    fn on(id: u32) -> Self {
        let device = Device::open().expect("open mvgal");
        let members = device.members().expect("the members");
        let member = members.get(MemberId::new(id)).expect("the member").clone();
        let engine = CopyEngine::attach(&device, &member).expect("an engine");
        let timeline = device.timeline().expect("a timeline");
        let gate = device.timeline().expect("a timeline");
        Bench {
            device,
            member,
            engine,
            timeline,
            point: 0,
            gate,
        }
    }

    fn of(lab: &Lab, driver: &str) -> Self {
        Self::on(lab.member(driver).id)
    }

    /// A buffer on the member, or on the host, that can be seen and imported.
    fn buffer(&self, id: MemberId) -> Buffer {
        let mut flags = BufferFlags::HOST_VALID | BufferFlags::DMA_BUF;
        if id.is_member() {
            flags |= BufferFlags::GPU_VALID;
        }
        let allocation = Allocation::linear(SIZE).member(id).flags(flags);
        self.device.alloc(&allocation).expect("ALLOC_MEMORY")
    }

    fn import(&self, buffer: &Buffer) -> EngineBuffer {
        self.engine.import(buffer).expect("an import")
    }

    /// Copies, and waits for what becomes of it.
    fn copy(
        &mut self,
        src: (&EngineBuffer, u64),
        dst: (&EngineBuffer, u64),
        span: Span,
    ) -> mvgal::Result<()> {
        let copy = self.engine.copy(src, dst, span)?;
        self.point += 1;
        let jobs = copy.jobs(&[], self.timeline.point(self.point));
        self.device.batch().jobs(jobs).submit()?;
        self.timeline.wait(self.point, soon())
    }

    /// Submits a copy of everything that waits for the gate.
    fn held_back(&mut self, from: &EngineBuffer, to: &EngineBuffer) -> EngineCopy {
        let copy = self.engine.copy((from, 0), (to, 0), Span::Bytes(SIZE));
        let copy = copy.expect("a copy");
        self.point += 1;
        let (gate, done) = (self.gate.point(self.point), self.timeline.point(self.point));
        let batch = self.device.batch().jobs(copy.jobs(&[gate], done));
        batch.submit().expect("SUBMIT");
        copy
    }

    /// Opens the gate, and waits for the copy behind it.
    fn go(&self) -> mvgal::Result<()> {
        self.gate.signal(self.point)?;
        self.timeline.wait(self.point, soon())
    }
}

fn bytes(buffer: &Buffer) -> Vec<u8> {
    buffer.map().expect("a mapping").to_vec()
}

fn write(buffer: &Buffer, data: &[u8]) {
    buffer
        .map()
        .expect("a mapping")
        .write_at(0, data)
        .expect("inside");
}

/// What a copy makes of the bytes of its target.
fn expect(wanted: &mut [u8], data: &[u8], (src, dst): (u64, u64), span: Span) {
    let (width, height, src_pitch, dst_pitch) = match span {
        Span::Bytes(bytes) => (bytes, 1, bytes, bytes),
        Span::Rows {
            width,
            height,
            src_pitch,
            dst_pitch,
        } => (width, height.into(), src_pitch.into(), dst_pitch.into()),
    };
    for row in 0..height {
        let from = (src + row * src_pitch) as usize;
        let to = (dst + row * dst_pitch) as usize;
        wanted[to..to + width as usize].copy_from_slice(&data[from..from + width as usize]);
    }
}

/// Copies all kinds of ranges between the host and the member, in both directions and on
/// it, and compares all bytes of the target with what they must be.
fn copies(mut bench: Bench, rows: bool) {
    let unit = bench.engine.unit();
    let host = bench.buffer(MemberId::HOST);
    let there = bench.buffer(bench.member.id);
    let other = bench.buffer(bench.member.id);
    let buffers = [&host, &there, &other];
    let imports = buffers.map(|buffer| bench.import(buffer));
    let mut random = Random::new(unit);
    let mut cases = vec![
        (0, 0, Span::Bytes(SIZE)),
        (0, 0, Span::Bytes(unit)),
        (SIZE - unit, 0, Span::Bytes(unit)),
        (unit, 3 * unit, Span::Bytes(SIZE - 7 * unit)),
        (0, 5 * unit, Span::Bytes(4096 + unit)),
    ];
    for _ in 0..8 {
        let [src, dst, length] = [0; 3].map(|_| unit * (1 + random.below(SIZE / 2 / unit)));
        cases.push((
            src,
            dst,
            Span::Bytes(length.min(SIZE - src).min(SIZE - dst)),
        ));
    }
    if rows {
        // Less than the pitches, and heights that the blitter of some GPUs must not have.
        for (width, height, src_pitch, dst_pitch) in [(3, 3, 5, 4), (64, 7, 64, 64), (1, 40, 2, 9)]
        {
            let span = Span::Rows {
                width: width * unit,
                height,
                src_pitch: (src_pitch * unit) as u32,
                dst_pitch: (dst_pitch * unit) as u32,
            };
            cases.push((2 * unit, unit, span));
        }
    }
    for (number, (from, to)) in [(0, 1), (1, 2), (2, 0), (1, 0)].into_iter().enumerate() {
        for (case, &(src, dst, span)) in cases.iter().enumerate() {
            let seed = (100 * number + case) as u64;
            let data = noise(SIZE as usize, 2 * seed);
            let mut wanted = noise(SIZE as usize, 2 * seed + 1);
            write(buffers[from], &data);
            write(buffers[to], &wanted);
            let what = format!("{from} to {to}: {src} to {dst}, {span:?}");
            bench
                .copy((&imports[from], src), (&imports[to], dst), span)
                .unwrap_or_else(|error| panic!("{what}: {error}"));
            expect(&mut wanted, &data, (src, dst), span);
            same(&bytes(buffers[to]), &wanted, &what);
            same(&bytes(buffers[from]), &data, &what);
        }
    }
}

fn copies_amdgpu(lab: &Lab) {
    let bench = Bench::of(lab, "amdgpu");
    assert_eq!(bench.engine.unit(), 1);
    copies(bench, true);
}

fn copies_i915(lab: &Lab) {
    copies(Bench::of(lab, "i915"), true);
}

fn copies_xe(lab: &Lab) {
    let bench = Bench::of(lab, "xe");
    assert_eq!(bench.engine.unit(), 64);
    copies(bench, true);
}

/// Its driver takes no memory of others: within it.
fn copies_virgl(lab: &Lab) {
    let mut bench = Bench::on(lab.virgl().id);
    assert!(!bench.engine.spares_the_cpu());
    let [source, target] = [0; 2].map(|_| bench.buffer(bench.member.id));
    let imports = [&source, &target].map(|buffer| bench.import(buffer));
    let odd = [
        (0, 0, SIZE),
        (1, 4099, 70001),
        (SIZE - 1, 0, 1),
        (4095, 4097, 3),
    ];
    for (case, (src, dst, length)) in odd.into_iter().enumerate() {
        let data = noise(SIZE as usize, 10 + case as u64);
        let mut wanted = noise(SIZE as usize, 20 + case as u64);
        write(&source, &data);
        write(&target, &wanted);
        let span = Span::Bytes(length);
        bench
            .copy((&imports[0], src), (&imports[1], dst), span)
            .expect("a copy");
        expect(&mut wanted, &data, (src, dst), span);
        same(
            &bytes(&target),
            &wanted,
            &format!("{src} to {dst}, {length}"),
        );
    }
    let rows = Span::Rows {
        width: 8,
        height: 2,
        src_pitch: 8,
        dst_pitch: 8,
    };
    let refused = bench.engine.copy((&imports[0], 0), (&imports[1], 0), rows);
    assert!(
        matches!(refused, Err(Error::Range { value: 2, .. })),
        "{refused:?}"
    );
}

/// Every engine reads from and writes to the memory of the others, without a copy between.
fn from_member_to_member(lab: &Lab) {
    const DRIVERS: [&str; 3] = ["amdgpu", "xe", "i915"];
    for by in DRIVERS {
        let mut bench = Bench::of(lab, by);
        for other in DRIVERS.into_iter().filter(|&driver| driver != by) {
            let other = lab.member(other);
            let id = MemberId::new(other.id);
            let members = bench.device.members().expect("the members");
            let node = members
                .get(id)
                .expect("the member")
                .open()
                .expect("its node");
            bench.device.attach(id, &node).expect("attach");
            let (ours, theirs) = (bench.buffer(bench.member.id), bench.buffer(id));
            let imports = (bench.import(&ours), bench.import(&theirs));
            let what = format!("{by} and {}", text(&other.driver));
            let data = noise(SIZE as usize, 1);
            write(&theirs, &data);
            let span = Span::Bytes(SIZE - 128);
            bench
                .copy((&imports.1, 64), (&imports.0, 128), span)
                .expect(&what);
            same(&bytes(&ours)[128..], &data[64..data.len() - 64], &what);
            let data = noise(SIZE as usize, 2);
            write(&ours, &data);
            bench
                .copy((&imports.0, 0), (&imports.1, 0), Span::Bytes(SIZE))
                .expect(&what);
            same(&bytes(&theirs), &data, &what);
        }
    }
}

/// A chain across two engines: the second waits for the first, and both for the test.
fn waits_for_points_of_others(lab: &Lab) {
    let bench = Bench::of(lab, "amdgpu");
    let id = MemberId::new(lab.member("xe").id);
    let members = bench.device.members().expect("the members");
    let xe = members.get(id).expect("the member");
    let xe = CopyEngine::attach(&bench.device, xe).expect("an engine");
    let buffers = [MemberId::HOST, bench.member.id, id].map(|id| bench.buffer(id));
    let data = noise(SIZE as usize, 3);
    write(&buffers[0], &data);
    let ours = [0, 1].map(|n| bench.import(&buffers[n]));
    let theirs = [1, 2].map(|n| xe.import(&buffers[n]).expect("an import"));
    let all = Span::Bytes(SIZE);
    let first = bench
        .engine
        .copy((&ours[0], 0), (&ours[1], 0), all)
        .expect("a copy");
    let second = xe
        .copy((&theirs[0], 0), (&theirs[1], 0), all)
        .expect("a copy");
    let (between, end) = (
        bench.device.timeline().expect("a timeline"),
        &bench.timeline,
    );
    // The later one is submitted first.
    let jobs = second.jobs(&[between.point(1)], end.point(1));
    bench.device.batch().jobs(jobs).submit().expect("SUBMIT");
    let jobs = first.jobs(&[bench.gate.point(1)], between.point(1));
    bench.device.batch().jobs(jobs).submit().expect("SUBMIT");
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(end.value().expect("QUERY"), 0);
    bench.gate.signal(1).expect("SIGNAL");
    end.wait(1, soon()).expect("the copies");
    same(&bytes(&buffers[2]), &data, "the end of the chain");
}

/// The reasons of members whose engines are not used.
fn no_engine(lab: &Lab) {
    let device = Device::open().expect("open mvgal");
    for member in &device.members().expect("the members") {
        let made = CopyEngine::attach(&device, member);
        let reason = match made {
            Err(Error::NoEngine(reason)) => Some(reason),
            Err(error) => panic!("{}: {error}", member.driver),
            Ok(_) => None,
        };
        let right = match (member.driver.as_str(), &reason) {
            ("amdgpu" | "i915" | "xe", None) => true,
            ("virtio_gpu", None) => lab.virgls().iter().any(|one| one.id == member.id.get()),
            ("virtio_gpu", Some(NoEngine::No3d)) => true,
            ("nouveau", Some(NoEngine::NotWritten { driver })) => driver == "nouveau",
            ("nvidia-drm" | "mtgpu" | "vgem" | "vkms", Some(NoEngine::NoNative(_))) => true,
            _ => false,
        };
        assert!(right, "{}: {reason:?}", member.driver);
    }
}

fn what_does_not_fit(lab: &Lab) {
    let bench = Bench::of(lab, "xe");
    let [a, b] = [bench.member.id, MemberId::HOST].map(|id| bench.buffer(id));
    let (a, b) = (bench.import(&a), bench.import(&b));
    let rows = |width, src_pitch, dst_pitch| Span::Rows {
        width,
        height: 2,
        src_pitch,
        dst_pitch,
    };
    for (what, src, dst, span) in [
        ("source offset", 32, 0, Span::Bytes(64)),
        ("target offset", 0, 4, Span::Bytes(64)),
        ("number of bytes to copy", 0, 0, Span::Bytes(65)),
        ("number of bytes to copy", 0, 0, Span::Bytes(0)),
        ("source pitch", 0, 0, rows(64, 100, 128)),
        ("target pitch", 0, 0, rows(64, 128, 100)),
        ("source offset", SIZE, 0, Span::Bytes(64)),
        ("target offset", 0, SIZE - 64, Span::Bytes(128)),
    ] {
        match bench.engine.copy((&a, src), (&b, dst), span) {
            Err(Error::Range { what: named, .. }) => assert_eq!(named, what, "{span:?}"),
            other => panic!("{what}, {span:?}: {other:?}"),
        }
    }
    let other = Bench::of(lab, "xe");
    let foreign = other.engine.copy((&a, 0), (&b, 0), Span::Bytes(64));
    assert!(matches!(foreign, Err(Error::Foreign { .. })), "{foreign:?}");
    let buffer = other.buffer(MemberId::HOST);
    let foreign = bench.engine.import(&buffer).map(drop);
    assert!(matches!(foreign, Err(Error::Foreign { .. })), "{foreign:?}");
}

fn what_is_not_exported(lab: &Lab) {
    let bench = Bench::of(lab, "amdgpu");
    let allocation = Allocation::linear(SIZE).member(bench.member.id);
    let buffer = bench.device.alloc(&allocation).expect("ALLOC_MEMORY");
    let error = bench
        .engine
        .import(&buffer)
        .map(drop)
        .expect_err("an import");
    assert_eq!(error.errno(), Some(Errno::EACCES), "{error}");
    assert!(error.to_string().contains("DMA_BUF"), "{error}");
}

fn images_of_virgl(lab: &Lab) {
    let bench = Bench::on(lab.virgl().id);
    let image = Allocation::image(64, 64, DrmFourcc::Argb8888).member(bench.member.id);
    let image = bench
        .device
        .alloc(&image.flags(BufferFlags::DMA_BUF))
        .expect("ALLOC_MEMORY");
    match bench.engine.import(&image) {
        Err(Error::NoEngine(NoEngine::Image { handle })) => assert_eq!(handle, image.handle()),
        other => panic!("{other:?}"),
    }
}

/// A copy on an engine that fails, and one on a new engine of the same member.
fn fails(lab: &Lab, driver: &str, fault: &str, wanted: Errno) {
    let mut bench = Bench::of(lab, driver);
    let [source, target] = [MemberId::HOST, bench.member.id].map(|id| bench.buffer(id));
    let data = noise(SIZE as usize, 5);
    write(&source, &data);
    let (from, to) = (bench.import(&source), bench.import(&target));
    set_fault(&bench.member.bus_address, fault, "1");
    let error = bench
        .copy((&from, 0), (&to, 0), Span::Bytes(SIZE))
        .expect_err(fault);
    assert_eq!(error.errno(), Some(wanted), "{error}");
    assert_eq!(
        read_fault(&bench.member.bus_address, fault),
        0,
        "{fault} was not met"
    );

    let mut again = Bench::of(lab, driver);
    drop((from, to, bench));
    let [source, target] = [MemberId::HOST, again.member.id].map(|id| again.buffer(id));
    write(&source, &data);
    let (from, to) = (again.import(&source), again.import(&target));
    again
        .copy((&from, 0), (&to, 0), Span::Bytes(SIZE))
        .expect("a copy by a new engine");
    same(&bytes(&target), &data, driver);
}

fn hang_amdgpu(lab: &Lab) {
    fails(lab, "amdgpu", "hang", Errno::ETIME);
}

fn hang_i915(lab: &Lab) {
    fails(lab, "i915", "hang", Errno::EIO);
}

fn hang_xe(lab: &Lab) {
    fails(lab, "xe", "hang", Errno::ETIME);
}

fn error_amdgpu(lab: &Lab) {
    fails(lab, "amdgpu", "eio", Errno::EIO);
}

fn error_i915(lab: &Lab) {
    fails(lab, "i915", "eio", Errno::EIO);
}

fn error_xe(lab: &Lab) {
    fails(lab, "xe", "eio", Errno::EIO);
}

/// Its driver has no memory for the submission.
fn no_memory_amdgpu(lab: &Lab) {
    fails(lab, "amdgpu", "submit", Errno::ENOMEM);
}

fn no_memory_i915(lab: &Lab) {
    fails(lab, "i915", "submit", Errno::ENOMEM);
}

fn no_memory_xe(lab: &Lab) {
    fails(lab, "xe", "submit", Errno::ENOMEM);
}

/// Everything of a copy is dropped before it is its turn: it is made all the same.
fn dropped(mut bench: Bench, source: MemberId) {
    let [source, target] = [source, bench.member.id].map(|id| bench.buffer(id));
    let data = noise(SIZE as usize, 6);
    write(&source, &data);
    let (from, to) = (bench.import(&source), bench.import(&target));
    for round in 0..3 {
        drop(bench.held_back(&from, &to));
        bench.go().expect("the copy");
        same(&bytes(&target), &data, &format!("round {round}"));
    }
    // A copy needs no imports any more.
    let copy = bench.held_back(&from, &to);
    write(&target, &noise(SIZE as usize, 7));
    drop((from, to));
    bench.go().expect("the copy");
    same(&bytes(&target), &data, "without imports");
    drop(copy);
    // And with the engine gone the job still ends, with an error or without.
    let (from, to) = (bench.import(&source), bench.import(&target));
    drop(bench.held_back(&from, &to));
    let Bench {
        device,
        engine,
        timeline,
        point,
        gate,
        ..
    } = bench;
    drop((from, to, engine));
    gate.signal(point).expect("SIGNAL");
    match timeline.wait(point, soon()) {
        Ok(()) | Err(Error::Fence { .. }) => {}
        Err(error) => panic!("{error}"),
    }
    drop(device);
}

fn dropped_before_it_ran_amdgpu(lab: &Lab) {
    dropped(Bench::of(lab, "amdgpu"), MemberId::HOST);
}

fn dropped_before_it_ran_xe(lab: &Lab) {
    dropped(Bench::of(lab, "xe"), MemberId::HOST);
}

fn dropped_before_it_ran_virgl(lab: &Lab) {
    let bench = Bench::on(lab.virgl().id);
    let member = bench.member.id;
    dropped(bench, member);
}

/// What it waits for fails: nothing is copied, and the next copy is.
fn cancelled(lab: &Lab) {
    let mut bench = Bench::of(lab, "i915");
    let [source, target] = [MemberId::HOST, bench.member.id].map(|id| bench.buffer(id));
    write(&source, &noise(SIZE as usize, 8));
    let (from, to) = (bench.import(&source), bench.import(&target));
    let copy = bench.held_back(&from, &to);
    bench.gate.fail(bench.point, Errno::EIO).expect("SIGNAL");
    let error = bench
        .timeline
        .wait(bench.point, soon())
        .expect_err("cancelled");
    assert_eq!(error.errno(), Some(Errno::ECANCELED), "{error}");
    same(&bytes(&target), &vec![0; SIZE as usize], "it was copied");
    drop(copy);
    bench
        .copy((&from, 0), (&to, 0), Span::Bytes(SIZE))
        .expect("a copy");
    same(&bytes(&target), &noise(SIZE as usize, 8), "the next");
}

/// A job ends as it takes too long, while its driver has not yet read what it was given: all of
/// that stays as it is until then, whatever is copied next.
fn given_up_in_the_driver(lab: &Lab, driver: &str) {
    const STALL: Duration = Duration::from_secs(2);

    let mut bench = Bench::of(lab, driver);
    let address = bench.member.bus_address.clone();
    let buffers = [0; 4].map(|_| bench.buffer(bench.member.id));
    let [a, b, c, d] = buffers.each_ref().map(|buffer| bench.import(buffer));
    let [first, second] = [9, 10].map(|seed| noise(SIZE as usize, seed));
    write(&buffers[0], &first);
    write(&buffers[2], &second);

    let copy = bench.engine.copy((&a, 0), (&b, 0), Span::Bytes(SIZE));
    let copy = copy.expect("a copy");
    let (gate, end) = (bench.gate.point(1), bench.timeline.point(1));
    let jobs = copy.jobs(&[gate], end);
    let jobs = jobs
        .into_iter()
        .map(|job| job.timeout(Duration::from_millis(300)));
    bench.device.batch().jobs(jobs).submit().expect("SUBMIT");
    set_fault(&address, "stall_us", &STALL.as_micros().to_string());
    std::thread::scope(|scope| {
        // Who signals the gate may be the one who submits the job.
        scope.spawn(|| bench.gate.signal(1).expect("SIGNAL"));
        let error = bench.timeline.wait(1, soon()).expect_err("it takes longer");
        assert_eq!(error.errno(), Some(Errno::ETIME), "{error}");
        drop(copy);
        // These would be written over what the first needs, if that were given back.
        let next = [0; 4].map(|_| bench.engine.copy((&c, 0), (&d, 0), Span::Bytes(SIZE)));
        set_fault(&address, "stall_us", "0");
        std::thread::sleep(STALL);
        drop(next.map(|copy| copy.expect("a copy")));
    });
    // On a busy machine the driver comes to it later.
    let arrived = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        bytes(&buffers[1]) == first
    });
    assert!(arrived, "what was given up is not what was asked for");
    bench.point = 1;
    bench
        .copy((&a, 0), (&a, SIZE / 2), Span::Bytes(64))
        .expect("a copy behind it");
    let nothing = vec![0; SIZE as usize];
    same(&bytes(&buffers[3]), &nothing, "what was not submitted");
    bench
        .copy((&c, 0), (&d, 0), Span::Bytes(SIZE))
        .expect("a copy");
    same(&bytes(&buffers[3]), &second, "the next");
}

fn given_up_in_the_driver_amdgpu(lab: &Lab) {
    given_up_in_the_driver(lab, "amdgpu");
}

fn given_up_in_the_driver_i915(lab: &Lab) {
    given_up_in_the_driver(lab, "i915");
}

fn given_up_in_the_driver_xe(lab: &Lab) {
    given_up_in_the_driver(lab, "xe");
}

/// A job ends as it takes too long before its driver was given anything: what it needed is
/// used for the next ones.
fn given_up_before_the_driver(mut bench: Bench) {
    let [source, target] = [0; 2].map(|_| bench.buffer(bench.member.id));
    let (a, b) = (bench.import(&source), bench.import(&target));
    let mut had = Vec::new();
    for point in 1..=4 {
        let copy = bench.engine.copy((&a, 0), (&b, 0), Span::Bytes(SIZE));
        let copy = copy.expect("a copy");
        // Nobody opens the gate.
        let jobs = copy.jobs(&[bench.gate.point(1)], bench.timeline.point(point));
        let jobs = jobs
            .into_iter()
            .map(|job| job.timeout(Duration::from_millis(50)));
        bench.device.batch().jobs(jobs).submit().expect("SUBMIT");
        bench.timeline.wait(point, soon()).expect_err("no gate");
        drop(copy);
        had.push((buffers_of(&bench.device), open_syncobjs(&bench.device)));
    }
    let first = had[0];
    assert!(had.iter().all(|later| *later == first), "{had:?}");
    bench.point = 4;
    bench
        .copy((&a, 0), (&b, 0), Span::Bytes(SIZE))
        .expect("a copy with what was given back");
}

fn given_up_before_the_driver_amdgpu(lab: &Lab) {
    given_up_before_the_driver(Bench::of(lab, "amdgpu"));
}

fn given_up_before_the_driver_virgl(lab: &Lab) {
    given_up_before_the_driver(Bench::on(lab.virgl().id));
}

/// The lowest number that a new syncobj of a device gets: more are open if it is higher.
fn open_syncobjs(device: &Device) -> u32 {
    device.timeline().expect("a timeline").syncobj().handle()
}

/// Another engine of the member replaces the first, whose copies would be made with handles
/// that mean something else there.
fn replaced_by_another(mut bench: Bench) {
    let [source, target] = [0; 2].map(|_| bench.buffer(bench.member.id));
    let data = noise(SIZE as usize, 12);
    write(&source, &data);
    let (a, b) = (bench.import(&source), bench.import(&target));
    let under_way = bench.held_back(&a, &b);
    let second = CopyEngine::attach(&bench.device, &bench.member).expect("another engine");
    bench.go().expect("what was submitted before");
    drop(under_way);
    same(&bytes(&target), &data, "what was submitted before");

    let error = bench.copy((&a, 0), (&b, 0), Span::Bytes(SIZE));
    let error = error.expect_err("of the first engine");
    assert_eq!(error.errno(), Some(Errno::ESTALE), "{error}");
    let text = error.to_string();
    assert!(text.contains("another file of the member"), "{text}");

    write(&target, &vec![0; SIZE as usize]);
    bench.engine = second;
    let (a, b) = (bench.import(&source), bench.import(&target));
    bench
        .copy((&a, 0), (&b, 0), Span::Bytes(SIZE))
        .expect("of the second engine");
    same(&bytes(&target), &data, "of the second engine");
}

fn replaced_by_another_amdgpu(lab: &Lab) {
    replaced_by_another(Bench::of(lab, "amdgpu"));
}

fn replaced_by_another_virgl(lab: &Lab) {
    replaced_by_another(Bench::on(lab.virgl().id));
}

/// The jobs of a copy are for one submission that works.
fn submitted_once(lab: &Lab) {
    let bench = Bench::of(lab, "amdgpu");
    let [source, target] = [0; 2].map(|_| bench.buffer(bench.member.id));
    let (from, to) = (bench.import(&source), bench.import(&target));
    let copy = bench.engine.copy((&from, 0), (&to, 0), Span::Bytes(SIZE));
    let copy = copy.expect("a copy");
    let submit = |times, done| {
        let mut batch = bench.device.batch();
        for _ in 0..times {
            batch = batch.jobs(copy.jobs(&[], bench.timeline.point(done)));
        }
        batch.submit()
    };
    let before = |result: mvgal::Result<()>| matches!(result, Err(Error::SubmittedBefore));
    assert!(before(submit(2, 1)), "twice in a batch");
    submit(1, 1).expect("SUBMIT");
    assert!(before(submit(1, 2)), "under way or over");
    bench.timeline.wait(1, soon()).expect("the copy");
    assert!(before(submit(1, 2)), "over");
}

/// Bytes of the buffers that mvgal has for a client.
fn buffers_of(device: &Device) -> u64 {
    let fdinfo = format!("/proc/self/fdinfo/{}", device.as_fd().as_raw_fd());
    let lines = std::fs::read_to_string(&fdinfo).expect("fdinfo");
    let total = lines
        .lines()
        .find_map(|line| line.strip_prefix("drm-total-memory:"))
        .expect("a total");
    let (number, unit) = total.trim().split_once(' ').unwrap_or((total.trim(), ""));
    let number: u64 = number.parse().expect("a number");
    match unit {
        "" => number,
        "KiB" => number << 10,
        "MiB" => number << 20,
        other => panic!("{other}"),
    }
}

/// Imports and copies keep the buffers in mvgal, which tells importers of moves as long.
fn copies_keep_the_buffers(lab: &Lab) {
    let mut bench = Bench::of(lab, "amdgpu");
    let [source, target] = [0; 2].map(|_| bench.buffer(bench.member.id));
    let host = bench.buffer(MemberId::HOST);
    let data = noise(SIZE as usize, 11);
    write(&source, &data);
    let imports = [&source, &target, &host].map(|buffer| bench.import(buffer));
    drop((source, target));
    assert_eq!(buffers_of(&bench.device), 3 * SIZE, "of imports");
    let [from, to, result] = &imports;
    let span = Span::Bytes(SIZE);
    bench.copy((from, 0), (to, 0), span).expect("a copy");
    bench.copy((to, 0), (result, 0), span).expect("a copy");
    same(&bytes(&host), &data, "through buffers that were dropped");

    let copy = bench.held_back(from, to);
    let [from, to, result] = imports;
    drop((from, to, copy));
    assert!(
        buffers_of(&bench.device) >= 3 * SIZE,
        "of a copy that waits"
    );
    bench.go().expect("the copy");
    // The next copy gives back what that used; there is one buffer for commands.
    drop(
        bench
            .engine
            .copy((&result, 0), (&result, 64), Span::Bytes(64)),
    );
    assert!(buffers_of(&bench.device) < 2 * SIZE, "all is over");
    let Bench { device, engine, .. } = bench;
    drop((result, host, engine));
    assert_eq!(buffers_of(&device), 0, "the engine is gone");
}

/// Imports that are dropped give back their handles and addresses.
fn objects_come_and_go(lab: &Lab) {
    for driver in ["amdgpu", "xe"] {
        let mut bench = Bench::of(lab, driver);
        let fixed = bench.buffer(MemberId::HOST);
        let fixed_import = bench.import(&fixed);
        for round in 0..20 {
            let id = if round % 2 == 0 {
                MemberId::HOST
            } else {
                bench.member.id
            };
            let buffer = bench.buffer(id);
            let (import, twice) = (bench.import(&buffer), bench.import(&buffer));
            drop(import);
            let data = noise(SIZE as usize, round);
            write(&fixed, &data);
            let span = Span::Bytes(SIZE);
            bench
                .copy((&fixed_import, 0), (&twice, 0), span)
                .expect("a copy");
            same(&bytes(&buffer), &data, driver);
        }
        // There is not more than the two objects at a time, and their commands.
        assert!(crate::raw::open_fds() < 32);
    }
}

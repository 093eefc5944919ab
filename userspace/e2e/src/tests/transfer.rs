// SPDX-License-Identifier: MIT OR Apache-2.0

//! Transfers in chunks, as the crate's `transfer` module makes them: between all members,
//! whatever way they take; the way that is chosen; and what is left after a failure.

use crate::check::noise;
use crate::check::same;
use crate::harness::suite;
use crate::lab::Lab;
use crate::lab::Need;
use crate::vendor::read_fault;
use crate::vendor::set_fault;
use mvgal::AffinityChange;
use mvgal::Allocation;
use mvgal::Buffer;
use mvgal::BufferFlags;
use mvgal::CopyEngine;
use mvgal::Deadline;
use mvgal::Device;
use mvgal::Errno;
use mvgal::Error;
use mvgal::Job;
use mvgal::Member;
use mvgal::MemberId;
use mvgal::NoEngine;
use mvgal::Transfer;
use mvgal::transfer::By;
use mvgal::transfer::Half;
use mvgal::transfer::Transferred;
use mvgal::transfer::Way;
use mvgal::transfer::Why;
use std::time::Duration;
use std::time::Instant;

suite! {
    between_all_members [Need::Members(2)] in 150;
    staged_between_all_members [Need::Members(2)] in 150;
    odd_ranges_of_xe [Need::Driver("xe"), Need::Driver("i915")] in 60;
    engines_that_see_both [Need::Driver("amdgpu"), Need::Driver("xe")];
    engines_that_see_one [Need::Driver("xe"), Need::Driver("mtgpu")];
    no_engine [Need::Driver("vgem")];
    engine_of_a_host [Need::Virgl];
    what_cannot_be [Need::Members(1)];
    not_by_the_cpu [Need::Driver("xe")];
    one_range_at_a_time [Need::Members(1)];
    eio_in_the_middle [Need::Driver("amdgpu"), Need::Driver("mtgpu")];
    hang_in_the_middle [Need::Driver("xe"), Need::Driver("mtgpu")] in 60;
    no_memory_in_the_middle [Need::Driver("i915"), Need::Driver("mtgpu")];
    no_memory_at_first [Need::Driver("amdgpu")];
    an_engine_that_maps_nothing_of_others [Need::Driver("amdgpu")];
    the_host_is_lost [Need::Driver("amdgpu"), Need::Driver("mtgpu")];
    a_route_falls_back [Need::Driver("amdgpu")];
    failures_are_no_refusals [Need::Driver("amdgpu"), Need::Driver("mtgpu")];
    sight_is_not_lost_by_other_errors [Need::Driver("amdgpu")];
    no_other_way_after_a_failure [Need::Driver("amdgpu")];
    an_import_is_lost [Need::Switch] in 60;
    trials_end_with_the_deadline [Need::Driver("amdgpu")];
    binds_end_with_the_deadline [Need::Driver("xe")];
    unbinds_are_not_waited_for [Need::Driver("xe")];
    time_is_up [Need::Driver("amdgpu")];
    copies_of_the_target [Need::Driver("amdgpu"), Need::Driver("i915")];
    again_and_again [Need::Driver("xe"), Need::Driver("mtgpu")] in 60;
}

/// Bytes of a buffer; more than all slots have chunks for.
const SIZE: u64 = 192 << 10;
const CHUNK: u64 = 16 << 10;

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(100))
}

/// A client with all members attached, and their engines.
struct Machine {
    device: Device,
    members: Vec<Member>,
    engines: Vec<CopyEngine>,
}

impl Machine {
    fn new() -> Self {
        let device = Device::open().expect("open mvgal");
        let members: Vec<Member> = device.members().expect("the members").into_iter().collect();
        let mut engines = Vec::new();
        for member in &members {
            match CopyEngine::attach(&device, member) {
                Ok(engine) => engines.push(engine),
                Err(Error::NoEngine(_)) => {
                    let node = member.open().expect("its node");
                    device.attach(member.id, &node).expect("attach");
                }
                Err(error) => panic!("{}: {error}", member.driver),
            }
        }
        Machine {
            device,
            members,
            engines,
        }
    }

    fn id(&self, driver: &str) -> MemberId {
        let mut of_driver = self.members.iter().filter(|member| member.driver == driver);
        of_driver.next().expect("the member").id
    }

    fn name(&self, id: MemberId) -> &str {
        let member = self.members.iter().find(|member| member.id == id);
        member.map_or("host", |member| member.driver.as_str())
    }

    fn buffer(&self, id: MemberId) -> Buffer {
        let mut flags = BufferFlags::HOST_VALID | BufferFlags::DMA_BUF;
        if id.is_member() {
            flags |= BufferFlags::GPU_VALID;
        }
        let allocation = Allocation::linear(SIZE).member(id).flags(flags);
        let buffer = self.device.alloc(&allocation);
        buffer.unwrap_or_else(|error| panic!("{}: {error}", self.name(id)))
    }

    /// A buffer of the member with that driver, and one of the host.
    fn own_and_host(&self, driver: &str) -> (Buffer, Buffer) {
        (self.buffer(self.id(driver)), self.buffer(MemberId::HOST))
    }

    /// A buffer that no engine but its member's can see: mtgpu has none, and it is not exported.
    fn unseen(&self) -> Buffer {
        let flags = BufferFlags::GPU_VALID | BufferFlags::HOST_VALID;
        let allocation = Allocation::linear(SIZE).member(self.id("mtgpu"));
        self.device
            .alloc(&allocation.flags(flags))
            .expect("ALLOC_MEMORY")
    }

    fn transfer<'a>(&'a self, from: &'a Buffer, to: &'a Buffer) -> Transfer<'a> {
        Transfer::new(&self.device, from, to)
            .engines(&self.engines)
            .chunk(CHUNK)
            .slots(3)
    }

    fn fault(&self, driver: &str, name: &str, value: &str) {
        let member = self.members.iter().find(|member| member.driver == driver);
        let member = member.expect("the member");
        set_fault(&member.bus_address, name, value);
    }
}

fn bytes(buffer: &Buffer) -> Vec<u8> {
    buffer.map().expect("a mapping").to_vec()
}

fn write(buffer: &Buffer, data: &[u8]) {
    let map = buffer.map().expect("a mapping");
    map.write_at(0, data).expect("inside");
}

/// Moves a range, and compares all bytes of the target.
fn moves(
    machine: &Machine,
    (from, to): (&Buffer, &Buffer),
    (src, dst, length): (u64, u64, u64),
    by: By,
    seed: u64,
) -> Transferred {
    let data = noise(SIZE as usize, 2 * seed);
    let mut wanted = noise(SIZE as usize, 2 * seed + 1);
    write(from, &data);
    write(to, &wanted);
    let what = format!(
        "{} to {}, {src} to {dst}, {length} bytes, {by:?}",
        machine.name(from.member()),
        machine.name(to.member())
    );
    let transfer = machine.transfer(from, to).by(by);
    let transfer = transfer.src_offset(src).dst_offset(dst).bytes(length);
    let mut told = 0;
    let done = transfer
        .run(soon(), |bytes| told += bytes)
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    let what = format!("{what}, {}", done.way);
    assert_eq!((done.bytes, told), (length, length), "{what}");
    let (start, end) = (src as usize, (src + length) as usize);
    wanted[dst as usize..(dst + length) as usize].copy_from_slice(&data[start..end]);
    same(&bytes(to)[..SIZE as usize], &wanted, &what);
    same(&bytes(from)[..SIZE as usize], &data, &what);
    done
}

fn all_pairs(by: By) {
    let machine = Machine::new();
    // One of each driver.
    let mut ids = vec![MemberId::HOST];
    for member in &machine.members {
        if ids.iter().all(|&id| machine.name(id) != member.driver) {
            ids.push(member.id);
        }
    }
    let mut seed = 0;
    for &from in &ids {
        for &to in &ids {
            let (source, target) = (machine.buffer(from), machine.buffer(to));
            seed += 1;
            let range = (12345, 321, 3 * CHUNK + 777);
            let done = moves(&machine, (&source, &target), range, by, seed);
            let staged = matches!(done.way, Way::Staged { .. });
            assert!(staged || by != By::Staged, "{:?}", done.way);
        }
    }
}

fn between_all_members(_: &Lab) {
    all_pairs(By::Auto);
}

fn staged_between_all_members(_: &Lab) {
    all_pairs(By::Staged);
}

/// Its blitter counts in units of 64 bytes, and nothing else reaches its memory.
fn odd_ranges_of_xe(_: &Lab) {
    let machine = Machine::new();
    let ids = [MemberId::HOST, machine.id("xe"), machine.id("i915")];
    let buffers = ids.map(|id| machine.buffer(id));
    let mut seed = 1000;
    for (from, to) in [(0, 1), (1, 0), (1, 2), (2, 1)] {
        for range in [
            (0, 0, 1),
            (63, 64, 1),
            (64, 63, 2),
            (1, 1, 62),
            (1, 65, 63),
            (7, 9, 4096),
            (5, 69, 2 * CHUNK),
            (64, 0, CHUNK + 1),
            (SIZE - 3, 17, 3),
        ] {
            for by in [By::Auto, By::Staged] {
                seed += 1;
                moves(&machine, (&buffers[from], &buffers[to]), range, by, seed);
            }
        }
    }
}

fn engines_that_see_both(_: &Lab) {
    let machine = Machine::new();
    let (amdgpu, xe) = (machine.id("amdgpu"), machine.id("xe"));
    for (from, to, by) in [
        (amdgpu, xe, xe),
        (xe, amdgpu, amdgpu),
        (MemberId::HOST, xe, xe),
        (amdgpu, MemberId::HOST, amdgpu),
        (xe, xe, xe),
    ] {
        let (source, target) = (machine.buffer(from), machine.buffer(to));
        let range = (0, 0, SIZE);
        let done = moves(&machine, (&source, &target), range, By::Auto, 1);
        assert_eq!((done.way, done.why), (Way::Engine { by }, Why::SeesBoth));
        let done = moves(&machine, (&source, &target), range, By::Engine, 2);
        assert_eq!(done.way, Way::Engine { by });
    }
    // Asked for another way, it takes that; amdgpu's memory can be mapped by the kernel.
    let (source, target) = (machine.buffer(amdgpu), machine.buffer(MemberId::HOST));
    let done = moves(&machine, (&source, &target), (0, 0, SIZE), By::Cpu, 3);
    assert_eq!((done.way, done.why), (Way::Cpu { by: amdgpu }, Why::Asked));
}

/// mtgpu neither imports nor lets others have its memory.
fn engines_that_see_one(_: &Lab) {
    let machine = Machine::new();
    let (mtgpu, xe) = (machine.id("mtgpu"), machine.id("xe"));
    let own = machine.unseen();
    let shared = machine.buffer(xe);
    let up = moves(&machine, (&own, &shared), (0, 0, SIZE), By::Auto, 1);
    let way = Way::Staged {
        up: Half::Cpu(mtgpu),
        down: Half::Engine(xe),
    };
    assert_eq!((up.way, up.chunks), (way, SIZE / CHUNK));
    let down = moves(&machine, (&shared, &own), (3, 5, SIZE - 9), By::Engine, 2);
    let way = Way::Staged {
        up: Half::Engine(xe),
        down: Half::Cpu(mtgpu),
    };
    assert_eq!(down.way, way);
    for why in [up.why, down.why] {
        match why {
            Why::HalfAnEngine { by, reason } => {
                assert_eq!(by, xe);
                assert!(reason.contains("DMA_BUF"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
}

fn no_engine(_: &Lab) {
    let machine = Machine::new();
    let vgem = machine.id("vgem");
    let (source, target) = (machine.buffer(vgem), machine.buffer(MemberId::HOST));
    let done = moves(&machine, (&source, &target), (1, 2, SIZE - 2), By::Auto, 1);
    assert_eq!((done.way, done.why), (Way::Cpu { by: vgem }, Why::NoEngine));
    let asked = machine.transfer(&source, &target).by(By::Engine);
    let refused = asked.run(soon(), |_| ());
    assert!(
        matches!(refused, Err(Error::NoEngine(NoEngine::NoneThere))),
        "{refused:?}"
    );
}

/// Only if it is asked for, as it is no gain.
fn engine_of_a_host(lab: &Lab) {
    let machine = Machine::new();
    let virgl = MemberId::new(lab.virgl().id);
    let (source, target) = (machine.buffer(virgl), machine.buffer(virgl));
    let done = moves(&machine, (&source, &target), (0, 0, SIZE), By::Auto, 1);
    assert_eq!(
        (done.way, done.why),
        (Way::Cpu { by: virgl }, Why::HostsEngine)
    );
    let done = moves(
        &machine,
        (&source, &target),
        (11, 13, SIZE - 13),
        By::Engine,
        2,
    );
    assert_eq!(done.way, Way::Engine { by: virgl });
}

fn what_cannot_be(_: &Lab) {
    let machine = Machine::new();
    let [a, b] = [0; 2].map(|_| machine.buffer(MemberId::HOST));
    let run = |transfer: Transfer<'_>| match transfer.run(soon(), |_| ()) {
        Err(Error::Range { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    let transfer = |to| machine.transfer(&a, to);
    assert_eq!(run(transfer(&b).bytes(SIZE + 1)), "source offset");
    assert_eq!(run(transfer(&b).dst_offset(1).bytes(SIZE)), "target offset");
    assert_eq!(
        run(transfer(&b).src_offset(SIZE)),
        "number of bytes to copy"
    );
    assert_eq!(
        run(transfer(&b).dst_offset(u64::MAX)),
        "number of bytes to copy"
    );
    assert_eq!(
        run(transfer(&a).dst_offset(4095).bytes(4096)),
        "target offset"
    );
    let within = transfer(&a).dst_offset(4096).bytes(4096);
    within.run(soon(), |_| ()).expect("no overlap");
}

/// It has no memory that the CPU could get at, and is told so before anything is moved.
fn not_by_the_cpu(_: &Lab) {
    let machine = Machine::new();
    let xe = machine.id("xe");
    let (own, host) = (machine.buffer(xe), machine.buffer(MemberId::HOST));
    for (from, to) in [(&own, &host), (&host, &own)] {
        for transfer in [
            machine.transfer(from, to).by(By::Cpu),
            Transfer::new(&machine.device, from, to),
            Transfer::new(&machine.device, from, to).by(By::Staged),
        ] {
            match transfer.prepare(soon()) {
                Err(Error::NotByCpu { member, .. }) => assert_eq!(member, xe),
                other => panic!("{other:?}"),
            }
        }
    }
}

/// A route takes the next range when the one before has ended.
fn one_range_at_a_time(_: &Lab) {
    let machine = Machine::new();
    let [a, b] = [0; 2].map(|_| machine.buffer(MemberId::HOST));
    let (gate, done) = (
        machine.device.timeline().expect("a timeline"),
        machine.device.timeline().expect("a timeline"),
    );
    let mut route = machine.transfer(&a, &b).route(soon()).expect("a route");
    assert_eq!(route.room(), CHUNK);
    let long = route.submit((0, 0, CHUNK + 1), &[], None, soon());
    assert!(matches!(long, Err(Error::Range { .. })), "{long:?}");
    let data = noise(SIZE as usize, 1);
    write(&a, &data);
    let range = (1, 2, CHUNK);
    route
        .submit(range, &[gate.point(1)], Some(done.point(1)), soon())
        .expect("submit");
    let early = route.submit(range, &[], None, soon());
    assert!(matches!(early, Err(Error::Unfinished)), "{early:?}");
    let timed_out = route.wait(Deadline::after(Duration::from_millis(20)));
    assert!(
        matches!(timed_out, Err(Error::TimedOut { .. })),
        "{timed_out:?}"
    );
    gate.signal(1).expect("SIGNAL");
    done.wait(1, soon()).expect("the copy");
    route.wait(soon()).expect("the copy");
    let copied = CHUNK as usize;
    same(&bytes(&b)[2..2 + copied], &data[1..1 + copied], "the range");
    route
        .submit((0, 0, 5), &[], None, soon())
        .expect("the next");
    route.wait(soon()).expect("the next");
}

/// Something fails after the third chunk; a transfer with new engines goes on.
fn fails_in_the_middle(driver: &str, fault: &str, wanted: Errno) {
    for up in [true, false] {
        let machine = Machine::new();
        // So that there are two halves.
        let other = machine.unseen();
        let ours = machine.buffer(machine.id(driver));
        let (from, to) = if up { (&ours, &other) } else { (&other, &ours) };
        let mut chunks = 0;
        let result = machine.transfer(from, to).run(soon(), |_| {
            chunks += 1;
            if chunks == 3 {
                machine.fault(driver, fault, "1");
            }
        });
        machine.fault(driver, fault, "0");
        let error = result.expect_err(fault);
        assert_eq!(error.errno(), Some(wanted), "{error}");
        assert!((3..SIZE / CHUNK).contains(&chunks), "{chunks} chunks");
        match &error {
            Error::Step { step, .. } => {
                let by = format!("by the engine of member {}", machine.id(driver));
                assert!(step.ends_with(&by), "{error}");
            }
            other => panic!("{other:?}"),
        }

        let again = Machine::new();
        let ours = again.buffer(again.id(driver));
        let host = again.buffer(MemberId::HOST);
        moves(&again, (&host, &ours), (0, 0, SIZE), By::Auto, 3);
    }
}

fn eio_in_the_middle(_: &Lab) {
    fails_in_the_middle("amdgpu", "eio", Errno::EIO);
}

fn hang_in_the_middle(_: &Lab) {
    fails_in_the_middle("xe", "hang", Errno::ETIME);
}

/// Something keeps an engine of a staged way from its half after some chunks: the rest goes by the
/// CPU, which needs no import.
fn half_is_lost(driver: &str, up: bool, fault: (&str, &str)) {
    let machine = Machine::new();
    let (by, mtgpu) = (machine.id(driver), machine.id("mtgpu"));
    let (own, other) = (machine.buffer(by), machine.unseen());
    let (from, to) = if up { (&own, &other) } else { (&other, &own) };
    let data = noise(SIZE as usize, 60);
    write(from, &data);
    let mut transfer = machine.transfer(from, to).prepare(soon()).expect("a way");
    let (engine, cpu) = (Half::Engine(by), Half::Cpu(mtgpu));
    let (up, down) = if up { (engine, cpu) } else { (cpu, engine) };
    assert_eq!(transfer.way(), Way::Staged { up, down });
    let mut chunks = 0;
    let done = transfer.run(soon(), |_| {
        chunks += 1;
        if chunks == 3 {
            machine.fault(driver, fault.0, fault.1);
        }
    });
    machine.fault(driver, fault.0, "0");
    let done = done.expect("another way");
    assert_eq!((done.bytes, chunks), (SIZE, SIZE / CHUNK));
    assert_eq!(done.chunks, chunks);
    assert!(matches!(done.way, Way::Cpu { .. }), "{}", done.way);
    assert!(
        matches!(done.why, Why::LostSight { by: lost, .. } if lost == by),
        "{}",
        done.why
    );
    same(&bytes(to), &data, "by another way");
}

/// The driver has no memory for a submission.
fn no_memory_in_the_middle(_: &Lab) {
    half_is_lost("i915", true, ("submit", "1"));
}

/// The engine's driver does not map memory of the host any more, by way of which it was.
fn the_host_is_lost(_: &Lab) {
    half_is_lost("amdgpu", false, ("map", "1 12"));
}

/// There is no memory for the commands: nothing was started.
fn no_memory_at_first(_: &Lab) {
    let machine = Machine::new();
    let (from, to) = machine.own_and_host("amdgpu");
    machine.fault("amdgpu", "enomem", "1");
    let error = machine.transfer(&from, &to).run(soon(), |_| ());
    machine.fault("amdgpu", "enomem", "0");
    let error = error.expect_err("no memory");
    assert_eq!(error.errno(), Some(Errno::ENOMEM), "{error}");
    moves(&machine, (&from, &to), (0, 0, SIZE), By::Auto, 1);
}

/// Its driver imports well, and can map nothing of that: this shows before anything is moved.
fn an_engine_that_maps_nothing_of_others(_: &Lab) {
    let machine = Machine::new();
    let amdgpu = machine.id("amdgpu");
    let (own, host) = (machine.buffer(amdgpu), machine.buffer(MemberId::HOST));
    machine.fault("amdgpu", "map", "100000 12");
    for (seed, (from, to)) in [(&own, &host), (&host, &own)].into_iter().enumerate() {
        let range = (1, 2, SIZE - 3);
        let done = moves(&machine, (from, to), range, By::Auto, seed as u64);
        assert_eq!(done.way, Way::Cpu { by: amdgpu });
        match &done.why {
            Why::SeesOne { by, reason } => {
                assert_eq!(*by, amdgpu);
                assert!(reason.contains("ENOMEM"), "{reason}");
            }
            why => panic!("{why}"),
        }
        let done = moves(&machine, (from, to), range, By::Staged, 10 + seed as u64);
        match done.way {
            Way::Staged { up, down } => {
                let by_cpu = |half| matches!(half, Half::Cpu(_));
                assert!(by_cpu(up) && by_cpu(down), "{}", done.way);
            }
            way => panic!("{way}"),
        }
        let refused = machine
            .transfer(from, to)
            .by(By::Engine)
            .run(soon(), |_| ());
        assert!(
            matches!(refused, Err(Error::NoEngine(NoEngine::SeesNothing { .. }))),
            "{refused:?}"
        );
    }
    machine.fault("amdgpu", "map", "0");
}

/// Who submits ranges himself is told, and can have the route go on.
fn a_route_falls_back(_: &Lab) {
    let machine = Machine::new();
    let amdgpu = machine.id("amdgpu");
    let (own, host) = (machine.buffer(amdgpu), machine.buffer(MemberId::HOST));
    let data = noise(SIZE as usize, 70);
    write(&host, &data);
    let mut route = machine
        .transfer(&host, &own)
        .route(soon())
        .expect("a route");
    assert_eq!(route.way(), Way::Engine { by: amdgpu });
    for _ in ["its engine", "through the host"] {
        let before = route.way();
        machine.fault("amdgpu", "map", "1 12");
        route
            .submit((0, 0, CHUNK), &[], None, soon())
            .expect("submit");
        let result = route.wait(soon());
        machine.fault("amdgpu", "map", "0");
        let error = result.expect_err("it is not mapped");
        assert_eq!(error.errno(), Some(Errno::ENOMEM), "{error}");
        route.fall_back(error, soon()).expect("another way");
        assert_ne!(route.way(), before);
    }
    // The CPU needs no import.
    machine.fault("amdgpu", "map", "1 12");
    route
        .submit((0, 0, CHUNK), &[], None, soon())
        .expect("submit");
    let result = route.wait(soon());
    machine.fault("amdgpu", "map", "0");
    result.expect("a copy by the CPU");
    assert_eq!(route.way(), Way::Cpu { by: amdgpu });
    let copied = CHUNK as usize;
    same(&bytes(&own)[..copied], &data[..copied], "by the last way");
    // It is no answer to everything.
    let error = route
        .fall_back(Error::Unfinished, soon())
        .expect_err("no other");
    assert!(matches!(error, Error::Unfinished), "{error}");
}

/// A driver that fails is no driver that cannot: nobody goes another way behind the caller's back.
fn failures_are_no_refusals(_: &Lab) {
    for (errno, refuses) in [
        (Errno::EIO, false),
        (Errno::ENODEV, false),
        (Errno::ETIME, false),
        (Errno::EINVAL, true),
        (Errno::EOPNOTSUPP, true),
    ] {
        let fault = format!("100000 {}", errno as i32);
        // Of an import, of what is imported at the first use, and of memory of the host.
        for (name, staged) in [("import", false), ("map", false), ("import", true)] {
            let machine = Machine::new();
            let (own, host) = (
                machine.buffer(machine.id("amdgpu")),
                machine.buffer(MemberId::HOST),
            );
            let other = machine.unseen();
            let from = if staged { &other } else { &host };
            machine.fault("amdgpu", name, &fault);
            let prepared = machine.transfer(from, &own).prepare(soon());
            let prepared = prepared.map(|prepared| prepared.way());
            machine.fault("amdgpu", name, "0");
            let what = format!("{name} {errno}, staged: {staged}: {prepared:?}");
            match prepared {
                Ok(way) => assert!(refuses && matches!(way, Way::Cpu { .. }), "{what}"),
                Err(error) => assert!(!refuses && error.errno() == Some(errno), "{what}"),
            }
        }
    }
}

/// What an engine answers for other reasons ends the transfer, though there is another way.
fn sight_is_not_lost_by_other_errors(_: &Lab) {
    for (errno, other_way) in [
        (Errno::ENOSPC, true),
        (Errno::EBUSY, true),
        (Errno::EINVAL, false),
        (Errno::EFAULT, false),
        (Errno::EIO, false),
    ] {
        let machine = Machine::new();
        let amdgpu = machine.id("amdgpu");
        let (own, host) = (machine.buffer(amdgpu), machine.buffer(MemberId::HOST));
        write(&own, &noise(SIZE as usize, 90));
        let mut transfer = machine
            .transfer(&own, &host)
            .prepare(soon())
            .expect("a way");
        assert_eq!(transfer.way(), Way::Engine { by: amdgpu });
        machine.fault("amdgpu", "map", &format!("1 {}", errno as i32));
        let done = transfer.run(soon(), |_| ());
        machine.fault("amdgpu", "map", "0");
        match done {
            Ok(done) => assert!(
                other_way && done.way != Way::Engine { by: amdgpu },
                "{errno}"
            ),
            Err(error) => {
                assert!(!other_way, "{error}");
                assert_eq!(error.errno(), Some(errno), "{error}");
            }
        }
    }
}

/// What goes wrong when another way is tried is what the caller is told.
fn no_other_way_after_a_failure(_: &Lab) {
    let machine = Machine::new();
    let amdgpu = machine.id("amdgpu");
    let (own, host) = (machine.buffer(amdgpu), machine.buffer(MemberId::HOST));
    let mut route = machine
        .transfer(&host, &own)
        .route(soon())
        .expect("a route");
    machine.fault("amdgpu", "map", "1 12");
    route
        .submit((0, 0, CHUNK), &[], None, soon())
        .expect("submit");
    let error = route.wait(soon()).expect_err("it is not mapped");
    machine.fault("amdgpu", "import", "100000 5");
    let result = route.fall_back(error, soon());
    machine.fault("amdgpu", "import", "0");
    let error = result.expect_err("the next way fails");
    assert_eq!(error.errno(), Some(Errno::EIO), "{error}");
}

/// What an engine saw is moved, and its driver does not map it again: the rest goes another way, and
/// who wanted that engine and no other is told.
fn an_import_is_lost(lab: &Lab) {
    const VRAM: u64 = 64 << 20;

    let behind = lab.behind_switch(true);
    for (index, by) in [(0, By::Auto), (1, By::Auto), (0, By::Engine)] {
        let machine = Machine::new();
        let (from, to) = (behind[index], behind[1 - index]);
        let (a, b) = (MemberId::new(from.id), MemberId::new(to.id));
        let (source, target) = (machine.buffer(a), machine.buffer(b));
        let data = noise(SIZE as usize, 40 + index as u64);
        write(&source, &data);
        let mut transfer = machine
            .transfer(&source, &target)
            .by(by)
            .prepare(soon())
            .expect("a way");
        assert_eq!(transfer.way(), Way::Engine { by: b });
        transfer.run(soon(), |_| ()).expect("the first time");
        same(&bytes(&target), &data, "over the bus");

        // Almost all of the memory for something else: what may be exported goes elsewhere itself.
        let number = || read_fault(&crate::client::text(&from.bus_address), "moved");
        let moved = number();
        let other = Allocation::linear(VRAM - SIZE / 2).member(a);
        let other = other.flags(BufferFlags::GPU_VALID);
        let _other = machine.device.alloc(&other).expect("ALLOC_MEMORY");
        assert!(number() - moved >= SIZE, "nothing was moved");
        let address = crate::client::text(&to.bus_address);
        set_fault(&address, "map", "1 12");
        let data = noise(SIZE as usize, 50 + index as u64);
        write(&source, &data);
        let mut arrived = 0;
        let done = transfer.run(soon(), |bytes| arrived += bytes);
        set_fault(&address, "map", "0");
        if by == By::Engine {
            assert_eq!(
                done.expect_err("a lost import").errno(),
                Some(Errno::ENOMEM)
            );
            continue;
        }
        let done = done.expect("another way");
        assert_eq!((done.bytes, arrived), (SIZE, SIZE));
        assert!(matches!(done.way, Way::Staged { .. }), "{}", done.way);
        match &done.why {
            Why::LostSight { by, .. } => assert_eq!(*by, b),
            why => panic!("{why}"),
        }
        same(&bytes(&target), &data, "by another way");
        // And so it goes on.
        let done = transfer.run(soon(), |_| ()).expect("once more");
        assert!(matches!(done.way, Way::Staged { .. }), "{}", done.way);
    }
}

/// A time that no wait of the crate's own ends in.
const SHORT: Duration = Duration::from_millis(200);
/// How long what is waited for takes.
const LONG: &str = "9000000";

/// How long anything else may take on a busy machine.
const ENOUGH: Duration = Duration::from_secs(7);

/// Runs something that has `SHORT` time for what takes longer.
fn in_short<T>(work: impl FnOnce(Deadline) -> mvgal::Result<T>) {
    let start = Instant::now();
    let result = work(Deadline::after(SHORT)).map(drop);
    let took = start.elapsed();
    assert!(matches!(result, Err(Error::TimedOut { .. })), "{result:?}");
    assert!(took >= SHORT && took < ENOUGH, "{took:?}");
}

/// An engine is to show that it sees a buffer before the time is up.
fn trials_end_with_the_deadline(_: &Lab) {
    let machine = Machine::new();
    let (own, host) = machine.own_and_host("amdgpu");
    // Less than the driver's time-out.
    machine.fault("amdgpu", "slow_us", "1000000");
    for by in [By::Auto, By::Staged] {
        let transfer = machine.transfer(&own, &host).by(by);
        in_short(|deadline| transfer.run(deadline, |_| ()));
        in_short(|deadline| transfer.route(deadline));
    }
    machine.fault("amdgpu", "slow_us", "0");
    moves(&machine, (&own, &host), (0, 0, SIZE), By::Auto, 1);
}

/// So does its driver change its page tables.
fn binds_end_with_the_deadline(_: &Lab) {
    let machine = Machine::new();
    let (own, host) = machine.own_and_host("xe");
    let mut engines = machine.engines.iter();
    let engine = engines.find(|engine| engine.member() == own.member());
    let engine = engine.expect("an engine");
    machine.fault("xe", "bind_us", LONG);
    in_short(|deadline| machine.transfer(&own, &host).run(deadline, |_| ()));
    in_short(|deadline| engine.import_until(&host, deadline));
    // Who waits for long does not hold up who does not.
    std::thread::scope(|scope| {
        scope.spawn(|| engine.import_until(&own, soon()).expect("an import"));
        std::thread::sleep(SHORT);
        in_short(|deadline| engine.import_until(&own, deadline));
        in_short(|deadline| engine.import_until(&host, deadline));
    });
    machine.fault("xe", "bind_us", "0");
    moves(&machine, (&own, &host), (0, 0, SIZE), By::Auto, 1);
}

/// What is dropped is so at once.
fn unbinds_are_not_waited_for(_: &Lab) {
    let machine = Machine::new();
    let (own, host) = machine.own_and_host("xe");
    let prepared = machine
        .transfer(&own, &host)
        .prepare(soon())
        .expect("a way");
    machine.fault("xe", "bind_us", LONG);
    let start = Instant::now();
    drop(prepared);
    assert!(start.elapsed() < ENOUGH, "{:?}", start.elapsed());
    machine.fault("xe", "bind_us", "0");
    moves(&machine, (&own, &host), (0, 0, SIZE), By::Auto, 1);
}

/// It says so, and what is under way ends by itself.
fn time_is_up(_: &Lab) {
    let machine = Machine::new();
    let (from, to) = machine.own_and_host("amdgpu");
    write(&from, &noise(SIZE as usize, 1));
    machine.fault("amdgpu", "slow_us", "300000");
    let deadline = Deadline::after(Duration::from_millis(20));
    let error = machine.transfer(&from, &to).run(deadline, |_| ());
    machine.fault("amdgpu", "slow_us", "0");
    let error = error.expect_err("it takes longer");
    assert!(matches!(error, Error::TimedOut { .. }), "{error}");
    let other = machine.buffer(MemberId::HOST);
    moves(&machine, (&from, &other), (0, 0, SIZE), By::Auto, 2);
}

/// An engine writes to one memory of a replicated buffer; the transfer brings that to the others.
fn copies_of_the_target(_: &Lab) {
    let machine = Machine::new();
    let (amdgpu, i915) = (machine.id("amdgpu"), machine.id("i915"));
    let both = machine.members.iter();
    let both = both.filter(|member| [amdgpu, i915].contains(&member.id));
    let mask = both.fold(0, |mask, member| mask | 1 << member.slot);
    let change = AffinityChange::new().allowed_mask(mask);
    machine.device.change_affinity(&change).expect("the mask");
    let flags = BufferFlags::HOST_VALID | BufferFlags::DMA_BUF | BufferFlags::REPLICATED;
    let source = machine.buffer(MemberId::HOST);
    let target = Allocation::linear(SIZE).member(amdgpu).flags(flags);
    let target = machine.device.alloc(&target).expect("ALLOC_MEMORY");
    let seen = machine
        .device
        .alloc(&Allocation::linear(SIZE).flags(BufferFlags::HOST_VALID));
    let seen = seen.expect("ALLOC_MEMORY");
    for (by, seed) in [(By::Engine, 1), (By::Staged, 2), (By::Cpu, 3)] {
        let range = (5, 77, SIZE - 99);
        let mut wanted = noise(SIZE as usize, 2 * seed + 1);
        moves(&machine, (&source, &target), range, by, seed);
        wanted[77..][..SIZE as usize - 99]
            .copy_from_slice(&noise(SIZE as usize, 2 * seed)[5..][..SIZE as usize - 99]);
        // `moves` has written the rest by the CPU, which writes to one memory.
        let timeline = machine.device.timeline().expect("a timeline");
        let job = Job::copy(&target, &seen).member(i915).bytes(SIZE);
        let batch = machine.device.batch().job(job.signal(timeline.point(1)));
        batch.submit().expect("SUBMIT");
        timeline.wait(1, soon()).expect("the copy of i915");
        let range = 77..77 + SIZE as usize - 99;
        same(
            &bytes(&seen)[range.clone()],
            &wanted[range],
            &format!("{by:?}"),
        );
    }
}

/// The same engines and buffers, many times: nothing piles up.
fn again_and_again(_: &Lab) {
    let machine = Machine::new();
    let xe = machine.buffer(machine.id("xe"));
    let other = machine.buffer(machine.id("mtgpu"));
    let fds = crate::raw::open_fds();
    for round in 0..12 {
        let range = (round, 64 * round + 1, SIZE / 4);
        moves(&machine, (&xe, &other), range, By::Auto, round);
        moves(&machine, (&other, &xe), range, By::Staged, round);
    }
    assert_eq!(crate::raw::open_fds(), fds);
}

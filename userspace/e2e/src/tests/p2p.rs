// SPDX-License-Identifier: MIT OR Apache-2.0

//! PCI peer-to-peer between GPUs: stand-ins behind a switch, whose VRAM is a BAR, and one that is not
//! behind it (`scripts/lab/vm --p2p amdgpu,xe,amdgpu,amdgpu`).
//!
//! An engine of one member gets at the memory of another by the addresses that the exporter's driver
//! has given out, and the stand-ins count the bytes that went over addresses in a BAR.

use crate::check::noise;
use crate::check::refused;
use crate::check::same;
use crate::client::Buffer;
use crate::client::PAGE;
use crate::client::text;
use crate::harness::suite;
use crate::job::Job;
use crate::lab::Attached;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::PCI_STANDINS;
use crate::raw;
use crate::submission::Amdgpu;
use crate::submission::CODE;
use crate::submission::CODE_BYTES;
use crate::submission::Fence;
use crate::submission::Submission;
use crate::submission::Vendor;
use crate::submission::Work;
use crate::submission::Xe;
use crate::sys::*;
use crate::vendor::read_fault;
use crate::vendor::set_fault;
use nix::errno::Errno;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;

suite! {
    what_is_said_of_pairs [Need::Switch];
    only_for_those_behind_the_switch [Need::Switch];
    engines_copy_over_the_bus [Need::Switch] in 120;
    mapped_by_the_cpu [Need::Switch] in 60;
    evicted [Need::Switch] in 120;
    evicted_without_a_handle [Need::Switch] in 120;
    used_by_one_that_cannot_reach_it [Need::Switch] in 120;
    copied_by_the_host [Need::Switch] in 60;
    mapping_fails_after_a_move [Need::Switch] in 60;
    exporter_asleep [Need::Switch] in 60;
    exporter_unplugged [Need::Switch] in 60;
    importer_unplugged [Need::Switch] in 60;
    small_bar [Need::Switch] in 120;
}

/// Size of what is copied; a multiple of xe's pages of VRAM.
const SIZE: u64 = 256 << 10;
/// Size of a stand-in's VRAM.
const VRAM: u64 = 64 << 20;
/// Where an engine sees the buffer of the exporter, and one of its own.
const SHARED: u64 = 0x1_0000_0000;
const OWN: u64 = 0x3_0000_0000;

const P2P: u32 = DRM_MVGAL_BUFFER_P2P | DRM_MVGAL_BUFFER_HOST_VALID | DRM_MVGAL_BUFFER_DMA_BUF;

/// Whether every device may reach every other through this host's bridge: so pci_p2pdma takes it for
/// AMD's processors since Zen, and for some bridges that QEMU has not.
fn bridge_passes_it_on() -> bool {
    let text = std::fs::read_to_string("/proc/cpuinfo").expect("cpuinfo");
    let value = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let family = value("cpu family").and_then(|family| family.parse::<u32>().ok());
    value("vendor_id").as_deref() == Some("AuthenticAMD") && family.is_some_and(|f| f >= 0x17)
}

fn address(device: &drm_mvgal_device) -> String {
    text(&device.bus_address)
}

/// All ordered pairs of those behind the switch.
fn peers(lab: &Lab) -> Vec<(&drm_mvgal_device, &drm_mvgal_device)> {
    let all = lab.behind_switch(true);
    let pairs = all
        .iter()
        .flat_map(|a| all.iter().map(move |b| (*a, *b)))
        .filter(|(a, b)| a.id != b.id);
    pairs.collect()
}

/// Two instructions of the command processor, `tests/fake_vendors/cp.h`, and the end.
fn code(packets: [Packet; 2]) -> [u8; CODE_BYTES] {
    const PACKET: usize = 32;
    const END: u32 = 0x0500_0000;

    let mut bytes = [0; CODE_BYTES];
    for (at, packet) in bytes.chunks_exact_mut(PACKET).zip(packets) {
        at[0..4].copy_from_slice(&packet.op.to_le_bytes());
        at[8..16].copy_from_slice(&packet.dst.to_le_bytes());
        at[16..24].copy_from_slice(&packet.src.to_le_bytes());
        at[24..32].copy_from_slice(&packet.size.to_le_bytes());
    }
    bytes[2 * PACKET..][..4].copy_from_slice(&END.to_le_bytes());
    bytes
}

#[derive(Clone, Copy)]
struct Packet {
    op: u32,
    dst: u64,
    src: u64,
    size: u64,
}

/// `FAKE_CP_COPY`
fn copy(dst: u64, src: u64) -> Packet {
    Packet {
        op: 0x4d56_0002,
        dst,
        src,
        size: SIZE,
    }
}

/// `FAKE_CP_DELAY`
fn delay(ns: u64) -> Packet {
    Packet {
        op: 0x4d56_0003,
        dst: 0,
        src: 0,
        size: ns,
    }
}

/// A member with a queue for its engine, and a buffer of the system's memory that it sees at [`OWN`].
struct Engine<'a> {
    client: &'a Attached,
    device: drm_mvgal_device,
    vendor: Box<dyn Vendor>,
    context: u32,
    code: Buffer,
    own: Buffer,
    /// Handles of the shared buffer, the own one and the code.
    objects: Vec<u32>,
}

impl<'a> Engine<'a> {
    /// With the buffer that is shared, by a descriptor for this member.
    fn new(client: &'a Attached, device: &drm_mvgal_device, shared: BorrowedFd<'_>) -> Self {
        let vendor: Box<dyn Vendor> = match &*text(&device.driver) {
            "amdgpu" => Box::new(Amdgpu),
            "xe" => Box::<Xe>::default(),
            other => panic!("{other} is on PCI"),
        };
        let node = client.file(device.id);
        let context = vendor.context(node, device.context_priorities[5]);
        let code = client.alloc(device.id, 64 << 10);
        let own = client.alloc(device.id, SIZE);
        let see = |fd: BorrowedFd<'_>, address, size| {
            let handle = node.prime_import(fd).expect("PRIME_FD_TO_HANDLE");
            vendor.bind(node, handle, address, size);
            handle
        };
        let fd = |buffer: &Buffer| client.export(buffer.handle).expect("EXPORT_DMABUF");
        let objects = vec![
            see(shared, SHARED, SIZE),
            see(fd(&own).as_fd(), OWN, SIZE),
            see(fd(&code).as_fd(), CODE, 64 << 10),
        ];
        Self {
            client,
            device: *device,
            context: context.expect("a context"),
            vendor,
            code,
            own,
            objects,
        }
    }

    /// A job of two instructions.
    fn job(&self, packets: [Packet; 2]) -> Submission {
        self.client.map(&self.code).write_at(0, &code(packets));
        let node = self.client.file(self.device.id);
        let work = Work {
            node,
            member: self.device.id,
            context: self.context,
            objects: &self.objects,
        };
        self.vendor
            .submission(&work, Fence::Syncobj(node.syncobj()))
    }

    /// Has the engine copy the shared buffer to its own, and returns that.
    fn reads(&self) -> Vec<u8> {
        let own = self.client.map(&self.own);
        own.write_at(0, &[0xee; SIZE as usize]);
        let submission = self.job([delay(0), copy(OWN, SHARED)]);
        self.client.run(submission.job.clone());
        own.read_at(0, SIZE as usize)
    }

    /// Has the engine write to the shared buffer.
    fn writes(&self, data: &[u8]) {
        self.client.map(&self.own).write_at(0, data);
        let submission = self.job([delay(0), copy(SHARED, OWN)]);
        self.client.run(submission.job.clone());
    }

    /// A number of the stand-in.
    fn number(&self, name: &str) -> u64 {
        read_fault(&address(&self.device), name)
    }
}

/// A buffer in the VRAM of one member that another reaches, and the engines of both.
struct Pair<'a> {
    shared: Buffer,
    a: Engine<'a>,
    b: Engine<'a>,
}

impl<'a> Pair<'a> {
    fn new(client: &'a Attached, pair: (&drm_mvgal_device, &drm_mvgal_device)) -> Self {
        Self::with(client, pair, P2P)
    }

    /// With flags for the buffer.
    fn with(
        client: &'a Attached,
        (a, b): (&drm_mvgal_device, &drm_mvgal_device),
        flags: u32,
    ) -> Self {
        client.set_mask(1 << a.slot | 1 << b.slot).expect("mask");
        let shared = client.alloc_flags(a.id, SIZE, flags);
        let shared = shared.expect("ALLOC_MEMORY");
        assert_eq!(shared.member, a.id);
        let own = client.export(shared.handle).expect("EXPORT_DMABUF");
        let theirs = client.export_for(shared.handle, b.id, 0);
        let theirs = theirs.expect("EXPORT_DMABUF for the peer");
        assert_eq!(theirs.reach, DRM_MVGAL_REACH_P2P);
        assert_eq!(theirs.limit, DRM_MVGAL_REACH_LIMIT_NONE);
        assert_eq!(theirs.home, a.id);
        Self {
            a: Engine::new(client, a, own.as_fd()),
            b: Engine::new(client, b, theirs.fd.as_fd()),
            shared,
        }
    }

    /// Has the exporter's engine write something, and the other read it where it is.
    fn read_over_the_bus(&self, seed: u64) -> Vec<u8> {
        let data = noise(SIZE as usize, seed);
        self.a.writes(&data);
        let moved = self.a.number("moved");
        self.found_over_the_bus(&data, "read over the bus");
        assert_eq!(self.a.number("moved"), moved, "bytes moved by the exporter");
        data
    }

    /// Has the importer read it, which must be right, and come over the bus.
    fn found_over_the_bus(&self, data: &[u8], what: &str) {
        let before = self.b.number("peer_read");
        same(&self.b.reads(), data, &self.name(what));
        let read = self.b.number("peer_read") - before;
        assert_eq!(read, SIZE, "bytes over the bus");
    }

    /// Has the importer read it, which must be right, and not come over the bus.
    fn found_in_the_system(&self, data: &[u8], what: &str) {
        let before = self.b.number("peer_read");
        same(&self.b.reads(), data, &self.name(what));
        assert_eq!(self.b.number("peer_read"), before, "bytes over the bus");
    }

    fn name(&self, what: &str) -> String {
        let (a, b) = (&self.a.device.driver, &self.b.device.driver);
        format!("{what}: {}'s by {}", text(a), text(b))
    }
}

/// Needs almost all of the exporter's VRAM for something else, until the client is closed.
fn evict(client: &Attached, pair: &Pair<'_>) {
    let moved = pair.a.number("moved");
    // What may be exported goes to GTT instead, with amdgpu.
    let flags = DRM_MVGAL_BUFFER_GPU_VALID;
    client
        .alloc_flags(pair.a.device.id, VRAM - SIZE / 2, flags)
        .expect("ALLOC_MEMORY of almost all VRAM");
    let moved = pair.a.number("moved") - moved;
    assert!(moved >= SIZE, "{}", pair.name("nothing was evicted"));
}

fn what_is_said_of_pairs(lab: &Lab) {
    let client = lab.attached();
    let is_in = |of: &[&drm_mvgal_device], id| of.iter().any(|device| device.id == id);
    let (behind, others) = (lab.behind_switch(true), lab.behind_switch(false));
    let (mut near, mut far) = (0, 0);
    for pair in client.pairs() {
        let on_pci = |id| is_in(&behind, id) || is_in(&others, id);
        if is_in(&behind, pair.exporter) && is_in(&behind, pair.importer) {
            // Up to the switch's upstream port, and down again.
            assert_eq!(pair.distance, 4, "{pair:?}");
            assert_eq!(pair.path, DRM_MVGAL_PATH_P2P, "{pair:?}");
            assert_eq!(pair.reach, DRM_MVGAL_REACH_P2P, "{pair:?}");
            assert_eq!(pair.limit, DRM_MVGAL_REACH_LIMIT_NONE, "{pair:?}");
            near += 1;
        } else if on_pci(pair.exporter) && on_pci(pair.importer) {
            let there = bridge_passes_it_on();
            assert_eq!(pair.distance >= 0, there, "{pair:?}");
            if !there {
                assert_eq!(pair.path, DRM_MVGAL_PATH_HOST, "{pair:?}");
                assert_eq!(pair.reach, DRM_MVGAL_REACH_IMPORT, "{pair:?}");
                assert_eq!(pair.limit, DRM_MVGAL_REACH_LIMIT_PCI, "{pair:?}");
            }
            far += 1;
        } else {
            assert_eq!(pair.distance, -1, "{pair:?}");
            assert_ne!(pair.limit, DRM_MVGAL_REACH_LIMIT_NONE, "{pair:?}");
        }
    }
    assert_eq!((near, far), (6, 6));
}

fn only_for_those_behind_the_switch(lab: &Lab) {
    let client = lab.attached();
    let behind = lab.behind_switch(true);
    let outside = lab.behind_switch(false)[0];
    let mask = behind
        .iter()
        .fold(0, |mask, device| mask | 1 << device.slot);
    client.set_mask(mask).expect("mask");
    for device in &behind {
        let used = read_fault(&address(device), "vram_used");
        let buffer = client.alloc_flags(device.id, SIZE, P2P);
        let buffer = buffer.expect("ALLOC_MEMORY");
        assert_eq!(buffer.member, device.id);
        let now = read_fault(&address(device), "vram_used");
        assert_eq!(now - used, SIZE, "bytes of VRAM");
    }
    if bridge_passes_it_on() {
        return;
    }
    client.set_mask(mask | 1 << outside.slot).expect("mask");
    for device in behind.iter().chain([&outside]) {
        refused(&client, Errno::EOPNOTSUPP, "out of reach", || {
            client.alloc_flags(device.id, SIZE, P2P)
        });
        // Without a copy it is to be had all the same: in the system's memory.
        if device.id != outside.id {
            let buffer = client.alloc(device.id, SIZE);
            let exported = client.export_for(buffer.handle, outside.id, 0);
            let exported = exported.expect("EXPORT_DMABUF for the other");
            assert_eq!(exported.reach, DRM_MVGAL_REACH_IMPORT);
            assert_eq!(exported.limit, DRM_MVGAL_REACH_LIMIT_PCI);
        }
    }
}

fn engines_copy_over_the_bus(lab: &Lab) {
    for (seed, devices) in (1..).zip(peers(lab)) {
        let client = lab.attached();
        let pair = Pair::new(&client, devices);
        let vram = pair.a.number("vram_used");
        pair.read_over_the_bus(seed);
        // And the other way round.
        let data = noise(SIZE as usize, 100 + seed);
        let before = pair.b.number("peer_written");
        pair.b.writes(&data);
        assert_eq!(
            pair.b.number("peer_written") - before,
            SIZE,
            "bytes over the bus"
        );
        same(&pair.a.reads(), &data, &pair.name("written over the bus"));
        assert_eq!(
            pair.a.number("vram_used"),
            vram,
            "the exporter's VRAM in use"
        );
        assert_eq!(client.pair(devices.0.id, devices.1.id).tried, 1);
    }
}

/// What the CPU has mapped is the BAR, and after a move what is in its place.
fn mapped_by_the_cpu(lab: &Lab) {
    for (seed, devices) in (1..).zip(peers(lab)) {
        let client = lab.attached();
        let pair = Pair::new(&client, devices);
        let map = client.map(&pair.shared);
        let data = pair.read_over_the_bus(seed);
        same(&map.read_at(0, SIZE as usize), &data, "read by the CPU");
        let data = noise(SIZE as usize, 100 + seed);
        map.write_at(0, &data);
        pair.found_over_the_bus(&data, "written by the CPU");
        evict(&client, &pair);
        same(
            &map.read_at(0, SIZE as usize),
            &data,
            "read when it has moved",
        );
        let data = noise(SIZE as usize, 200 + seed);
        map.write_at(0, &data);
        pair.found_in_the_system(&data, "written when it has moved");
    }
}

/// With the last handle the GEM core forgets whom to tell: the client has none here.
fn evicted_without_a_handle(lab: &Lab) {
    for (seed, devices) in (1..).zip(peers(lab)) {
        let client = lab.attached();
        let pair = Pair::new(&client, devices);
        let data = pair.read_over_the_bus(seed);
        // That of the exporter's engine, which has written to it.
        let handle = pair.a.objects[0];
        let file = client.file(pair.a.device.id);
        file.gem_close(handle).expect("GEM_CLOSE");
        evict(&client, &pair);
        pair.found_in_the_system(&data, "evicted without a handle");
        // Nor does the handle that there is last longer than the buffer.
        let used = read_fault(&address(devices.0), "vram_used");
        let other = client
            .alloc_flags(devices.0.id, PAGE, P2P)
            .expect("ALLOC_MEMORY");
        client.free(other.handle).expect("FREE_MEMORY");
        assert_eq!(read_fault(&address(devices.0), "vram_used"), used);
    }
}

/// The importer is told, and finds it where it is then.
fn evicted(lab: &Lab) {
    for (seed, devices) in (1..).zip(peers(lab)) {
        let client = lab.attached();
        let pair = Pair::new(&client, devices);
        let data = pair.read_over_the_bus(seed);
        evict(&client, &pair);
        pair.found_in_the_system(&data, "evicted");
        let data = noise(SIZE as usize, 100 + seed);
        pair.b.writes(&data);
        same(
            &pair.a.reads(),
            &data,
            &pair.name("written when it was evicted"),
        );
    }
}

/// For who does not reach VRAM it leaves that, and comes back for the peer.
fn used_by_one_that_cannot_reach_it(lab: &Lab) {
    if bridge_passes_it_on() {
        return;
    }
    let outside = lab.behind_switch(false)[0];
    for (seed, devices) in (1..).zip(peers(lab)) {
        let client = lab.attached();
        let pair = Pair::new(&client, devices);
        let data = pair.read_over_the_bus(seed);
        client.set_mask(lab.all_slots()).expect("mask");
        let fd = client.export(pair.shared.handle).expect("EXPORT_DMABUF");
        let third = Engine::new(&client, outside, fd.as_fd());
        for _ in 0..2 {
            same(&third.reads(), &data, &pair.name("read by a third"));
            assert_eq!(third.number("peer_read"), 0, "bytes over the bus");
            pair.found_over_the_bus(&data, "after it left VRAM");
        }
    }
}

/// The host's copies map it into the kernel, wherever it is.
fn copied_by_the_host(lab: &Lab) {
    let peers = peers(lab).into_iter();
    // xe lets nobody map its memory into the kernel.
    for (seed, devices) in (1..).zip(peers.filter(|pair| text(&pair.0.driver) == "amdgpu")) {
        let client = lab.attached();
        let pair = Pair::new(&client, devices);
        let data = pair.read_over_the_bus(seed);
        let host = client.alloc(HOST, SIZE);
        client.run(Job::copy(&pair.shared, &host));
        same(&client.map(&host).read(), &data, "copied by the host");
        same(
            &pair.b.reads(),
            &data,
            &pair.name("after a copy by the host"),
        );
        let data = noise(SIZE as usize, 100 + seed);
        client.map(&host).write_at(0, &data);
        client.run(Job::copy(&host, &pair.shared));
        same(&pair.b.reads(), &data, &pair.name("written by the host"));
    }
}

/// The stand-ins behind the switch, the CPU and other devices reaching 4 MiB of their VRAM alone; until
/// it is dropped.
struct SmallBar;

impl SmallBar {
    fn new() -> Self {
        let small = Self;
        small.set(4);
        small
    }

    fn set(&self, mib: u64) {
        const VISIBLE: &str = "/sys/module/mvgal_fake_vendors/parameters/visible_mb";
        std::fs::write(VISIBLE, mib.to_string()).expect(VISIBLE);
        let lab = Lab::new();
        for device in lab.behind_switch(true) {
            unplug(device);
            plug(device);
        }
    }
}

impl Drop for SmallBar {
    fn drop(&mut self) {
        self.set(0);
    }
}

/// What others or the CPU are to reach is where they do, and nothing else.
fn small_bar(_lab: &Lab) {
    let small = SmallBar::new();
    let lab = Lab::new();
    for device in lab.behind_switch(true) {
        visible_if_asked_for(&lab, device);
    }
    for (seed, devices) in (1..).zip(peers(&lab)) {
        let client = lab.attached();
        let flags = DRM_MVGAL_BUFFER_P2P | DRM_MVGAL_BUFFER_DMA_BUF;
        let pair = Pair::with(&client, devices, flags);
        let data = pair.read_over_the_bus(seed);
        if text(&devices.0.driver) == "amdgpu" {
            let host = client.alloc(HOST, SIZE);
            client.run(Job::copy(&pair.shared, &host));
            same(&client.map(&host).read(), &data, "copied by the host");
        }
    }
    drop(small);
}

fn visible_if_asked_for(lab: &Lab, device: &drm_mvgal_device) {
    let number = |name: &str| read_fault(&address(device), name);
    let client = lab.attached();
    let alloc = |flags| {
        let (used, visible) = (number("vram_used"), number("visible_used"));
        let buffer = client.alloc_flags(device.id, SIZE, flags);
        assert_eq!(number("vram_used") - used, SIZE, "bytes of VRAM");
        let visible = number("visible_used") - visible;
        (buffer.expect("ALLOC_MEMORY"), visible)
    };
    let own = DRM_MVGAL_BUFFER_GPU_VALID;
    assert_eq!(alloc(own).1, 0, "for the GPU alone");
    let (buffer, visible) = alloc(own | DRM_MVGAL_BUFFER_HOST_VALID);
    assert_eq!(visible, SIZE, "for the CPU");
    let moved = number("moved");
    let data = noise(SIZE as usize, device.id.into());
    let map = client.map(&buffer);
    map.write_at(0, &data);
    same(&map.read(), &data, "written by the CPU");
    assert_eq!(number("moved"), moved, "bytes moved for the CPU");
}

/// What was mapped once may not be mapped again: the job fails, and the next one does not.
fn mapping_fails_after_a_move(lab: &Lab) {
    for (seed, devices) in (1..).zip(peers(lab)) {
        let client = lab.attached();
        let pair = Pair::new(&client, devices);
        let data = pair.read_over_the_bus(seed);
        evict(&client, &pair);
        set_fault(&address(devices.1), "map", "1 12");
        let done = (client.syncobj(), 1);
        let submission = pair.b.job([delay(0), copy(OWN, SHARED)]);
        let outcome = client.submit(vec![submission.job.clone().signals(done)]);
        let error = outcome.err().or_else(|| {
            let ended = client.ended(done);
            (ended.error != 0).then(|| Errno::from_raw(-ended.error))
        });
        assert_eq!(error, Some(Errno::ENOMEM), "{}", pair.name("not mapped"));
        pair.found_in_the_system(&data, "mapped");
    }
}

/// An amdgpu that sleeps when a peer imports is not reached by that, whatever was said when it was asked.
fn exporter_asleep(lab: &Lab) {
    for (seed, devices) in (1..).zip(peers(lab)) {
        let client = lab.attached();
        let (a, b) = devices;
        client.set_mask(1 << a.slot | 1 << b.slot).expect("mask");
        let shared = client.alloc_flags(a.id, SIZE, P2P).expect("ALLOC_MEMORY");
        let data = noise(SIZE as usize, seed);
        client.map(&shared).write_at(0, &data);
        let exported = client.export_for(shared.handle, b.id, 0);
        let exported = exported.expect("EXPORT_DMABUF for the peer");
        assert_eq!(exported.reach, DRM_MVGAL_REACH_P2P);
        set_fault(&address(a), "asleep", "1");
        let engine = Engine::new(&client, b, exported.fd.as_fd());
        set_fault(&address(a), "asleep", "0");
        let before = engine.number("peer_read");
        same(&engine.reads(), &data, "read from one that slept");
        // The import wakes up xe.
        let bytes = match &*text(&a.driver) {
            "amdgpu" => 0,
            _ => SIZE,
        };
        let read = engine.number("peer_read") - before;
        assert_eq!(read, bytes, "bytes over the bus");
    }
}

/// Unbinds a stand-in from its driver.
fn unplug(device: &drm_mvgal_device) {
    std::fs::write(format!("{PCI_STANDINS}/unbind"), address(device)).expect("unbind");
}

/// Binds it again. Its BAR is in use until the last of what it was used by has gone.
fn plug(device: &drm_mvgal_device) {
    for _ in 0..100 {
        if std::fs::write(format!("{PCI_STANDINS}/bind"), address(device)).is_ok() {
            break;
        }
        raw::sleep_ms(100);
    }
    let came_back = || {
        let lab = Lab::new();
        lab.devices
            .iter()
            .any(|now| address(now) == address(device))
    };
    for _ in 0..100 {
        if came_back() {
            return;
        }
        raw::sleep_ms(100);
    }
    panic!("{} does not come back", address(device));
}

/// A job of the importer that is on its way when `device` is unplugged; how it ended.
fn unplug_within_a_job(pair: &Pair<'_>, device: &drm_mvgal_device) -> i32 {
    let client = pair.b.client;
    let done = (client.syncobj(), 1);
    // Half of the stand-ins' time-out: a busy machine takes its time to unplug.
    let submission = pair.b.job([delay(1_000_000_000), copy(OWN, SHARED)]);
    client.queue(vec![submission.job.clone().signals(done)]);
    raw::sleep_ms(100);
    client.pending(done);
    unplug(device);
    client.ended(done).error
}

fn exporter_unplugged(lab: &Lab) {
    // Those that were unplugged by another test have other ids now.
    let count = lab.behind_switch(true).len();
    for index in 0..count {
        let lab = Lab::new();
        let behind = lab.behind_switch(true);
        let devices = (behind[index], behind[(index + 1) % count]);
        let client = lab.attached();
        let pair = Pair::new(&client, devices);
        pair.read_over_the_bus(index as u64);
        assert_eq!(
            unplug_within_a_job(&pair, devices.0),
            0,
            "the importer's job"
        );
        // What was in VRAM is lost. It must be nothing of anybody else.
        let lost = vec![0; SIZE as usize];
        pair.found_in_the_system(&lost, "lost");
        drop(pair);
        drop(client);
        plug(devices.0);
    }
}

fn importer_unplugged(_lab: &Lab) {
    let count = Lab::new().behind_switch(true).len();
    for index in 0..count {
        let lab = Lab::new();
        let behind = lab.behind_switch(true);
        let devices = (behind[index], behind[(index + 1) % count]);
        let client = lab.attached();
        let pair = Pair::new(&client, devices);
        let data = pair.read_over_the_bus(index as u64);
        assert_ne!(
            unplug_within_a_job(&pair, devices.1),
            0,
            "the importer's job"
        );
        same(&pair.a.reads(), &data, &pair.name("without its importer"));
        drop(pair);
        drop(client);
        plug(devices.1);
        // It is a peer as before.
        let lab = Lab::new();
        let behind = lab.behind_switch(true);
        let client = lab.attached();
        let pair = Pair::new(&client, (behind[index], behind[(index + 1) % count]));
        pair.read_over_the_bus(10 + index as u64);
    }
}

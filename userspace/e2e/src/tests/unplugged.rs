// SPDX-License-Identifier: MIT OR Apache-2.0

//! Replicated buffers when a member goes. Last of all, as members have other ids afterwards.

use crate::check::same;
use crate::client::PAGE;
use crate::client::text;
use crate::harness::suite;
use crate::job::Job;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VGEM;
use crate::lab::VKMS;
use crate::raw;
use crate::sys::*;
use crate::vendor::set_fault;
use nix::errno::Errno;

suite! {
    a_copy_goes [NOUVEAU, VGEM] in 60;
    the_memory_goes [NOUVEAU, VGEM, VKMS] in 60;
    while_jobs_write [NOUVEAU, VGEM] in 90;
    while_jobs_wait [NOUVEAU, VGEM] in 60;
    ways_are_forgotten [NOUVEAU, VGEM] in 60;
    behind_an_iommu [Need::Driver("amdgpu"), Need::Driver("mtgpu"), VGEM] in 60;
}

const NOUVEAU: Need = Need::Driver("nouveau");
const STANDINS: &str = "/sys/bus/platform/drivers/mvgal_fake_vendors";
const REPLICATED: u32 =
    DRM_MVGAL_BUFFER_REPLICATED | DRM_MVGAL_BUFFER_HOST_VALID | DRM_MVGAL_BUFFER_DMA_BUF;

/// The members that the tests are about; those of now.
struct Members {
    lab: Lab,
}

impl Members {
    fn now() -> Self {
        Self { lab: Lab::new() }
    }

    fn nouveau(&self) -> &drm_mvgal_device {
        self.lab.member("nouveau")
    }

    fn vgem(&self) -> &drm_mvgal_device {
        self.lab.member("vgem")
    }

    fn mask(&self) -> u64 {
        1 << self.nouveau().slot | 1 << self.vgem().slot
    }

    fn address(&self) -> String {
        text(&self.nouveau().bus_address)
    }
}

pub(super) fn unplug(address: &str) {
    std::fs::write(format!("{STANDINS}/unbind"), address).expect("unbind");
}

pub(super) fn plug(address: &str) {
    std::fs::write(format!("{STANDINS}/bind"), address).expect("bind");
    for _ in 0..100 {
        let lab = Lab::new();
        if lab.devices.iter().any(|d| text(&d.bus_address) == address) {
            return;
        }
        raw::sleep_ms(100);
    }
    panic!("{address} does not come back");
}

fn a_copy_goes(_: &Lab) {
    let members = Members::now();
    let (vgem, nouveau) = (members.vgem().id, members.nouveau().id);
    let client = members.lab.attached();
    client.set_mask(members.mask()).expect("mask");
    let buffer = client.alloc_flags(HOST, PAGE, REPLICATED);
    let buffer = buffer.expect("ALLOC_MEMORY");
    let report = client.alloc(HOST, PAGE);
    client.run(Job::fill(&buffer, 1));
    let copy = client
        .export_for(buffer.handle, vgem, 0)
        .expect("EXPORT_DMABUF");

    unplug(&members.address());
    client.run(Job::fill(&buffer, 2).report_traffic(&report).on(vgem));
    assert_eq!(
        crate::job::traffic(&client, &report).copies,
        2,
        "copies written"
    );
    same(
        &client.map(&buffer).read(),
        &[2; PAGE as usize],
        "the buffer",
    );
    same(
        &copy.map(PAGE).read(),
        &[2; PAGE as usize],
        "the other copy",
    );
    let gone = client.export_for(buffer.handle, nouveau, 0).map(drop);
    assert_eq!(gone, Err(Errno::ENODEV));
    let gone = client.submit(vec![Job::replicate(&buffer).on(nouveau)]);
    assert_eq!(gone, Err(Errno::ENODEV));
    client.run(Job::replicate(&buffer));
    plug(&members.address());

    // One that comes gets a copy of what is allocated from now on.
    let members = Members::now();
    assert_ne!(members.nouveau().id, nouveau);
    let client = members.lab.attached();
    client.set_mask(members.mask()).expect("mask");
    let buffer = client.alloc_flags(HOST, PAGE, REPLICATED);
    let buffer = buffer.expect("ALLOC_MEMORY");
    client.run(Job::fill(&buffer, 3));
    let copy = client.export_for(buffer.handle, members.nouveau().id, 0);
    let copy = copy.expect("EXPORT_DMABUF").map(PAGE);
    same(&copy.read(), &[3; PAGE as usize], "the new copy");
}

/// The buffer itself is on the member that goes: the others go on without it.
fn the_memory_goes(_: &Lab) {
    let members = Members::now();
    let (vgem, nouveau) = (members.vgem().id, members.nouveau().id);
    let vkms = members.lab.member("vkms");
    let client = members.lab.attached();
    let mask = members.mask() | 1 << vkms.slot;
    client.set_mask(mask).expect("mask");
    let buffer = client.alloc_flags(nouveau, PAGE, REPLICATED);
    let buffer = buffer.expect("ALLOC_MEMORY");
    let (read, report) = (client.alloc(HOST, PAGE), client.alloc(HOST, PAGE));
    client.run(Job::fill(&buffer, 1));

    unplug(&members.address());
    client.run(Job::fill(&buffer, 4).on(vgem));
    client.run(Job::copy(&buffer, &read));
    same(
        &client.map(&read).read(),
        &[4; PAGE as usize],
        "what is read",
    );
    client.run(Job::replicate(&buffer).report_traffic(&report));
    let moved = crate::job::traffic(&client, &report);
    let mut ends = [moved.exporter, moved.importer];
    ends.sort_unstable();
    assert_eq!(moved.copies, 1);
    assert_eq!(ends, [vgem.min(vkms.id), vgem.max(vkms.id)], "{moved:?}");
    client.free(buffer.handle).expect("FREE_MEMORY");
    plug(&members.address());
}

fn while_jobs_write(_: &Lab) {
    for round in 0..5 {
        let members = Members::now();
        let (vgem, nouveau) = (members.vgem().id, members.nouveau().id);
        let client = members.lab.attached();
        client.set_mask(members.mask()).expect("mask");
        let size = 64 * PAGE;
        let buffer = client.alloc_flags([HOST, vgem][round % 2], size, REPLICATED);
        let buffer = buffer.expect("ALLOC_MEMORY");
        let timeline = client.syncobj();
        let jobs = (1..=60_u64).map(|point| {
            let on = [HOST, vgem, nouveau][point as usize % 3];
            Job::fill(&buffer, point as u8)
                .on(on)
                .signals((timeline, point))
        });
        client.queue(jobs.collect());
        raw::sleep_ms(round as u64 * 3);
        unplug(&members.address());
        for point in 1..=60 {
            let error = client.ended((timeline, point)).error;
            let on_nouveau = point % 3 == 2;
            assert!(
                error == 0 || on_nouveau && error == -(Errno::ENODEV as i32),
                "job {point}: {error}"
            );
        }
        client.run(Job::fill(&buffer, 0x77).on(vgem));
        let copy = client
            .export_for(buffer.handle, vgem, 0)
            .expect("EXPORT_DMABUF");
        same(&copy.map(size).read(), &vec![0x77; size as usize], "vgem's");
        plug(&members.address());
    }
}

/// Jobs that wait do not touch memory of a member that has gone meanwhile.
fn while_jobs_wait(_: &Lab) {
    let members = Members::now();
    let (vgem, nouveau) = (members.vgem().id, members.nouveau().id);
    let client = members.lab.attached();
    client.set_mask(members.mask()).expect("mask");
    let alloc = |home, flags| client.alloc_flags(home, PAGE, flags).expect("ALLOC_MEMORY");
    let plain = DRM_MVGAL_BUFFER_HOST_VALID | DRM_MVGAL_BUFFER_DMA_BUF;
    let (theirs, ours) = (alloc(nouveau, plain), alloc(HOST, plain));
    let buffer = alloc(HOST, REPLICATED);
    client.run(Job::fill(&theirs, 1));
    let memory = client
        .export_for(buffer.handle, nouveau, 0)
        .expect("EXPORT_DMABUF");
    let memory = memory.map(PAGE);
    let start = (client.syncobj(), 1);
    let ends = [(); 4].map(|()| (client.syncobj(), 0));
    client.queue(vec![
        Job::fill(&theirs, 2).after(start).signals(ends[0]),
        Job::copy(&theirs, &ours).after(start).signals(ends[1]),
        Job::copy(&ours, &theirs)
            .on(vgem)
            .after(start)
            .signals(ends[2]),
        Job::fill(&buffer, 3).after(start).signals(ends[3]),
    ]);
    unplug(&members.address());
    client.signal(start, 0).expect("SIGNAL_FENCE");
    let errors = ends.map(|end| client.ended(end).error);
    let gone = -(Errno::ENODEV as i32);
    assert_eq!(errors, [gone, gone, gone, 0]);
    same(
        &memory.read(),
        &[0; PAGE as usize],
        "memory of what is gone",
    );
    same(
        &client.map(&buffer).read(),
        &[3; PAGE as usize],
        "the buffer",
    );
    // Nor is a job taken that would.
    assert_eq!(
        client.submit(vec![Job::fill(&theirs, 4)]),
        Err(Errno::ENODEV)
    );
    let exported = client.export_for(theirs.handle, vgem, 0).map(drop);
    assert_eq!(exported, Err(Errno::ENODEV));
    plug(&members.address());
}

/// What was remembered of a member that has gone holds for no other.
fn ways_are_forgotten(_: &Lab) {
    let members = Members::now();
    let client = members.lab.attached();
    let (vgem, nouveau) = (members.vgem().id, members.nouveau().id);
    let buffer = client.alloc(vgem, PAGE);
    let refused = DRM_MVGAL_EXPORT_REFUSED;
    let exported = client.export_for(buffer.handle, nouveau, refused);
    assert_eq!(exported.expect("EXPORT_DMABUF").reach, DRM_MVGAL_REACH_COPY);
    unplug(&members.address());
    plug(&members.address());

    let now = Members::now();
    let nouveau = now.nouveau().id;
    client
        .attach(nouveau, &now.lab.open(now.nouveau()))
        .expect("attach");
    assert_eq!(client.pair(vgem, nouveau).tried, 0);
    let exported = client.export_for(buffer.handle, nouveau, 0);
    assert_eq!(
        exported.expect("EXPORT_DMABUF").reach,
        DRM_MVGAL_REACH_IMPORT
    );
    assert_eq!(client.pair(vgem, nouveau).tried, 1);
}

/// mtgpu's physical addresses are nothing to a device whose addresses are translated.
fn behind_an_iommu(lab: &Lab) {
    let address = text(&lab.member("amdgpu").bus_address);
    for (iommu, reach, limit) in [
        ("1", DRM_MVGAL_REACH_COPY, DRM_MVGAL_REACH_LIMIT_IOMMU),
        (
            "0",
            DRM_MVGAL_REACH_IMPORT,
            DRM_MVGAL_REACH_LIMIT_EXPORTER_BUS,
        ),
    ] {
        set_fault(&address, "iommu", iommu);
        unplug(&address);
        plug(&address);
        let lab = Lab::new();
        let client = lab.attached();
        let id = |driver| lab.member(driver).id;
        let (mtgpu, amdgpu, vgem) = (id("mtgpu"), id("amdgpu"), id("vgem"));
        let pair = client.pair(mtgpu, amdgpu);
        assert_eq!((pair.reach, pair.limit), (reach, limit), "iommu {iommu}");
        // Others are not translated, and others map what they export.
        for (exporter, importer) in [(mtgpu, vgem), (vgem, amdgpu)] {
            let pair = client.pair(exporter, importer);
            assert_eq!(pair.reach, DRM_MVGAL_REACH_IMPORT, "{pair:?}");
        }
        let buffer = client.alloc_flags(mtgpu, PAGE, DRM_MVGAL_BUFFER_DMA_BUF);
        let buffer = buffer.expect("ALLOC_MEMORY");
        client.run(Job::fill(&buffer, 0x3c));
        let exported = client.export_for(buffer.handle, amdgpu, 0);
        let exported = exported.expect("EXPORT_DMABUF");
        assert_eq!((exported.reach, exported.limit), (reach, limit));
        client.run(Job::replicate(&buffer));
        same(
            &exported.map(PAGE).read(),
            &[0x3c; PAGE as usize],
            "what amdgpu sees",
        );
    }
}

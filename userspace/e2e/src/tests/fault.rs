// SPDX-License-Identifier: MIT OR Apache-2.0

//! Every allocation and every copy from or to the user fails once, in every
//! ioctl, by the kernel's fault injection.
//!
//! `/proc/thread-self/fail-nth` makes the n-th point at which something may
//! fail do so, for this thread's next system call alone.

use crate::check::changes;
use crate::client::Client;
use crate::client::PAGE;
use crate::client::wait_for;
use crate::harness::suite;
use crate::job::Batch;
use crate::job::Job;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VGEM;
use crate::raw;
use crate::raw::Result;
use crate::sys::*;
use nix::errno::Errno;
use std::cell::Cell;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;

const FAIL_NTH: Need = Need::File("/proc/self/fail-nth");

suite! {
    open [FAIL_NTH] in 60;
    query [FAIL_NTH] in 60;
    affinity [FAIL_NTH, VGEM] in 60;
    alloc [FAIL_NTH, Need::Members(1)] in 200;
    import_and_export [FAIL_NTH, VGEM] in 60;
    submit_fill [FAIL_NTH] in 60;
    submit_copy_implicit [FAIL_NTH, VGEM] in 60;
    wait [FAIL_NTH] in 60;
    signal [FAIL_NTH] in 60;
}

/// The thread's switch.
struct FailNth(std::fs::File);

impl FailNth {
    fn new() -> Self {
        // Allocations that may sleep are spared by default; and say nothing.
        for (file, value) in [
            ("failslab/ignore-gfp-wait", "N"),
            ("failslab/verbose", "0"),
            ("fail_page_alloc/ignore-gfp-wait", "N"),
            ("fail_page_alloc/min-order", "0"),
            ("fail_page_alloc/verbose", "0"),
            ("fail_usercopy/verbose", "0"),
        ] {
            let path = format!("/sys/kernel/debug/{file}");
            // Not every kernel has every kind.
            let _ = std::fs::write(path, value);
        }
        let file = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open("/proc/thread-self/fail-nth");
        Self(file.expect("fail-nth"))
    }

    fn arm(&self, nth: u32) {
        self.0
            .write_all_at(nth.to_string().as_bytes(), 0)
            .expect("fail-nth");
    }

    /// Whether it has struck since it was armed. It is off afterwards.
    fn struck(&self) -> bool {
        let mut text = [0; 16];
        // If the read itself fails, the call before it had fewer points.
        let left = self.0.read_at(&mut text, 0);
        let struck = left.is_ok_and(|len| text[..len].trim_ascii() == b"0");
        while self.0.write_all_at(b"0", 0).is_err() {}
        struck
    }
}

/// Has the call fail at its first, second … point until it has no more. When it
/// is refused, nothing must have changed; when it works all the same, `undo`
/// gets what it returned.
///
/// The DRM core copies an argument back to the user when the driver is done, and
/// knows no way back if that fails: then `undo` gets `None`. That is the last
/// point of all, but how many there are before it varies a little.
fn each<T>(
    client: &Client,
    what: &str,
    mut call: impl FnMut() -> Result<T>,
    mut undo: impl FnMut(Option<T>),
) {
    let switch = FailNth::new();
    let mut too_late = 0;
    for nth in 1..2000 {
        let what = format!("{what}, point {nth}");
        let mut struck = false;
        let outcome = changes(client, || {
            switch.arm(nth);
            let outcome = call();
            struck = switch.struck();
            outcome
        });
        match outcome {
            Ok(value) => undo(Some(value)),
            Err((Errno::EFAULT, Some(_))) if too_late < 4 => {
                too_late += 1;
                undo(None);
            }
            Err((error, Some(change))) => panic!("{what}: {error}, but {change}"),
            Err((error, None)) => {
                assert!(struck, "{what}: {error} though nothing failed");
                // ENOSPC is what tmpfs says when it cannot allocate an inode.
                let allowed = [Errno::ENOMEM, Errno::EFAULT, Errno::ENOSPC];
                assert!(allowed.contains(&error), "{what}: {error}");
            }
        }
        if !struck {
            assert!(nth > 1, "{what}: nothing can fail?");
            return;
        }
    }
    panic!("{what}: there is no end of points");
}

fn open(lab: &Lab) {
    let client = lab.client();
    each(
        &client,
        "open",
        || Client::open_as(crate::client::DEVICE),
        drop,
    );
}

fn query(lab: &Lab) {
    let client = lab.client();
    let mut devices = vec![drm_mvgal_device::default(); 64];
    each(
        &client,
        "QUERY_DEVICES",
        || {
            let mut arg = drm_mvgal_query_devices {
                devices: crate::client::array_mut(&mut devices),
                ..Default::default()
            };
            client.ioctl(DRM_IOCTL_MVGAL_QUERY_DEVICES, &mut arg)
        },
        drop,
    );
    let mut pairs = vec![drm_mvgal_p2p::default(); 64];
    each(
        &client,
        "QUERY_CAPABILITIES",
        || {
            let mut arg = drm_mvgal_query_capabilities {
                p2p: crate::client::array_mut(&mut pairs),
                ..Default::default()
            };
            client.ioctl(DRM_IOCTL_MVGAL_QUERY_CAPABILITIES, &mut arg)
        },
        drop,
    );
}

fn affinity(lab: &Lab) {
    let vgem = lab.member("vgem");
    let client = lab.client();
    let node = lab.open(vgem);
    each(
        &client,
        "attach",
        || client.attach(vgem.id, &node),
        |_| client.detach(vgem.id).expect("detach"),
    );
    client.attach(vgem.id, &node).expect("attach");
    each(
        &client,
        "detach",
        || client.detach(vgem.id),
        |_| client.attach(vgem.id, &node).expect("attach"),
    );
}

fn alloc(lab: &Lab) {
    let client = lab.attached();
    // The handle taken is always the lowest.
    let lowest = client.alloc(HOST, PAGE).handle;
    client.free(lowest).expect("FREE_MEMORY");
    let free = |_| client.free(lowest).expect("FREE_MEMORY");
    // What these allocate is mapped to be cleared, and the kernel warns of a mapping that fails.
    let maps = |device: &&drm_mvgal_device| {
        ["mtgpu", "nvidia-drm"].contains(&&*crate::client::text(&device.driver))
    };
    let left_out: Vec<_> = lab.devices.iter().filter(maps).map(|d| d.id).collect();
    let places = lab.places().into_iter();
    for member in places.filter(|member| !left_out.contains(member)) {
        each(
            &client,
            &format!("ALLOC_MEMORY on {member}"),
            || {
                let flags = DRM_MVGAL_BUFFER_HOST_VALID | DRM_MVGAL_BUFFER_DMA_BUF;
                client.alloc_flags(member, 3 * PAGE, flags)
            },
            free,
        );
    }
}

fn import_and_export(lab: &Lab) {
    let client = lab.client();
    let node = lab.open_primary(lab.member("vgem"));
    let dumb = node.create_dumb(32, 32).expect("CREATE_DUMB");
    let fd = node.prime_export(dumb.handle).expect("PRIME_HANDLE_TO_FD");
    each(
        &client,
        "IMPORT_DMABUF",
        || client.import(fd.as_fd()),
        |_| client.free(1).expect("FREE_MEMORY"),
    );
    let buffer = client.alloc(HOST, PAGE);
    let lowest = std::fs::File::open("/dev/null").expect("open").as_raw_fd();
    each(
        &client,
        "EXPORT_DMABUF",
        || client.export(buffer.handle),
        |fd| drop(fd.unwrap_or_else(|| raw::own(lowest + 1))),
    );
}

/// Runs [`each`] with a call that signals the syncobj given, another one each
/// time. Few may signal although their call is refused: see there.
fn signalling(client: &Client, what: &str, call: impl Fn((u32, u64)) -> Result<()>) {
    let points: Vec<_> = (0..1000).map(|_| (client.syncobj(), 0)).collect();
    let next = Cell::new(0);
    let mut refused = vec![true; points.len()];
    each(
        client,
        what,
        || {
            let point = points[next.replace(next.get() + 1)];
            call(point)
        },
        |_| {
            client.ended(points[next.get() - 1]);
            refused[next.get() - 1] = false;
        },
    );
    raw::sleep_ms(50);
    let signalled =
        |(point, refused): &(&(u32, u64), bool)| *refused && client.wait(**point, 0).is_ok();
    let wrong = points.iter().zip(refused).filter(signalled).count();
    assert!(wrong <= 4, "{what}: {wrong} refused calls have signalled");
    call(points[next.get()]).expect(what);
    client.ended(points[next.get()]);
}

fn submit(client: &Client, what: &str, job: impl Fn((u32, u64)) -> Job) {
    signalling(client, what, |point| {
        Batch::new(vec![job(point)]).submit(client)
    });
}

fn submit_fill(lab: &Lab) {
    let client = lab.client();
    let (buffer, reports) = (client.alloc(HOST, PAGE), client.alloc(HOST, PAGE));
    let ready = (client.syncobj_with(1).expect("SYNCOBJ_CREATE"), 0);
    submit(&client, "SUBMIT_WORKLOAD of a FILL", |done| {
        Job::fill(&buffer, 1)
            .after(ready)
            .signals(done)
            .report(&reports, 0)
    });
}

fn submit_copy_implicit(lab: &Lab) {
    let vgem = lab.member("vgem");
    let (client, _node) = lab.with(vgem);
    let (src, dst) = (client.alloc(vgem.id, PAGE), client.alloc(HOST, PAGE));
    // The kernel warns of a mapping that fails, so there is one already.
    let gate = (client.syncobj(), 1);
    client.queue(vec![Job::copy(&src, &dst).on(vgem.id).after(gate)]);
    submit(&client, "SUBMIT_WORKLOAD of a COPY", |done| {
        Job::copy(&src, &dst).on(vgem.id).implicit().signals(done)
    });
    client.signal(gate, 0).expect("SIGNAL_FENCE");
}

fn wait(lab: &Lab) {
    let client = lab.client();
    let done = (client.syncobj_with(1).expect("SYNCOBJ_CREATE"), 0);
    let not = (client.syncobj(), 1);
    let call = |points: [(u32, u64); 2]| {
        let mut waits = points.map(wait_for);
        let deadline = raw::in_ms(5);
        match client.wait_many(&mut waits, 0, deadline) {
            Err(Errno::ETIME) => Ok(0),
            outcome => outcome,
        }
    };
    each(
        &client,
        "WAIT_FENCE of what is done",
        || call([done, done]),
        drop,
    );
    each(
        &client,
        "WAIT_FENCE of what is not",
        || call([done, not]),
        drop,
    );
}

fn signal(lab: &Lab) {
    let client = lab.client();
    signalling(&client, "SIGNAL_FENCE", |point| client.signal(point, -5));
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! NATIVE jobs: the client's own command streams, real pixels compared.

use crate::canvas::Canvas;
use crate::canvas::RED;
use crate::canvas::TEAL;
use crate::check::Random;
use crate::check::refused;
use crate::client::Client;
use crate::client::PAGE;
use crate::client::SOON;
use crate::drm::WAIT_AVAILABLE;
use crate::harness::suite;
use crate::job::Job;
use crate::job::report;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::SW_SYNC;
use crate::lab::VGEM;
use crate::lab::VKMS;
use crate::proc::Child;
use crate::raw;
use crate::raw::Bad;
use crate::sys::*;
use crate::vendor::SwSync;
use crate::vendor::VirtgpuExecbuffer;
use crate::virgl;
use crate::virgl::Commands;
use crate::virgl::EXECBUFFER;
use crate::virgl::Exec;
use crate::virgl::Resource;
use crate::virgl::TRANSFER_FROM_HOST;
use crate::virgl::TRANSFER_TO_HOST;
use crate::virgl::Vertex;
use crate::virgl::in_buffer;
use crate::virgl::in_syncobj;
use crate::virgl::pixel;
use nix::errno::Errno;
use nix::libc;
use std::os::fd::AsFd;

const VIRGL: Need = Need::Virgl;

suite! {
    clear [VIRGL];
    clear_behind_a_user_point [VIRGL];
    triangle [VIRGL];
    copy_of_what_was_rendered [VIRGL];
    clients_at_all_priorities [VIRGL] in 90;
    more_than_may_be_in_flight [VIRGL];
    transfer_without_virgl [Need::Virtio2d];
    fence_is_the_drivers [VIRGL];
    no_fence_before_dispatch [VIRGL];
    behind_fences_of_other_drivers [VIRGL, VGEM, SW_SYNC];
    driver_refuses [VIRGL];
    process_that_exits [VIRGL];
    process_that_runs_another_program [VIRGL];
    commands_that_may_not_be_submitted [VIRGL];
    bad_payload [VIRGL];
    bad_places [VIRGL, VGEM, VKMS];
    hang [VIRGL, SW_SYNC];
    hang_of_one_client_alone [VIRGL];
}

fn clear(lab: &Lab) {
    let mut canvas = Canvas::new(lab);
    for color in [RED, TEAL] {
        let exec = canvas.clear(color);
        let line = canvas.client.syncobj();
        canvas.client.queue(vec![
            canvas.render(&exec).signals((line, 1)),
            canvas.download().after((line, 1)).signals((line, 2)),
        ]);
        canvas.client.done((line, 2));
        canvas.all(color);
    }
}

fn clear_behind_a_user_point(lab: &Lab) {
    let mut canvas = Canvas::new(lab);
    let exec = canvas.clear(RED);
    let line = canvas.client.syncobj();
    let gate = (canvas.client.syncobj(), 1);
    canvas.client.queue(vec![
        canvas.render(&exec).after(gate).signals((line, 1)),
        canvas.download().after((line, 1)).signals((line, 2)),
    ]);
    canvas.client.pending((line, 1));
    canvas.client.pending((line, 2));
    canvas.client.signal(gate, 0).expect("SIGNAL_FENCE");
    canvas.client.done((line, 2));
    canvas.all(RED);
}

/// The colour that a triangle has at a point, `None` outside.
fn shade(triangle: &[Vertex; 3], x: f32, y: f32) -> Option<[f32; 4]> {
    let at = |v: &Vertex| (v.position[0], v.position[1]);
    let cross = |a: (f32, f32), b: (f32, f32), p: (f32, f32)| {
        (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0)
    };
    let [a, b, c] = [at(&triangle[0]), at(&triangle[1]), at(&triangle[2])];
    let whole = cross(a, b, c);
    let parts = [
        cross(b, c, (x, y)) / whole,
        cross(c, a, (x, y)) / whole,
        cross(a, b, (x, y)) / whole,
    ];
    // Not within a hundredth of an edge, where rounding decides.
    if parts.iter().any(|part| *part < -0.01) {
        return None;
    }
    let mut color = [0.0; 4];
    for (vertex, part) in triangle.iter().zip(parts) {
        for (channel, of) in color.iter_mut().zip(vertex.color) {
            *channel += of * part;
        }
    }
    Some(color)
}

fn near_an_edge(triangle: &[Vertex; 3], x: f32, y: f32) -> bool {
    let step = 0.04;
    let around = [(-step, 0.0), (step, 0.0), (0.0, -step), (0.0, step)];
    let inside = |x, y| shade(triangle, x, y).is_some();
    around
        .iter()
        .any(|(dx, dy)| inside(x + dx, y + dy) != inside(x, y))
}

fn triangle(lab: &Lab) {
    let mut canvas = Canvas::sized(lab, 128);
    let vertex = |x: f32, y: f32, color: [f32; 4]| Vertex {
        position: [x, y, 0.0, 1.0],
        color,
    };
    let corners = [
        vertex(-0.8, -0.7, [1.0, 0.0, 0.0, 1.0]),
        vertex(0.9, -0.3, [0.0, 1.0, 0.0, 1.0]),
        vertex(-0.1, 0.8, [0.0, 0.0, 1.0, 1.0]),
    ];
    let vertices = Resource::vertices(&canvas.node, PAGE as u32);
    vertices.map.write_at(0, &raw::bytes_of(&corners));

    let commands = Commands::default()
        .target(&canvas.image, 1)
        .clear(TEAL)
        .triangles(&vertices, 3, &canvas.image, 10);
    let handles = [canvas.image.handle, vertices.handle];
    let exec = canvas.exec(commands, &handles);
    let upload = vertices.transfer();
    let line = canvas.client.syncobj();
    canvas.client.queue(vec![
        virgl::job(
            canvas.member,
            TRANSFER_TO_HOST,
            &upload,
            in_buffer(vertices.handle),
        )
        .signals((line, 1)),
        canvas.render(&exec).after((line, 1)).signals((line, 2)),
        canvas.download().after((line, 2)).signals((line, 3)),
    ]);
    canvas.client.done((line, 3));

    let (pixels, side) = (canvas.image.pixels(), canvas.image.width);
    let (mut inside, mut outside) = (0, 0);
    for (at, found) in pixels.iter().enumerate() {
        let (column, row) = (at as u32 % side, at as u32 / side);
        let center = |n: u32| (n as f32 + 0.5) / side as f32 * 2.0 - 1.0;
        let (x, y) = (center(column), center(row));
        if near_an_edge(&corners, x, y) {
            continue;
        }
        let wanted = match shade(&corners, x, y) {
            Some(color) => {
                inside += 1;
                pixel(color)
            }
            None => {
                outside += 1;
                pixel(TEAL)
            }
        };
        for (f, w) in found.to_le_bytes().into_iter().zip(wanted.to_le_bytes()) {
            assert!(
                f.abs_diff(w) <= 2,
                "pixel {column},{row} is {found:#010x}, wanted {wanted:#010x}"
            );
        }
    }
    assert!(inside > 3000 && outside > 5000, "{inside}, {outside}");
}

fn copy_of_what_was_rendered(lab: &Lab) {
    let mut canvas = Canvas::new(lab);
    let shared = canvas
        .node
        .prime_export(canvas.image.handle)
        .expect("PRIME_HANDLE_TO_FD");
    let picture = canvas.client.import(shared.as_fd()).expect("IMPORT_DMABUF");
    let copy = canvas.client.alloc(HOST, picture.size);
    let line = canvas.client.syncobj();
    let first = canvas.clear(RED);
    let second = canvas.clear(TEAL);
    canvas.client.queue(vec![
        canvas.render(&first).signals((line, 1)),
        canvas.download().after((line, 1)).signals((line, 2)),
        Job::copy(&picture, &copy)
            .after((line, 2))
            .signals((line, 3)),
        // Over what was copied, once it was.
        canvas.render(&second).after((line, 3)).signals((line, 4)),
        canvas.download().after((line, 4)).signals((line, 5)),
    ]);
    canvas.client.done((line, 5));
    canvas.all(TEAL);
    let copied = canvas.client.map(&copy).read();
    for found in copied.chunks_exact(4).take(64 * 64) {
        assert_eq!(found, pixel(RED).to_le_bytes());
    }
}

fn clients_at_all_priorities(lab: &Lab) {
    let gpus = lab.virgls();
    let children: Vec<_> = (0..6u32)
        .map(|client| {
            Child::run(|| {
                let mut random = Random::new(client.into());
                let gpu = gpus[client as usize % gpus.len()];
                let mut canvas = Canvas::on(lab, gpu, 64);
                let line = canvas.client.syncobj();
                for round in 0..12u64 {
                    let color = [
                        random.below(256) as f32 / 255.0,
                        random.below(256) as f32 / 255.0,
                        client as f32 / 255.0,
                        1.0,
                    ];
                    let priority = (client * 3) % 16;
                    let exec = canvas.clear(color);
                    let at = round * 2;
                    canvas.client.queue(vec![
                        canvas
                            .render(&exec)
                            .priority(priority)
                            .signals((line, at + 1)),
                        canvas
                            .download()
                            .priority(priority)
                            .after((line, at + 1))
                            .signals((line, at + 2)),
                    ]);
                    canvas.client.done((line, at + 2));
                    canvas.all(color);
                }
            })
        })
        .collect();
    for child in children {
        child.outcome(200_000).expect("a client");
    }
}

fn more_than_may_be_in_flight(lab: &Lab) {
    const JOBS: u64 = 100;
    let mut canvas = Canvas::new(lab);
    let line = canvas.client.syncobj();
    let reports = canvas.client.alloc(HOST, PAGE * 2);
    let execs: Vec<_> = (0..JOBS)
        .map(|n| canvas.clear([n as f32 / 255.0, 0.0, 1.0, 1.0]))
        .collect();
    let jobs = execs.iter().zip(0..).map(|(exec, n)| {
        canvas
            .render(exec)
            .signals((line, n + 1))
            .report(&reports, n as usize)
    });
    canvas.client.queue(jobs.collect());
    canvas.client.queue(vec![
        canvas
            .download()
            .after((line, JOBS))
            .signals((line, JOBS + 1)),
    ]);
    canvas.client.done((line, JOBS + 1));
    canvas.all([(JOBS - 1) as f32 / 255.0, 0.0, 1.0, 1.0]);
    let mut last = 0;
    for n in 0..JOBS as usize {
        let report = report(&canvas.client, &reports, n);
        assert_eq!((report.error, report.member), (0, canvas.member), "{n}");
        assert!(report.sequence > last, "{n}: {report:?}");
        assert!(report.submitted_ns <= report.ready_ns, "{n}: {report:?}");
        assert!(report.ready_ns <= report.started_ns, "{n}: {report:?}");
        assert!(report.started_ns <= report.finished_ns, "{n}: {report:?}");
        last = report.sequence;
    }
}

fn transfer_without_virgl(lab: &Lab) {
    let member = lab.virtio_2d();
    let (client, node) = lab.with(member);
    let image = Resource::image(&node, 64, 64);
    let upload = image.transfer();
    let done = (client.syncobj(), 1);
    let job = virgl::job(
        member.id,
        TRANSFER_TO_HOST,
        &upload,
        in_buffer(image.handle),
    );
    client.queue(vec![job.signals(done)]);
    client.done(done);

    // What takes virgl, its driver refuses, and so says the job's fence.
    let exec = Exec::new(Commands::default().clear(RED), &[], None);
    let done = (client.syncobj(), 1);
    let job = virgl::job(member.id, EXECBUFFER, &exec.arg, in_buffer(image.handle));
    client.queue(vec![job.signals(done)]);
    assert_eq!(client.ended(done).error, -(Errno::ENOSYS as i32));
}

#[track_caller]
fn driver_of(client: &Client, point: (u32, u64)) -> String {
    let file = client.sync_file(point.0, point.1).expect("a sync_file");
    crate::vendor::sync_file_driver(file.as_fd())
}

fn fence_is_the_drivers(lab: &Lab) {
    let mut canvas = Canvas::sized(lab, 512);
    for point in [0, 3] {
        // One that has signalled does not tell any more.
        let found = (1..=50).any(|name| {
            // Enough to do that the GPU is still at it when its fence is looked at.
            let commands = Commands::default().target(&canvas.image, name);
            let commands = (0..200).fold(commands, |commands, _| commands.clear(RED));
            let handle = canvas.image.handle;
            let exec = canvas.exec(commands.forget(name), &[handle]);
            let done = (canvas.client.syncobj(), point);
            canvas
                .client
                .queue(vec![canvas.render(&exec).signals(done)]);
            // As it was submitted at once, it has its fence now.
            let driver = driver_of(&canvas.client, done);
            canvas.client.done(done);
            assert!(
                ["virtio_gpu", "detached-driver"].contains(&&*driver),
                "{driver}"
            );
            driver == "virtio_gpu"
        });
        assert!(found, "no fence was pending");
    }
}

fn no_fence_before_dispatch(lab: &Lab) {
    let mut canvas = Canvas::new(lab);
    let exec = canvas.clear(RED);
    let gate = (canvas.client.syncobj(), 1);
    let done = (canvas.client.syncobj(), 1);
    canvas
        .client
        .queue(vec![canvas.render(&exec).after(gate).signals(done)]);
    let none = canvas
        .client
        .core_wait(done, WAIT_AVAILABLE, raw::in_ms(50));
    assert_eq!(none, Err(Errno::ETIME));
    assert!(canvas.client.sync_file(done.0, 1).is_err());
    canvas.client.signal(gate, 0).expect("SIGNAL_FENCE");
    canvas
        .client
        .core_wait(done, WAIT_AVAILABLE, raw::in_ms(SOON))
        .expect("WAIT_AVAILABLE");
    canvas.client.done(done);
}

fn behind_fences_of_other_drivers(lab: &Lab) {
    let mut canvas = Canvas::new(lab);
    let mut sw = SwSync::new();
    let vgem = lab.open_primary(lab.member("vgem"));
    let handle = vgem.create_dumb(64, 64).expect("CREATE_DUMB").handle;
    let dma_buf = vgem.prime_export(handle).expect("export");
    let line = canvas.client.syncobj();
    let sw_gate = canvas.client.point_of(sw.fence().as_fd());
    let vgem_fence = crate::vendor::VgemFence::attach(&vgem, handle, true).expect("vgem");
    let file = crate::vendor::export_sync_file(dma_buf.as_fd());
    let vgem_gate = canvas.client.point_of(file.as_fd());

    let exec = canvas.clear(TEAL);
    canvas.client.queue(vec![
        canvas
            .render(&exec)
            .after(sw_gate)
            .after(vgem_gate)
            .signals((line, 1)),
        canvas.download().after((line, 1)).signals((line, 2)),
    ]);
    canvas.client.pending((line, 1));
    sw.signal();
    canvas.client.pending((line, 1));
    vgem_fence.signal().expect("VGEM_FENCE_SIGNAL");
    canvas.client.done((line, 2));
    canvas.all(TEAL);
}

fn driver_refuses(lab: &Lab) {
    let mut canvas = Canvas::new(lab);
    let line = canvas.client.syncobj();
    let good = canvas.clear(RED);
    // An object that is not there, and commands that are not there.
    let mut bad_handle = canvas.clear(TEAL);
    let handles = [0xdead_u32];
    bad_handle.0.arg.bo_handles = raw::address(&handles);
    let mut bad_pointer = canvas.clear(TEAL);
    bad_pointer.0.arg.command = Bad::new().unreadable()[0];
    let wanted = [(bad_handle, Errno::ENOENT), (bad_pointer, Errno::EFAULT)];
    for (n, (exec, error)) in wanted.iter().enumerate() {
        let at = 10 * (n as u64 + 1);
        canvas.client.queue(vec![
            canvas.render(exec).signals((line, at)),
            canvas
                .render(&good)
                .after((line, at))
                .signals((line, at + 1)),
        ]);
        let next = canvas.client.ended((line, at + 1));
        assert_eq!(next.error, -(Errno::ECANCELED as i32));
        let alone = (canvas.client.syncobj(), 1);
        canvas
            .client
            .queue(vec![canvas.render(exec).signals(alone)]);
        assert_eq!(canvas.client.ended(alone).error, -(*error as i32));
    }
    // It goes on as if nothing had been.
    let exec = canvas.clear(RED);
    canvas.client.queue(vec![
        canvas.render(&exec).signals((line, 100)),
        canvas.download().after((line, 100)).signals((line, 101)),
    ]);
    canvas.client.done((line, 101));
    canvas.all(RED);
}

/// Jobs of a child behind a point, with the files shared; `end` is how it ends.
fn orphans(lab: &Lab, end: impl FnOnce()) {
    let mut canvas = Canvas::new(lab);
    let gate = (canvas.client.syncobj(), 1);
    let line = canvas.client.syncobj();
    let before = canvas.clear(RED);
    canvas.client.queue(vec![
        canvas.render(&before).signals((line, 1)),
        canvas.download().after((line, 1)).signals((line, 2)),
    ]);
    canvas.client.done((line, 2));
    let child = Child::run(|| {
        let exec = canvas.clear(TEAL);
        canvas
            .client
            .queue(vec![canvas.render(&exec).after(gate).signals((line, 3))]);
        end();
        std::mem::forget(exec);
    });
    child.outcome(120_000).expect("the child");
    canvas.client.pending((line, 3));
    canvas.client.signal(gate, 0).expect("SIGNAL_FENCE");
    let ended = canvas.client.ended((line, 3));
    assert_eq!(ended.error, -(Errno::ECANCELED as i32));
    canvas
        .client
        .queue(vec![canvas.download().signals((line, 4))]);
    canvas.client.done((line, 4));
    canvas.all(RED);
}

fn process_that_exits(lab: &Lab) {
    orphans(lab, || ());
}

fn process_that_runs_another_program(lab: &Lab) {
    orphans(lab, || {
        // What runs then has nothing at the addresses of the job.
        let program = c"/bin/true";
        let args = [program.as_ptr(), std::ptr::null()];
        // SAFETY: both arrays end with a null pointer.
        unsafe { libc::execv(program.as_ptr(), args.as_ptr()) };
        panic!("execv: {}", Errno::last());
    });
}

/// Submits a job that must be refused.
#[track_caller]
fn refuse(canvas: &Canvas, error: Errno, what: &str, job: Job) {
    let job = job.signals((canvas.client.syncobj(), 1));
    refused(&canvas.client, error, what, || {
        canvas.client.submit(vec![job.clone()])
    });
}

fn commands_that_may_not_be_submitted(lab: &Lab) {
    let mut canvas = Canvas::new(lab);
    let exec = canvas.clear(RED);
    let native = in_syncobj(exec.1);
    for number in (0..64).chain([u32::MAX, u32::MAX - 0x40, 0x42, 0x46]) {
        if [EXECBUFFER, TRANSFER_FROM_HOST, TRANSFER_TO_HOST].contains(&number) {
            continue;
        }
        let job = virgl::job(canvas.member, number, &exec.0.arg, native);
        refuse(&canvas, Errno::EINVAL, &format!("ioctl {number}"), job);
    }
    // Those with file descriptors.
    for flags in [1, 2, 3] {
        let arg = VirtgpuExecbuffer {
            flags,
            ..exec.0.arg
        };
        let job = virgl::job(canvas.member, EXECBUFFER, &arg, native);
        refuse(&canvas, Errno::EINVAL, &format!("flags {flags}"), job);
    }
}

fn bad_payload(lab: &Lab) {
    let mut canvas = Canvas::new(lab);
    let exec = canvas.clear(RED);
    let good = drm_mvgal_native {
        nr: EXECBUFFER,
        args_size: size_of::<VirtgpuExecbuffer>() as u32,
        args: raw::address(&exec.0.arg),
        ..in_syncobj(exec.1)
    };
    let job = |native| Job::native_with(native).on(canvas.member);
    for args in Bad::new().unreadable() {
        let what = format!("args {args:#x}");
        refuse(
            &canvas,
            Errno::EFAULT,
            &what,
            job(drm_mvgal_native { args, ..good }),
        );
    }
    for args_size in [0, 4097, u32::MAX] {
        let error = if args_size == 0 {
            Errno::EINVAL
        } else {
            Errno::E2BIG
        };
        let what = format!("args_size {args_size}");
        refuse(
            &canvas,
            error,
            &what,
            job(drm_mvgal_native { args_size, ..good }),
        );
    }
    let mut long = raw::bytes_of(&exec.0.arg);
    long.extend([0, 0, 1, 0]);
    let args = raw::address(&long[..]);
    let args_size = long.len() as u32;
    let native = drm_mvgal_native {
        args,
        args_size,
        ..good
    };
    refuse(&canvas, Errno::E2BIG, "a longer argument", job(native));
    for fence in [0, 3, u32::MAX] {
        let what = format!("fence {fence}");
        refuse(
            &canvas,
            Errno::EINVAL,
            &what,
            job(drm_mvgal_native { fence, ..good }),
        );
    }
    let native = drm_mvgal_native {
        handle: 0xdead,
        ..good
    };
    refuse(&canvas, Errno::ENOENT, "no such syncobj", job(native));
    let fence = DRM_MVGAL_NATIVE_FENCE_BUFFER;
    let native = drm_mvgal_native {
        handle: 0xdead,
        fence,
        point: 0,
        ..good
    };
    refuse(&canvas, Errno::ENOENT, "no such object", job(native));
    let native = drm_mvgal_native {
        handle: canvas.image.handle,
        fence,
        point: 1,
        ..good
    };
    refuse(&canvas, Errno::EINVAL, "a point of a buffer", job(native));
    // A longer argument whose rest is zero is fine.
    let mut long = raw::bytes_of(&exec.0.arg);
    long.extend([0; 8]);
    let args = raw::address(&long[..]);
    let args_size = long.len() as u32;
    let done = (canvas.client.syncobj(), 1);
    let native = drm_mvgal_native {
        args,
        args_size,
        ..good
    };
    canvas.client.queue(vec![job(native).signals(done)]);
    canvas.client.done(done);
}

fn bad_places(lab: &Lab) {
    let mut canvas = Canvas::new(lab);
    let exec = canvas.clear(RED);
    for member in [HOST, DRM_MVGAL_MEMBER_ANY] {
        let job = canvas.render(&exec).on(member);
        refuse(&canvas, Errno::EINVAL, &format!("member {member:#x}"), job);
    }
    let job = canvas.render(&exec).on(lab.no_member());
    refuse(&canvas, Errno::ENOENT, "no such member", job);
    let job = canvas.render(&exec).implicit();
    refuse(&canvas, Errno::EINVAL, "IMPLICIT_SYNC", job);
    for driver in ["vgem", "vkms"] {
        let other = lab.member(driver);
        let job = canvas.render(&exec).on(other.id);
        refuse(&canvas, Errno::EACCES, "not attached", job.clone());
        let node = lab.open(other);
        canvas.client.attach(other.id, &node).expect("attach");
        refuse(&canvas, Errno::EOPNOTSUPP, driver, job);
    }
}

fn hang(lab: &Lab) {
    let mut canvas = Canvas::new(lab);
    let mut sw = SwSync::new();
    let spare = Resource::image(&canvas.node, 64, 64);
    let shared = canvas.node.prime_export(spare.handle).expect("export");
    // A fence that the driver has no part in, where the job's own is looked for.
    let late = sw.fence();
    crate::vendor::import_sync_file(shared.as_fd(), late.as_fd());

    let reports = canvas.client.alloc(HOST, PAGE);
    let line = canvas.client.syncobj();
    let exec = canvas.clear(RED);
    let hangs = virgl::job(
        canvas.member,
        EXECBUFFER,
        &exec.0.arg,
        in_buffer(spare.handle),
    )
    .timeout_ms(300)
    .report(&reports, 0);
    let binary = (canvas.client.syncobj(), 0);
    canvas
        .client
        .queue(vec![hangs.signals((line, 1)).signals(binary)]);
    let dependent = (canvas.client.syncobj(), 1);
    let buffer = canvas.client.alloc(HOST, PAGE);
    canvas.client.queue(vec![
        Job::fill(&buffer, 9).after((line, 1)).signals(dependent),
    ]);
    canvas.client.pending((line, 1));

    let ended = canvas.client.ended((line, 1));
    assert_eq!(ended.error, -(Errno::ETIME as i32), "{ended:?}");
    assert_eq!(canvas.client.ended(binary).error, -(Errno::ETIME as i32));
    let after = canvas.client.ended(dependent);
    assert_eq!(after.error, -(Errno::ECANCELED as i32));
    let told = report(&canvas.client, &reports, 0);
    assert_eq!(told.error, -(Errno::ETIME as i32), "{told:?}");

    // The member says so, and takes no more of the kind, but others go on.
    let member = canvas.member;
    let state = |client: &Client| {
        let (_, devices) = client.devices();
        let device = devices.iter().find(|device| device.id == member);
        device.expect("the member").state
    };
    assert_eq!(state(&canvas.client), DRM_MVGAL_MEMBER_HUNG);
    let (other, next) = (canvas.clear(TEAL), (canvas.client.syncobj(), 1));
    canvas
        .client
        .queue(vec![canvas.render(&other).signals(next)]);
    assert_eq!(canvas.client.ended(next).error, -(Errno::EIO as i32));
    canvas.client.run(Job::fill(&buffer, 7).on(canvas.member));
    assert!(canvas.client.map(&buffer).read().iter().all(|b| *b == 7));

    sw.signal();
    let deadline = raw::in_ms(SOON);
    while state(&canvas.client) != DRM_MVGAL_MEMBER_ONLINE {
        assert!(raw::now() < deadline, "still hung");
        raw::sleep_ms(10);
    }
    let again = (canvas.client.syncobj(), 1);
    let exec = canvas.clear(TEAL);
    canvas.client.queue(vec![
        canvas.render(&exec).signals(again),
        canvas.download().after(again).signals((again.0, 2)),
    ]);
    canvas.client.done((again.0, 2));
    canvas.all(TEAL);
}

fn hang_of_one_client_alone(lab: &Lab) {
    // A client that dies with a hung job leaves a member that works.
    let child = Child::run(|| {
        let mut canvas = Canvas::new(lab);
        let gate = (canvas.client.syncobj(), 1);
        let exec = canvas.clear(RED);
        canvas
            .client
            .queue(vec![canvas.render(&exec).after(gate).timeout_ms(100)]);
        raw::sleep_ms(20);
        std::mem::forget(exec);
    });
    child.outcome(120_000).expect("the child");
    clear(lab);
}

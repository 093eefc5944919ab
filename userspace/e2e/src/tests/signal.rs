// SPDX-License-Identifier: MIT OR Apache-2.0

//! SIGNAL_FENCE.

use crate::check::refused;
use crate::check::refused_tails;
use crate::check::unknown_bits;
use crate::client::Client;
use crate::client::PAGE;
use crate::client::array;
use crate::harness::suite;
use crate::job::Job;
use crate::lab::Lab;
use crate::raw;
use crate::raw::Bad;
use crate::sys::*;
use nix::errno::Errno;

suite! {
    binary_and_timeline;
    binary_again_replaces;
    timeline_in_one_call;
    the_core_sees_it;
    at_the_limit;
    bad_flags;
    bad_pad;
    no_points;
    bad_errors;
    points_that_do_not_increase;
    points_of_pending_jobs;
    unknown_syncobj;
    too_many;
    bad_stride;
    long_stride;
    bad_array_pointer;
    all_or_none;
    another_clients_syncobj;
}

fn point(handle: u32, point: u64) -> drm_mvgal_fence_signal {
    drm_mvgal_fence_signal {
        handle,
        point,
        error: 0,
    }
}

fn call(client: &Client, mut arg: drm_mvgal_signal_fence) -> raw::Result<()> {
    client.ioctl(DRM_IOCTL_MVGAL_SIGNAL_FENCE, &mut arg)
}

fn with_array(client: &Client, signals: drm_mvgal_obj_array) -> raw::Result<()> {
    let arg = drm_mvgal_signal_fence {
        signals,
        ..Default::default()
    };
    call(client, arg)
}

fn binary_and_timeline(lab: &Lab) {
    let client = lab.client();
    let (binary, line) = (client.syncobj(), client.syncobj());
    client.signal((binary, 0), 0).expect("SIGNAL_FENCE");
    client.done((binary, 0));
    for reached in [1, 2, 5, 1 << 40, u64::MAX] {
        client.signal((line, reached), 0).expect("SIGNAL_FENCE");
        client.done((line, reached));
        assert_eq!(client.core_query(line, 0), Ok(reached));
    }
}

fn binary_again_replaces(lab: &Lab) {
    let client = lab.client();
    let binary = (client.syncobj(), 0);
    for error in [0, -5, 0, -4095] {
        client.signal(binary, error).expect("SIGNAL_FENCE");
        assert_eq!(client.ended(binary).error, error);
    }
}

fn timeline_in_one_call(lab: &Lab) {
    let client = lab.client();
    let (first, second) = (client.syncobj(), client.syncobj());
    client
        .signal_many(&[
            point(first, 1),
            point(second, 4),
            point(first, 2),
            point(second, 9),
        ])
        .expect("SIGNAL_FENCE");
    assert_eq!(client.core_query(first, 0), Ok(2));
    assert_eq!(client.core_query(second, 0), Ok(9));
}

fn the_core_sees_it(lab: &Lab) {
    let client = lab.client();
    let line = client.syncobj();
    client.signal((line, 3), -5).expect("SIGNAL_FENCE");
    client.core_wait((line, 3), 0, 0).expect("TIMELINE_WAIT");
    assert!(client.sync_file(line, 3).is_ok());
    let binary = client.syncobj();
    client
        .transfer((line, 3), (binary, 0), 0)
        .expect("TRANSFER");
    client.ended((binary, 0));
}

fn at_the_limit(lab: &Lab) {
    let client = lab.client();
    let line = client.syncobj();
    let count = u64::from(lab.caps.max_waits);
    let signals: Vec<_> = (1..=count).map(|n| point(line, n)).collect();
    client.signal_many(&signals).expect("SIGNAL_FENCE");
    assert_eq!(client.core_query(line, 0), Ok(count));
}

fn bad_flags(lab: &Lab) {
    let client = lab.client();
    let signals = [point(client.syncobj(), 0)];
    for flags in unknown_bits(0) {
        refused(&client, Errno::EINVAL, &format!("flags {flags:#x}"), || {
            let signals = array(&signals);
            call(
                &client,
                drm_mvgal_signal_fence {
                    flags,
                    pad: 0,
                    signals,
                },
            )
        });
    }
    assert!(
        client.wait((signals[0].handle, 0), 0).is_err(),
        "not signalled"
    );
}

fn bad_pad(lab: &Lab) {
    let client = lab.client();
    let signals = [point(client.syncobj(), 0)];
    for pad in [1, 1 << 31, u32::MAX] {
        refused(&client, Errno::EINVAL, &format!("pad {pad:#x}"), || {
            let signals = array(&signals);
            call(
                &client,
                drm_mvgal_signal_fence {
                    flags: 0,
                    pad,
                    signals,
                },
            )
        });
    }
    assert!(
        client.wait((signals[0].handle, 0), 0).is_err(),
        "not signalled"
    );
}

fn no_points(lab: &Lab) {
    let client = lab.client();
    refused(&client, Errno::EINVAL, "no points", || {
        client.signal_many(&[])
    });
}

fn bad_errors(lab: &Lab) {
    let client = lab.client();
    let line = client.syncobj();
    for error in [1, 5, 4095, i32::MAX, -4096, i32::MIN] {
        for reached in [0, 1] {
            refused(&client, Errno::EINVAL, &format!("error {error}"), || {
                client.signal((line, reached), error)
            });
            assert!(client.wait((line, reached), 0).is_err(), "not signalled");
        }
    }
}

fn points_that_do_not_increase(lab: &Lab) {
    let client = lab.client();
    let line = client.syncobj();
    client.signal((line, 5), 0).expect("SIGNAL_FENCE");
    for below in [1, 4, 5] {
        refused(&client, Errno::EINVAL, &format!("point {below}"), || {
            client.signal((line, below), 0)
        });
    }
    for points in [[6, 6], [7, 6]] {
        refused(
            &client,
            Errno::EINVAL,
            &format!("points {points:?}"),
            || client.signal_many(&points.map(|n| point(line, n))),
        );
    }
    assert_eq!(client.core_query(line, 0), Ok(5));
    client.core_signal(line, 8).expect("TIMELINE_SIGNAL");
    refused(&client, Errno::EINVAL, "below the core's", || {
        client.signal((line, 7), 0)
    });
    client.signal((line, 9), 0).expect("SIGNAL_FENCE");
}

fn points_of_pending_jobs(lab: &Lab) {
    let client = lab.client();
    let gate = (client.syncobj(), 1);
    let line = client.syncobj();
    let buffer = client.alloc(HOST, PAGE);
    client.queue(vec![Job::fill(&buffer, 1).after(gate).signals((line, 5))]);
    for below in [1, 4, 5] {
        refused(&client, Errno::EINVAL, &format!("point {below}"), || {
            client.signal((line, below), 0)
        });
    }
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    client.done((line, 5));
}

fn unknown_syncobj(lab: &Lab) {
    let client = lab.client();
    for handle in [0, 99, u32::MAX] {
        for reached in [0, 1] {
            refused(&client, Errno::ENOENT, &format!("handle {handle}"), || {
                client.signal((handle, reached), 0)
            });
        }
    }
}

fn too_many(lab: &Lab) {
    let client = lab.client();
    let line = client.syncobj();
    let count = u64::from(lab.caps.max_waits) + 1;
    let signals: Vec<_> = (1..=count).map(|n| point(line, n)).collect();
    refused(&client, Errno::E2BIG, "one too many", || {
        client.signal_many(&signals)
    });
    for count in [1 << 24, 1 << 31, u32::MAX] {
        refused(&client, Errno::E2BIG, &format!("{count} points"), || {
            with_array(
                &client,
                drm_mvgal_obj_array {
                    count,
                    ..array(&signals)
                },
            )
        });
    }
    assert!(client.wait((line, 1), 0).is_err(), "not signalled");
}

fn bad_stride(lab: &Lab) {
    let client = lab.client();
    let signals = [point(client.syncobj(), 0); 4];
    let size = size_of::<drm_mvgal_fence_signal>() as u32;
    for stride in [0, 1, 8, size - 1] {
        refused(&client, Errno::EINVAL, &format!("stride {stride}"), || {
            with_array(
                &client,
                drm_mvgal_obj_array {
                    stride,
                    ..array(&signals)
                },
            )
        });
    }
}

fn long_stride(lab: &Lab) {
    let client = lab.client();
    let line = client.syncobj();
    let size = size_of::<drm_mvgal_fence_signal>();
    for (round, extra) in [1, 8, 100].into_iter().enumerate() {
        let first = 10 * round as u64;
        let tail = vec![0; extra];
        let element = |n| raw::bytes_of(&point(line, first + n));
        let bytes = [element(1), tail.clone(), element(2), tail].concat();
        let of = |bytes: &[u8]| drm_mvgal_obj_array {
            stride: (size + extra) as u32,
            count: 2,
            array: bytes.as_ptr() as u64,
        };
        refused_tails(&client, &bytes, &[size, bytes.len() - 1], |grown| {
            with_array(&client, of(grown))
        });
        with_array(&client, of(&bytes)).expect("a tail of zeros");
        assert_eq!(client.core_query(line, 0), Ok(first + 2));
    }
}

fn bad_array_pointer(lab: &Lab) {
    let client = lab.client();
    for array in Bad::new().unreadable() {
        let stride = size_of::<drm_mvgal_fence_signal>() as u32;
        refused(
            &client,
            Errno::EFAULT,
            &format!("points at {array:#x}"),
            || {
                with_array(
                    &client,
                    drm_mvgal_obj_array {
                        stride,
                        count: 1,
                        array,
                    },
                )
            },
        );
    }
}

fn all_or_none(lab: &Lab) {
    let client = lab.client();
    let (line, binary) = (client.syncobj(), client.syncobj());
    client.signal((line, 5), 0).expect("SIGNAL_FENCE");
    let wrong_error = drm_mvgal_fence_signal {
        error: 5,
        ..point(line, 6)
    };
    for (bad, error) in [
        (point(99, 0), Errno::ENOENT),
        (point(line, 5), Errno::EINVAL),
        (wrong_error, Errno::EINVAL),
    ] {
        for signals in [
            [point(binary, 0), point(line, 7), bad],
            [bad, point(binary, 0), point(line, 7)],
        ] {
            refused(&client, error, "two good ones and a bad one", || {
                client.signal_many(&signals)
            });
            assert!(client.wait((binary, 0), 0).is_err(), "one was signalled");
            assert_eq!(client.core_query(line, 0), Ok(5), "one was signalled");
        }
    }
}

fn another_clients_syncobj(lab: &Lab) {
    let (owner, other) = (lab.client(), lab.client());
    let theirs = owner.syncobj();
    refused(&other, Errno::ENOENT, "another client's", || {
        other.signal((theirs, 0), 0)
    });
    assert!(owner.wait((theirs, 0), 0).is_err(), "it was signalled");
}

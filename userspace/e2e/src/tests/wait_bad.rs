// SPDX-License-Identifier: MIT OR Apache-2.0

//! WAIT_FENCE where it is refused.

use crate::check::refused;
use crate::check::refused_tails;
use crate::check::unknown_bits;
use crate::client::Client;
use crate::client::array_mut;
use crate::client::wait_for;
use crate::harness::suite;
use crate::lab::Lab;
use crate::raw;
use crate::raw::Bad;
use crate::sys::*;
use crate::tests::wait::never;
use crate::tests::wait::signalled;
use nix::errno::Errno;

suite! {
    bad_flags;
    no_points;
    unknown_syncobj;
    too_many;
    too_many_watched;
    negative_timeout;
    bad_element_flags;
    bad_stride;
    long_stride;
    bad_array_pointer;
    another_clients_syncobj;
}

fn call(client: &Client, waits: drm_mvgal_obj_array) -> raw::Result<()> {
    let mut arg = drm_mvgal_wait_fence {
        waits,
        ..Default::default()
    };
    client.ioctl(DRM_IOCTL_MVGAL_WAIT_FENCE, &mut arg)
}

fn bad_flags(lab: &Lab) {
    let client = lab.client();
    let mut waits = [wait_for(signalled(&client))];
    for flags in unknown_bits(DRM_MVGAL_WAIT_ANY) {
        refused(&client, Errno::EINVAL, &format!("flags {flags:#x}"), || {
            client.wait_many(&mut waits, flags, 0)
        });
    }
}

fn no_points(lab: &Lab) {
    let client = lab.client();
    for timeout_ns in [0, i64::MAX] {
        refused(&client, Errno::EINVAL, "no points", || {
            client.wait_many(&mut [], 0, timeout_ns)
        });
    }
}

fn unknown_syncobj(lab: &Lab) {
    let client = lab.client();
    let done = signalled(&client);
    for handle in [0, 99, u32::MAX] {
        for points in [
            vec![(handle, 0)],
            vec![(handle, 5)],
            vec![done, (handle, 0)],
        ] {
            let mut waits: Vec<_> = points.iter().map(|p| wait_for(*p)).collect();
            refused(&client, Errno::ENOENT, &format!("{points:?}"), || {
                client.wait_many(&mut waits, DRM_MVGAL_WAIT_ANY, i64::MAX)
            });
        }
    }
}

fn too_many(lab: &Lab) {
    let client = lab.client();
    let done = signalled(&client);
    let mut waits = vec![wait_for(done); lab.caps.max_waits as usize + 1];
    refused(&client, Errno::E2BIG, "one too many", || {
        client.wait_many(&mut waits, 0, 0)
    });
    for count in [1 << 24, 1 << 31, u32::MAX] {
        refused(&client, Errno::E2BIG, &format!("{count} points"), || {
            let waits = drm_mvgal_obj_array {
                count,
                ..array_mut(&mut waits)
            };
            call(&client, waits)
        });
    }
}

/// Others may give a shared syncobj its fence, which costs the driver more than
/// its own points do, so there is a limit.
fn too_many_watched(lab: &Lab) {
    let client = lab.client();
    let mut files = Vec::new();
    let count = lab.caps.max_waits.min(200);
    let mut waits: Vec<_> = (0..count).map(|_| wait_for(never(&client))).collect();
    for wait in &waits {
        files.push(client.syncobj_export(wait.handle).expect("export"));
    }
    refused(&client, Errno::EBUSY, "200 shared syncobjs", || {
        client.wait_many(&mut waits, 0, raw::in_ms(100))
    });
    // A few are no trouble, and neither are they afterwards.
    let few = &mut waits[..8];
    assert_eq!(client.wait_many(few, 0, raw::in_ms(10)), Err(Errno::ETIME));
}

fn negative_timeout(lab: &Lab) {
    let client = lab.client();
    let mut waits = [wait_for(signalled(&client))];
    for timeout in [-1, -1_000_000_000, i64::MIN] {
        refused(
            &client,
            Errno::EINVAL,
            &format!("timeout {timeout}"),
            || client.wait_many(&mut waits, 0, timeout),
        );
    }
}

fn bad_element_flags(lab: &Lab) {
    let client = lab.client();
    let done = wait_for(signalled(&client));
    for flags in unknown_bits(0) {
        let mut waits = [done, done];
        waits[1].flags = flags;
        refused(&client, Errno::EINVAL, &format!("flags {flags:#x}"), || {
            client.wait_many(&mut waits, DRM_MVGAL_WAIT_ANY, 0)
        });
    }
}

fn bad_stride(lab: &Lab) {
    let client = lab.client();
    let size = size_of::<drm_mvgal_fence_wait>() as u32;
    let mut waits = [wait_for(signalled(&client)); 4];
    for stride in [0, 1, 16, size - 8, size - 1] {
        refused(&client, Errno::EINVAL, &format!("stride {stride}"), || {
            let waits = drm_mvgal_obj_array {
                stride,
                ..array_mut(&mut waits)
            };
            call(&client, waits)
        });
    }
}

fn long_stride(lab: &Lab) {
    let client = lab.client();
    let size = size_of::<drm_mvgal_fence_wait>();
    for extra in [1, 8, 100] {
        let element = raw::bytes_of(&wait_for(signalled(&client)));
        let mut bytes = [element.clone(), vec![0; extra], element, vec![0; extra]].concat();
        let of = |bytes: &mut [u8]| drm_mvgal_obj_array {
            stride: (size + extra) as u32,
            count: 2,
            array: bytes.as_mut_ptr() as u64,
        };
        let waits = of(&mut bytes);
        call(&client, waits).expect("WAIT_FENCE");
        for element in bytes.chunks(size + extra) {
            let wait: drm_mvgal_fence_wait = raw::from_bytes(element);
            assert_eq!(wait.signaled, 1);
            assert!(element[size..].iter().all(|b| *b == 0));
        }
        refused_tails(&client, &bytes, &[size, bytes.len() - 1], |grown| {
            call(&client, of(grown))
        });
    }
}

fn bad_array_pointer(lab: &Lab) {
    let client = lab.client();
    let bad = Bad::new();
    let mut addresses = bad.unreadable().to_vec();
    addresses.push(bad.read_only_with(&raw::bytes_of(&wait_for(signalled(&client)))));
    for array in addresses {
        let stride = size_of::<drm_mvgal_fence_wait>() as u32;
        let waits = drm_mvgal_obj_array {
            stride,
            count: 1,
            array,
        };
        refused(
            &client,
            Errno::EFAULT,
            &format!("points at {array:#x}"),
            || call(&client, waits),
        );
    }
}

fn another_clients_syncobj(lab: &Lab) {
    let (owner, other) = (lab.client(), lab.client());
    let done = signalled(&owner);
    refused(&other, Errno::ENOENT, "another client's", || {
        other.wait(done, 0)
    });
}

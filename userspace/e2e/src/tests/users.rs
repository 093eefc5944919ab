// SPDX-License-Identifier: MIT OR Apache-2.0

//! Unprivileged users, and what one client may see of another.

use crate::check::refused;
use crate::client::Client;
use crate::client::DEVICE;
use crate::client::PAGE;
use crate::drm::Node;
use crate::harness::suite;
use crate::job::Job;
use crate::lab::Lab;
use crate::lab::VGEM;
use crate::lab::VKMS;
use crate::lab::node_path;
use crate::proc::Child;
use crate::proc::Gate;
use crate::proc::become_user;
use crate::sys::*;
use nix::errno::Errno;
use std::os::unix::fs::PermissionsExt;

suite! {
    two_users_see_nothing_of_each_other;
    node_permissions_hold;
    priority_without_privilege;
    ceiling_without_privilege;
    privileged_file_unprivileged_caller;
    works_without_privilege [VGEM];
    master_not_authenticated [VKMS];
}

/// Two users that share nothing.
const USERS: [u32; 2] = [54_321, 61_234];

/// Lets everybody open a node for as long as this lives.
struct Opened(String, u32);

impl Opened {
    fn new(path: &str) -> Self {
        let mode = std::fs::metadata(path).expect(path).permissions().mode();
        let opened = Self(path.to_owned(), mode);
        opened.set(mode | 0o666);
        opened
    }

    fn set(&self, mode: u32) {
        std::fs::set_permissions(&self.0, std::fs::Permissions::from_mode(mode)).expect("chmod");
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.set(self.1);
    }
}

/// Runs something as a user that may open mvgal's node.
fn as_user(uid: u32, body: impl FnOnce(Client)) -> Child {
    Child::run(|| {
        become_user(uid);
        body(Client::open());
    })
}

fn two_users_see_nothing_of_each_other(_: &Lab) {
    let _opened = Opened::new(DEVICE);
    let (ready, checked) = (Gate::new(), Gate::new());
    let owner = as_user(USERS[0], |client| {
        let buffers: Vec<_> = (0..50).map(|_| client.alloc(HOST, PAGE)).collect();
        for buffer in &buffers {
            client.map(buffer).write_at(0, b"secret");
        }
        let points: Vec<_> = (0..50).map(|_| client.syncobj()).collect();
        client.queue(vec![Job::fill(&buffers[9], 1).after((points[3], 1))]);
        ready.open(buffers[49].handle.max(points[49]));
        checked.pass();
        let bytes = client.map(&buffers[0]).read_at(0, 6);
        assert_eq!(bytes, b"secret", "someone else wrote to it");
        for (buffer, point) in buffers.iter().zip(points).skip(10) {
            assert!(
                client.wait((point, 1), 0).is_err(),
                "someone else signalled it"
            );
            client.free(buffer.handle).expect("someone else freed it");
        }
    });
    let other = as_user(USERS[1], |client| {
        let last = ready.pass();
        let mine = client.alloc(HOST, PAGE);
        assert_eq!(client.map(&mine).read_at(0, 6), [0; 6], "old contents");
        for handle in (0..=last + 1).filter(|handle| *handle != mine.handle) {
            let absent = Err(Errno::ENOENT);
            assert_eq!(client.export(handle).map(drop), absent);
            assert_eq!(client.free(handle), absent);
            assert_eq!(client.gem_close(handle), Err(Errno::EINVAL));
            assert_eq!(client.signal((handle, 1), 0), absent);
            assert_eq!(client.wait((handle, 1), 0).map(drop), absent);
            let theirs = crate::client::Buffer { handle, ..mine };
            assert_eq!(client.submit(vec![Job::copy(&theirs, &mine)]), absent);
        }
        checked.open(0);
    });
    other.join();
    owner.join();
}

fn node_permissions_hold(lab: &Lab) {
    let _opened = Opened::new(DEVICE);
    // Whoever cannot open a member's node has nothing to attach.
    for device in &lab.devices {
        let path = node_path(device);
        let mode = std::fs::metadata(&path).expect("stat").permissions().mode();
        let closed = Opened(path.clone(), mode);
        closed.set(0o600);
        as_user(USERS[0], |client| {
            assert_eq!(Node::open(&path).err(), Some(Errno::EACCES));
            let refused = client.alloc_flags(device.id, PAGE, 0).err();
            assert_eq!(refused, Some(Errno::EACCES));
        })
        .join();
    }
}

fn priority_without_privilege(_: &Lab) {
    let _opened = Opened::new(DEVICE);
    as_user(USERS[0], |client| {
        let buffer = client.alloc(HOST, PAGE);
        for priority in 0..=11 {
            client.run(Job::fill(&buffer, 1).priority(priority));
        }
        for priority in 12..16 {
            refused(
                &client,
                Errno::EPERM,
                &format!("priority {priority}"),
                || client.submit(vec![Job::fill(&buffer, 1).priority(priority)]),
            );
        }
        // One that does not exist is not a matter of privilege.
        refused(&client, Errno::EINVAL, "priority 16", || {
            client.submit(vec![Job::fill(&buffer, 1).priority(16)])
        });
    })
    .join();
}

fn ceiling_without_privilege(_: &Lab) {
    let _opened = Opened::new(DEVICE);
    as_user(USERS[0], |client| {
        assert_eq!(client.current_affinity().priority_ceiling, 11);
        for ceiling in 12..16 {
            refused(&client, Errno::EPERM, &format!("ceiling {ceiling}"), || {
                client.set_ceiling(ceiling)
            });
        }
        let buffer = client.alloc(HOST, PAGE);
        client.set_ceiling(4).expect("a lower ceiling");
        refused(&client, Errno::EPERM, "above the ceiling", || {
            client.submit(vec![Job::fill(&buffer, 1).priority(5)])
        });
        client.set_ceiling(11).expect("up to 11 again");
        client.run(Job::fill(&buffer, 1).priority(11));
    })
    .join();
}

fn privileged_file_unprivileged_caller(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, PAGE);
    assert_eq!(client.current_affinity().priority_ceiling, 15);
    // The file was root's; who calls is not.
    Child::run(|| {
        become_user(USERS[0]);
        refused(&client, Errno::EPERM, "priority 12", || {
            client.submit(vec![Job::fill(&buffer, 1).priority(12)])
        });
        client.run(Job::fill(&buffer, 1).priority(11));
    })
    .join();
}

fn works_without_privilege(lab: &Lab) {
    let vgem = lab.member("vgem");
    let _opened = (Opened::new(DEVICE), Opened::new(&node_path(vgem)));
    let users = USERS.map(|uid| {
        as_user(uid, |client| {
            let node = lab.open(vgem);
            client.attach(vgem.id, &node).expect("attach");
            let (src, dst) = (client.alloc(vgem.id, PAGE), client.alloc(HOST, PAGE));
            for _ in 0..20 {
                client.run(Job::fill(&src, uid as u8).on(vgem.id));
                client.run(Job::copy(&src, &dst).on(vgem.id));
                assert_eq!(client.map(&dst).read_at(100, 1), [uid as u8]);
            }
        })
    });
    for user in users {
        user.join();
    }
}

/// A primary node that somebody else is master of may not render.
fn master_not_authenticated(lab: &Lab) {
    let vkms = lab.member("vkms");
    let path = node_path(vkms);
    let _opened = (Opened::new(DEVICE), Opened::new(&path));
    let _master = Node::open(&path).expect("open");
    as_user(USERS[0], |client| {
        let node = Node::open(&path).expect("open");
        refused(&client, Errno::EACCES, "not authenticated", || {
            client.attach(vkms.id, &node)
        });
    })
    .join();
}

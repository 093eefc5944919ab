// SPDX-License-Identifier: MIT OR Apache-2.0

//! Child processes, by fork alone: each test is one, and some make more.

use crate::raw;
use nix::errno::Errno;
use nix::libc;
use std::cell::RefCell;
use std::io::Read;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;
use std::panic::AssertUnwindSafe;

thread_local! {
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps what a panic says instead of printing it. Threads other than the first
/// of a process print it still.
fn keep_panics() {
    std::panic::set_hook(Box::new(|info| {
        let text = info.to_string().replace('\n', " ");
        if std::thread::current().name() == Some("main") {
            MESSAGE.with_borrow_mut(|message| *message = text);
        } else {
            eprintln!("# thread: {text}");
        }
    }));
}

/// A forked child. Killed and reaped when dropped.
pub struct Child {
    pid: libc::pid_t,
    pidfd: OwnedFd,
    message: std::fs::File,
    reaped: bool,
}

impl Child {
    /// Forks; the child runs `body` and exits, with 0 unless it panics. The
    /// process must have one thread.
    pub fn run(body: impl FnOnce()) -> Self {
        let (message, mut tell) = pipe();
        std::io::stdout().flush().expect("flush");
        // SAFETY: the process has one thread, as the function demands, so the
        // child may do anything.
        let pid = Errno::result(unsafe { libc::fork() }).expect("fork");
        if pid == 0 {
            drop(message);
            // SAFETY: no pointers are involved.
            unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
            keep_panics();
            let outcome = std::panic::catch_unwind(AssertUnwindSafe(body));
            let failed = outcome.is_err();
            if failed {
                let text = MESSAGE.with_borrow(Clone::clone);
                let _ = tell.write_all(&text.as_bytes()[..text.len().min(4000)]);
            }
            // SAFETY: ends the child without running the parent's destructors.
            unsafe { libc::_exit(failed.into()) };
        }
        // SAFETY: no pointers are involved.
        let pidfd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
        Self {
            pid,
            pidfd: raw::own(pidfd as i32),
            message,
            reaped: false,
        }
    }

    /// Makes the child the leader of a process group of its own.
    pub fn own_group(&self) {
        // SAFETY: no pointers are involved.
        unsafe { libc::setpgid(self.pid, self.pid) };
    }

    /// Sends a signal.
    pub fn signal(&self, signal: i32) {
        // SAFETY: no pointers are involved; the child is not reaped, so the
        // number is still its own.
        unsafe { libc::kill(self.pid, signal) };
    }

    /// Sends SIGKILL to the child's process group.
    pub fn kill_group(&self) {
        // SAFETY: as above.
        unsafe { libc::kill(-self.pid, libc::SIGKILL) };
    }

    /// Whether the child has ended within so many milliseconds.
    pub fn ends_within(&self, ms: i32) -> bool {
        raw::poll(self.pidfd.as_fd(), libc::POLLIN, ms)
    }

    /// Kills the child with SIGKILL and waits until it is gone.
    pub fn kill(mut self) {
        self.signal(libc::SIGKILL);
        self.reap();
    }

    /// Waits for the child; what went wrong in it, if anything did.
    pub fn outcome(mut self, ms: i32) -> Result<(), String> {
        if !self.ends_within(ms) {
            return Err(format!("timed out after {} s", ms / 1000));
        }
        let status = self.reap();
        if status == 0 {
            return Ok(());
        }
        if libc::WIFSIGNALED(status) {
            return Err(format!("died of signal {}", libc::WTERMSIG(status)));
        }
        let mut text = vec![0; 4096];
        let len = self.message.read(&mut text).unwrap_or(0);
        text.truncate(len);
        Err(String::from_utf8_lossy(&text).into_owned())
    }

    /// Waits for the child, which must have had no trouble.
    #[track_caller]
    pub fn join(self) {
        if let Err(error) = self.outcome(120_000) {
            panic!("in a child: {error}");
        }
    }

    fn reap(&mut self) -> i32 {
        let mut status = 0;
        // SAFETY: `status` is there to be written, and the child is ours.
        while unsafe { libc::waitpid(self.pid, &mut status, 0) } < 0
            && Errno::last() == Errno::EINTR
        {}
        self.reaped = true;
        status
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.reaped {
            self.signal(libc::SIGKILL);
            // A child that cannot die is stuck in the kernel: no use waiting.
            if self.ends_within(5000) {
                self.reap();
            }
        }
    }
}

/// A pipe: the reading and the writing end.
pub fn pipe() -> (std::fs::File, std::fs::File) {
    let (read, write) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).expect("pipe");
    (read.into(), write.into())
}

/// Lets one process wait until another has come to some place.
pub struct Gate(std::fs::File, std::fs::File);

impl Gate {
    /// A closed gate; to be made before the fork.
    pub fn new() -> Self {
        let (read, write) = pipe();
        Self(read, write)
    }

    /// Opens it for one passer, with a number to carry.
    pub fn open(&self, value: u32) {
        (&self.1).write_all(&value.to_le_bytes()).expect("gate");
    }

    /// Waits until it is open; the number carried.
    pub fn pass(&self) -> u32 {
        assert!(
            raw::poll(self.0.as_fd(), libc::POLLIN, 120_000),
            "the other process never got there"
        );
        let mut bytes = [0; 4];
        (&self.0).read_exact(&mut bytes).expect("gate");
        u32::from_le_bytes(bytes)
    }
}

/// Becomes an unprivileged user for good.
pub fn become_user(uid: u32) {
    let uid_gid = (
        nix::unistd::Uid::from_raw(uid),
        nix::unistd::Gid::from_raw(uid),
    );
    nix::unistd::setgroups(&[]).expect("setgroups");
    nix::unistd::setresgid(uid_gid.1, uid_gid.1, uid_gid.1).expect("setresgid");
    nix::unistd::setresuid(uid_gid.0, uid_gid.0, uid_gid.0).expect("setresuid");
    // Opening /proc/self needs it after a change of user.
    // SAFETY: no pointers are involved.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 1) };
}

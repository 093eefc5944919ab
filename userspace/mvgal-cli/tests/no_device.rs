// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the program does without a device: its messages and exit codes.

use std::process::{Command, Output, Stdio};

fn mvgal(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mvgal"))
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_missing_device_is_1_and_says_what_to_do() {
    for command in [&["info"][..], &["demo"], &["status"], &["info", "--json"]] {
        let args = [command, &["--device", "/nonexistent/mvgal0"]].concat();
        let output = mvgal(&args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
        let error = stderr(&output);
        assert!(
            error.starts_with("mvgal: cannot open /nonexistent/mvgal0: ")
                && error.contains("modprobe mvgal"),
            "{error}"
        );
    }
}

#[test]
fn what_is_no_drm_device_is_refused() {
    let output = mvgal(&["info", "--device", "/dev/null"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output), "mvgal: /dev/null is not a DRM device\n");
}

#[test]
fn wrong_usage_is_2() {
    for args in [
        &["copy", "a", "b"][..],
        &["status", "--watch=0"],
        &["bogus"],
    ] {
        assert_eq!(mvgal(args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn nothing_is_coloured_that_is_no_terminal() {
    for args in [
        &["--help"][..],
        &["bogus"],
        &["info", "--device", "/dev/null"],
    ] {
        let output = mvgal(args);
        assert!(!output.stdout.contains(&0x1b), "{args:?}");
        assert!(!output.stderr.contains(&0x1b), "{args:?}");
    }
}

#[test]
fn completions_and_man_pages_are_made() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = mvgal(&["completions", shell]);
        assert!(output.status.success(), "{shell}");
        assert!(!output.stdout.is_empty(), "{shell}");
    }
    let page = mvgal(&["man"]);
    assert!(page.status.success());
    assert!(String::from_utf8_lossy(&page.stdout).contains(".TH MVGAL 1"));

    let dir = std::env::temp_dir().join(format!("mvgal-man-{}", std::process::id()));
    let output = mvgal(&["man", dir.to_str().expect("temp dir is UTF-8")]);
    assert!(output.status.success(), "{}", stderr(&output));
    for page in [
        "mvgal.1",
        "mvgal-info.1",
        "mvgal-demo.1",
        "mvgal-copy.1",
        "mvgal-status.1",
    ] {
        assert!(dir.join(page).is_file(), "{page}");
    }
    std::fs::remove_dir_all(dir).expect("the directory can be removed");
}

#[test]
fn a_full_disk_is_told() {
    for args in [&["completions", "bash"][..], &["man"]] {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .expect("/dev/full can be opened");
        let output = Command::new(env!("CARGO_BIN_EXE_mvgal"))
            .args(args)
            .stdout(full)
            .output()
            .expect("the program starts");
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        let error = stderr(&output);
        assert!(
            error.starts_with("mvgal: writing standard output: No space left on device"),
            "{error}"
        );
    }
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    use std::os::unix::process::ExitStatusExt;

    let mut child = Command::new(env!("CARGO_BIN_EXE_mvgal"))
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // The reading end goes before the program can have written all.
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert!(
        output.status.signal() == Some(nix::libc::SIGPIPE) || output.status.success(),
        "{:?}",
        output.status
    );
    assert_eq!(stderr(&output), "");
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! The command line.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use mvgal::Device;
use mvgal::transfer::By;

use crate::failure::Failure;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  mvgal info                               what there is
  mvgal demo                               try it all, verify every byte
  mvgal copy --from amdgpu --to vgem a b   a file by way of two GPUs
  mvgal status --watch                     who is busy, every second
  mvgal info --json | jq '.members[].driver'

Exit status:
  0  all went well
  1  something failed; standard error says what, and what to do
  2  the command line is wrong
With a command that it runs, mvgal trace ends as that does, and with 124 if the
time was up before.

The module must be loaded (modprobe mvgal), and the user in the group that owns
/dev/mvgal0, usually render. Colours are used on a terminal unless NO_COLOR is
set.";

/// The GPUs of this machine, whatever their vendors, as one.
///
/// mvgal is a kernel module that makes every GPU a member of one logical device
/// with one scheduler. This program shows that device, tries it, and watches it.
#[derive(Debug, Parser)]
#[command(name = "mvgal", version, styles = STYLES, after_help = EXAMPLES)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// Print JSON, for programs; the schema is kept stable
    ///
    /// Each document names its schema and version in the member "schema". See
    /// JSON.md, next to the sources of this program.
    #[arg(long, global = true, help_heading = "Global options")]
    pub json: bool,

    /// Node to open, instead of /dev/mvgal0 or the render node of the driver
    #[arg(
        long,
        global = true,
        value_name = "PATH",
        help_heading = "Global options"
    )]
    pub device: Option<PathBuf>,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the members, what they are and can do, and the paths between them
    ///
    /// The details of a member are what its own driver answers, through the member's
    /// own node: what is not there is not known, and what the driver refused to answer
    /// is listed.
    #[command(after_help = "\
Examples:
  mvgal info
  mvgal info --p2p          the paths alone, each with its reason
  mvgal info --p2p --try    the same, tried
  mvgal info --json | jq '.members[] | {id, driver, vram: .details.vram}'

The path from one member to another is how the driver of the other gets at buffers
of the one: \"p2p\" and a distance, the smaller the better, if PCI lets it reach the
memory; \"import\" if it imports the dma-buf, whose memory is the system's or moves
there; \"copy\" if it gets a copy in memory of its own.

A path that was tried and works is not tried again until one of the two members
goes; one that does not is tried again by each --try.")]
    Info(InfoArgs),

    /// Run work across all members and verify every byte
    ///
    /// Attaches every member, allocates buffers on each, renders on the first that
    /// can (and fills otherwise), chains copies across all of them in both directions
    /// by timeline points, each with a priority of its own, then lets urgent jobs
    /// overtake others on a blocked member. A chart shows what ran where and when.
    /// Every byte is compared with what this program computes on its own.
    #[command(after_help = "\
Examples:
  mvgal demo
  mvgal demo --seed 7 --json | jq .verified

The exit status is 1 at the first wrong byte; the message names the buffer, the
offset, and what was expected and found. Members that cannot be used are left
out, with a note why; run it as root to use all priorities and members that have
only a primary node.")]
    Demo(DemoArgs),

    /// Render a picture on each GPU that can and compare every pixel
    ///
    /// Draws a scene of shaded, textured and translucent triangles with a depth test
    /// on each virtio GPU with virgl, as native jobs of that GPU's own driver, and
    /// copies the picture to the host. Every pixel is compared with what a rasteriser
    /// on the CPU makes of the same scene.
    #[command(after_help = "\
Examples:
  mvgal render -o picture.png
  mvgal render --member 1 --size 1024x768 --json | jq .members[].comparison

A pixel is right if no channel is off by more than 2 of 255, at the pixel's centre
or at most 1/16 pixel beside it, since GPUs round corners in their own ways. The
exit status is 1 if one is not. If several GPUs render, the files are named after
their ids: picture-1.png; standard output takes one picture. Compute shaders and
other drivers' commands are not written by this program.")]
    Render(RenderArgs),

    /// Copy a file by way of buffers on members
    ///
    /// The bytes go from the file through the host's memory into a buffer of the first
    /// member, from there through those of --via, if any, to one of the last, and
    /// from there through the host's memory into the file. Which way they took from each
    /// buffer to the next, and why, is said afterwards.
    #[command(after_help = "\
Members are named by their id, their bus address, their driver if only one
member has it, or \"host\": see mvgal info.

Examples:
  mvgal copy --from 1 --to 2 picture.raw copy.raw
  mvgal copy --from 0000:03:00.0 --to vgem --via host a b
  mvgal copy --from amdgpu --to xe --by engine a b
  cat a | mvgal copy --from amdgpu --to i915 - - | cmp - a")]
    Copy(CopyArgs),

    /// Show the load of the members and how they are
    ///
    /// Temperature, power, fans, clocks and memory in use are what their drivers put
    /// into sysfs; GPUs that sleep are not woken up for it.
    #[command(after_help = "\
Examples:
  mvgal status              once
  mvgal status --watch      every second, until interrupted
  mvgal status --watch 0.2  five times a second
  mvgal status --watch --json | jq -c '.members[] | [.id, .busy_percent]'
  mvgal status --json | jq '.members[] | select(.health.level == \"critical\")'

Busy is the share of time that the member spent on jobs since the last look;
the first look takes a quarter of a second. With --watch, members that come
and go are named. With --json, each look is one line.

Health is ok, warm or critical by the limits that drivers give to sysfs. Without
any, a GPU is warm from 85 and critical from 100 degrees Celsius on; its memory is
warm with 90 % of it in use, and critical with 98 %.")]
    Status(StatusArgs),

    /// Show the load by member, by priority and by client, live
    ///
    /// Busy is the share of time since the last look that the member spent on jobs.
    /// Clients are those of processes that this user may look at: all of them for
    /// root, and one's own for others.
    #[command(after_help = "\
Examples:
  mvgal top                    every two seconds, until interrupted
  mvgal top -d 0.5 -n 10       ten looks
  mvgal top -b >> load.txt     one look after the other, for a file
  mvgal top --json | jq -c '.clients[] | [.command, .busy_percent]'

With --json, each look is one line.")]
    Top(TopArgs),

    /// Record what the jobs of all clients do, and draw it
    ///
    /// Records the tracepoints of the module while a command runs, for a time, or
    /// until Ctrl-C, and writes two files: a trace for ui.perfetto.dev and
    /// chrome://tracing, and a chart of members by time, coloured by priority. It
    /// takes root, and disturbs no other tracing.
    #[command(after_help = "\
Examples:
  mvgal trace                            until Ctrl-C
  mvgal trace --duration 5 -o game       five seconds, to game.json and game.svg
  mvgal trace -- mvgal demo              as long as the command runs

The exit status is that of the command, or 128 and the number of the signal that
ended it; without a command, or if it cannot be recorded, it is that of all commands
of mvgal.")]
    Trace(TraceArgs),

    /// Print a completion script for a shell
    #[command(after_help = "\
Examples:
  mvgal completions bash > /etc/bash_completion.d/mvgal
  mvgal completions zsh > \"${fpath[1]}/_mvgal\"
  mvgal completions fish > ~/.config/fish/completions/mvgal.fish")]
    Completions {
        /// The shell
        shell: Shell,
    },

    /// Write the man pages
    #[command(after_help = "\
Examples:
  mvgal man | man -l -
  mvgal man /usr/local/share/man/man1")]
    Man {
        /// Where to write one page for each command; the first goes to standard
        /// output without it
        dir: Option<PathBuf>,
    },
}

/// Arguments of `mvgal info`.
#[derive(Debug, Args)]
pub struct InfoArgs {
    /// Show the paths between members alone, with the reason for each; --json
    /// shows all in any case
    #[arg(long)]
    pub p2p: bool,

    /// Try the paths first, with a page of each member for each other, but for those
    /// that were found to work before; until somebody has, they are what is to be expected
    #[arg(long)]
    pub r#try: bool,
}

/// Arguments of `mvgal demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Seed of the random bytes
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// Seconds after which a job that has not ended is given up
    #[arg(long, value_name = "SECS", default_value = "60", value_parser = seconds)]
    pub timeout: std::time::Duration,
}

/// Arguments of `mvgal render`.
#[derive(Debug, Args)]
pub struct RenderArgs {
    /// PNG file to write; - is standard output, and all else then goes to standard
    /// error
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Render on this member alone
    #[arg(long, value_name = "MEMBER")]
    pub member: Option<String>,

    /// Pixels of the picture
    #[arg(long, value_name = "WxH", default_value = "512x384", value_parser = size)]
    pub size: (u32, u32),

    /// Seconds after which a job that has not ended is given up
    #[arg(long, value_name = "SECS", default_value = "60", value_parser = seconds)]
    pub timeout: std::time::Duration,
}

/// Arguments of `mvgal copy`.
#[derive(Debug, Args)]
pub struct CopyArgs {
    /// Member whose memory the bytes are put into first
    #[arg(long, value_name = "MEMBER")]
    pub from: String,

    /// Member from whose memory they are read at last
    #[arg(long, value_name = "MEMBER")]
    pub to: String,

    /// Member on the way; may be given several times
    #[arg(long, value_name = "MEMBER")]
    pub via: Vec<String>,

    /// Who copies from one buffer to the next
    #[arg(long, value_enum, value_name = "WHO", default_value = "auto")]
    pub by: CopyBy,

    /// File to read; - is standard input
    pub input: PathBuf,

    /// File to write; - is standard output, and --json then prints to standard
    /// error
    ///
    /// A regular file appears when all bytes have arrived, in place of the one that
    /// was there; what is interrupted or fails leaves that as it was.
    pub output: PathBuf,
}

/// Who copies from one buffer to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CopyBy {
    /// A member's own engine where there is one that sees both buffers; through memory of
    /// the host where one sees one; else the CPU
    Auto,
    /// The CPU alone
    Cpu,
    /// Engines, for one half at least; fails where there is none
    Engine,
    /// Always through memory of the host
    Staged,
}

impl From<CopyBy> for By {
    fn from(by: CopyBy) -> Self {
        match by {
            CopyBy::Auto => By::Auto,
            CopyBy::Cpu => By::Cpu,
            CopyBy::Engine => By::Engine,
            CopyBy::Staged => By::Staged,
        }
    }
}

/// Arguments of `mvgal status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Look again and again, every SECS seconds
    #[arg(
        long,
        value_name = "SECS",
        num_args = 0..=1,
        default_missing_value = "1",
        value_parser = seconds
    )]
    pub watch: Option<std::time::Duration>,
}

/// Arguments of `mvgal top`.
#[derive(Debug, Args)]
pub struct TopArgs {
    /// Seconds between two looks
    #[arg(short, long, value_name = "SECS", default_value = "2", value_parser = seconds)]
    pub delay: std::time::Duration,

    /// End after so many looks
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub iterations: Option<u64>,

    /// Do not clear the screen; so it is anyway if the output is no terminal
    #[arg(short, long)]
    pub batch: bool,
}

/// Arguments of `mvgal trace`.
#[derive(Debug, Args)]
pub struct TraceArgs {
    /// Files to write: BASE.json and BASE.svg
    #[arg(short, long, value_name = "BASE", default_value = "mvgal-trace")]
    pub output: PathBuf,

    /// Record for so long; a COMMAND that is still running then is sent SIGTERM and waited for
    ///
    /// The exit status is 124 then, as that of timeout(1). A signal that ends mvgal trace does the
    /// same to COMMAND, whose exit status it ends with; a second signal kills COMMAND.
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    pub duration: Option<std::time::Duration>,

    /// Record while this runs, and end with its exit status
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// Width and height of a picture, each 16 to 16384.
fn size(text: &str) -> Result<(u32, u32), String> {
    let length = |text: &str| {
        text.parse()
            .ok()
            .filter(|length| (16..=16384).contains(length))
    };
    text.split_once('x')
        .and_then(|(width, height)| Some((length(width)?, length(height)?)))
        .ok_or_else(|| "it takes a width and a height, each 16 to 16384: 640x480".to_owned())
}

/// A number of seconds above 0, up to a day.
fn seconds(text: &str) -> Result<std::time::Duration, String> {
    text.parse::<f64>()
        .ok()
        .filter(|&secs| secs > 0.0 && secs <= 86_400.0)
        .map(std::time::Duration::from_secs_f64)
        .ok_or_else(|| "a number of seconds above 0, up to 86400, is needed".to_owned())
}

impl Cli {
    /// Opens the device that the options name.
    pub fn open(&self) -> Result<Device, Failure> {
        Ok(match &self.device {
            Some(path) => Device::open_path(path)?,
            None => Device::open()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_options_go_anywhere() {
        let cli = parse("mvgal info --json --device /dev/dri/renderD130").unwrap();
        assert!(cli.json);
        assert_eq!(cli.device.unwrap(), PathBuf::from("/dev/dri/renderD130"));
        assert!(parse("mvgal --json info").unwrap().json);
    }

    #[test]
    fn watch_takes_seconds_or_nothing() {
        let watch = |line| match parse(line).unwrap().command {
            Command::Status(args) => args.watch,
            other => panic!("{other:?}"),
        };
        assert_eq!(watch("mvgal status"), None);
        assert_eq!(watch("mvgal status --watch").unwrap().as_millis(), 1000);
        assert_eq!(watch("mvgal status --watch 0.2").unwrap().as_millis(), 200);
        for wrong in ["0", "-1", "nan", "inf", "x", "1e9"] {
            assert!(
                parse(&format!("mvgal status --watch={wrong}")).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn sizes_are_a_width_and_a_height() {
        assert_eq!(size("640x480"), Ok((640, 480)));
        for wrong in [
            "", "640", "x", "640x", "15x16", "16x16385", "640X480", "-1x16",
        ] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn wrong_usage_is_2() {
        for line in [
            "mvgal",
            "mvgal nonsense",
            "mvgal copy a b",
            "mvgal info --nonsense",
        ] {
            assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
        }
        assert_eq!(parse("mvgal --help").unwrap_err().exit_code(), 0);
    }

    #[test]
    fn copy_names_members_in_order() {
        let line = "mvgal copy --from 1 --via host --via vgem --to 2 - out";
        let Command::Copy(args) = parse(line).unwrap().command else {
            panic!("not copy");
        };
        assert_eq!((args.from.as_str(), args.to.as_str()), ("1", "2"));
        assert_eq!(args.via, ["host", "vgem"]);
        assert_eq!(args.input, PathBuf::from("-"));
    }

    #[test]
    fn help_stays_as_it_is() {
        insta::assert_snapshot!(Cli::command().term_width(100).render_long_help());
    }
}

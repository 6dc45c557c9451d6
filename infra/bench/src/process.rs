//! What Linux says of a process, and the limit it puts on its CPU.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    thread::sleep,
    time::Duration,
};

use crate::result::Result;

/// Lambda shares out a core in periods of 20 ms: at 128 MB a function may run 1.44 ms of each.
const PERIOD: Duration = Duration::from_millis(20);

/// ESRCH, which reading a file of a thread gives that has ended (errno(3)).
const NO_SUCH_PROCESS: i32 = 3;

/// CPU time so far of all threads that there are, in milliseconds (`/proc/<pid>/task/*/schedstat`).
pub(crate) fn cpu_ms(pid: u32) -> Result<f64> {
    let mut nanoseconds = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let schedstat = match fs::read_to_string(task?.path().join("schedstat")) {
            Ok(schedstat) => schedstat,
            // The thread has ended since it was listed, or since its file was opened.
            Err(error) if error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(NO_SUCH_PROCESS) => {
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        nanoseconds += schedstat.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(nanoseconds as f64 / 1e6)
}

/// The most memory the process has had in RAM, in MB of a million bytes.
pub(crate) fn peak_memory_mb(pid: u32) -> Result<f64> {
    status_mb(pid, "VmHWM:")
}

/// The memory the process has in RAM now, in MB of a million bytes.
pub(crate) fn memory_mb(pid: u32) -> Result<f64> {
    status_mb(pid, "VmRSS:")
}

fn status_mb(pid: u32, field: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).ok_or("no such field in /proc")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0 / 1e6)
}

/// A share of one core that processes can be held to.
#[derive(Clone, Debug)]
pub(crate) struct CpuLimit {
    /// Below 1; 0.072 is what Lambda gives a function of 128 MB.
    pub(crate) share: f64,
    groups: Groups,
}

/// Which control groups this machine has. <https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files>
#[derive(Clone, Copy, Debug)]
enum Groups {
    One,
    Two,
}

/// A control group with one process in it. Dropping it removes the group, once the process has ended.
pub(crate) struct Held(PathBuf);

impl CpuLimit {
    /// Tries whether this machine lets us limit processes, and says why it does not.
    pub(crate) fn new(share: f64) -> std::result::Result<Self, String> {
        let mut reasons = Vec::new();
        for groups in [Groups::One, Groups::Two] {
            let limit = Self { share, groups };
            match limit.group("try") {
                Ok(_) => return Ok(limit),
                Err(error) => reasons.push(format!("{}: {error}", groups.root().display())),
            }
        }
        Err(reasons.join("; "))
    }

    /// Holds a process to the share from now on.
    pub(crate) fn hold(&self, pid: u32) -> Result<Held> {
        let held = self.group(&pid.to_string())?;
        fs::write(held.0.join("cgroup.procs"), pid.to_string())?;
        Ok(held)
    }

    fn group(&self, name: &str) -> Result<Held> {
        let folder = self.groups.root().join(format!("portal-bench-{}-{name}", std::process::id()));
        fs::create_dir(&folder)?;
        let held = Held(folder);
        let period = PERIOD.as_micros();
        let quota = (period as f64 * self.share).round() as u128;
        match self.groups {
            Groups::One => {
                fs::write(held.0.join("cpu.cfs_period_us"), period.to_string())?;
                fs::write(held.0.join("cpu.cfs_quota_us"), quota.to_string())?;
            }
            Groups::Two => fs::write(held.0.join("cpu.max"), format!("{quota} {period}"))?,
        }
        Ok(held)
    }
}

impl Groups {
    fn root(self) -> &'static Path {
        Path::new(match self {
            Self::One => "/sys/fs/cgroup/cpu",
            Self::Two => "/sys/fs/cgroup",
        })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // A group is busy until its process has been waited for.
        for _ in 0..100 {
            if fs::remove_dir(&self.0).is_ok() {
                return;
            }
            sleep(Duration::from_millis(1));
        }
        eprintln!("{} stays behind", self.0.display());
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicBool, Ordering},
        thread,
    };

    use super::*;

    #[test]
    fn a_thread_that_ends_while_times_are_read_is_passed_over() {
        let pid = std::process::id();
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let _ = thread::spawn(|| ()).join();
                }
            });
            let failed = (0..20_000).find_map(|_| cpu_ms(pid).err());
            done.store(true, Ordering::Relaxed);
            assert!(failed.is_none(), "{failed:?}");
        });
    }

    #[test]
    fn a_process_has_used_cpu_and_memory() {
        let pid = std::process::id();
        let before = cpu_ms(pid).unwrap();
        // Other tests end meanwhile, and their threads' time with them.
        let uses_more = (0..200).any(|_| {
            let sum = (0..5_000_000u64).fold(0, |sum, number| std::hint::black_box(sum ^ number));
            std::hint::black_box(sum);
            cpu_ms(pid).unwrap() > before
        });
        assert!(uses_more);
        let (now, peak) = (memory_mb(pid).unwrap(), peak_memory_mb(pid).unwrap());
        assert!(0.0 < now && now <= peak + 1.0, "{now} MB of at most {peak} MB");
    }
}

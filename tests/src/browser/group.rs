//! Processes that end with the test, whatever becomes of it.

use std::{
    os::unix::process::CommandExt,
    process::{Child, ChildStdout, Command, Stdio},
};

/// A program and, in its process group, all that it started. They end with this, and with the process of the test,
/// whatever becomes of that.
pub(super) struct Group(Child);

impl Group {
    /// The command that starts a program like this. Its standard input is a pipe of this process, and a watcher in the
    /// group kills the group when the pipe ends.
    pub(super) fn of(program: &str) -> Command {
        let lifeline = r#"exec 3<&0; { cat <&3; kill -KILL 0; } >/dev/null 2>&1 & exec "$0" "$@" 3<&- </dev/null"#;
        let mut command = Command::new("sh");
        command.args(["-c", lifeline, program]).process_group(0).stdin(Stdio::piped());
        command
    }

    pub(super) fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    /// The process of the program itself.
    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }

    /// What the program prints, if that is piped to here.
    pub(super) fn output(&mut self) -> Option<ChildStdout> {
        self.0.stdout.take()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;
    use crate::soon;

    #[tokio::test]
    async fn what_a_test_started_ends_with_the_test_s_process_however_that_ends() {
        let mut group = Group::start(Group::of("sh").args(["-c", "sleep 1000 & sleep 1000"]));
        let id = group.0.id();
        let is_there = || Command::new("kill").args(["-0", "--", &format!("-{id}")]).stderr(Stdio::null()).status();
        assert!(is_there().unwrap().success());
        drop(group.0.stdin.take()); // which the kernel does with a process that ends
        let ended = soon("the end of the group", async || group.0.try_wait().unwrap()).await;
        assert_eq!(ended.signal(), Some(9));
    }
}

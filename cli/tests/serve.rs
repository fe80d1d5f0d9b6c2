//! `muster serve` as a person runs it: what it says, its control endpoint, and how it ends.

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpStream;
    use std::process::{Child, Command, Stdio};

    struct Served(Child);

    impl Drop for Served {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    fn muster(arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn http(address: &str, request: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn it_takes_a_file_faults_and_orders_and_ends_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("broker.properties");
        std::fs::write(&file, "# three of each\nnum.partitions=3\ngroup.max.size=9\n").unwrap();
        let started =
            muster(&["serve", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--topic", "t:1"])
                .args(["--config", file.to_str().unwrap(), "--set", "group.max.size=4"])
                .args(["--fault", "delay:api=Heartbeat,ms=5", "--seed", "7"])
                .spawn();
        let mut served = Served(started.unwrap());
        let mut line = String::new();
        BufReader::new(served.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (_, control) = line.trim().split_once("controlled on http://").unwrap();
        assert!(line.starts_with("listening on 127.0.0.1:"), "{line}");
        assert!(http(control, "GET /metrics").contains("kafka_topic_partition_current_offset{topic=\"t\""));
        assert!(http(control, "GET /faults").ends_with("delay:api=Heartbeat,ms=5\n"));
        let id = served.0.id().to_string();
        if cfg!(target_os = "linux") {
            let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
            assert!(status.contains("THP_enabled:\t0"), "it takes no huge pages: {status}");
        }
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert_eq!(served.0.wait().unwrap().code(), Some(0));
    }

    /// One line that names what is wrong, and exit code 1.
    #[test]
    fn bad_input_is_one_clear_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("broken.properties");
        std::fs::write(&file, "num.partitions\n").unwrap();
        let file = file.to_str().unwrap();
        let cases: [(&[&str], &str); 5] = [
            (&["--fault", "explode"], "explode"),
            (&["--fault", "error:api=Heartbeat,code=NO_SUCH"], "NO_SUCH"),
            (&["--config", file], "num.partitions"),
            (&["--config", "/no/such/file"], "/no/such/file"),
            (&["--control", "0.0.0.0:0"], "0.0.0.0:0"),
        ];
        for (arguments, named) in cases {
            let output = muster(&["serve", "--listen", "127.0.0.1:0"]).args(arguments).output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
            assert_eq!(said.trim_end().lines().count(), 1, "{said}");
            assert!(said.contains(named), "{said}");
        }
    }
}

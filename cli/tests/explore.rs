//! `muster explore` over real HTTP.

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::process::{Child, Command, Stdio};
    use std::time::Duration;

    /// Ends the server with the test.
    struct Explorer(Child);

    impl Drop for Explorer {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// Asks until the server listens, for up to ten seconds.
    fn get(address: &str, path: &str) -> String {
        for _ in 0..100 {
            if let Ok(mut stream) = TcpStream::connect(address) {
                let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
                stream.write_all(request.as_bytes()).unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).unwrap();
                return answer;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("nobody listens on {address}");
    }

    #[test]
    fn a_defect_opens_at_its_counterexample() {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        command.args(["explore", "--mutation", "skip_partition", "--port", "0"]).stdout(Stdio::piped());
        let mut explorer = Explorer(command.spawn().unwrap());
        let lines = BufReader::new(explorer.0.stdout.take().unwrap()).lines();
        let lines: Vec<String> =
            lines.map(Result::unwrap).take_while(|line| !line.contains("Ctrl-C")).collect();
        let url = lines.iter().find(|line| line.contains("/#/steps/")).unwrap();
        let (address, path) = url.strip_prefix("http://").unwrap().split_once("/#/steps/").unwrap();
        assert_eq!(path.split('/').count(), 7, "the first state and six steps: {path}");

        let page = get(address, "/");
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("<html"), "{page}");
        let (before, _) = path.rsplit_once('/').unwrap();
        let last = get(address, &format!("/.states/{before}"));
        assert!(last.starts_with("HTTP/1.1 200"), "{last}");
        assert!(last.contains("SyncGroup") && last.contains("phase: Stable"), "{last}");
        let next = get(address, &format!("/.states/{path}"));
        assert!(next.starts_with("HTTP/1.1 200") && next.contains("fingerprint"), "{next}");
        let nowhere = get(address, "/.states/0/99");
        assert!(nowhere.starts_with("HTTP/1.1 404"), "{nowhere}");
    }

    #[test]
    fn a_port_in_use_is_one_line() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        let output = command.args(["explore", "--port", &port]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(said.starts_with(&format!("muster: cannot listen on 127.0.0.1:{port}: ")), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

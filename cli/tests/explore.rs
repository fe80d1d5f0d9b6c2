//! `muster explore` over real HTTP.

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::process::{Child, Command, Output, Stdio};
    use std::time::Duration;

    /// Ends the server with the test.
    struct Explorer(Child);

    impl Drop for Explorer {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// Starts `muster explore` on a free port; what it says before it serves.
    fn explore(arguments: &[&str]) -> (Explorer, Vec<String>) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        command.arg("explore").args(arguments).args(["--port", "0"]).stdout(Stdio::piped());
        let mut explorer = Explorer(command.spawn().unwrap());
        let lines = BufReader::new(explorer.0.stdout.take().unwrap()).lines();
        let lines = lines.map(Result::unwrap).take_while(|line| !line.contains("Ctrl-C")).collect();
        (explorer, lines)
    }

    fn refused(arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        let Output { status, stderr, .. } = command.arg("explore").args(arguments).output().unwrap();
        let said = String::from_utf8(stderr).unwrap();
        assert_eq!(said.lines().count(), 1, "{said}");
        (status.code(), said)
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
        let (_explorer, lines) = explore(&["--mutation", "skip_partition"]);
        let url = lines.iter().find(|line| line.starts_with("http://")).unwrap();
        let (address, link) = url.strip_prefix("http://").unwrap().split_once("/#/").unwrap();
        assert_eq!(link, "trace?scenario=basic&mutation=skip_partition&find=assignment_complete");
        let page = get(address, "/");
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("<html"), "{page}");
        assert!(get(address, "/api/catalogue").contains("\"skip_partition\""));
    }

    #[test]
    fn bounds_and_faults_go_into_the_link() {
        let (_explorer, lines) = explore(&["crash", "--records", "2", "--faults", "crash=2,leave=1"]);
        let link = "/#/trace?scenario=crash&records=2&faults=crash:2,give_up:0,expire:0,leave:1";
        assert!(lines.iter().any(|line| line.ends_with(link)), "{lines:?}");
        let (_explorer, lines) = explore(&["basic", "--assignor", "cooperative-sticky"]);
        let link = "/#/trace?scenario=basic&assignor=cooperative-sticky";
        assert!(lines.iter().any(|line| line.ends_with(link)), "{lines:?}");
        let (_explorer, lines) = explore(&[]);
        assert!(lines.iter().any(|line| line.starts_with("http://") && line.ends_with('/')), "{lines:?}");
    }

    #[test]
    fn a_trace_file_opens() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/traces/join-alone.json");
        let (_explorer, lines) = explore(&[file]);
        let url = lines.iter().find_map(|line| line.strip_prefix("http://")).unwrap();
        let (address, place) = url.split_once("/#/").unwrap();
        assert_eq!(place, "file?n=0");
        let told = get(address, "/api/files/0");
        assert!(told.starts_with("HTTP/1.1 200") && told.contains("MEMBER_ID_REQUIRED"), "{told}");
        assert!(get(address, "/api/files/1").starts_with("HTTP/1.1 404"));
    }

    #[test]
    fn a_wrong_file_is_one_line_and_its_exit_code() {
        let folder = tempfile::tempdir().unwrap();
        let broken = folder.path().join("cut.json");
        fs::write(&broken, "{\"format\": \"muster-trace/1\", \"name\"").unwrap();
        let (code, said) = refused(&[broken.to_str().unwrap()]);
        assert_eq!(code, Some(4));
        assert!(said.contains("cut.json: EOF while parsing") && said.contains("line 1 column"), "{said}");
        let (code, said) = refused(&["./no-such.json"]);
        assert_eq!(
            (code, said.starts_with("muster: cannot read ./no-such.json: ")),
            (Some(1), true),
            "{said}"
        );
        let (code, said) = refused(&["./no-such.json", "--records", "2"]);
        assert!(code == Some(1) && said.contains("a trace file is shown as it is"), "{said}");
        let (code, said) = refused(&["crsh"]);
        assert!(code == Some(1) && said.contains("did you mean 'crash'?"), "{said}");
    }

    #[test]
    fn stateright_s_explorer_opens_at_the_counterexample() {
        let (_explorer, lines) = explore(&["--mutation", "skip_partition", "--ui", "stateright"]);
        let url = lines.iter().find(|line| line.contains("/#/steps/")).unwrap();
        let (address, path) = url.strip_prefix("http://").unwrap().split_once("/#/steps/").unwrap();
        assert_eq!(path.split('/').count(), 7, "the first state and six steps: {path}");
        let (before, _) = path.rsplit_once('/').unwrap();
        let last = get(address, &format!("/.states/{before}"));
        assert!(last.starts_with("HTTP/1.1 200"), "{last}");
        assert!(last.contains("SyncGroup") && last.contains("phase: Stable"), "{last}");
        let nowhere = get(address, "/.states/0/99");
        assert!(nowhere.starts_with("HTTP/1.1 404"), "{nowhere}");
    }

    #[test]
    fn a_port_in_use_is_one_line() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        let (code, said) = refused(&["--port", &port]);
        assert_eq!(code, Some(1));
        assert!(said.starts_with(&format!("muster: cannot listen on 127.0.0.1:{port}: ")), "{said}");
    }
}

//! `muster conform trace`: bad files get one line and the exit code that says which kind of bad.

use std::process::Command;

fn judged(text: &[u8]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("recording");
    std::fs::write(&file, text).expect("a file");
    let run = Command::new(env!("CARGO_BIN_EXE_muster")).args(["conform", "trace"]).arg(&file).output();
    let run = run.expect("muster runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (run.status.code(), text(run.stdout), text(run.stderr))
}

const HEADER: &str = "{\"muster_recording\":1,\"release\":\"4.3\",\"group_initial_rebalance_delay_ms\":3000,\"group_max_size\":null}\n";

#[test]
fn what_is_no_recording_is_unreadable() {
    for (text, why) in [
        ("", "the file is empty"),
        ("no JSON", "neither a recording"),
        ("{}", "line 1: no header of a recording"),
        (&format!("{HEADER}{{\"at_us\":1}}"), "line 2: missing field `connection`"),
        (&format!("{HEADER}{{\"at_us\":1,\"connection\":\"c\",\"request\":\"?\"}}"), "line 2: not base64"),
    ] {
        let (code, out, err) = judged(text.as_bytes());
        assert_eq!((code, out.as_str()), (Some(4), ""), "{text}: {err}");
        assert!(err.contains(why) && err.lines().count() == 1, "{text}: {err}");
    }
}

/// A recorder that was killed leaves half a line.
#[test]
fn a_recording_that_was_cut_off_is_told_of_where() {
    let line = "{\"at_us\":1,\"connection\":\"c\",\"request\":\"AAAA\"}\n";
    let text = format!("{HEADER}{line}{}", &line[..20]);
    let (code, out, err) = judged(text.as_bytes());
    assert_eq!((code, out.as_str(), err.lines().count()), (Some(4), "", 1), "{err}");
    assert!(err.contains("line 3: the recording was cut off here"), "{err}");
}

/// The header of a pcap of Ethernet frames.
const PCAP: &[u8] = b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0";
/// The section header of a pcapng.
const PCAPNG: &[u8] =
    b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0";

#[test]
fn a_capture_of_nothing_is_undecided() {
    for capture in [PCAP, PCAPNG] {
        let (code, out, err) = judged(capture);
        assert_eq!((code, err.as_str()), (Some(3), ""), "{out}");
        assert!(out.contains("undecided: 0 exchanges"), "{out}");
    }
}

#[test]
fn a_capture_that_is_cut_off_or_damaged_is_unreadable() {
    // Of the first packet, of 60 bytes, but four are there.
    let cut = [PCAP, b"\x01\0\0\0\0\0\0\0\x3c\0\0\0\x3c\0\0\0data"].concat();
    let longer = [PCAP, b"\x01\0\0\0\0\0\0\0\xff\xff\xff\x7f\xff\xff\xff\x7fdata"].concat();
    // A block that says that it has no length.
    let damaged = [PCAPNG, b"\x06\0\0\0\0\0\0\0\0\0\0\0"].concat();
    for (capture, place) in [
        (&PCAP[..10], "packet 0: the capture was cut off here"),
        (cut.as_slice(), "packet 1: the capture was cut off here"),
        (longer.as_slice(), "packet 1"),
        (&PCAPNG[..20], "packet 0"),
        (damaged.as_slice(), "packet 1"),
    ] {
        let (code, out, err) = judged(capture);
        assert_eq!((code, out.as_str(), err.lines().count()), (Some(4), "", 1), "{err}");
        assert!(err.contains(place), "{err}");
    }
}

#[test]
fn a_recording_without_groups_is_undecided() {
    let (code, out, _) = judged(HEADER.as_bytes());
    assert_eq!(code, Some(3), "{out}");
    assert!(out.contains("undecided: 0 exchanges"), "{out}");
    // Half a minute of something that is no Kafka.
    let noise =
        format!("{HEADER}{{\"at_us\":1,\"connection\":\"c\",\"request\":\"R0VUIC8gSFRUUC8xLjENCg==\"}}\n");
    let (code, out, _) = judged(noise.as_bytes());
    assert_eq!(code, Some(3), "{out}");
    assert!(out.contains("this is no Kafka"), "{out}");
}

#[test]
fn a_request_that_is_answered_wrongly_is_a_divergence() {
    use base64::Engine as _;
    let frame = |body: &[u8]| {
        let mut frame = u32::try_from(body.len()).expect("a frame").to_be_bytes().to_vec();
        frame.extend_from_slice(body);
        base64::engine::general_purpose::STANDARD.encode(frame)
    };
    // Heartbeat v0, correlation id 7, no client id: group g, generation 1, member m; answered NONE.
    let request = frame(b"\x00\x0c\x00\x00\x00\x00\x00\x07\xff\xff\x00\x01g\x00\x00\x00\x01\x00\x01m");
    let line =
        |at, what, text: &str| format!("{{\"at_us\":{at},\"connection\":\"c\",\"{what}\":\"{text}\"}}\n");
    for (error, conclusion, code) in [(25, "conforms", 0), (22, "diverges", 2)] {
        let response = frame(&[0, 0, 0, 7, 0, error]);
        let text = format!("{HEADER}{}{}", line(1, "request", &request), line(2, "response", &response));
        let (exit, out, _) = judged(text.as_bytes());
        assert_eq!(exit, Some(code), "{out}");
        assert!(out.lines().last().is_some_and(|last| last.starts_with(conclusion)), "{out}");
        assert_eq!(
            out.contains("expected UNKNOWN_MEMBER_ID [reject_heartbeat_of_absent_group]"),
            code == 2,
            "{out}"
        );
    }
}

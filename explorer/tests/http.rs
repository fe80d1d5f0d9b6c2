//! The explorer over real HTTP: what it serves, to whom, and what it says when a link or a file is wrong.

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use muster_explorer::{Explorer, serve};
    use serde_json::{Value, json};

    struct Server {
        address: String,
    }

    impl Server {
        /// It ends with the process of the test.
        fn start() -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap().to_string();
            thread::spawn(move || {
                serve(listener, Explorer { files: Vec::new(), replay: None, recordings: None })
            });
            Self { address }
        }

        fn ask(&self, head: &str, body: &str) -> (u16, String) {
            let mut stream = TcpStream::connect(&self.address).unwrap();
            let length = body.len();
            let request = format!("{head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            (answer[9..12].parse().unwrap(), answer)
        }

        fn get(&self, path: &str) -> (u16, String) {
            self.ask(&format!("GET {path} HTTP/1.1\r\nHost: {}", self.address), "")
        }

        fn post(&self, path: &str, body: &Value) -> (u16, Value) {
            let here = &self.address;
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: {here}\r\nOrigin: http://{here}\r\nContent-Type: application/json"
            );
            let (status, answer) = self.ask(&head, &body.to_string());
            let text = answer.split_once("\r\n\r\n").unwrap().1;
            (status, serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {answer}")))
        }
    }

    fn error(answer: &Value) -> &str {
        answer["error"].as_str().unwrap()
    }

    #[test]
    fn the_page_and_its_files_are_served_with_a_strict_policy() {
        let server = Server::start();
        let (status, page) = server.get("/");
        assert_eq!(status, 200);
        assert!(page.contains("<html lang=\"en\">"), "{page}");
        let policy = page.lines().find(|line| line.starts_with("content-security-policy: ")).unwrap();
        assert!(policy.contains("default-src 'none'; script-src 'self'; style-src 'self'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(page.contains("x-content-type-options: nosniff"), "{page}");
        let (status, script) = server.get("/assets/vendor/preact-htm.js");
        assert!(status == 200 && script.contains("content-type: text/javascript"));
    }

    #[test]
    fn a_wrong_address_gets_a_page_that_says_so_and_is_escaped() {
        let server = Server::start();
        for path in ["/nowhere/%3Cscript%3E", "/assets/%3Cb%3E.js", "/assets/../Cargo.toml"] {
            let (status, page) = server.get(path);
            assert_eq!(status, 404, "{path}");
            assert!(page.contains("There is no such page") && !page.contains("<script"), "{page}");
        }
    }

    #[test]
    fn another_host_or_site_gets_nothing() {
        let server = Server::start();
        let here = server.address.clone();
        let body = json!({ "spec": { "scenario": "basic" }, "path": [] }).to_string();
        let post = |headers: &str| server.ask(&format!("POST /api/path HTTP/1.1\r\n{headers}"), &body);
        let json = "Content-Type: application/json";
        let good = format!("Host: {here}\r\nOrigin: http://{here}\r\n{json}");
        assert_eq!(post(&good).0, 200);
        let wrong = [
            format!("Host: evil.example\r\nOrigin: http://evil.example\r\n{json}"),
            format!("Host: {here}\r\nOrigin: http://evil.example\r\n{json}"),
            format!("Host: {here}\r\nOrigin: https://{here}\r\n{json}"),
            format!("Host: {here}\r\nOrigin: null\r\n{json}"),
            format!("Host: {here}\r\n{json}"),
        ];
        for headers in wrong {
            let (status, answer) = post(&headers);
            assert_eq!(status, 403, "{headers}");
            assert!(!answer.contains("steps"), "{answer}");
        }
        let form = format!("Host: {here}\r\nOrigin: http://{here}\r\nContent-Type: text/plain");
        assert_eq!(post(&form).0, 415);
        let (status, _) = server.ask("GET / HTTP/1.1\r\nHost: rebound.example", "");
        assert_eq!(status, 403);
    }

    #[test]
    fn a_permalink_is_a_path_by_names() {
        let server = Server::start();
        let spec = json!({ "scenario": "basic" });
        let path = json!(["deliver c1#1 JoinGroup", "answer c1#1 JoinGroup", "deliver c1#1 JoinGroup"]);
        let (status, told) = server.post("/api/path", &json!({ "spec": spec, "path": path }));
        assert_eq!(status, 200, "{told}");
        let steps = told["steps"].as_array().unwrap();
        let keys: Vec<&Value> = steps.iter().map(|step| &step["key"]).collect();
        assert_eq!(json!(keys), path);
        assert_eq!(steps[0]["label"], json!(["JoinGroup", "no id yet", "→ MEMBER_ID_REQUIRED"]));
        assert_eq!(steps[1]["state"]["consumers"]["c1"]["member"], "m1");
        let group = &steps[2]["state"]["coordinator"]["group"];
        assert_eq!((&group["state"], &group["generation"]), (&json!("PreparingRebalance"), &json!(0)));
        let fates: Vec<&Value> = told["messages"].as_array().unwrap().iter().map(|m| &m["fate"]).collect();
        assert_eq!(json!(fates), json!(["rejected", "in_flight", "delivered", "delivered"]));

        let (_, end) = server.post("/api/path", &json!({ "spec": spec, "path": path, "from": 2 }));
        assert_eq!(end["steps"], json!([steps[2]]));
        let (_, next) = server.post("/api/next", &json!({ "spec": spec, "path": path }));
        let next: Vec<&str> =
            next["next"].as_array().unwrap().iter().map(|n| n["key"].as_str().unwrap()).collect();
        assert_eq!(next, ["coordinator:initial-delay", "deliver c2#1 JoinGroup"]);
    }

    #[test]
    fn a_wrong_link_is_told_what_and_where() {
        let server = Server::start();
        let ask = |spec: Value, path: Value| {
            let (status, told) = server.post("/api/path", &json!({ "spec": spec, "path": path }));
            assert!((400..500).contains(&status), "{status}");
            error(&told).to_owned()
        };
        let basic = || json!({ "scenario": "basic" });
        let wrong = ask(basic(), json!(["deliver c1#1 JoinGroup", "c1:<b>commit</b>"]));
        assert!(
            wrong.starts_with("step 2: 'c1:<b>commit</b>' is not possible here; possible are: "),
            "{wrong}"
        );
        assert!(ask(json!({ "scenario": "nothing" }), json!([])).starts_with("unknown scenario 'nothing'"));
        assert!(ask(json!({ "scenario": "basic", "consumers": 9 }), json!([])).contains("consumers is 9"));
        assert!(
            ask(json!({ "scenario": "basic", "colour": 9 }), json!([])).contains("unknown field `colour`")
        );
        let long: Vec<&str> = vec!["x"; 10_001];
        assert!(ask(basic(), json!(long)).contains("the path has 10001 steps"));
        let (status, told) = server.post("/api/runs/77/cancel", &json!({}));
        assert!(status == 404 && error(&told).contains("no check 77"), "{told}");
    }

    #[test]
    fn a_check_is_started_watched_and_found_again() {
        let server = Server::start();
        let spec = json!({ "scenario": "basic", "mutation": "skip_partition" });
        let (status, mut run) = server.post("/api/runs", &json!({ "spec": spec }));
        assert_eq!(status, 200, "{run}");
        let id = run["id"].clone();
        for _ in 0..600 {
            if run["status"] != "running" {
                break;
            }
            thread::sleep(std::time::Duration::from_millis(50));
            let (_, text) = server.get(&format!("/api/runs/{id}"));
            run = serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap();
        }
        assert_eq!(run["status"], "done", "{run}");
        let verdict = run["verdict"].as_str().unwrap();
        assert!(verdict.starts_with("violated: assignment_complete"), "{verdict}");
        assert!(verdict.contains("exhaustive in these bounds"), "{verdict}");
        let violated =
            run["properties"].as_array().unwrap().iter().find(|p| p["verdict"] == "violated").unwrap();
        let (status, told) = server.post("/api/path", &json!({ "spec": spec, "path": violated["path"] }));
        let last = told["steps"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(status, 200);
        assert!(last["failing"]["assignment_complete"].is_string(), "{last}");
        assert_eq!(server.post("/api/runs", &json!({ "spec": spec })).1["id"], id);
        let (_, example) =
            server.post("/api/example", &json!({ "spec": spec, "property": "assignment_complete" }));
        assert_eq!(example["steps"].as_array().map(Vec::len), violated["path"].as_array().map(Vec::len));
        let spec = json!({ "scenario": "rebalance_timeout_zero", "mutation": "complete_join_at_once" });
        let (_, endless) =
            server.post("/api/example", &json!({ "spec": spec, "property": "no_rebalance_loop" }));
        assert_eq!(
            (endless["back_to"].as_u64(), endless["steps"].as_array().map(Vec::len)),
            (Some(4), Some(16))
        );
        let holds = json!({ "spec": { "scenario": "basic" }, "property": "one_leader" });
        let (status, told) = server.post("/api/example", &holds);
        assert!(status == 404 && error(&told).contains("one_leader holds in every state"), "{told}");
    }

    #[test]
    fn a_stopped_check_says_that_it_is_not_exhausted() {
        let server = Server::start();
        let big = json!({ "spec": { "scenario": "crash", "records": 3, "partitions": 3 } });
        let (_, run) = server.post("/api/runs", &big);
        let id = run["id"].clone();
        server.post(&format!("/api/runs/{id}/cancel"), &json!({}));
        for _ in 0..600 {
            let (_, text) = server.get(&format!("/api/runs/{id}"));
            let run: Value = serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap();
            if run["status"] == "cancelled" {
                let verdict = run["verdict"].as_str().unwrap();
                assert!(verdict.starts_with("no violation found, not exhausted (stopped)"), "{verdict}");
                return;
            }
            thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("the check does not stop");
    }

    #[test]
    fn a_check_judges_what_is_asked_for_and_goes_so_far() {
        let server = Server::start();
        let limits = json!({ "max_depth": 4, "properties": ["one_leader"] });
        let asked = json!({ "spec": { "scenario": "basic" }, "limits": limits });
        let (_, run) = server.post("/api/runs", &asked);
        let id = run["id"].clone();
        for _ in 0..600 {
            let (_, text) = server.get(&format!("/api/runs/{id}"));
            let run: Value = serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap();
            if run["status"] == "done" {
                let verdict = run["verdict"].as_str().unwrap();
                assert!(verdict.contains("(states farther than 4 steps were not searched)"), "{verdict}");
                assert!(verdict.contains(", 1 of ") && verdict.ends_with(" properties judged"), "{verdict}");
                assert_eq!(run["properties"].as_array().unwrap().len(), 1);
                let levels: Vec<u64> =
                    run["levels"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
                assert_eq!(
                    (levels.len(), levels.iter().sum()),
                    (5, run["states"].as_u64().unwrap()),
                    "{run}"
                );
                return;
            }
            thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("the check does not end");
    }

    #[test]
    fn limits_that_name_nothing_are_told() {
        let server = Server::start();
        let ask = |limits: Value| {
            server.post("/api/runs", &json!({ "spec": { "scenario": "basic" }, "limits": limits }))
        };
        let (status, told) = ask(json!({ "properties": ["no<b>"] }));
        assert!(status == 422 && error(&told) == "unknown property 'no<b>'", "{told}");
        let (status, told) = ask(json!({ "properties": [] }));
        assert!(status == 422 && error(&told).starts_with("no property is chosen"), "{told}");
        let (status, told) = ask(json!({ "storm": 1 }));
        assert!(status == 400 && error(&told).contains("unknown field `storm`"), "{told}");
    }

    #[test]
    fn a_walk_by_chance_is_the_same_for_its_seed_and_can_be_walked_again() {
        let server = Server::start();
        let spec = json!({ "scenario": "leave" });
        let wander = |seed: u64| {
            let (status, told) =
                server.post("/api/wander", &json!({ "spec": spec, "steps": 30, "seed": seed }));
            assert_eq!(status, 200, "{told}");
            let keys: Vec<Value> =
                told["steps"].as_array().unwrap().iter().map(|step| step["key"].clone()).collect();
            assert!(told["steps"].as_array().unwrap().iter().all(|step| step["outside"] == false));
            keys
        };
        let (one, other) = (wander(1), wander(2));
        assert_eq!((one.len(), &one), (30, &wander(1)));
        assert_ne!(one, other);
        let (status, _) = server.post("/api/path", &json!({ "spec": spec, "path": one }));
        assert_eq!(status, 200);
    }

    #[test]
    fn the_catalogue_has_each_kind() {
        let server = Server::start();
        let (status, text) = server.get("/api/catalogue");
        let told: Value = serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap();
        assert_eq!(status, 200);
        let entries = told["entries"].as_array().unwrap();
        for kind in ["museum", "hazard", "remedy", "defect", "scenario", "silent"] {
            assert!(entries.iter().any(|entry| entry["kind"] == kind), "{kind}");
        }
        let defect = entries.iter().find(|entry| entry["id"] == "keep_stored_offsets").unwrap();
        assert_eq!(defect["property"], "committed_offset_monotonic");
        assert_eq!(defect["spec"], json!({ "scenario": "leave", "mutation": "keep_stored_offsets" }));
    }
}

//! A program whose configuration changes while it runs.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use flowcore_testkit::{Certificate, free_port};

use crate::channel_keys::events;
use crate::program::{Program, TO_FILES, lines_in};

const FOLLOWS: &str = "follows the changed configuration";
const SAME: &str = "has changed and means the same";
const REFUSED: &str = "is not followed: what runs goes on";

/// Three thousand lines in ten seconds or so, each ten at once.
const LINES: &str = "a1.sources.r1.type = exec\na1.sources.r1.shell = /bin/sh -c\n\
    a1.sources.r1.command = i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo $i; [ $((i%10)) = 0 ] && sleep 0.02; done\n";

fn conf(program: &Program, text: &str) -> String {
    text.replace("{dir}", program.folder.path().to_str().unwrap())
}

/// As editors do: a new file takes the place of the old one; or in place, in two pieces.
fn edit(program: &Program, text: &str, at_once: bool) {
    let (text, file) = (conf(program, text), program.path("flume.conf"));
    if at_once {
        fs::write(program.path("flume.conf.new"), text).unwrap();
        fs::rename(program.path("flume.conf.new"), file).unwrap();
    } else {
        let half = text.len() / 2;
        let mut open = fs::File::create(file).unwrap();
        open.write_all(&text.as_bytes()[..half]).unwrap();
        open.write_all(&text.as_bytes()[half..]).unwrap();
    }
}

fn count(program: &Program, what: &str) -> usize {
    program.log().matches(what).count()
}

#[test]
fn a_configuration_that_is_edited_under_load_loses_and_doubles_nothing() {
    let text = format!("{TO_FILES}{LINES}");
    let mut program = Program::start(&text, &["--poll-interval", "5"]);
    program.until("some lines", || !lines_in(&program.path("out")).is_empty());
    let second = "a1.sinks = k1 k2\na1.sinks.k2.type = file_roll\na1.sinks.k2.channel = c1\na1.sinks.k2.sink.directory = {dir}/out2\n";
    let other = "a1.channels = c1 c2\na1.channels.c2.type = memory\na1.channels.c2.capacity = 500\n\
                 a1.sources = r1 r2\na1.sources.r2.type = seq\na1.sources.r2.totalEvents = 40\na1.sources.r2.channels = c2\n\
                 a1.sinks = k1 k3\na1.sinks.k3.type = file_roll\na1.sinks.k3.channel = c2\na1.sinks.k3.sink.directory = {dir}/out3\n";
    let edits = [
        (format!("{text}a1.sinks.k1.sink.batchSize = 7\n"), FOLLOWS),
        (format!("{text}a1.sinks.k1.sink.batchSize = x\n"), REFUSED),
        (format!("# the same\n{text}a1.sinks.k1.sink.batchSize =   7\n"), SAME),
        (format!("{text}a1.channels.c1.capacity = 300\n{second}"), FOLLOWS),
        ("a2.sources = r1\n".to_owned(), REFUSED),
        (format!("{text}{other}"), FOLLOWS),
        (String::new(), REFUSED),
        (format!("{text}a1.sinks.k1.sink.rollInterval = 1\n"), FOLLOWS),
        (text.clone(), FOLLOWS),
    ];
    for (at, (edited, expected)) in edits.iter().enumerate() {
        let before = count(&program, expected);
        edit(&program, edited, at % 2 == 0);
        program.until(&format!("{expected:?} after edit {at}"), || count(&program, expected) > before);
        if edited.contains("r2") {
            program.until("what the new source puts", || lines_in(&program.path("out3")).len() == 40);
        }
    }
    let all = || {
        let mut lines = lines_in(&program.path("out"));
        lines.extend(lines_in(&program.path("out2")));
        lines
    };
    program.until("all lines", || all().len() >= 3000);
    program.stop();
    let mut numbers: Vec<u32> =
        lines_in(&program.path("out")).iter().map(|line| line.parse().unwrap()).collect();
    numbers.extend(lines_in(&program.path("out2")).iter().map(|line| line.parse::<u32>().unwrap()));
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=3000).collect::<Vec<_>>(), "{}", program.log());
    let log = program.log();
    assert!(
        log.contains("flume.conf:13:30: error[not-a-number]: sink.batchSize: `x` is no whole number"),
        "{log}"
    );
    assert!(log.contains("there is no agent a1; found: a2"), "{log}");
    assert!(log.contains("resized=\"c1\""), "{log}");
    assert!(!log.contains("stopped=\"source r1"), "the source was left alone: {log}");
}

#[test]
fn a_file_channel_whose_keys_change_keeps_its_events() {
    let channel = "a1.channels = c1\na1.channels.c1.type = file\na1.channels.c1.dataDirs = {dir}/data\n\
                   a1.channels.c1.checkpointDir = {dir}/checkpoint\na1.channels.c1.minimumRequiredSpace = 1048576\n\
                   a1.channels.c1.maxFileSize = 1048576\n";
    let fill = format!(
        "{channel}a1.sources = r1\na1.sources.r1.type = seq\na1.sources.r1.totalEvents = 50\na1.sources.r1.channels = c1\n\
         a1.sinks = k0\na1.sinks.k0.type = file_roll\na1.sinks.k0.sink.directory = {{dir}}/none\na1.sinks.k0.channel = c0\n\
         a1.channels = c1 c0\na1.channels.c0.type = memory\na1.channels.c0.capacity = 500\n"
    );
    let drain = format!(
        "{channel}a1.channels.c1.capacity = 5000\na1.sinks = k1\na1.sinks.k1.type = file_roll\na1.sinks.k1.channel = c1\n\
         a1.sinks.k1.sink.directory = {{dir}}/out\n"
    );
    let mut program = Program::start(&fill, &[]);
    program.until("the start", || count(&program, "runs") > 0);
    program.until("fifty events on disk", || events(&program.path("data")) == 50);
    edit(&program, &drain, true);
    program.until("fifty lines", || lines_in(&program.path("out")).len() >= 50);
    program.stop();
    let mut numbers: Vec<u32> =
        lines_in(&program.path("out")).iter().map(|line| line.parse().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..50).collect::<Vec<_>>(), "{}", program.log());
}

#[test]
fn a_configuration_is_left_alone_when_that_is_said() {
    let mut program = Program::start(&format!("{TO_FILES}{LINES}"), &["--no-reload-conf", "-i", "1"]);
    program.until("some lines", || lines_in(&program.path("out")).len() > 10);
    edit(&program, "a2.sources = r1\n", true);
    program.until("many lines", || lines_in(&program.path("out")).len() > 600);
    program.stop();
    assert_eq!(count(&program, REFUSED) + count(&program, FOLLOWS), 0, "{}", program.log());
}

/// A program that is started with these words alone.
fn start(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Child {
    Command::new("setpriv")
        .args(["--pdeathsig", "KILL", env!("CARGO_BIN_EXE_flowcore"), "agent", "-n", "a1"])
        .args(arguments)
        .envs(environment.iter().copied())
        .stdout(Stdio::null())
        .stderr(fs::File::create(folder.join("log")).unwrap())
        .spawn()
        .unwrap()
}

fn numbers(total: u32, folder: &Path) -> String {
    let text = format!("{TO_FILES}a1.sources.r1.type = seq\na1.sources.r1.totalEvents = {total}\n");
    text.replace("{dir}", folder.to_str().unwrap())
}

#[test]
fn a_service_waits_for_a_file_that_is_not_there_yet() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("later.conf");
    let arguments = ["-f", file.to_str().unwrap(), "-Dflume.called.from.service"];
    let child = start(folder.path(), &arguments, &[]);
    let mut program = Program { child, folder };
    program.until("the wait", || program.log().contains("waits for the configuration"));
    fs::write(&file, numbers(3, program.folder.path())).unwrap();
    program.until("three lines", || lines_in(&program.path("out")).len() == 3);
    program.stop();

    let folder = tempfile::tempdir().unwrap();
    let child = start(folder.path(), &["-f", "/not/there.conf"], &[]);
    let mut program = Program { child, folder };
    assert_eq!(program.wait(), 3, "nobody else waits");
    assert!(program.log().contains("cannot read /not/there.conf: No such file"), "{}", program.log());
}

#[test]
fn what_ran_last_runs_when_the_file_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (file, backup) = (folder.path().join("my.conf"), folder.path().join("backup"));
    let arguments = ["-f", file.to_str().unwrap(), "-b", backup.to_str().unwrap()].map(str::to_owned);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    fs::write(&file, numbers(3, folder.path())).unwrap();
    let child = start(folder.path(), &arguments, &[]);
    let mut program = Program { child, folder };
    program.until("three lines", || lines_in(&program.path("out")).len() == 3);
    fs::write(&file, numbers(2, program.folder.path())).unwrap();
    program.until("the change", || count(&program, FOLLOWS) == 1);
    program.until("two more lines", || lines_in(&program.path("out")).len() == 5);
    program.stop();

    fs::remove_file(&file).unwrap();
    let child = start(program.folder.path(), &arguments, &[]);
    program.child = child;
    program.until("two more lines", || lines_in(&program.path("out")).len() == 7);
    assert!(program.log().contains("runs what ran last"), "{}", program.log());
    fs::write(&file, numbers(4, program.folder.path())).unwrap();
    program.until("four more lines", || lines_in(&program.path("out")).len() == 11);
    program.stop();
}

/// A web server with one page, for whoever says the right name and password.
fn web_server(page: &Arc<Mutex<String>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, page) = (listener.local_addr().unwrap(), Arc::clone(page));
    #[expect(clippy::disallowed_methods, reason = "a server of the test")]
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // An agent that ends may leave in the middle of what it asks.
            let _ = answer(stream.unwrap(), &page);
        }
    });
    address
}

fn answer(mut stream: TcpStream, page: &Mutex<String>) -> std::io::Result<()> {
    let (mut request, mut buffer) = (Vec::new(), [0; 1024]);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            read => request.extend_from_slice(&buffer[..read]),
        }
    }
    let request = String::from_utf8(request).unwrap().to_lowercase();
    let is_allowed = request.contains("authorization: basic bwu6z2vozwlt");
    let (status, body) = match (is_allowed, request.starts_with("get /conf/a1 http/1.1\r\n")) {
        (false, _) => ("401 Unauthorized", String::new()),
        (true, false) => ("404 Not Found", String::new()),
        (true, true) => ("200 OK", page.lock().unwrap().clone()),
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all((head + &body).as_bytes())
}

#[test]
fn a_configuration_on_a_web_server_is_asked_for_with_a_password_and_followed() {
    let folder = tempfile::tempdir().unwrap();
    let page = Arc::new(Mutex::new(numbers(3, folder.path())));
    let uri = format!("http://{}/conf/a1", web_server(&page));
    let arguments = ["--conf-uri", &uri, "-user", "me", "-pwd", "geheim", "-i", "1"];
    let child = start(folder.path(), &arguments, &[]);
    let mut program = Program { child, folder };
    program.until("three lines", || lines_in(&program.path("out")).len() == 3);
    *page.lock().unwrap() = numbers(2, program.folder.path());
    program.until("two more lines", || lines_in(&program.path("out")).len() == 5);
    program.stop();
    assert!(!program.log().contains("geheim"));

    let folder = tempfile::tempdir().unwrap();
    let child = start(folder.path(), &["-u", &uri], &[]);
    let mut program = Program { child, folder };
    assert_eq!(program.wait(), 3);
    let expected = format!("cannot get {uri}: the server answered 401 Unauthorized");
    assert!(program.log().contains(&expected), "{}", program.log());
}

#[test]
fn a_secure_web_server_has_to_be_the_one_that_was_named_unless_that_is_said() {
    let certificate = Certificate::make();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a1.conf"), numbers(3, folder.path())).unwrap();
    fs::write(folder.path().join("key.pem"), certificate.key()).unwrap();
    let port = free_port().to_string();
    let server = Command::new("setpriv")
        .args([
            "--pdeathsig",
            "KILL",
            "openssl",
            "s_server",
            "-WWW",
            "-accept",
            &port,
            "-key",
            "key.pem",
            "-cert",
        ])
        .arg(certificate.pem_path())
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut server = Program { child: server, folder: tempfile::tempdir().unwrap() };
    crate::program::until("the server", || {
        std::net::TcpStream::connect(("127.0.0.1", port.parse().unwrap())).is_ok()
    });
    let trusted = [("SSL_CERT_FILE", certificate.pem_path().to_str().unwrap().to_owned())];
    let trusted = trusted.each_ref().map(|(name, value)| (*name, value.as_str()));

    let by_address = format!("https://127.0.0.1:{port}/a1.conf");
    let child = start(folder.path(), &["-u", &by_address], &trusted);
    let mut program = Program { child, folder };
    assert_eq!(program.wait(), 3);
    assert!(program.log().contains("no secure connection: "), "{}", program.log());
    program.child = start(program.folder.path(), &["-u", &by_address, "--verify-host", "false"], &trusted);
    program.until("three lines", || lines_in(&program.path("out")).len() == 3);
    program.stop();

    let by_name = format!("https://localhost:{port}/a1.conf");
    program.child = start(program.folder.path(), &["-u", &by_name], &trusted);
    program.until("three more lines", || lines_in(&program.path("out")).len() == 6);
    program.stop();
    server.child.kill().unwrap();
}

#[test]
fn a_configuration_behind_links_is_followed_wherever_they_lead() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    // As clusters mount it: the file is a link through a link that is replaced.
    for (version, total) in [("..v1", 3), ("..v2", 4), ("..v3", 5)] {
        fs::create_dir(at(version)).unwrap();
        fs::write(at(version).join("flume.conf"), numbers(total, folder.path())).unwrap();
    }
    symlink("..v1", at("..data")).unwrap();
    symlink("..data/flume.conf", at("flume.conf")).unwrap();
    fs::create_dir(at("elsewhere")).unwrap();
    symlink("../flume.conf", at("elsewhere/my.conf")).unwrap();
    let file = at("elsewhere/my.conf");
    // So seldom that only links that are watched end in time.
    let child = start(folder.path(), &["-f", file.to_str().unwrap(), "-i", "3600"], &[]);
    let mut program = Program { child, folder };
    program.until("three lines", || lines_in(&program.path("out")).len() == 3);
    lead_in(&program, "..v2");
    program.until("four more", || lines_in(&program.path("out")).len() == 7);
    lead_in(&program, "..v3");
    program.until("five more", || lines_in(&program.path("out")).len() == 12);
    fs::write(program.path("..v3/flume.conf"), numbers(6, program.folder.path())).unwrap();
    program.until("six more, in place", || lines_in(&program.path("out")).len() == 18);
    program.stop();
}

fn lead_in(program: &Program, version: &str) {
    symlink(version, program.path("..data_new")).unwrap();
    fs::rename(program.path("..data_new"), program.path("..data")).unwrap();
}

#[test]
fn a_file_that_is_gone_for_a_while_changes_nothing_and_is_said_once() {
    let program = Program::start(&format!("{TO_FILES}{LINES}"), &["-i", "1"]);
    program.until("some lines", || lines_in(&program.path("out")).len() > 10);
    fs::rename(program.path("flume.conf"), program.path("away")).unwrap();
    program.until("a refusal", || count(&program, REFUSED) == 1);
    let before = lines_in(&program.path("out")).len();
    program.until("more lines", || lines_in(&program.path("out")).len() > before + 500);
    fs::rename(program.path("away"), program.path("flume.conf")).unwrap();
    program.until("the end of it", || program.log().contains("the configuration is followed again"));
    assert_eq!(count(&program, REFUSED), 1, "{}", program.log());
    assert_eq!(count(&program, FOLLOWS), 0, "{}", program.log());
}

#[test]
fn an_outage_is_told_when_it_begins_and_when_it_is_over() {
    let port = free_port();
    let sender = TO_FILES.replace("type = file_roll", "type = avro").replace(
        "a1.sinks.k1.sink.directory = {dir}/out",
        &format!("a1.sinks.k1.hostname = 127.0.0.1\na1.sinks.k1.port = {port}"),
    );
    let numbers = "a1.sources.r1.type = seq\na1.sources.r1.totalEvents = 30\n";
    let mut sending = Program::start(&format!("{sender}{numbers}"), &[]);
    sending.until("the first failure", || sending.log().contains("fails and is tried again"));
    let listening = format!(
        "{TO_FILES}a1.sources.r1.type = avro\na1.sources.r1.bind = 127.0.0.1\na1.sources.r1.port = {port}\n"
    );
    let mut receiving = Program::start(&listening, &[]);
    sending.until("the end of it", || sending.log().contains("works again"));
    receiving.until("all lines", || lines_in(&receiving.path("out")).len() >= 30);
    let log = sending.log();
    assert_eq!(log.matches("fails and is tried again").count(), 1, "{log}");
    assert_eq!(log.matches("life: failed").count(), 0, "{log}");
    assert!(log.contains("works again agent=\"a1\" component=\"k1\" after="), "{log}");
    sending.stop();
    receiving.stop();
}

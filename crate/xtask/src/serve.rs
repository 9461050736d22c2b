//! The development server.

use crate::build;
use crate::layout::Layout;
use anyhow::{Context, Result, bail};
use std::fs;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;

/// Tried first when no port is asked for.
const PORT: u16 = 8016;

/// Builds the page, serves it until interrupted, and shows it.
pub fn serve(layout: &Layout, port: Option<u16>, open: bool) -> Result<()> {
    eprintln!("xtask: building the page ...");
    let site = build::site(layout)?;
    let folders = folders(layout, site)?;
    let server = match port {
        Some(port) => Folder::bind(folders, port)?,
        None => Folder::bind(folders.clone(), PORT).or_else(|_| Folder::bind(folders, 0))?,
    };
    println!("swapscope: {}  (Ctrl-C ends it; after a change in Rust, call this again)", server.address);
    if open && std::io::stdout().is_terminal() {
        show(&server.address);
    }
    // They take a minute and are rarely looked at: the page is there before. Until then they are not found.
    if let Err(error) = build::stills(layout) {
        eprintln!("xtask: fallback.html and its pictures are missing: {error:#}");
    }
    loop {
        thread::park();
    }
}

/// What is served: all that the folder of `dist` has. The sources come first, so that a change in www needs a reload and no
/// build.
pub fn folders(layout: &Layout, site: PathBuf) -> Result<Vec<PathBuf>> {
    Ok(vec![layout.path("www"), site, build::stills_folder(layout)?])
}

/// Looks at every file of a handed-out folder through the development server, and follows the links between its pages;
/// the number of files.
pub fn compare(layout: &Layout, site: &Path) -> Result<u64> {
    let folders = folders(layout, layout.site())?;
    let get = |name: &str| response(&format!("GET /{name} HTTP/1.1"), &folders);
    let mut count = 0;
    for name in build::files(site)? {
        let name = name.display().to_string().replace('\\', "/");
        let (status, _, body) = get(&name);
        // Scripts and styles are handed out without their comments.
        let is_shorter = name.ends_with(".js") || name.ends_with(".css");
        if status != "200 OK" || (!is_shorter && body != fs::read(site.join(&name))?) {
            bail!("{name}: the development server says {status}, or something else");
        }
        if name.ends_with(".html") {
            let page = String::from_utf8(body)?;
            if let Some(link) = links(&page).find(|link| get(link).0 != "200 OK") {
                bail!("{name} leads to {link}, which is not there");
            }
        }
        count += 1;
    }
    Ok(count)
}

/// Addresses in a page that lead to other files beside it.
fn links(page: &str) -> impl Iterator<Item = &str> {
    let values = ["href=\"", "src=\""].into_iter().flat_map(|key| page.split(key).skip(1));
    let values = values.filter_map(|rest| rest.split('"').next());
    values.filter(|link| !link.starts_with('#') && !link.contains(':'))
}

/// Opens the address in the user's browser; without a desktop the printed address must do.
fn show(address: &str) {
    let program = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let quiet = |command: &mut Command| command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok();
    quiet(Command::new(program).arg(address));
}

/// Folders that are served, the first that has a file wins. The threads end with the program.
///
/// One thread and one request for each connection. Browsers open several at once and keep idle ones in reserve, on
/// which a server with a pool of threads can be stuck (tiny_http 0.12 counts a thread as free until it has woken up,
/// so that two connections may wait for the same one); here nothing waits for anything.
pub struct Folder {
    /// Where it answers, with a `/` at the end.
    pub address: String,
}

impl Folder {
    /// Serves on this machine only; port 0 takes any that is free.
    pub fn bind(folders: Vec<PathBuf>, port: u16) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))
            .with_context(|| format!("cannot listen on port {port}; --port takes another"))?;
        let address = format!("http://{}/", listener.local_addr()?);
        let folders = Arc::new(folders);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let folders = folders.clone();
                // A browser that goes away in the middle is no concern of ours.
                thread::spawn(move || answer(stream, &folders).ok());
            }
        });
        Ok(Self { address })
    }
}

/// What a page of ours may do, as a careful host would say it for the whole folder: nothing that no page needs. Each page
/// says in its head what it needs itself; only `embed.html` needs Workers from text. `www/README.md` promises that this is
/// enough, and the browser tests run under it.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'";

/// Longest request line and header that is read.
const REQUEST_MAX: u64 = 64 * 1024;

fn answer(mut stream: TcpStream, folders: &[PathBuf]) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?).take(REQUEST_MAX);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    // The rest of the header says nothing that we need, but must be taken before the connection is closed.
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let (status, kind, body) = response(&request, folders);
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Content-Security-Policy: {POLICY}\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    if !request.starts_with("HEAD ") {
        stream.write_all(&body)?;
    }
    stream.flush()
}

/// Status, type and body for the first line of a request.
fn response(request: &str, folders: &[PathBuf]) -> (&'static str, &'static str, Vec<u8>) {
    let text = |status, text: &str| (status, "text/plain; charset=utf-8", text.as_bytes().to_vec());
    let mut words = request.split(' ');
    let (method, url) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if !matches!(method, "GET" | "HEAD") {
        return text("405 Method Not Allowed", "GET only\n");
    }
    let Some(name) = file_name(url) else { return text("404 Not Found", "no such path\n") };
    match folders.iter().find_map(|folder| fs::read(folder.join(&name)).ok()) {
        Some(body) => ("200 OK", mime(&name), body),
        None => text("404 Not Found", "no such file\n"),
    }
}

/// The file that a request asks for; `None` where it leads out of the folder.
fn file_name(url: &str) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?.trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    (plain && !path.contains(['%', '\\'])).then(|| PathBuf::from(path))
}

fn mime(name: &Path) -> &'static str {
    match name.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("txt" | "md" | "toml") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        assert_eq!(file_name("/"), Some(PathBuf::from("index.html")));
        assert_eq!(file_name("/pkg/a.js?x=../y"), Some(PathBuf::from("pkg/a.js")));
        for bad in ["/../Cargo.toml", "/a/../../b", "/%2e%2e/x", "/..\\x"] {
            assert_eq!(file_name(bad), None, "{bad}");
        }
    }

    #[test]
    fn links_to_other_files_are_found() {
        let page =
            "<a href=\"help.html#a\">a</a><a href=\"#b\">b</a><img src=\"c/d.svg\"><a href=\"https://e/\">";
        assert_eq!(links(page).collect::<Vec<_>>(), ["help.html#a", "c/d.svg"]);
    }

    #[test]
    fn no_page_asks_for_more_than_hosts_are_told_to_allow() {
        let www = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../www");
        let allowed: Vec<Vec<&str>> =
            POLICY.split(';').map(|rule| rule.split_whitespace().collect()).collect();
        for name in ["index.html", "embed.html"] {
            let page = fs::read_to_string(www.join(name)).unwrap();
            let policy = page.split("Content-Security-Policy\" content=\"").nth(1).unwrap();
            let rules = policy.split('"').next().unwrap().split(';');
            for rule in rules.map(|rule| rule.split_whitespace().collect::<Vec<_>>()) {
                let host = allowed.iter().find(|host| host[0] == rule[0]);
                let host = host.unwrap_or_else(|| panic!("{name}: {}", rule[0]));
                assert!(rule.iter().all(|source| host.contains(source)), "{name}: {rule:?}");
            }
            assert!(policy.starts_with("default-src 'none'; "), "{name}");
        }
    }

    #[test]
    fn many_connections_at_once_and_idle_ones() {
        let www = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let server = Folder::bind(vec![www], 0).unwrap();
        let address = server.address.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let idle: Vec<_> = (0..20).map(|_| TcpStream::connect(&address).unwrap()).collect();
        let threads: Vec<_> = (0..40)
            .map(|_| {
                let address = address.clone();
                thread::spawn(move || {
                    let mut stream = TcpStream::connect(address).unwrap();
                    stream.write_all(b"GET /main.rs?x HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
                    let mut text = String::new();
                    stream.read_to_string(&mut text).unwrap();
                    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with("}\n"), "{text}");
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        drop(idle);
    }

    #[test]
    fn wasm_has_the_type_that_streaming_needs() {
        assert_eq!(mime(Path::new("pkg/a_bg.wasm")), "application/wasm");
    }
}

//! The development server.

use crate::build;
use crate::layout::Layout;
use anyhow::{Result, anyhow};
use std::fs;
use std::io::IsTerminal;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use tiny_http::{Header, Method, Request, Response, Server};

/// Tried first when no port is asked for.
const PORT: u16 = 8016;

/// Builds the page, serves it until interrupted, and shows it.
pub fn serve(layout: &Layout, port: Option<u16>, open: bool) -> Result<()> {
    eprintln!("xtask: building the page ...");
    let site = build::site(layout)?;
    // The sources come first, so that a change in www needs a reload and no build.
    let folders = vec![layout.path("www"), site];
    let server = match port {
        Some(port) => Folder::bind(folders, port)?,
        None => Folder::bind(folders.clone(), PORT).or_else(|_| Folder::bind(folders, 0))?,
    };
    println!("swapscope: {}  (Ctrl-C ends it; after a change in Rust, call this again)", server.address);
    if open && std::io::stdout().is_terminal() {
        show(&server.address);
    }
    loop {
        thread::park();
    }
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
pub struct Folder {
    /// Where it answers, with a `/` at the end.
    pub address: String,
}

impl Folder {
    /// Serves on this machine only; port 0 takes any that is free.
    pub fn bind(folders: Vec<PathBuf>, port: u16) -> Result<Self> {
        let server = Server::http(("127.0.0.1", port))
            .map_err(|error| anyhow!("cannot listen on port {port} (--port takes another): {error}"))?;
        let server = Arc::new(server);
        let port = server.server_addr().to_ip().map_or(port, |address| address.port());
        let folders = Arc::new(folders);
        for _ in 0..4 {
            let (server, folders) = (server.clone(), folders.clone());
            thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    // A browser that goes away in the middle is no concern of ours.
                    answer(request, &folders).ok();
                }
            });
        }
        Ok(Self { address: format!("http://127.0.0.1:{port}/") })
    }
}

fn answer(request: Request, folders: &[PathBuf]) -> std::io::Result<()> {
    if !matches!(request.method(), Method::Get | Method::Head) {
        return request.respond(Response::from_string("GET only\n").with_status_code(405));
    }
    let Some(name) = file_name(request.url()) else {
        return request.respond(Response::from_string("no such path\n").with_status_code(404));
    };
    let found = folders.iter().find_map(|folder| fs::read(folder.join(&name)).ok());
    match found {
        Some(bytes) => {
            let response = Response::from_data(bytes)
                .with_header(header("Content-Type", mime(&name)))
                .with_header(header("Cache-Control", "no-store"))
                .with_header(header("X-Content-Type-Options", "nosniff"));
            request.respond(response)
        }
        None => request.respond(Response::from_string("no such file\n").with_status_code(404)),
    }
}

fn header(name: &'static str, value: &'static str) -> Header {
    Header::from_bytes(name, value).expect("names and values are constants in ASCII")
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
    fn wasm_has_the_type_that_streaming_needs() {
        assert_eq!(mime(Path::new("pkg/a_bg.wasm")), "application/wasm");
    }
}

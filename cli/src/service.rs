//! The service inside this process: opening it, serving on a bound listener, stopping it.

use std::fs::TryLockError;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use poa_issuer::app::{StartError, remove_unstarted};
use poa_issuer::clock::{Clock as _, SystemClock};
use poa_issuer::config::{Config, PublicUrl};
use poa_issuer::domain::os_entropy;
use poa_issuer::store::StoreError;
use poa_issuer::{App, Door, OpenError, TlsFiles};
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::exit::{Failure, OrFail, Outcome};
use crate::holder::store::{HolderDir, SEALED_FILE};

/// Locked by the service that runs on a directory.
const LOCK_FILE: &str = "lock";

/// An opened service, which answers; what it does beside the requests begins when it serves.
pub struct OpenService {
    runtime: Runtime,
    app: Arc<App>,
    door: Door,
    /// Held while the service lives: two processes would publish two histories from one directory.
    lock: std::fs::File,
    /// Its base URL.
    pub url: String,
    /// The file with the operator's token.
    pub token_file: PathBuf,
    /// Whether this start made it.
    pub token_is_new: bool,
}

/// A service that answers on threads of its own until it is stopped or dropped.
pub struct RunningService {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl OpenService {
    /// Opens the service on a bound listener. `public_url` is where others reach it; none means the
    /// listener's own address, over plain HTTP unless there is `tls`, which only loopback allows. `adjust` sets the rest.
    pub fn open(
        listener: TcpListener,
        data_dir: PathBuf,
        public_url: Option<&str>,
        tls: Option<TlsFiles>,
        adjust: impl FnOnce(&mut Config),
    ) -> Outcome<Self> {
        let next = "change the settings (poa serve --help) and start again";
        let address = listener.local_addr().or_fail("the listener has no address", next)?;
        let url = match (public_url, &tls) {
            (Some(url), _) => url.to_owned(),
            (None, Some(_)) if !address.ip().is_loopback() => {
                let what = format!("{address} is not how others reach the service");
                return Err(Failure::error(what, "name the host of the certificate with --public-url"));
            }
            (None, Some(_)) => format!("https://{address}"),
            (None, None) => format!("http://{address}"),
        };
        let public = PublicUrl::parse(&url).or_fail(format!("{url} cannot be the public URL"), next)?;
        // As it is named, which is without the scheme's default port.
        let url = public.to_string();
        if HolderDir::exists(&data_dir) {
            let what = format!("{} is a holder's directory ({SEALED_FILE})", data_dir.display());
            return Err(Failure::error(what, "name a directory of the service's own with --data-dir"));
        }
        let existed = data_dir.exists();
        let lock = lock(&data_dir)?;
        let fresh = Fresh((!existed).then(|| data_dir.clone()));
        let mut config = Config::new(data_dir, public, address);
        config.tls = tls;
        adjust(&mut config);
        listener.set_nonblocking(true).or_fail("the listener cannot be used", next)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .or_fail("no threads for the service", "free some memory and try again")?;
        let (app, door) = runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).or_fail("the listener cannot be used", next)?;
            // Answers from here on: opening compiles the proving key at the first start, which takes half a minute.
            let now = SystemClock.now_unix_s();
            let door = Door::open(listener, &config, now).or_fail("the service does not start", next)?;
            let app = App::open(config, Arc::new(SystemClock), os_entropy()).await.map_err(does_not_start)?;
            door.answer_with(app.router());
            Ok((app, door))
        })?;
        fresh.keep();
        // Absolute, for whoever reads it in another directory.
        let token_file = std::path::absolute(app.operator_token_file()).unwrap_or_else(|_| app.operator_token_file());
        let token_is_new = app.made_operator_token();
        Ok(Self { runtime, app, door, lock, url, token_file, token_is_new })
    }

    /// The fingerprint of the trust document that it publishes.
    pub fn trust_fingerprint(&self) -> Option<String> {
        self.app.trust_fingerprint()
    }

    /// Serves on this thread until Ctrl-C or SIGTERM. Both are heard before `announce` tells anybody that the service
    /// listens, so that even a stop at once is a clean one.
    pub fn serve(self, announce: impl FnOnce(&Self)) -> Outcome<()> {
        let next = "see its log, then start it again";
        let signals = self.runtime.block_on(async { Signals::listen() }).or_fail("signals cannot be heard", next)?;
        announce(&self);
        let _held = self.lock;
        self.runtime
            .block_on(self.app.serve_at(self.door, interrupted(signals)))
            .or_fail("the service stopped by itself", next)
    }

    /// Serves on another thread.
    pub fn spawn(self) -> RunningService {
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let _held = self.lock;
            self.runtime.block_on(self.app.serve_at(self.door, async {
                // A dropped sender means the same as a sent word.
                let _ = stopped.await;
            }))
        });
        RunningService { stop: Some(stop), thread: Some(thread) }
    }
}

/// A directory that was not there before this start. One that the start does not come through is removed with what was
/// made in it: half a directory would look like one that lost its database.
struct Fresh(Option<PathBuf>);

impl Fresh {
    /// The service has started.
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Some(made) = self.0.take()
            && remove_unstarted(&made)
        {
            // Our lock is the last thing in it; a directory with anything else stays.
            let _ = std::fs::remove_file(made.join(LOCK_FILE));
            let _ = std::fs::remove_dir(made);
        }
    }
}

/// What was wrong with a start, and what to do about it.
fn does_not_start(error: OpenError) -> Failure {
    let next = match &error {
        OpenError::Start(StartError::LostDatabase { .. }) => {
            "bring the database back; docs/operating.md, \"A lost database\", says what a second log means"
        }
        OpenError::Start(StartError::OtherUrl { .. }) => {
            "start with the directory's own URL, or name another --data-dir"
        }
        OpenError::Start(StartError::Registry { .. }) => {
            "keep the old names in their order, and add new ones at the end"
        }
        OpenError::Store(StoreError::NoDatabase(_) | StoreError::OtherProgram(_)) => {
            "look whether --data-dir names the service's directory"
        }
        OpenError::Store(StoreError::Newer { .. }) => "start the newer version",
        OpenError::Store(StoreError::Database(_)) => {
            "look whether the disk has room and this user may write the directory and the database"
        }
        _ => "change the settings (poa serve --help) and start again",
    };
    Failure::error(format!("the service does not start: {error}"), next)
}

/// Takes the directory for this process alone.
pub fn lock(data_dir: &Path) -> Outcome<std::fs::File> {
    crate::system::own_dir(data_dir)?;
    let path = data_dir.join(LOCK_FILE);
    let file = std::fs::File::create(&path).or_fail(
        format!("{} cannot be written", data_dir.display()),
        "let this user write the directory (chmod u+w, a mount that is not read-only), or name another --data-dir",
    )?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let what = format!("another service runs on {}", data_dir.display());
            Err(Failure::error(what, "stop the other service, or give another --data-dir"))
        }
        Err(TryLockError::Error(error)) => Err(error)
            .or_fail(format!("{} cannot be locked", path.display()), "name a directory on a file system with locks"),
    }
}

impl RunningService {
    /// Stops the service and waits until requests under way are answered.
    pub fn stop(mut self) -> Outcome<()> {
        self.stop.take();
        let thread = self.thread.take().map(JoinHandle::join);
        match thread {
            None | Some(Ok(Ok(()))) => Ok(()),
            Some(Ok(Err(error))) => Err(error).or_fail("the service ended badly", "see its log"),
            Some(Err(_)) => Err("its thread panicked").or_fail("the service ended badly", "see its log"),
        }
    }
}

/// Ctrl-C and SIGTERM, heard from the moment this is made.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Begins to hear both, inside a runtime.
    fn listen() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for either. Returns the exit status that goes with it, as shells name the end by a signal.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
    }
}

/// Waits for Ctrl-C or SIGTERM. A second one ends the process at once, whatever it still waits for: nothing that was
/// acknowledged is lost with it.
async fn interrupted(mut signals: Signals) {
    signals.next().await;
    std::thread::spawn(|| {
        // A runtime of its own, which the end of the other does not take along.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let second = runtime.and_then(|runtime| runtime.block_on(async { Ok(Signals::listen()?.next().await) }));
        if let Ok(status) = second {
            std::process::exit(status);
        }
    });
}

/// Blocks until Ctrl-C or SIGTERM.
pub fn wait_for_interrupt() -> Outcome<()> {
    let next = "stop the program by its process id";
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.or_fail("no thread to wait on", next)?;
    let heard = runtime.block_on(async {
        interrupted(Signals::listen()?).await;
        std::io::Result::Ok(())
    });
    heard.or_fail("signals cannot be heard", next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_serves_one_process_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let held = lock(directory.path()).unwrap();
        assert!(lock(directory.path()).is_err());
        drop(held);
        assert!(lock(directory.path()).is_ok());
    }
}

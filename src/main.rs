//! The `airgate` command: parses the command line and hands over.

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use airgate::admin;
use airgate::admin::desk::{Desk, DeskError};
use airgate::admin::wbxml_view::Output;
use airgate::clock;
use airgate::config::{Config, ServeArgs};
use airgate::server::{self, Offline, Server};
use airgate::traffic::client::EasClient;
use airgate::traffic::first_sync;
use anyhow::Context as _;
use clap::{Parser, Subcommand};
use secrecy::ExposeSecret as _;
use tokio_util::sync::CancellationToken;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exchange ActiveSync in front of IMAP, SMTP, CalDAV and CardDAV.
#[derive(Parser)]
#[command(name = "airgate", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Find the mail servers and write a configuration
    Init(admin::init::Init),
    /// Run the gateway
    Serve(Box<ServeArgs>),
    /// Check the configuration and say all that is wrong with it
    CheckConfig(Box<ServeArgs>),
    /// Make, list and revoke the application passcodes phones sign in with
    Passcode {
        #[command(flatten)]
        config: Box<ServeArgs>,
        #[command(subcommand)]
        verb: admin::passcode::Verb,
    },
    /// Show users, their classes, and who is still on a mail password
    User {
        #[command(flatten)]
        config: Box<ServeArgs>,
        #[command(subcommand)]
        verb: admin::user::Verb,
    },
    /// Show devices, let them in or keep them out, wipe them; rules about new ones
    Device {
        #[command(flatten)]
        config: Box<ServeArgs>,
        #[command(subcommand)]
        verb: admin::device::Verb,
    },
    /// Set who may come in with what, and what phones must enforce
    Policy {
        #[command(flatten)]
        config: Box<ServeArgs>,
        #[command(subcommand)]
        verb: admin::policy::Verb,
    },
    /// Show what happened, to whom, from where
    Audit {
        #[command(flatten)]
        config: Box<ServeArgs>,
        #[command(flatten)]
        asked: admin::audit::Trail,
    },
    /// Put a changed mail password behind the passcodes of a user
    Vault {
        #[command(flatten)]
        config: Box<ServeArgs>,
        #[command(subcommand)]
        verb: VaultVerb,
    },
    /// Exchange the server keys while the server runs
    RotateKey {
        #[command(flatten)]
        config: Box<ServeArgs>,
        #[command(flatten)]
        asked: admin::keys::Rotate,
    },
    /// Show and bring back what phones overwrote or deleted in calendars and address books
    Undo {
        #[command(flatten)]
        config: Box<ServeArgs>,
        #[command(subcommand)]
        verb: admin::undo::Verb,
    },
    /// Look at everything phones depend on and say what will not work
    Doctor {
        #[command(flatten)]
        config: Box<ServeArgs>,
        #[command(flatten)]
        options: admin::doctor::Options,
    },
    /// Show a WBXML body as XML
    Decode {
        /// Hex or binary; standard input when not given
        file: Option<PathBuf>,
    },
    /// Make a WBXML body of XML
    Encode {
        /// XML; standard input when not given
        file: Option<PathBuf>,
        /// Print hex instead of bytes
        #[arg(long)]
        hex: bool,
    },
    /// Be a phone
    Phone {
        #[command(subcommand)]
        verb: PhoneVerb,
    },
}

#[derive(Subcommand)]
enum VaultVerb {
    /// The same as `airgate passcode reseal`
    Reseal(admin::passcode::Reseal),
}

#[derive(Subcommand)]
enum PhoneVerb {
    /// Set up an account and list its inbox
    FirstSync {
        /// https://HOST, or http:// for this machine
        #[arg(long)]
        server: String,
        #[arg(long)]
        user: String,
        /// Passcode or mail password; read from standard input when not given
        #[arg(long, env = "AIRGATE_PHONE_PASSWORD", hide_env_values = true)]
        password: Option<String>,
        /// PEM file with the authorities to trust instead of the system's
        #[arg(long)]
        ca: Option<PathBuf>,
    },
}

/// The doctor found problems.
#[derive(Debug, thiserror::Error)]
#[error("there are problems")]
struct Unwell;

/// Recursion over input is bounded (T1); this leaves room under the bound on every worker.
const WORKER_STACK: usize = 4 * 1024 * 1024;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Err(error) = airgate::cores::off() {
        eprintln!("airgate: warning: core dumps cannot be switched off: {error}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(WORKER_STACK)
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(cli.verb)),
        Err(error) => Err(error).context("the runtime cannot start"),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // The report has said it all.
        Err(error) if error.is::<Unwell>() => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("airgate: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(verb: Verb) -> anyhow::Result<()> {
    match verb {
        Verb::Init(init) => say(&admin::init::run(&init).await?),
        Verb::Serve(args) => serve(load(&args)?).await,
        Verb::CheckConfig(args) => {
            load(&args)?;
            say("The configuration is good.\n")
        }
        Verb::Passcode { config, verb } => {
            let config = load(&config)?;
            let offline = Offline::open(&config).await?;
            let domain = config.default_domain.as_deref();
            let text = admin::passcode::run(&offline, domain, &verb).await?;
            say(text.expose_secret())
        }
        Verb::User { config, verb } => {
            at_desk(&config, async |desk| desk.user_verb(&verb).await).await
        }
        Verb::Device { config, verb } => {
            at_desk(&config, async |desk| desk.device(&verb).await).await
        }
        Verb::Policy { config, verb } => {
            at_desk(&config, async |desk| desk.policy(&verb).await).await
        }
        Verb::Audit { config, asked } => {
            at_desk(&config, async |desk| desk.audit(&asked).await).await
        }
        Verb::RotateKey { config, asked } => {
            at_desk(&config, async |desk| desk.rotate_key(&asked).await).await
        }
        Verb::Vault {
            config,
            verb: VaultVerb::Reseal(reseal),
        } => {
            let config = load(&config)?;
            let offline = Offline::open(&config).await?;
            let domain = config.default_domain.as_deref();
            let verb = admin::passcode::Verb::Reseal(reseal);
            let text = admin::passcode::run(&offline, domain, &verb).await?;
            say(text.expose_secret())
        }
        Verb::Undo { config, verb } => {
            let config = load(&config)?;
            let offline = Offline::open(&config).await?;
            let domain = config.default_domain.as_deref();
            say(&match verb {
                admin::undo::Verb::List(list) => admin::undo::list(&offline, domain, &list).await?,
                admin::undo::Verb::Restore(asked) => {
                    let davs = server::dav(&config)?;
                    let password = admin::read_secret()?;
                    admin::undo::restore(&offline, &davs, domain, &asked, password).await?
                }
            })
        }
        Verb::Doctor { config, options } => {
            let report = admin::doctor::examine(&load(&config)?, &options).await?;
            say(&match options.json {
                true => report.json(),
                false => report.text(),
            })?;
            match report.has_problems() {
                true => Err(Unwell.into()),
                false => Ok(()),
            }
        }
        Verb::Decode { file } => say(&admin::wbxml_view::decode(&input(file)?)?),
        Verb::Encode { file, hex } => {
            let output = if hex { Output::Hex } else { Output::Binary };
            let bytes = admin::wbxml_view::encode(&input(file)?, output)?;
            Ok(std::io::stdout().write_all(&bytes)?)
        }
        Verb::Phone {
            verb:
                PhoneVerb::FirstSync {
                    server,
                    user,
                    password,
                    ca,
                },
        } => {
            let password = password.map_or_else(admin::read_secret, |text| Ok(text.into()))?;
            let client = EasClient::new(&server, &user, password, ca)?;
            say(&first_sync::run(&client).await?.listing())
        }
    }
}

/// Does a verb of the administrators' beside a running server.
async fn at_desk(
    config: &ServeArgs,
    perform: impl AsyncFnOnce(Desk<'_>) -> Result<String, DeskError>,
) -> anyhow::Result<()> {
    let config = load(config)?;
    let offline = Offline::open(&config).await?;
    let desk = Desk {
        offline: &offline,
        default_domain: config.default_domain.as_deref(),
        now: clock::now_seconds(),
    };
    say(&perform(desk).await?)
}

/// The configuration, or all its problems; warnings go to standard error.
fn load(args: &ServeArgs) -> anyhow::Result<Config> {
    let loaded = Config::load(args, std::env::vars_os())?;
    for warning in &loaded.warnings {
        eprintln!("airgate: warning: {warning}");
    }
    Ok(loaded.config)
}

async fn serve(config: Config) -> anyhow::Result<()> {
    admin::logging::start(&config.log)?;
    let shutdown = CancellationToken::new();
    let server = Server::start(config, shutdown.clone()).await?;
    let signals = airgate::task::spawn("signals", stop_on_signal(shutdown.clone()));
    server.serve().await?;
    signals.abort();
    Ok(())
}

/// Cancels the token at the first SIGTERM or SIGINT; at the second the process ends as it is, which
/// loses nothing but the time of those who wait.
async fn stop_on_signal(shutdown: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        tracing::error!("signals cannot be received; stop with SIGKILL");
        return;
    };
    let mut asked = async || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    asked().await;
    tracing::info!("stopping");
    shutdown.cancel();
    asked().await;
    tracing::warn!("stopping at once");
    std::process::exit(1);
}

fn input(file: Option<PathBuf>) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match file {
        Some(path) => {
            bytes =
                std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        }
        None => {
            if std::io::stdin().is_terminal() {
                eprintln!("airgate: reading from the terminal; end with Ctrl-D");
            }
            std::io::stdin().read_to_end(&mut bytes)?;
        }
    }
    Ok(bytes)
}

fn say(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        // `airgate decode | head` is no error.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

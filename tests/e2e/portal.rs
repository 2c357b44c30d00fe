//! The portal over real sockets, without a screen: what a browser must be able to rely on, and what a
//! stranger must not be able to do. `tests/browser` looks at the same pages with eyes.

mod admins;
mod devices;
mod guides;
mod passcodes;
mod two_steps;
mod undo;
mod web;

use totp_rs::{Algorithm, Builder, Secret};

use crate::support::backend::{Kind, User};
use crate::support::surfer::Surfer;
use crate::support::world::World;

/// The app on a person's phone.
#[derive(Clone, Debug)]
pub(crate) struct App {
    secret: String,
    used: u64,
}

impl App {
    /// The key of the codes, as it is typed.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    fn code_of(&self, step: u64) -> String {
        let totp = Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_step_duration(30)
            .with_secret(Secret::try_from_base32(&self.secret).expect("Base32"))
            .build_noncompliant();
        totp.generate(step * 30).to_string()
    }

    /// A code that was not used yet; waits for one where it must.
    pub(crate) async fn code(&mut self) -> String {
        loop {
            let now = std::time::SystemTime::now();
            let since = now
                .duration_since(std::time::UNIX_EPOCH)
                .expect("after 1970");
            let step = since.as_secs() / 30;
            // The next one is within the grace.
            for step in [step, step + 1] {
                if step > self.used {
                    self.used = step;
                    return self.code_of(step);
                }
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    }
}

async fn world() -> World {
    let toml = "[portal]\nname = \"Example Mail\"\nadmins = [\"bob@example.com\"]";
    World::start_with(Kind::Dovecot, |settings| settings.toml(toml)).await
}

/// A browser in which Alice has signed in.
async fn alice(world: &World) -> Surfer {
    signed_in(world, &world.alice).await
}

async fn signed_in(world: &World, user: &User) -> Surfer {
    let mut surfer = Surfer::new(world.server.address());
    surfer.sign_in(&user.name, &user.password).await;
    surfer
}

/// Switches two-step verification on; gives the app and the recovery codes.
pub(crate) async fn switch_on(surfer: &mut Surfer, password: &str) -> (App, Vec<String>) {
    surfer.open("/account/two-step/begin").await;
    surfer.send("/account/two-step/begin", &[]).await;
    let to = "/account/two-step/app";
    surfer
        .send("/account/confirm", &[("password", password), ("to", to)])
        .await;
    assert_eq!(surfer.at, to, "{}", surfer.page);
    surfer.send("/account/two-step/app", &[]).await;
    let key = surfer.between("id=\"key\"", "</code>");
    let key = key.split('>').nth(1).expect("the key").replace(' ', "");
    let mut app = App {
        secret: key,
        used: 0,
    };
    let code = app.code().await;
    surfer.open("/account/two-step/code").await;
    surfer
        .send("/account/two-step/code", &[("code", &code)])
        .await;
    (app, recovery_codes(surfer))
}

/// The recovery codes the page shows.
pub(crate) fn recovery_codes(surfer: &Surfer) -> Vec<String> {
    let codes = surfer.between("<ul class=\"codes\">", "</ul>");
    let codes: Vec<String> = codes
        .split("<li>")
        .skip(1)
        .map(|code| code.split('<').next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(codes.len(), 10, "{}", surfer.page);
    codes
}

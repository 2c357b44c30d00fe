//! Opening sessions, lifting them a step, ending them (C13). Each step up is another token (T45).

use http::HeaderMap;
use secrecy::SecretString;

use super::Desk;
use super::cookies::{Cookie, TRUST_SECONDS};
use super::known;
use super::token::{Token, row_id};
use super::trouble::Trouble;
use super::visit::{Session, Visit, session_cookie};
use crate::gate::bearer::{self, Purpose};
use crate::identity::UserId;
use crate::store::{SessionRow, Stage, TrustedBrowser};

impl Desk {
    /// Opens a session; the one the browser had before ends.
    pub(super) async fn open_session(
        &self,
        visit: &Visit,
        user: &UserId,
        stage: Stage,
        proved: bool,
        password: Option<&SecretString>,
        headers: &mut HeaderMap,
    ) -> Result<(), Trouble> {
        if let Some(old) = &visit.session {
            self.store.end_session(&old.token.hash()).await?;
        }
        let token = Token::new()?;
        let row = SessionRow {
            token_hash: token.hash(),
            user: user.clone(),
            id: row_id()?,
            area: visit.area,
            stage,
            created: visit.now,
            last_seen: visit.now,
            proved_at: proved.then_some(visit.now),
            agent: visit.agent(),
            address: visit.by(),
            key_id: self.keys().vault.id().to_owned(),
            sealed_password: match password {
                Some(password) => self.seal_password(&token, user, password)?,
                None => Vec::new(),
            },
        };
        self.store.save_session(&row).await?;
        session_cookie(visit.area).set(headers, &token.text());
        if stage == Stage::Full {
            self.know_browser(visit, user, headers)?;
        }
        Ok(())
    }

    /// Lifts a session: signed in, proved just now, under another token.
    pub(super) async fn lift_session(
        &self,
        visit: &Visit,
        session: &Session,
        proved: bool,
        headers: &mut HeaderMap,
    ) -> Result<(), Trouble> {
        let token = Token::new()?;
        let user = &session.row.user;
        let password = session.password(self);
        let row = SessionRow {
            token_hash: token.hash(),
            stage: Stage::Full,
            last_seen: visit.now,
            proved_at: proved.then_some(visit.now).or(session.row.proved_at),
            key_id: self.keys().vault.id().to_owned(),
            sealed_password: match &password {
                Some(password) => self.seal_password(&token, user, password)?,
                None => Vec::new(),
            },
            ..session.row.clone()
        };
        if !self
            .store
            .replace_session(&session.token.hash(), &row)
            .await?
        {
            return Err(Trouble::SignInAgain);
        }
        session_cookie(visit.area).set(headers, &token.text());
        self.know_browser(visit, user, headers)
    }

    /// The browser need not do the second step for a while (C11).
    pub(super) async fn trust_browser(
        &self,
        visit: &Visit,
        user: &UserId,
        headers: &mut HeaderMap,
    ) -> Result<(), Trouble> {
        let token = Token::new()?;
        self.store
            .trust_browser(&TrustedBrowser {
                token_hash: token.hash(),
                user: user.clone(),
                id: row_id()?,
                agent: visit.agent(),
                address: visit.by(),
                created: visit.now,
                last_used: visit.now,
                expires_at: visit.now.saturating_add(TRUST_SECONDS),
            })
            .await?;
        Cookie::Trust.set(headers, &token.text());
        Ok(())
    }

    /// Whether this user trusts the browser.
    pub(super) async fn trusts(&self, visit: &Visit, user: &UserId) -> Result<bool, Trouble> {
        match Cookie::Trust.read(&visit.headers).and_then(Token::read) {
            Some(token) => Ok(self
                .store
                .browser_trusted(user, &token.hash(), visit.now)
                .await?),
            None => Ok(false),
        }
    }

    fn know_browser(
        &self,
        visit: &Visit,
        user: &UserId,
        headers: &mut HeaderMap,
    ) -> Result<(), Trouble> {
        let cookie = Cookie::Known.read(&visit.headers);
        if known::read(&self.keys().credential, user, cookie).is_none() {
            Cookie::Known.set(headers, &known::make(&self.keys().credential, user)?);
        }
        Ok(())
    }

    fn seal_password(
        &self,
        token: &Token,
        user: &UserId,
        password: &SecretString,
    ) -> Result<Vec<u8>, Trouble> {
        let key = &self.keys().vault;
        let purpose = Purpose::SessionPassword;
        Ok(bearer::seal(key, purpose, token.bytes(), user, password)?)
    }
}

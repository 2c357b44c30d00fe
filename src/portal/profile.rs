//! Configuration profiles for iPhone and iPad: the account with server, address and passcode filled in
//! (Apple's "Exchange ActiveSync" payload, `com.apple.eas.account`). Signed by `openssl cms` where the
//! operator has a certificate for it: then the phone shows them as verified.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tracing::error;
use zeroize::Zeroizing;

use super::words::Language;
use crate::identity::UserId;

/// What goes into a profile.
pub(super) struct Profile<'a> {
    pub(super) user: &'a UserId,
    /// Host, with a port where it is not 443.
    pub(super) server: &'a str,
    pub(super) service: &'a str,
    pub(super) passcode: &'a SecretString,
    pub(super) words: Language,
}

/// How long signing may take.
const SIGNING: Duration = Duration::from_secs(10);
/// Days of mail a phone begins with.
const DAYS: u32 = 31;

impl Profile<'_> {
    /// Signed if there is a certificate; as it is when signing fails, which the log says.
    pub(super) async fn signed(&self, signing: Option<&(PathBuf, PathBuf)>) -> Vec<u8> {
        let plain = self.plist();
        let Some((certificate, key)) = signing else {
            return plain.as_bytes().to_vec();
        };
        match tokio::time::timeout(SIGNING, sign(plain.as_bytes(), certificate, key)).await {
            Ok(Ok(signed)) => signed,
            Ok(Err(problem)) => {
                error!(problem, "a configuration profile cannot be signed");
                plain.as_bytes().to_vec()
            }
            Err(_) => {
                error!("signing a configuration profile takes too long");
                plain.as_bytes().to_vec()
            }
        }
    }

    /// The property list. The text never touches the disk.
    fn plist(&self) -> Zeroizing<String> {
        let user = escaped(self.user.as_str());
        let identifier = format!(
            "airgate.account.{}",
            uuid(&[self.server, self.user.as_str()])
        );
        let name = escaped(self.service);
        let removable = escaped(self.words.say("profile.what"));
        Zeroizing::new(format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
<key>PayloadType</key><string>Configuration</string>
<key>PayloadVersion</key><integer>1</integer>
<key>PayloadIdentifier</key><string>{identifier}</string>
<key>PayloadUUID</key><string>{outer}</string>
<key>PayloadDisplayName</key><string>{name} ({user})</string>
<key>PayloadDescription</key><string>{removable}</string>
<key>PayloadOrganization</key><string>{name}</string>
<key>PayloadRemovalDisallowed</key><false/>
<key>PayloadContent</key>
<array>
<dict>
<key>PayloadType</key><string>com.apple.eas.account</string>
<key>PayloadVersion</key><integer>1</integer>
<key>PayloadIdentifier</key><string>{identifier}.eas</string>
<key>PayloadUUID</key><string>{inner}</string>
<key>PayloadDisplayName</key><string>{name}</string>
<key>Host</key><string>{server}</string>
<key>SSL</key><true/>
<key>OAuth</key><false/>
<key>EmailAddress</key><string>{user}</string>
<key>UserName</key><string>{user}</string>
<key>Password</key><string>{passcode}</string>
<key>OverridePreviousPassword</key><true/>
<key>MailNumberOfPastDaysToSync</key><integer>{DAYS}</integer>
</dict>
</array>
</dict>
</plist>
"#,
            outer = uuid(&["profile", self.server, self.user.as_str()]),
            inner = uuid(&["account", self.server, self.user.as_str()]),
            server = escaped(self.server),
            passcode = escaped(self.passcode.expose_secret()),
        ))
    }
}

async fn sign(profile: &[u8], certificate: &Path, key: &Path) -> Result<Vec<u8>, String> {
    let pem = tokio::fs::read_to_string(certificate)
        .await
        .map_err(|problem| format!("{}: {problem}", certificate.display()))?;
    let mut command = Command::new("openssl");
    command
        .args([
            "cms",
            "-sign",
            "-nodetach",
            "-binary",
            "-outform",
            "DER",
            "-signer",
        ])
        .arg(certificate)
        .arg("-inkey")
        .arg(key);
    // What stands behind the first certificate; openssl refuses to be given that one twice.
    let chain = match authorities(&pem) {
        "" => None,
        authorities => Some(Chain::write(authorities).await?),
    };
    if let Some(chain) = &chain {
        command.arg("-certfile").arg(&chain.0);
    }
    run(command, profile).await
}

/// A file with the certificates of authorities, which are public; removed when it has been used.
struct Chain(PathBuf);

impl Chain {
    async fn write(pem: &str) -> Result<Self, String> {
        let name = getrandom::u64().map_err(|problem| problem.to_string())?;
        let path = std::env::temp_dir().join(format!("airgate-chain-{name:016x}.pem"));
        let mut file = tokio::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .await
            .map_err(|problem| format!("{}: {problem}", path.display()))?;
        let chain = Self(path);
        file.write_all(pem.as_bytes())
            .await
            .map_err(|problem| problem.to_string())?;
        file.flush().await.map_err(|problem| problem.to_string())?;
        Ok(chain)
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        // One that stays holds nothing secret.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// All certificates of a PEM file but the first.
fn authorities(pem: &str) -> &str {
    const END: &str = "-----END CERTIFICATE-----";
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    let rest = pem.split_once(END).map_or("", |(_, rest)| rest);
    match rest.find(BEGIN) {
        Some(start) => rest.get(start..).unwrap_or_default(),
        None => "",
    }
}

async fn run(mut command: Command, input: &[u8]) -> Result<Vec<u8>, String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|problem| format!("openssl cannot be run: {problem}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // It is smaller than a pipe, so this does not wait for the output to be read.
        stdin
            .write_all(input)
            .await
            .map_err(|problem| problem.to_string())?;
    }
    let output = child
        .wait_with_output()
        .await
        .map_err(|problem| problem.to_string())?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// The same for the same account, so that a new profile takes the place of the old one.
fn uuid(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    let hex: Vec<String> = digest
        .finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02X}"))
        .collect();
    let hex = hex.concat();
    [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)]
        .map(|(from, to)| hex.get(from..to).unwrap_or_default())
        .join("-")
}

fn escaped(text: &str) -> String {
    askama::filters::escape(text, askama::filters::Html)
        .map(|safe| safe.to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plist(user: &str, service: &str) -> String {
        let user = UserId::parse(user, None).unwrap();
        let profile = Profile {
            user: &user,
            server: "mail.example.com",
            service,
            passcode: &SecretString::from("4k7fd-9w2qx-n0r3t-8vbmz-c1hgy"),
            words: Language::English,
        };
        profile.plist().to_string()
    }

    #[test]
    fn t22_names_stay_text_in_a_profile() {
        let text = plist("o'brien&co@example.com", "<b>Mail</b>");
        assert!(text.contains("o&#39;brien&#38;co@example.com"), "{text}");
        assert!(
            !text.contains("<b>") && text.contains("&#60;b&#62;"),
            "{text}"
        );
    }

    #[test]
    fn the_same_account_has_the_same_profile() {
        assert_eq!(plist("alice", "Mail"), plist("alice", "Mail"));
        assert_ne!(plist("alice", "Mail"), plist("bob", "Mail"));
        let id = uuid(&["a"]);
        assert_eq!(id.len(), 36);
        assert_ne!(uuid(&["ab", "c"]), uuid(&["a", "bc"]));
    }

    #[tokio::test]
    async fn a_signed_profile_carries_its_chain() {
        let directory = tempfile::tempdir().unwrap();
        let made = |name: &str| rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        let (leaf, root) = (made("mail.example.com"), made("authority.example"));
        let certificate = directory.path().join("chain.pem");
        let key = directory.path().join("key.pem");
        std::fs::write(&key, leaf.signing_key.serialize_pem()).unwrap();
        for pem in [
            leaf.cert.pem(),
            format!("{}{}", leaf.cert.pem(), root.cert.pem()),
        ] {
            std::fs::write(&certificate, &pem).unwrap();
            let signed = sign(b"<plist/>", &certificate, &key).await.unwrap();
            let holds = |der: &[u8]| signed.windows(der.len()).any(|part| part == der);
            assert!(holds(leaf.cert.der()) && holds(b"<plist/>"));
            assert_eq!(holds(root.cert.der()), !authorities(&pem).is_empty());
        }
    }

    #[tokio::test]
    async fn a_profile_that_cannot_be_signed_is_given_as_it_is() {
        let user = UserId::parse("alice", None).unwrap();
        let profile = Profile {
            user: &user,
            server: "mail.example.com",
            service: "Mail",
            passcode: &SecretString::from("x"),
            words: Language::French,
        };
        let nowhere = (PathBuf::from("/nowhere.pem"), PathBuf::from("/nowhere.key"));
        assert_eq!(
            profile.signed(Some(&nowhere)).await,
            profile.plist().as_bytes()
        );
    }
}

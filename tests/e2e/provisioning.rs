//! Provision and Settings: what a phone is asked to enforce, what it says of itself, and what it may
//! know of its user.

use airgate::identity::{DeviceId, UserId};
use airgate::store::{Devices as _, SqliteStore};
use airgate_codec::ProtocolVersion;
use airgate_codec::eas::provision::{self, Bound, PolicyData, PolicyRequest, WBXML_POLICY};
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::settings::{
    Answer as Told, Ask, DeviceInformation, Oof, OofAsk, OofState, Request, Response,
};

use crate::support::backend::Kind;
use crate::support::phone::{Phone, Profile, Query, Trouble};
use crate::support::world::World;

const POLICY: &str = "[policy]\ndevice_password = true\npassword_length = 6\nlock_after = \"15m\"";

/// Asks for the folders with a policy key; gives the HTTP status and the Status in the answer.
async fn folders_with(phone: &mut Phone, key: u32) -> (u16, u16) {
    phone.memory.policy_key = key;
    match phone.try_folder_sync().await {
        Ok(response) => (200, response.status),
        Err(Trouble::Http(answer)) => {
            assert!(
                answer.body.is_empty() || answer.status != 449,
                "449 has no body"
            );
            (answer.status, 0)
        }
        Err(Trouble::NoAnswer(why)) => panic!("{why}"),
    }
}

async fn provision(phone: &mut Phone, request: &provision::Request) -> provision::Response {
    let body = request.write(phone.version());
    let answer = phone.command(CommandName::Provision, body).await.unwrap();
    provision::Response::read(&answer.body).unwrap()
}

fn asking(kind: &str, key: Option<&str>) -> provision::Request {
    provision::Request {
        policy: Some(PolicyRequest {
            policy_type: kind.to_owned(),
            key: key.map(str::to_owned),
            status: key.map(|_| 1),
        }),
        ..provision::Request::default()
    }
}

#[tokio::test]
async fn without_a_policy_phones_are_told_so_and_go_on() {
    let world = World::start(Kind::Dovecot).await;
    for profile in [
        Profile::ios(),
        Profile::windows_phone(),
        Profile::old_phone(),
    ] {
        let mut phone = world.new_phone(profile, &world.alice);
        let response = phone.provision().await;
        assert_eq!(response.status, 1, "{response:?}");
        let policy = response.policy.unwrap();
        assert_eq!((policy.status, policy.key), (2, None));
        assert_eq!(policy.data, None);
        // Whatever key it has from another server.
        for key in [0, 7, u32::MAX] {
            phone.memory.folder_key = "0".to_owned();
            assert_eq!(folders_with(&mut phone, key).await, (200, 1));
        }
        let response = provision(&mut phone, &asking("MS-EAS-Provisioning-Nonsense", None)).await;
        assert_eq!(response.policy.unwrap().status, 3);
        let response = provision(&mut phone, &provision::Request::default()).await;
        assert_eq!(response.status, 2);
    }
}

#[tokio::test]
async fn with_a_policy_nothing_works_before_both_phases() {
    let mut world = World::start_with(Kind::Dovecot, |settings| settings.toml(POLICY)).await;
    world.fill("INBOX", 1).await;
    for profile in [
        Profile::ios(),
        Profile::windows_phone(),
        Profile::old_phone().keeps_all(),
    ] {
        let mut phone = world.new_phone(profile, &world.alice);
        let old = phone.version() < ProtocolVersion::V14_0;
        let refused = |status: u16| if old { (449, 0) } else { (200, status) };
        let said = phone.version();
        assert_eq!(phone.options().await.status, 200);
        assert_eq!(folders_with(&mut phone, 0).await, refused(142), "{said}");
        assert_eq!(folders_with(&mut phone, 4711).await, refused(144), "{said}");

        // Phase 1, with the phone's description where the version has it there.
        phone.memory.policy_key = 0;
        let mut ask = asking(WBXML_POLICY, None);
        ask.device_information = (!old).then(|| DeviceInformation {
            model: Some("Phone of the test".to_owned()),
            ..DeviceInformation::default()
        });
        let first = provision(&mut phone, &ask).await;
        assert_eq!(first.status, 1);
        assert_eq!(first.device_information_status, (!old).then_some(1));
        let policy = first.policy.unwrap();
        assert_eq!(policy.status, 1);
        let Some(PolicyData::Document(document)) = policy.data else {
            panic!("no document");
        };
        assert_eq!(document.device_password_enabled, Some(true));
        assert_eq!(document.min_device_password_length, Some(Bound::At(6)));
        assert_eq!(
            document.max_inactivity_time_device_lock,
            Some(Bound::At(900))
        );
        // Only what is set is sent: some phones choke on the rest.
        assert_eq!(document.require_device_encryption, None);
        let temporary = policy.key.unwrap();
        assert_eq!(
            folders_with(&mut phone, temporary).await,
            refused(144),
            "{said}"
        );

        // Phase 2: with a wrong key, then with the right one.
        phone.memory.policy_key = temporary;
        for wrong in ["0", "1", "x", ""] {
            let answer = provision(&mut phone, &asking(WBXML_POLICY, Some(wrong))).await;
            let policy = answer.policy.unwrap();
            assert_eq!((policy.status, policy.key), (5, None), "{wrong:?}");
        }
        let second = provision(
            &mut phone,
            &asking(WBXML_POLICY, Some(&temporary.to_string())),
        )
        .await;
        let policy = second.policy.unwrap();
        assert_eq!((policy.status, policy.data), (1, None));
        let key = policy.key.unwrap();
        assert_ne!(key, temporary);
        assert_eq!(folders_with(&mut phone, key).await, (200, 1), "{said}");
        phone.sync_all("INBOX").await;
        // The temporary key is of no use any more.
        assert_eq!(
            folders_with(&mut phone, temporary).await,
            refused(144),
            "{said}"
        );
        // Ping carries none.
        if phone.profile.query == Query::Plain {
            phone.memory.policy_key = 0;
            let ping = phone.command(CommandName::Ping, Vec::new()).await.unwrap();
            assert!(!ping.body.is_empty());
        }
        phone.memory.policy_key = key;
    }

    // What it said of itself is kept, and a key goes on over a restart ...
    let store = SqliteStore::open(&world.server.state().join("airgate.db"))
        .await
        .unwrap();
    let user = UserId::parse(&world.alice.name, None).unwrap();
    let device = DeviceId::parse(&Profile::ios().device_id).unwrap();
    let row = store.device(&user, &device).await.unwrap().unwrap();
    let info = String::from_utf8_lossy(&row.info).into_owned();
    assert!(info.contains("Phone of the test"), "{info}");
    assert_eq!(row.agent.as_deref(), Some(Profile::ios().agent));
    let mut phone = world.new_phone(Profile::ios(), &world.alice);
    world.server.kill_nine();
    world.server.start();
    assert_eq!(folders_with(&mut phone, row.policy_key).await, (200, 1));
    phone.sync_all("INBOX").await;

    // ... and over nobody else's provisioning, until the operator changes the policy.
    let config = world.server.config().to_owned();
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(
        &config,
        text.replace("password_length = 6", "password_length = 8"),
    )
    .unwrap();
    world.server.terminate();
    world.server.start();
    assert_eq!(folders_with(&mut phone, row.policy_key).await, (200, 143));
    phone.memory.policy_key = 0;
    phone.provision().await;
    let key = phone.memory.policy_key;
    phone.memory.folder_key = "0".to_owned();
    assert_eq!(folders_with(&mut phone, key).await, (200, 1));
    assert_eq!(phone.surprises(), [""; 0]);
}

#[tokio::test]
async fn many_requests_at_once_do_not_lose_a_policy_key() {
    let world = World::start_with(Kind::Dovecot, |settings| settings.toml(POLICY)).await;
    let mut phone = world.new_phone(Profile::ios(), &world.alice);
    for round in 0..10 {
        // Each with another agent, so that each would like to write the device's row.
        let mut others = tokio::task::JoinSet::new();
        for number in 0..3 {
            let mut other = phone.clone();
            other.profile.agent = ["a", "b", "c"][number];
            others.spawn(async move { other.settings_status().await });
        }
        phone.memory.policy_key = 0;
        phone.provision().await;
        others.join_all().await;
        let key = phone.memory.policy_key;
        phone.memory.folder_key = "0".to_owned();
        assert_eq!(
            folders_with(&mut phone, key).await,
            (200, 1),
            "round {round}"
        );
    }
}

impl Phone {
    async fn settings_status(&mut self) -> u16 {
        let body = Request {
            asks: vec![Ask::UserInformation],
        }
        .write(self.version());
        match self.command(CommandName::Settings, body).await {
            Ok(_) => 200,
            Err(trouble) => trouble.http(),
        }
    }
}

async fn settings(phone: &mut Phone, asks: Vec<Ask>) -> Response {
    let body = Request { asks }.write(phone.version());
    let answer = phone.command(CommandName::Settings, body).await.unwrap();
    Response::read(&answer.body).unwrap()
}

#[tokio::test]
async fn settings_answer_each_property_in_its_order() {
    let world = World::start(Kind::Dovecot).await;
    for version in ProtocolVersion::ALL.into_iter().skip(1) {
        let mut phone = world.new_phone(
            Profile::blackberry()
                .called(&format!("S{}", version.query_byte()))
                .speaking(version),
            &world.alice,
        );
        let asks = vec![
            Ask::UserInformation,
            Ask::Oof(OofAsk::Get(None)),
            Ask::DeviceInformation(DeviceInformation {
                model: Some("m".to_owned()),
                friendly_name: Some("n".to_owned()),
                ..DeviceInformation::default()
            }),
            Ask::DevicePassword("1234".to_owned()),
        ];
        let response = settings(&mut phone, asks).await;
        assert_eq!(response.status, 1, "{version}");
        let [
            Told::UserInformation {
                status: 1,
                information: Some(information),
            },
            Told::Oof {
                status: 1,
                oof: Some(oof),
            },
            Told::DeviceInformation { status: 1 },
            Told::DevicePassword { status: 7 },
        ] = response.answers.as_slice()
        else {
            panic!("{version}: {response:?}");
        };
        let account = &information.accounts[0];
        assert_eq!(account.addresses, ["alice@example.com"], "{version}");
        let primary = (version >= ProtocolVersion::V14_1).then_some("alice@example.com");
        assert_eq!(account.primary_address.as_deref(), primary, "{version}");
        assert_eq!(account.id, None, "the primary account has none");
        assert_eq!(oof.state, Some(OofState::Off));

        // It cannot be switched on here, and says so.
        let on = Oof {
            state: Some(OofState::On),
            ..Oof::default()
        };
        let response = settings(&mut phone, vec![Ask::Oof(OofAsk::Set(on))]).await;
        assert!(
            matches!(response.answers[0], Told::Oof { status: 3, .. }),
            "{response:?}"
        );

        // The same twice, or nothing at all: refused as a whole.
        for asks in [vec![Ask::UserInformation, Ask::UserInformation], Vec::new()] {
            let response = settings(&mut phone, asks).await;
            assert_eq!(
                (response.status, response.answers.len()),
                (2, 0),
                "{version}"
            );
        }
        // A property that nobody knows, beside one that is known: Class of AirSync in Settings.
        let mut writer = airgate_codec::wbxml::Writer::ungated();
        writer.start(airgate_codec::wbxml::settings::SETTINGS);
        writer.text(airgate_codec::wbxml::air_sync::CLASS, "x");
        writer.start(airgate_codec::wbxml::settings::USER_INFORMATION);
        writer.empty(airgate_codec::wbxml::settings::GET);
        writer.end();
        writer.end();
        let answer = phone
            .command(CommandName::Settings, writer.into_bytes())
            .await
            .unwrap();
        let response = Response::read(&answer.body).unwrap();
        assert_eq!(
            (response.status, response.answers.len()),
            (1, 1),
            "{version}"
        );
    }
}

//! Copies in the Sent folder: one, whoever makes it (S19).

use airgate_codec::eas::compose_mail::SendMail;
use airgate_codec::eas::request_line::CommandName;

use super::said;
use crate::stories::Setup;
use crate::support::backend::Backend;
use crate::support::phone::Profile;
use crate::support::world::World;

const MAIL: &[u8] =
    b"To: bob@example.com\r\nBcc: carol@example.org\r\nSubject: hello\r\n\r\nHi.\r\n";

fn server_files_itself(world: &World) {
    if let Backend::Dovecot(dovecot) = &world.backend {
        let maildir = dovecot.maildir(&world.alice);
        maildir.make_folder("Sent");
        world.smtp.files_in(maildir, "Sent");
    }
}

#[tokio::test]
async fn s19_there_is_one_copy_whoever_makes_it() {
    for (save, by_server, expected) in [
        ("auto", false, 1),
        ("auto", true, 1),
        ("always", false, 1),
        ("never", true, 1),
        ("never", false, 0),
    ] {
        let world = Setup::Dovecot
            .world_with(|settings| settings.variable("AIRGATE_SENDING_SAVE_SENT", save))
            .await;
        if by_server {
            server_files_itself(&world);
        }
        let mut phone = world.phone(Profile::ios()).await;
        for _ in 0..2 {
            let again = said(phone.try_send_mail("c1", MAIL).await);
            assert!(matches!(again, 200 | 118), "{again}");
        }
        let mut other = world.other_client().await;
        let copies = other.subjects("Sent").await;
        assert_eq!(copies.len(), expected, "{save} {by_server}");
        assert_eq!(world.smtp.received().len(), 1);
        if expected > 0 && !by_server {
            // Its sender sees whom he sent it to; nobody else does.
            other.select("Sent").await;
            assert_eq!(other.search("BCC carol@example.org SEEN").await, [1]);
            assert!(!world.smtp.received()[0].text().contains("carol"));
        }
    }
}

#[tokio::test]
async fn s19_what_is_not_to_be_saved_is_not_and_a_full_mailbox_is_no_error() {
    let world = Setup::Dovecot.world().await;
    let mut phone = world.phone(Profile::ios()).await;
    let mail = SendMail {
        client_id: "c1".into(),
        mime: MAIL.into(),
        ..SendMail::default()
    };
    let body = mail.write(phone.version());
    assert_eq!(
        said(phone.try_compose(CommandName::SendMail, body).await),
        200
    );
    let mut other = world.other_client().await;
    assert_eq!(other.subjects("Sent").await, [""; 0]);
    // The mail is sent; that it cannot be saved is ours to worry about.
    other.command("DELETE Sent").await;
    assert_eq!(said(phone.try_send_mail("c2", MAIL).await), 200);
    assert_eq!(world.smtp.wait_for(2).await.len(), 2);
}

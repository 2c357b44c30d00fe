#[tokio::test]
async fn probe() {
    use crate::support::{backend::Kind, world::World};
    let world = World::start(Kind::Courier).await;
    let mut c = world.other_client().await;
    println!("Q {:?}", c.try_command("CAPABILITY").await);
    println!("Q {:?}", c.try_command("CREATE INBOX.Work").await);
    c.append("INBOX.Work", "", &crate::support::mail::simple("x", "y"))
        .await;
    println!("Q {:?}", c.select("INBOX.Work").await.number("UIDVALIDITY"));
    println!("Q {:?}", c.select("INBOX").await.number("UIDVALIDITY"));
    println!(
        "Q {:?}",
        c.try_command("STATUS INBOX.Work (UIDVALIDITY)").await
    );
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    println!(
        "Q {:?}",
        c.try_command("RENAME INBOX.Work INBOX.Play").await
    );
    println!(
        "Q {:?}",
        c.try_command("STATUS INBOX.Play (UIDVALIDITY)").await
    );
    println!("Q {:?}", c.select("INBOX.Play").await.number("UIDVALIDITY"));
    println!("Q {:?}", c.select("INBOX").await.number("UIDVALIDITY"));
    println!("Q {:?}", c.try_command("DELETE INBOX.Play").await);
}

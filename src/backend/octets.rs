//! Octets handed on as they come, from where they lie to where they go: a mail of any size between
//! two servers, never whole in memory.

use std::io;

use async_trait::async_trait;

use crate::failure::Failure;

/// A mail that can be poured out, as often as is needed, the same each time.
#[async_trait]
pub trait Octets: Send + Sync {
    /// How many there are, as nearly as is known before they were poured.
    fn size(&self) -> u64;

    /// Whether octets beyond ASCII may be among them.
    fn is_eight_bit(&self) -> bool;

    /// Hands all of them to `sink`, in order.
    ///
    /// # Errors
    /// The sink takes no more, or the octets cannot be had any more.
    async fn pour(&self, sink: &mut dyn Sink) -> Result<(), Spilt>;
}

/// Where octets go.
#[async_trait]
pub trait Sink: Send {
    /// Takes the next octets; returns when there is room for more.
    ///
    /// # Errors
    /// They cannot go there any more.
    async fn take(&mut self, octets: &[u8]) -> io::Result<()>;
}

/// Why not all of them arrived.
#[derive(Debug, thiserror::Error)]
pub enum Spilt {
    #[error("the octets could not be handed on")]
    Sink(#[from] io::Error),
    #[error("the octets could not be had")]
    Source(#[from] Failure),
}

/// Octets that are at hand.
#[async_trait]
impl Octets for &[u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn is_eight_bit(&self) -> bool {
        !self.is_ascii()
    }

    async fn pour(&self, sink: &mut dyn Sink) -> Result<(), Spilt> {
        for piece in self.chunks(CHUNK) {
            sink.take(piece).await?;
        }
        Ok(())
    }
}

/// Octets handed over at a time.
pub const CHUNK: usize = 32 * 1024;

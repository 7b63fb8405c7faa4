//! The console as a whole: what its pages share.

use std::net::IpAddr;
use std::sync::Arc;

use souk_plans::Plans;
use souk_state::audit::AuditTrail;
use souk_state::people::{People, Person};
use souk_state::{StateDir, StateError, Timestamp};

use crate::access::address_proof::AddressProof;
use crate::access::console_addresses::{ConsoleAddresses, ConsoleOrigin};
use crate::access::guess_delay::GuessDelay;
use crate::access::login_link::LoginLinks;
use crate::access::sessions::ConsoleSessions;
use crate::audit_lines::ConsoleAudit;
use crate::host::ConsoleHost;

/// What a console stands on.
pub struct ConsoleDeps {
    /// The plans of the host.
    pub plans: Arc<Plans>,
    /// The audit trail.
    pub trail: Arc<AuditTrail>,
    /// Where people and links are kept.
    pub state: StateDir,
    /// Where it is reached.
    pub addresses: ConsoleAddresses,
    /// What it asks of its host.
    pub host: Arc<dyn ConsoleHost>,
}

/// The console of a host.
pub struct Console {
    pub(crate) plans: Arc<Plans>,
    pub(crate) host: Arc<dyn ConsoleHost>,
    pub(crate) people: People,
    pub(crate) proof: AddressProof,
    pub(crate) links: LoginLinks,
    pub(crate) sessions: ConsoleSessions,
    pub(crate) guesses: GuessDelay,
    pub(crate) audit: ConsoleAudit,
    pub(crate) trail: Arc<AuditTrail>,
    pub(crate) addresses: ConsoleAddresses,
}

/// Whom a request comes from and where it was sent to, as the guard found it.
#[derive(Clone)]
pub(crate) struct ConsoleCaller {
    pub(crate) origin: ConsoleOrigin,
    pub(crate) from: Option<IpAddr>,
}

impl Console {
    /// Of these parts.
    ///
    /// # Errors
    /// The state's key cannot be read or made.
    pub fn new(deps: ConsoleDeps) -> Result<Arc<Self>, StateError> {
        Ok(Arc::new(Self {
            proof: AddressProof::of(&deps.state)?,
            links: LoginLinks::of(&deps.state)?,
            people: People::new(deps.state.path()),
            plans: deps.plans,
            host: deps.host,
            sessions: ConsoleSessions::default(),
            guesses: GuessDelay::default(),
            audit: ConsoleAudit::new(deps.trail.clone()),
            trail: deps.trail,
            addresses: deps.addresses,
        }))
    }

    /// Now, in milliseconds since 1970, UTC.
    pub(crate) fn now_ms() -> i64 {
        Timestamp::now().as_millisecond()
    }

    /// Whether a person is still who they were when they signed in.
    pub(crate) fn is_still(&self, person: &Person) -> bool {
        self.people.list().is_ok_and(|people| people.contains(person))
    }
}

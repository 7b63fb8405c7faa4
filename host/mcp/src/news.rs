//! Telling clients what has changed: lists, and resources that they watch.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::{ResourceUpdatedNotificationParam, SubscriptionFilter};
use rmcp::service::{Peer, RoleServer, SubscriptionContext};
use souk_model::{Actions, Principal, PromptInfo, ResourceChange, Tool};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;

/// Resources that one older client may watch at once.
const WATCHED: usize = 256;
/// Bytes of a URI that may be watched.
const URI: usize = 2_048;

/// The resources that an older client watches.
#[derive(Clone, Default)]
pub(crate) struct ResourceSubscriptions(Arc<Mutex<HashSet<String>>>);

impl ResourceSubscriptions {
    /// Watches one more.
    ///
    /// # Errors
    /// Why not, for people.
    pub(crate) fn add(&self, uri: String) -> Result<(), String> {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if uri.len() > URI {
            return Err(format!("a URI that is watched may have {URI} bytes"));
        }
        if watched.len() >= WATCHED && !watched.contains(&uri) {
            return Err(format!("{WATCHED} resources are watched already: unsubscribe from one"));
        }
        watched.insert(uri);
        Ok(())
    }

    pub(crate) fn remove(&self, uri: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(uri);
    }

    fn has(&self, uri: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(uri)
    }
}

/// Something that a client may want to be told.
enum ClientNews {
    /// Which tools and which prompts there are.
    Lists(ChangedLists),
    /// Which resources there are.
    Resources,
    Resource(String),
}

/// Which lists are others than before.
#[derive(Clone, Copy)]
struct ChangedLists {
    tools: bool,
    prompts: bool,
}

/// What one principal is listed.
struct ListedNow {
    tools: Arc<[Arc<Tool>]>,
    prompts: Vec<PromptInfo>,
}

impl ListedNow {
    fn of(actions: &dyn Actions, principal: &Principal) -> Self {
        Self { tools: actions.list(principal), prompts: actions.prompts(principal) }
    }
}

/// What changes for one principal.
struct NewsFeed<'a> {
    actions: &'a dyn Actions,
    principal: Principal,
    lists: watch::Receiver<u64>,
    resources: Option<broadcast::Receiver<(Option<Principal>, ResourceChange)>>,
    /// What its client knows at most; unknown, where it may know what was there before a change.
    listed: Option<ListedNow>,
}

impl<'a> NewsFeed<'a> {
    /// Feeds what changes from now on; of what was there at the start nothing is news.
    async fn start(actions: &'a dyn Actions, principal: Principal) -> Self {
        let (lists, resources) = (actions.changes(), actions.resource_changes());
        actions.ready().await;
        let listed = ListedNow::of(actions, &principal);
        let is_old = lists.has_changed().unwrap_or(true);
        Self { actions, principal, lists, resources, listed: (!is_old).then_some(listed) }
    }

    /// Which lists are others since this was asked last.
    fn changed_lists(&mut self) -> ChangedLists {
        let now = ListedNow::of(self.actions, &self.principal);
        let before = self.listed.as_ref();
        let changed = ChangedLists {
            tools: before.is_none_or(|before| before.tools != now.tools),
            prompts: before.is_none_or(|before| before.prompts != now.prompts),
        };
        self.listed = Some(now);
        changed
    }

    /// The next; none when nothing will change any more.
    async fn next(&mut self) -> Option<ClientNews> {
        loop {
            let change = tokio::select! {
                changed = self.lists.changed() => {
                    changed.ok()?;
                    match self.changed_lists() {
                        ChangedLists { tools: false, prompts: false } => continue,
                        changed => return Some(ClientNews::Lists(changed)),
                    }
                }
                change = next_change(&mut self.resources) => change,
            };
            match change {
                Ok((of, _)) if of.as_ref().is_some_and(|of| *of != self.principal) => {}
                Ok((_, ResourceChange::List)) => return Some(ClientNews::Resources),
                Ok((_, ResourceChange::Contents(uri))) => return Some(ClientNews::Resource(uri)),
                // Something was missed: whoever looks again has seen it.
                Err(RecvError::Lagged(_)) => return Some(ClientNews::Resources),
                Err(RecvError::Closed) => self.resources = None,
            }
        }
    }
}

async fn next_change(
    changes: &mut Option<broadcast::Receiver<(Option<Principal>, ResourceChange)>>,
) -> Result<(Option<Principal>, ResourceChange), RecvError> {
    match changes {
        Some(changes) => changes.recv().await,
        None => std::future::pending().await,
    }
}

/// Tells a peer of the older era until it is gone.
pub(crate) async fn tell_older(
    actions: Arc<dyn Actions>,
    principal: Principal,
    watched: ResourceSubscriptions,
    peer: Peer<RoleServer>,
) {
    let has_prompts = actions.features().prompts;
    let mut news = NewsFeed::start(&*actions, principal).await;
    while let Some(one) = news.next().await {
        let told = match one {
            ClientNews::Lists(changed) => {
                let told =
                    if changed.tools { peer.notify_tool_list_changed().await } else { Ok(()) };
                if has_prompts && changed.prompts {
                    told.and(peer.notify_prompt_list_changed().await)
                } else {
                    told
                }
            }
            ClientNews::Resources => peer.notify_resource_list_changed().await,
            ClientNews::Resource(uri) if watched.has(&uri) => {
                peer.notify_resource_updated(ResourceUpdatedNotificationParam::new(uri)).await
            }
            ClientNews::Resource(_) => Ok(()),
        };
        if told.is_err() {
            return;
        }
    }
}

/// Tells a subscriber of the newer era until it is gone.
pub(crate) async fn tell_newer(
    actions: &dyn Actions,
    principal: Principal,
    context: &SubscriptionContext,
) {
    let SubscriptionFilter {
        tools_list_changed: tools,
        prompts_list_changed: prompts,
        resources_list_changed: resources,
        resource_subscriptions: watched,
        ..
    } = context.accepted();
    let (sink, is_watched) = (context.sink(), |uri: &String| {
        watched.as_ref().is_some_and(|watched| watched.contains(uri))
    });
    let mut news = NewsFeed::start(actions, principal).await;
    while let Some(one) = news.next().await {
        let told = match one {
            ClientNews::Lists(changed) => {
                let told = match tools {
                    Some(true) if changed.tools => sink.notify_tool_list_changed().await,
                    _ => Ok(()),
                };
                match prompts {
                    Some(true) if changed.prompts => {
                        told.and(sink.notify_prompt_list_changed().await)
                    }
                    _ => told,
                }
            }
            ClientNews::Resources if *resources == Some(true) => {
                sink.notify_resource_list_changed().await
            }
            ClientNews::Resource(uri) if is_watched(&uri) => {
                sink.notify_resource_updated(uri).await
            }
            ClientNews::Resources | ClientNews::Resource(_) => Ok(()),
        };
        if told.is_err() {
            return;
        }
    }
    // Nothing will change any more, but the client has not hung up.
    std::future::pending::<()>().await;
}

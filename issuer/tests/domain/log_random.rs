//! Any interleaving of appends, batches, revocations, suspensions and restarts equals a naive full tree, and what
//! was revoked is 0 in every later tree.

use poa_circuits::native::field::F;
use poa_issuer::domain::*;
use proptest::prelude::*;

use super::rig::{Rig, naive_root};

#[derive(Clone, Debug)]
enum Step {
    /// Register and attest that many agents.
    Append(u8),
    /// Revoke the agent at this place in order of registration.
    Revoke(u8),
    Suspend(u8),
    Resume(u8),
    Publish,
    /// Into the next hour: leaves with new attributes are replaced.
    NextHour,
    /// Another receipt for the agent.
    Attest(u8),
    Restart,
    Housekeep,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1u8..6).prop_map(Step::Append),
        4 => any::<u8>().prop_map(Step::Revoke),
        2 => any::<u8>().prop_map(Step::Suspend),
        2 => any::<u8>().prop_map(Step::Resume),
        6 => Just(Step::Publish),
        2 => Just(Step::NextHour),
        3 => any::<u8>().prop_map(Step::Attest),
        2 => Just(Step::Restart),
        1 => Just(Step::Housekeep),
    ]
}

struct Model {
    rig: Rig,
    agents: Vec<AgentUuid>,
    /// Every leaf ever appended, as the tree should have it.
    leaves: Vec<F>,
    /// Index of each agent's live leaf, by place.
    live: Vec<Option<u32>>,
    receipts: u32,
}

impl Model {
    async fn run(&mut self, step: &Step) {
        let now = self.rig.now();
        let place = |wanted: u8| (!self.agents.is_empty()).then(|| wanted as usize % self.agents.len());
        match step {
            Step::Append(count) => {
                for _ in 0..*count {
                    self.receipts += 1;
                    self.agents.push(self.rig.attested(&self.receipts.to_string(), 5).await);
                    self.live.push(None);
                }
            }
            Step::Revoke(wanted) => {
                if let Some(place) = place(*wanted) {
                    self.rig.domain.revoke_agent(self.agents[place], Revoker::Operator, now).await.unwrap();
                }
            }
            Step::Suspend(wanted) => {
                if let Some(place) = place(*wanted) {
                    let _ = self.rig.domain.suspend_agent(self.agents[place], now).await;
                }
            }
            Step::Resume(wanted) => {
                if let Some(place) = place(*wanted) {
                    let _ = self.rig.domain.resume_agent(self.agents[place], now).await;
                }
            }
            Step::Attest(wanted) => {
                if let Some(place) = place(*wanted) {
                    let id = self.agents[place];
                    if self.rig.domain.agent(id).await.unwrap().status != AgentStatus::Revoked {
                        self.receipts += 1;
                        self.rig.attest(id, &self.receipts.to_string(), 6).await;
                    }
                }
            }
            Step::Publish => self.publish(10).await,
            Step::NextHour => self.publish(3_600).await,
            Step::Restart => self.rig.restart().await,
            Step::Housekeep => self.rig.domain.housekeep(now).await.unwrap(),
        }
    }

    async fn publish(&mut self, seconds: u64) {
        self.rig.clock.advance(seconds);
        let publication = self.rig.publish().await;
        // The model learns new leaves from the openings, and zeroes every leaf that is live no more.
        for place in 0..self.agents.len() {
            let id = self.agents[place];
            let active = self.rig.domain.agent(id).await.unwrap().status == AgentStatus::Active;
            let opening = self.rig.domain.leaf_opening(id).await.ok();
            assert_eq!(opening.is_some(), active, "active agents have a leaf, others none");
            let index = opening.as_ref().map(|opening| opening.index);
            if let Some(old) = self.live[place].filter(|old| Some(*old) != index) {
                self.leaves[old as usize] = F::from(0u64);
            }
            if let Some(opening) = opening.filter(|_| self.live[place] != index) {
                let size = self.leaves.len().max(opening.index as usize + 1);
                self.leaves.resize(size, F::from(0u64));
                self.leaves[opening.index as usize] = opening.leaf.hash();
            }
            self.live[place] = index;
        }
        let Some(head) = publication.head else {
            assert!(self.leaves.is_empty());
            return;
        };
        assert_eq!((head.size, head.root), (self.leaves.len() as u64, naive_root(&self.leaves)));
        self.check_paths(&head).await;
    }

    async fn check_paths(&self, head: &Head) {
        for (index, leaf) in self.leaves.iter().enumerate() {
            let path = self.rig.domain.leaf_path(index as u32, head.seq).await.unwrap();
            assert_eq!(path.root(leaf), head.root, "leaf {index}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_equals_a_naive_full_tree(steps in prop::collection::vec(step(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let rig = Rig::new().await;
            let mut model = Model { rig, agents: vec![], leaves: vec![], live: vec![], receipts: 0 };
            for step in &steps {
                model.run(step).await;
            }
            model.publish(10).await;
            assert!(model.rig.domain.audit_log().await.unwrap().is_sound());
        });
    }
}

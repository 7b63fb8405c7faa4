//! Tiers, effects, grants and ceilings: pure decisions, each refusal naming its rule.

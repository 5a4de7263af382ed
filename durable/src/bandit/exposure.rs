//! Proof that a visitor was shown a variant: `<variant>.<shown at, UTC ms>.<hex HMAC-SHA-256>`, over the experiment, the
//! variant, the visitor and the time. Keys of variants hold no dot, so a proof reads in one way only.

use event::signature;

/// A proof under the object's key. `experiment` is the object's name, unique over all tenants.
pub(super) fn prove(key: &[u8], experiment: &str, variant: &str, visitor: &str, shown_at: i64) -> String {
    let signed = signature::sign(key, shown_at.div_euclid(1_000), &body(experiment, variant, visitor, shown_at));
    let mac = signed.rsplit_once("v1=").map_or("", |(_, mac)| mac);
    format!("{variant}.{shown_at}.{mac}")
}

/// The variant and time that the first genuine of some proofs states, if one is of this experiment and visitor.
pub(super) fn proven(key: &[u8], experiment: &str, visitor: &str, proofs: &str) -> Option<(String, i64)> {
    proofs.split(' ').find_map(|proof| {
        let mut parts = proof.splitn(3, '.');
        let (variant, shown_at, mac) = (parts.next()?, parts.next()?.parse::<i64>().ok()?, parts.next()?);
        let header = format!("t={},v1={mac}", shown_at.div_euclid(1_000));
        let body = body(experiment, variant, visitor, shown_at);
        // Its own time is given as ours: how old a proof may be is the reward's to say.
        signature::verify(key, &header, &body, shown_at).ok()?;
        Some((variant.to_owned(), shown_at))
    })
}

/// What is signed. Lengths stand before what may hold anything.
fn body(experiment: &str, variant: &str, visitor: &str, shown_at: i64) -> Vec<u8> {
    format!("{}:{experiment}{}:{visitor}{variant}.{shown_at}", experiment.len(), visitor.len()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_holds_for_its_visitor_and_experiment_and_for_nothing_else() {
        let key = [7_u8; 32];
        let proof = prove(&key, "1:t/e", "loud", "ann", 1_700_000_000_123);
        let found = |visitor, experiment, proofs: &str| proven(&key, experiment, visitor, proofs);
        assert_eq!(found("ann", "1:t/e", &proof), Some(("loud".to_owned(), 1_700_000_000_123)));
        assert_eq!(found("ann", "1:t/e", &format!("other.5.00 {proof}")), Some(("loud".to_owned(), 1_700_000_000_123)));
        assert_eq!(found("bob", "1:t/e", &proof), None);
        assert_eq!(found("ann", "1:t/f", &proof), None);
        assert_eq!(proven(&[8_u8; 32], "1:t/e", "ann", &proof), None);
        for forged in [proof.replace("loud", "dull"), proof.replace("0123", "0124"), String::new(), "a.b.c".to_owned()]
        {
            assert_eq!(found("ann", "1:t/e", &forged), None, "{forged}");
        }
    }
}

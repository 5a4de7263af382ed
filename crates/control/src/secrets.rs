//! What each kind of stored secret is sealed for (see [`vault::Context::purpose`]). The purpose names the row, so that a
//! secret copied into another row does not open. A site's signing secret has its purpose in [`crate::site`].

/// The purpose of a channel's credentials, by the channel's id.
#[must_use]
pub fn channel_credentials(channel_id: &str) -> String {
    format!("channel-credentials/{channel_id}")
}

/// The purpose of a sign-in's PKCE verifier, by the sign-in's state.
#[must_use]
pub fn oauth_verifier(state: &str) -> String {
    format!("oauth-verifier/{state}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_purposes_do_not_change() {
        // Stored secrets are sealed under them.
        assert_eq!(channel_credentials("c1"), "channel-credentials/c1");
        assert_eq!(oauth_verifier("s1"), "oauth-verifier/s1");
        assert_eq!(crate::site::secret_purpose("shop"), "site-secret/shop");
    }
}

//! OAuth, as each provider has it.

use crate::common::*;
use campaign::ChannelType;
use sandbox::{Authorize, Request, World, account_of};
use serde_json::json;

#[test]
fn a_code_works_once_and_a_second_use_takes_the_tokens_back() {
    for provider in ChannelType::ALL {
        let mut world = World::open(provider, "Shop", "EUR", "UTC", NOW);
        let asked = Authorize::parse(provider, &query(provider)).unwrap();
        let code = world.grant(&asked, NOW, 1);
        let exchange = exchange(provider, &code, VERIFIER, REDIRECT);
        let first = world.handle(&exchange, NOW, 2).answer().unwrap();
        assert_eq!(first.status, 200, "{provider:?}");
        let mut session = Session {
            world,
            token: first.value()["access_token"].as_str().unwrap().to_owned(),
            ..Session::open(provider)
        };
        let read = match provider {
            ChannelType::Sandbox => "/v1/accounts",
            ChannelType::Meta => "/v25.0/me/adaccounts?fields=id,name,currency",
            ChannelType::GoogleAds => "/v25/customers:listAccessibleCustomers",
            ChannelType::Klaviyo => "/api/accounts",
        };
        session.ok("GET", read, &json!(null));
        let second = session.world.handle(&exchange, NOW, 3).answer().unwrap();
        assert_eq!(second.status, 400, "{provider:?}");
        let (status, _) = session.call("GET", read, &json!(null));
        assert_eq!(status, 401, "{provider:?}: the tokens of a stolen code are worth nothing");
    }
}

#[test]
fn a_code_is_bound_to_its_redirect_its_verifier_and_its_minute() {
    for provider in ChannelType::ALL {
        let mut world = World::open(provider, "Shop", "EUR", "UTC", NOW);
        let asked = Authorize::parse(provider, &query(provider)).unwrap();
        for (verifier, redirect, later) in
            [(VERIFIER, "http://localhost:8787/other", 0), ("wrong", REDIRECT, 0), (VERIFIER, REDIRECT, 61_000)]
        {
            let code = world.grant(&asked, NOW, 7);
            let answer = world.handle(&exchange(provider, &code, verifier, redirect), NOW + later, 8).answer().unwrap();
            assert_eq!(answer.status, 400, "{provider:?} {verifier} {redirect} {later}");
        }
    }
}

#[test]
fn what_is_asked_for_wrongly_is_never_redirected() {
    for provider in ChannelType::ALL {
        let good = query(provider);
        assert!(Authorize::parse(provider, &good).is_ok());
        for (from, to) in [
            ("client_id=", "client_id=x"),
            ("localhost%3A8787", "evil.example"),
            ("scope=", "scop="),
            ("S256", "plain"),
        ] {
            assert!(Authorize::parse(provider, &good.replace(from, to)).is_err(), "{provider:?}: {from} -> {to}");
        }
    }
}

#[test]
fn a_refusal_goes_back_with_the_state() {
    let asked = Authorize::parse(ChannelType::Meta, &query(ChannelType::Meta)).unwrap();
    let denied = asked.denied();
    assert!(denied.starts_with(REDIRECT) && denied.contains("error=access_denied") && denied.contains("state=s1"));
}

#[test]
fn tokens_expire_and_are_refreshed_where_there_is_something_to_refresh_with() {
    for provider in ChannelType::ALL {
        let mut session = Session::open(provider);
        assert_eq!(session.refresh.is_some(), provider != ChannelType::Meta);
        session.world.expire_tokens(NOW);
        let read = match provider {
            ChannelType::Sandbox => "/v1/accounts",
            ChannelType::Meta => "/v25.0/me",
            ChannelType::GoogleAds => "/v25/customers:listAccessibleCustomers",
            ChannelType::Klaviyo => "/api/lists",
        };
        let (status, body) = session.call("GET", read, &json!(null));
        assert_eq!(status, 401);
        match provider {
            ChannelType::Meta => assert_eq!(body["error"]["code"], 190),
            ChannelType::GoogleAds => assert_eq!(body["error"]["status"], "UNAUTHENTICATED"),
            ChannelType::Klaviyo => assert_eq!(body["errors"][0]["code"], "authentication_failed"),
            ChannelType::Sandbox => assert_eq!(body["error"]["code"], "token_expired"),
        }
        let Some(refresh) = session.refresh.clone() else { continue };
        let known = sandbox::APP;
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", &refresh),
            ("client_id", known.id),
            ("client_secret", known.secret),
        ];
        let request = token_request(provider, &fields);
        let fresh = session.world.handle(&request, NOW, 20).answer().unwrap().value();
        session.token = fresh["access_token"].as_str().unwrap().to_owned();
        session.ok("GET", read, &json!(null));
        let again = session.world.handle(&request, NOW, 21).answer().unwrap().status;
        assert_eq!(again, if provider == ChannelType::Sandbox { 400 } else { 200 }, "our own refresh tokens work once");
    }
}

#[test]
fn a_request_names_its_account_by_token_code_or_key() {
    let session = Session::open(ChannelType::GoogleAds);
    let number = session.number();
    let bearer = Request::new("GET", "/v25/x").header("authorization", &format!("Bearer {}", session.token));
    assert_eq!(account_of(ChannelType::GoogleAds, &bearer), Some(number.clone()));
    let refresh = Request::new("POST", "/token").form(&[("refresh_token", &session.refresh.unwrap())]);
    assert_eq!(account_of(ChannelType::GoogleAds, &refresh), Some(number));
    let key = Request::new("GET", "/api/lists").header("authorization", "Klaviyo-API-Key pk_0123456789abcdef0123");
    assert!(account_of(ChannelType::Klaviyo, &key).is_some());
    assert_eq!(account_of(ChannelType::Klaviyo, &Request::new("GET", "/api/lists")), None);
}

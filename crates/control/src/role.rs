//! Roles and what each may do: one table, read by every route.
//!
//! The table grows with the product; a role is stored by name and a token carries that name, so a role's rights change
//! for everyone at the next deploy.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a member of a tenant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the tenant.
    Admin,
    /// Plans and runs campaigns.
    Marketer,
    /// Reads figures and asks for reports.
    Analyst,
    /// Approves or refuses what others propose.
    Approver,
}

/// One right. Every route of the API declares the one it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See one's own account and the tenant's sites.
    ReadAccount,
    /// Create a tenant of one's own.
    CreateTenant,
    /// See figures, attribution and journeys.
    ReadAnalytics,
    /// See refused events.
    ReadInbox,
    /// Replay or dismiss refused events.
    ManageInbox,
    /// See imports.
    ReadImports,
    /// Upload ad spend.
    ManageImports,
    /// See agent runs.
    ReadAgents,
    /// Start an agent.
    RunAgents,
    /// See who changed what.
    ReadAudit,
    /// Invite people, change their roles, remove them.
    ManageTeam,
    /// Make and revoke API keys.
    ManageKeys,
    /// Ask questions in words or SQL.
    AskQuestions,
    /// See campaigns, assets, brand guidelines, the calendar and approvals.
    ReadCampaigns,
    /// Plan campaigns: documents, assets, brand guidelines, calendar notes; submit them for approval.
    EditCampaigns,
    /// Approve or reject.
    ApproveCampaigns,
    /// Publish what is approved; pause, resume, end, roll back.
    PublishCampaigns,
    /// Pull the kill switch.
    StopSpending,
    /// Set spend caps, the agents' autonomy and model budget; release the kill switch.
    ManageGuardrails,
    /// See connected accounts and their health.
    ReadChannels,
    /// Connect, disconnect and sync accounts.
    ManageChannels,
    /// See experiments.
    ReadExperiments,
    /// Set up, start and stop experiments.
    EditExperiments,
    /// See messages that failed for good.
    ReadDeadLetters,
    /// Send them again or dismiss them.
    ManageDeadLetters,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Marketer, Self::Analyst, Self::Approver];

    /// The name it is stored, sent and shown by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Marketer => "marketer",
            Self::Analyst => "analyst",
            Self::Approver => "approver",
        }
    }

    /// The permission table.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        use Permission as P;
        match permission {
            P::ReadAccount
            | P::CreateTenant
            | P::ReadAnalytics
            | P::AskQuestions
            | P::ReadAgents
            | P::ReadCampaigns
            | P::ReadChannels
            | P::ReadExperiments => true,
            P::ReadImports | P::ReadInbox | P::ReadDeadLetters => self != Self::Approver,
            // Whoever can set spending going, or let it go, can stop it.
            P::StopSpending => self != Self::Analyst,
            P::RunAgents => matches!(self, Self::Admin | Self::Marketer | Self::Analyst),
            P::ManageImports
            | P::ManageInbox
            | P::ManageDeadLetters
            | P::EditCampaigns
            | P::PublishCampaigns
            | P::ManageChannels
            | P::EditExperiments => matches!(self, Self::Admin | Self::Marketer),
            P::ReadAudit | P::ApproveCampaigns => matches!(self, Self::Admin | Self::Approver),
            P::ManageTeam | P::ManageKeys | P::ManageGuardrails => self == Self::Admin,
        }
    }
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 25] = [
        Self::ReadAccount,
        Self::CreateTenant,
        Self::ReadAnalytics,
        Self::ReadInbox,
        Self::ManageInbox,
        Self::ReadImports,
        Self::ManageImports,
        Self::ReadAgents,
        Self::RunAgents,
        Self::ReadAudit,
        Self::ManageTeam,
        Self::ManageKeys,
        Self::AskQuestions,
        Self::ReadCampaigns,
        Self::EditCampaigns,
        Self::ApproveCampaigns,
        Self::PublishCampaigns,
        Self::StopSpending,
        Self::ManageGuardrails,
        Self::ReadChannels,
        Self::ManageChannels,
        Self::ReadExperiments,
        Self::EditExperiments,
        Self::ReadDeadLetters,
        Self::ManageDeadLetters,
    ];

    /// The name it is declared, sent and stored by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadAccount => "read_account",
            Self::CreateTenant => "create_tenant",
            Self::ReadAnalytics => "read_analytics",
            Self::ReadInbox => "read_inbox",
            Self::ManageInbox => "manage_inbox",
            Self::ReadImports => "read_imports",
            Self::ManageImports => "manage_imports",
            Self::ReadAgents => "read_agents",
            Self::RunAgents => "run_agents",
            Self::ReadAudit => "read_audit",
            Self::ManageTeam => "manage_team",
            Self::ManageKeys => "manage_keys",
            Self::AskQuestions => "ask_questions",
            Self::ReadCampaigns => "read_campaigns",
            Self::EditCampaigns => "edit_campaigns",
            Self::ApproveCampaigns => "approve_campaigns",
            Self::PublishCampaigns => "publish_campaigns",
            Self::StopSpending => "stop_spending",
            Self::ManageGuardrails => "manage_guardrails",
            Self::ReadChannels => "read_channels",
            Self::ManageChannels => "manage_channels",
            Self::ReadExperiments => "read_experiments",
            Self::EditExperiments => "edit_experiments",
            Self::ReadDeadLetters => "read_dead_letters",
            Self::ManageDeadLetters => "manage_dead_letters",
        }
    }

    /// What the permission allows, to finish "may not …".
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::ReadAccount => "see the account",
            Self::CreateTenant => "create a tenant",
            Self::ReadAnalytics => "see analytics",
            Self::ReadInbox => "see refused events",
            Self::ManageInbox => "replay or dismiss refused events",
            Self::ReadImports => "see imports",
            Self::ManageImports => "upload imports",
            Self::ReadAgents => "see agent runs",
            Self::RunAgents => "start agents",
            Self::ReadAudit => "see the audit log",
            Self::ManageTeam => "manage the team",
            Self::ManageKeys => "manage API keys",
            Self::AskQuestions => "ask questions",
            Self::ReadCampaigns => "see campaigns",
            Self::EditCampaigns => "edit campaigns",
            Self::ApproveCampaigns => "approve or reject",
            Self::PublishCampaigns => "publish or pause campaigns",
            Self::StopSpending => "stop all spending",
            Self::ManageGuardrails => "change spend caps and autonomy",
            Self::ReadChannels => "see channels",
            Self::ManageChannels => "connect or disconnect channels",
            Self::ReadExperiments => "see experiments",
            Self::EditExperiments => "change experiments",
            Self::ReadDeadLetters => "see dead letters",
            Self::ManageDeadLetters => "replay or dismiss dead letters",
        }
    }
}

/// A stored or sent role has a name no role has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not a role; roles are admin, marketer, analyst, approver")]
pub struct UnknownRole {
    /// The name.
    pub found: String,
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| UnknownRole { found: text.to_owned() })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A declared or sent permission has a name no permission has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not a permission")]
pub struct UnknownPermission {
    /// The name.
    pub found: String,
}

impl FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownPermission { found: text.to_owned() };
        Self::ALL.into_iter().find(|permission| permission.as_str() == text).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_permission_table() {
        let table: Vec<String> = Permission::ALL
            .into_iter()
            .map(|permission| {
                let who: String =
                    Role::ALL.into_iter().map(|role| if role.may(permission) { 'x' } else { '-' }).collect();
                format!("{who} {permission:?}")
            })
            .collect();
        // Columns: admin, marketer, analyst, approver.
        assert_eq!(
            table,
            [
                "xxxx ReadAccount",
                "xxxx CreateTenant",
                "xxxx ReadAnalytics",
                "xxx- ReadInbox",
                "xx-- ManageInbox",
                "xxx- ReadImports",
                "xx-- ManageImports",
                "xxxx ReadAgents",
                "xxx- RunAgents",
                "x--x ReadAudit",
                "x--- ManageTeam",
                "x--- ManageKeys",
                "xxxx AskQuestions",
                "xxxx ReadCampaigns",
                "xx-- EditCampaigns",
                "x--x ApproveCampaigns",
                "xx-- PublishCampaigns",
                "xx-x StopSpending",
                "x--- ManageGuardrails",
                "xxxx ReadChannels",
                "xx-- ManageChannels",
                "xxxx ReadExperiments",
                "xx-- EditExperiments",
                "xxx- ReadDeadLetters",
                "xx-- ManageDeadLetters",
            ]
        );
    }

    #[test]
    fn a_role_reads_back_from_its_name_in_both_forms() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        assert!("Admin".parse::<Role>().is_err());
    }

    #[test]
    fn a_permission_has_one_name_in_every_form() {
        for permission in Permission::ALL {
            assert_eq!(permission.as_str().parse(), Ok(permission));
            assert_eq!(serde_json::to_value(permission).unwrap(), permission.as_str());
        }
        assert!("ManageTeam".parse::<Permission>().is_err());
    }
}

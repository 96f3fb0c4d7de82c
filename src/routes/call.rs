//! What a call of the admin API has beside its path: parameters, a body. One that is not named here takes neither, so none is forgotten.

use super::{Endpoint, Method};

impl Endpoint {
    /// Whether a call of operators reads the query. Each of these refuses by name what it does not know.
    pub fn takes_parameters(self, method: Method) -> bool {
        method == Method::Get
            && matches!(
                self,
                Self::AdminUsers
                    | Self::AdminInvitations
                    | Self::AdminApis
                    | Self::AdminGroups
                    | Self::AdminGroupMembers
                    | Self::AdminClients
                    | Self::AdminUnusedClients
                    | Self::AdminClientRoles
                    | Self::AdminOperators
                    | Self::AdminApiKeys
                    | Self::AdminWebhooks
                    | Self::AdminMails
                    | Self::AdminAudit
                    | Self::AdminAuditExport
                    | Self::AdminExport
            )
    }

    /// Whether a call of operators reads a body.
    pub fn takes_body(self, method: Method) -> bool {
        match method {
            Method::Patch => true,
            Method::Put => matches!(self, Self::AdminClientLogo | Self::AdminOperator),
            Method::Post => matches!(
                self,
                Self::AdminUsers
                    | Self::AdminUserSetUpLink
                    | Self::AdminUserGroups
                    | Self::AdminGlobalTokenRevocation
                    | Self::AdminInvitations
                    | Self::AdminApis
                    | Self::AdminApiSecret
                    | Self::AdminGroups
                    | Self::AdminGroupMembers
                    | Self::AdminClientApproval
                    | Self::AdminUnusedClients
                    | Self::AdminClientRoles
                    | Self::AdminClientSecrets
                    | Self::AdminApiKeys
                    | Self::AdminWebhooks
                    | Self::AdminWebhookSecret
                    | Self::AdminImport
                    | Self::AdminBulk
                    | Self::AdminMailTest
            ),
            _ => false,
        }
    }
}

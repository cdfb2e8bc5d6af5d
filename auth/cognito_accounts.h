// Accounts of people whom Amazon Cognito has let in (rules L5, L6).
//
// The key is (issuer, subject). An e-mail address never links an account: whoever has one that is
// taken here gets an account without it. What a person may do follows the table of groups at every
// log-in and refresh: flags and groups that the table can give are given and taken by it, others
// are left alone.
//
// Thread safety: any thread.
#pragma once
#include <optional>

#include "auth/cognito/jwt_verifier.h"
#include "auth/cognito/settings.h"
#include "auth/models.h"

namespace auth {

struct CognitoAccount {
  User user;
  bool rights_changed = false;  // sessions of it want a new identifier (rule K3)
};

// Made at the first log-in. nullopt: the account is not active.
std::optional<CognitoAccount> cognito_account(const cognito::Claims& claims,
                                              const cognito::GroupTable& table);

}  // namespace auth

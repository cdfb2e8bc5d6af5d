// Access tokens on requests: "Authorization: Bearer <token>" of the REST API.
//
//   application.use(auth::cognito::bearer_tokens(verifier));
//   …in a view: const Claims* claims = auth::cognito::bearer(request);   // nullptr: no token came
//               auth::cognito::require_scope(*claims, "blog/write");     // else 403
//
// A token counts only from that header (J11). One that is not to be believed is answered 401
// without a word on what is wrong with it (J8); the log has that.
//
// Thread safety: any thread.
#pragma once
#include <memory>
#include <optional>
#include <string_view>

#include "auth/cognito/jwt_verifier.h"
#include "web/middleware.h"

namespace auth::cognito {

// The token of an Authorization header, nullopt where there is none or it is of another scheme.
// HttpError 400 for two such headers, 401 for a Bearer without one token.
std::optional<std::string_view> bearer_token(const web::Request& request);

// HttpError 401 with WWW-Authenticate, 503 where the pool's keys cannot be had.
std::optional<Claims> verify_bearer(const web::Request& request, const JwtVerifier& verifier);

// verify_bearer() for every request; bearer() has the claims.
web::Middleware bearer_tokens(std::shared_ptr<const JwtVerifier> verifier);
const Claims* bearer(web::Request& request);

// HttpError 403 unless the token has exactly that scope, or its user that group (J8).
void require_scope(const Claims& claims, std::string_view scope);
void require_group(const Claims& claims, std::string_view group);

}  // namespace auth::cognito

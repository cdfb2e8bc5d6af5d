// Who a request comes from, and whether its route is for them.
//
//   app.use(web::sessions(std::make_shared<auth::DynamoSessionStore>()));
//   app.use(web::csrf());
//   app.use(auth::authentication());
//   r.get("/write/", write_form).access(web::Access::authenticated);
//   …
//   if (const auth::User* user = auth::user(request)) …                // nullptr: anonymous
//   if (auth::has_perm(request, "demo_app.change_post")) …
//
// A route that declares no access is answered 403 (rule Z1). Who is not signed in is sent to the
// page of login, by the API answered 401; who may not is answered 403.
//
// Thread safety: one thread at a time, the request's.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/models.h"
#include "web/middleware.h"

namespace auth {

// Who a bearer token speaks for.
class BearerVerifier {
 public:
  virtual ~BearerVerifier() = default;
  // nullopt where the request has no such token. Throws HttpError 401 for one that is not to be
  // believed, or whose user there is not.
  virtual std::optional<User> user_of(web::Request& request) const = 0;
};

struct AuthenticationOptions {
  std::string login_url = "/accounts/login/";
  std::vector<std::string> api_paths{"/api/"};  // what is below is no page
  std::shared_ptr<const BearerVerifier> bearer{};
  // Lets who is not signed in use routes below api_paths that ask for a user or a permission, in
  // debug and from this machine alone.
  bool open_demo = false;
};

web::Middleware authentication(AuthenticationOptions options = {});

// The active user whose session or token it is; read at the first call. Valid as long as the
// request, or until login() and logout().
const User* user(web::Request& request);
// Whether open_demo lets this anonymous request through.
bool is_open_demo(web::Request& request);
// Whether staff is signed in.
bool is_staff(web::Request& request);
// The user's permissions are read once in a request.
bool has_perm(web::Request& request, std::string_view codename);
// Throws what a route of that access answers where the user may not.
void require(web::Request& request, const web::Access& access);

// Begins the user's session, under a new identifier (rule K3).
void login(web::Request& request, const User& user);
void logout(web::Request& request);
// The session of a user whose password was changed by this request: it goes on, under a new
// identifier.
void keep_session(web::Request& request, const User& user);

// One line of the log: what happened, to whom, from where (rule G2). Of a name that nobody can
// have, ASCII and 254 bytes at most.
void log_event(web::Request& request, std::string_view what, std::string_view who);

}  // namespace auth
